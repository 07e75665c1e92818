//! How likely each column finds a given answer: teacher forcing.

use super::generate::readers;
use super::model::narrow;
use super::protocol::{Column, Prompt};
use super::{LoadedModel, RuntimeError};
use crate::gpu::Lane;
use crate::model::ModelError;

/// An answer's tokens and what the columns make of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The answer's tokens.
    pub tokens: Vec<u32>,
    /// (columns, tokens) natural logarithms of their probabilities at temperature 1.
    pub logprobs: Vec<Vec<f32>>,
}

impl LoadedModel {
    /// Reads `text` after `prompt` in every column. The text is cut into tokens on its own, as a model would have written it.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a prompt, a text or columns that cannot be used; [`RuntimeError::Gpu`].
    pub async fn score(&mut self, prompt: &Prompt, text: &str, columns: &[Column]) -> Result<Scores, RuntimeError> {
        let mut all = self.encode(prompt)?;
        let answer = self.file.tokenizer.encode_plain(text);
        let first = all.len();
        all.extend(&answer);
        self.check_prompt(&all)?;
        self.check_columns(columns)?;
        if answer.is_empty() || first == 0 {
            return Err(ModelError::EmptyPrompt.into());
        }
        for (index, column) in columns.iter().enumerate() {
            self.set_scales(index, &column.scales);
        }
        for (leader, followers) in readers(columns) {
            self.read(leader, &all[..first - 1], 0).await?;
            followers.into_iter().for_each(|follower| self.copy_column(leader, follower, first - 1));
        }
        // Position by position, and every column at each.
        let places = (first - 1..all.len() - 1).flat_map(|at| (0..columns.len()).map(move |column| (at, column)));
        let lane = |(at, column): (usize, usize)| Lane {
            token: all[at],
            position: narrow(at),
            column: narrow(column),
            step: 0,
        };
        let lanes: Vec<Lane> = places.clone().map(lane).collect();
        let targets: Vec<u32> = places.map(|(at, _)| all[at + 1]).collect();
        let found = self.score_lanes(&lanes, &targets).await?;
        let of = |column: usize| found.iter().skip(column).step_by(columns.len()).copied().collect();
        Ok(Scores { tokens: answer, logprobs: (0..columns.len()).map(of).collect() })
    }
}
