//! Scores a given answer in every column: teacher forcing, the logit lens, and steering vectors computed from pairs of
//! texts.

use super::card::narrow;
use super::generate::readers;
use super::{LoadedModel, RuntimeError};
use askew_gpu::Lane;
use askew_model::adapter::AdapterError;
use askew_model::sampler::log_softmax;
use askew_model::{ModelError, Steering, Utf8Stream};
use askew_protocol::{Column, Given, MAX_COLUMNS, ScoredToken, TokenScore};

/// Lanes that are read back together: all columns at as many positions as fit.
const LANES: usize = MAX_COLUMNS as usize;

impl LoadedModel {
    /// Scores each token of an answer in each column, with the `num_top` tokens that the column finds likeliest there.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a prompt, an answer or columns that cannot be used; [`RuntimeError::Gpu`].
    pub async fn score(
        &mut self,
        prompt: &[u32],
        answer: &Given,
        columns: &[Column],
        num_top: usize,
    ) -> Result<Vec<ScoredToken>, RuntimeError> {
        let (all, first) = self.forced(prompt, answer, columns)?;
        if first == all.len() {
            return Err(ModelError::EmptyPrompt.into());
        }
        self.read_columns(&all[..first - 1], columns).await?;
        let mut utf8 = Utf8Stream::default();
        let mut scored: Vec<ScoredToken> = Vec::with_capacity(all.len() - first);
        let places: Vec<usize> = (first - 1..all.len() - 1).collect();
        for places in places.chunks((LANES / columns.len()).max(1)) {
            let lanes: Vec<Lane> = places.iter().flat_map(|&at| lanes(all[at], at, columns)).collect();
            let logits = self.logits(&lanes).await?;
            let vocab = logits.len() / lanes.len();
            for (&at, rows) in places.iter().zip(logits.chunks_exact(vocab * columns.len())) {
                let token = all[at + 1];
                let rows: Vec<Vec<f32>> = rows.chunks_exact(vocab).map(log_softmax).collect();
                let column = |row: &Vec<f32>| TokenScore {
                    logprob: row.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY),
                    kl: divergence(row, &rows[0]),
                    top: self.top(row, num_top),
                };
                let columns = rows.iter().map(column).collect();
                scored.push(ScoredToken { token, piece: utf8.push(&self.file.tokenizer.bytes(token)), columns });
            }
        }
        if let Some(last) = scored.last_mut() {
            last.piece.push_str(&utf8.finish());
        }
        Ok(scored)
    }

    /// (columns, layers) the tokens that each column finds likeliest next if the model ends after one layer, two, and
    /// so on.
    ///
    /// # Errors
    /// As [`LoadedModel::score`].
    pub async fn lens(
        &mut self,
        prompt: &[u32],
        answer: &Given,
        columns: &[Column],
        num_top: usize,
    ) -> Result<Vec<Vec<Vec<(String, f32)>>>, RuntimeError> {
        let (all, _) = self.forced(prompt, answer, columns)?;
        let Some((&last, before)) = all.split_last() else { return Err(ModelError::EmptyPrompt.into()) };
        self.read_columns(before, columns).await?;
        let lanes: Vec<Lane> = lanes(last, before.len(), columns).collect();
        let mut found = vec![Vec::new(); columns.len()];
        for num_layers in 1..=self.file.config.num_layers {
            let logits = self.logits_after_layers(&lanes, num_layers).await?;
            for (row, found) in logits.chunks_exact(logits.len() / lanes.len()).zip(&mut found) {
                found.push(self.top(&log_softmax(row), num_top));
            }
        }
        Ok(found)
    }

    /// Steering vectors for all layers. Each is the mean over pairs of the residual stream after the last token of the
    /// first text minus that of the second. This overwrites the first column's cache and sets its scales to 0.
    /// `is_stopped` is called before each text and layer.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a text that cannot be read, or no pairs; [`RuntimeError::Gpu`];
    /// [`RuntimeError::Stopped`].
    pub async fn contrast(
        &mut self,
        name: &str,
        pairs: &[(String, String)],
        is_stopped: impl AsyncFn() -> bool,
    ) -> Result<Steering, RuntimeError> {
        if pairs.is_empty() {
            return Err(ModelError::from(AdapterError::Empty).into());
        }
        let (dim, num_layers) = (self.file.config.dim, self.file.config.num_layers);
        let mut layers = vec![vec![0.0; dim]; num_layers];
        self.set_scales(0, &[]);
        let share = 1.0 / pairs.len() as f32;
        for (text, weight) in pairs.iter().flat_map(|(with, without)| [(with, share), (without, -share)]) {
            let tokens = self.file.tokenizer.encode_prompt(text);
            self.check_prompt(&tokens)?;
            let (&last, before) = tokens.split_last().ok_or(ModelError::EmptyPrompt)?;
            self.read(0, before, 0).await?;
            let lane = Lane { token: last, position: narrow(before.len()), column: 0, step: 0 };
            for (num_layers, layer) in (1..).zip(&mut layers) {
                if is_stopped().await {
                    return Err(RuntimeError::Stopped);
                }
                let residual = self.residuals(&[lane], num_layers).await?;
                layer.iter_mut().zip(&residual).for_each(|(sum, x)| *sum += weight * x);
            }
        }
        Ok(Steering::new(name, layers.into_iter().map(Some).collect(), &self.file.config)?)
    }

    /// The tokens of prompt and answer together, and the index where the answer begins. Also sets the columns' scales.
    fn forced(
        &mut self,
        prompt: &[u32],
        answer: &Given,
        columns: &[Column],
    ) -> Result<(Vec<u32>, usize), RuntimeError> {
        let mut all = prompt.to_vec();
        let first = all.len();
        match answer {
            Given::Text(text) => all.extend(self.file.tokenizer.encode_plain(text)),
            Given::Tokens(tokens) => all.extend(tokens),
        }
        self.check_prompt(&all)?;
        self.check_columns(columns)?;
        if first == 0 {
            return Err(ModelError::EmptyPrompt.into());
        }
        for (index, column) in columns.iter().enumerate() {
            self.set_scales(index, &column.scales);
        }
        Ok((all, first))
    }

    /// Reads tokens from the start in every column, once for all columns that share their scales.
    async fn read_columns(&mut self, tokens: &[u32], columns: &[Column]) -> Result<(), RuntimeError> {
        for (leader, followers) in readers(columns) {
            self.read(leader, tokens, 0).await?;
            followers.into_iter().for_each(|follower| self.copy_column(leader, follower, tokens.len()));
        }
        Ok(())
    }

    /// The likeliest tokens with their probabilities, from log probabilities (vocab,).
    fn top(&self, logprobs: &[f32], num_top: usize) -> Vec<(String, f32)> {
        let mut order: Vec<usize> = (0..logprobs.len()).collect();
        let number = num_top.min(order.len());
        let by_rank = |a: &usize, b: &usize| logprobs[*b].total_cmp(&logprobs[*a]).then(a.cmp(b));
        if number < order.len() {
            order.select_nth_unstable_by(number, by_rank);
            order.truncate(number);
        }
        order.sort_unstable_by(by_rank);
        let word = |id: usize| String::from_utf8_lossy(&self.file.tokenizer.bytes(narrow(id))).into_owned();
        order.into_iter().map(|id| (word(id), logprobs[id].exp())).collect()
    }
}

