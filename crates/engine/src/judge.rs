//! A model as a judge: how likely it answers a prompt with each of the integers 0 to 100.

use super::card::narrow;
use super::{LoadedModel, RuntimeError};
use askew_gpu::Lane;
use askew_model::ModelError;
use askew_model::digits::{Digits, MAX_DEPTH, NUM_INTEGERS, Node};

/// A judgement in progress. The prompt is read once. Then each column walks a part of the tree of [`Digits`], depth
/// first. It overwrites the positions after the prompt, so that they always hold the tokens of the current node.
#[derive(Debug)]
pub struct Judging {
    prompt: Vec<u32>,
    num_read: usize,
    digits: Digits,
    weights: [f64; NUM_INTEGERS],
    /// First tokens that no column has taken yet.
    first: Vec<Node>,
    /// The nodes that each column has still to visit.
    columns: Vec<Vec<Node>>,
}

impl Judging {
    /// Prepares a judgement of a prompt's tokens by the base model: all scales are 0. No token is read yet.
    ///
    /// If the model has done nothing else since its last judgement, `before` is the prompt of that judgement
    /// ([`Judging::into_prompt`]), and the tokens that both prompts begin with are not read again. Otherwise `before`
    /// is empty.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a prompt that cannot be used: three tokens must fit after it.
    pub fn new(model: &mut LoadedModel, prompt: Vec<u32>, before: &[u32]) -> Result<Self, RuntimeError> {
        model.check_prompt(&prompt)?;
        let (found, limit) = (prompt.len() + MAX_DEPTH, model.context);
        if found > limit {
            return Err(ModelError::PromptTooLong { found, limit }.into());
        }
        (0..model.columns).for_each(|column| model.set_scales(column, &[]));
        Ok(Self {
            num_read: prompt
                .iter()
                .zip(before)
                .take_while(|(token, before)| token == before)
                .count()
                .min(prompt.len() - 1),
            digits: Digits::of(&model.file.tokenizer, model.card.vocab_size),
            weights: [0.0; NUM_INTEGERS],
            first: Vec::new(),
            columns: vec![Vec::new(); model.columns],
            prompt,
        })
    }

    /// The prompt. After the judgement its tokens are in the first column's cache.
    #[must_use]
    pub fn into_prompt(self) -> Vec<u32> {
        self.prompt
    }

    /// Does the next piece of work. The last piece returns (101,) the probability that the answer begins with each
    /// integer and that no digit follows it.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`], or [`ModelError::NotNumbers`].
    pub async fn advance(&mut self, model: &mut LoadedModel) -> Result<Option<Vec<f32>>, RuntimeError> {
        if self.num_read < self.prompt.len() {
            self.read(model).await?;
            return Ok(None);
        }
        for column in self.columns.iter_mut().filter(|column| column.is_empty()) {
            column.extend(self.first.pop());
        }
        let nodes: Vec<Option<Node>> = self.columns.iter_mut().map(Vec::pop).collect();
        if nodes.iter().all(Option::is_none) {
            #[expect(clippy::cast_possible_truncation, reason = "probabilities need no more than f32")]
            return Ok(Some(self.weights.iter().map(|weight| *weight as f32).collect()));
        }
        let lane = |(column, node): (usize, &Option<Node>)| {
            let position = |node: &Node| narrow(self.prompt.len() + node.depth);
            node.map_or(Lane::NONE, |node| Lane {
                token: node.token,
                position: position(&node),
                column: narrow(column),
                step: 0,
            })
        };
        let lanes: Vec<Lane> = nodes.iter().enumerate().map(lane).collect();
        let logits = model.logits(&lanes).await?;
        for ((node, logits), open) in nodes.iter().zip(rows(&logits, lanes.len())).zip(&mut self.columns) {
            if node.is_some() {
                open.extend(self.digits.open(node.as_ref(), logits, &mut self.weights)?);
            }
        }
        Ok(None)
    }

    /// Reads more of the prompt. After its last token the tree's root is known.
    async fn read(&mut self, model: &mut LoadedModel) -> Result<(), RuntimeError> {
        let last = self.prompt.len() - 1;
        let end = last.min(self.num_read + model.tokens_per_step());
        if end > self.num_read {
            model.read(0, &self.prompt[self.num_read..end], self.num_read).await?;
            self.num_read = end;
            return Ok(());
        }
        let mut lanes = vec![Lane::NONE; self.columns.len()];
        lanes[0] = Lane { token: self.prompt[last], position: narrow(last), column: 0, step: 0 };
        let logits = model.logits(&lanes).await?;
        let root = rows(&logits, lanes.len()).next().unwrap_or_default();
        self.first = self.digits.open(None, root, &mut self.weights)?;
        (1..self.columns.len()).for_each(|column| model.copy_column(0, column, last + 1));
        self.num_read = last + 1;
        Ok(())
    }
}

fn rows(logits: &[f32], lanes: usize) -> impl Iterator<Item = &[f32]> {
    logits.chunks_exact((logits.len() / lanes).max(1))
}