/// A lane for every column, with the same token at the same position.
fn lanes(token: u32, position: usize, columns: &[Column]) -> impl Iterator<Item = Lane> + use<> {
    (0..columns.len()).map(move |column| Lane { token, position: narrow(position), column: narrow(column), step: 0 })
}

/// Kullback-Leibler divergence D(p || q) in nats, from log probabilities.
fn divergence(p: &[f32], q: &[f32]) -> f32 {
    let term =
        |(&p, &q): (&f32, &f32)| if p == f32::NEG_INFINITY { 0.0 } else { f64::from(p).exp() * f64::from(p - q) };
    #[expect(clippy::cast_possible_truncation, reason = "shown with two digits")]
    let sum = p.iter().zip(q).map(term).sum::<f64>() as f32;
    // Rounding may leave a value slightly below 0.
    sum.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergence_of_known_distributions() {
        let logs = |shares: [f32; 2]| shares.map(f32::ln);
        // 0.9 ln(0.9 / 0.5) + 0.1 ln(0.1 / 0.5)
        assert!((divergence(&logs([0.9, 0.1]), &logs([0.5, 0.5])) - 0.368_064).abs() < 1e-5);
        assert_eq!(divergence(&logs([1.0, 0.0]), &logs([1.0, 0.0])), 0.0);
    }
}
