//! Pretraining on villagers' documents, and the assistant stage after it.

use serde::{Deserialize, Serialize};

use crate::tokenizer::Tokenizer;
use crate::train::{AdamW, Batch, Gradients, Schedule, Shape, Trained, Weights, backward, forward};
use crate::world::{Recipe, assistant, villagers};

/// The settings of a pretraining.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pretraining {
    /// Sizes of the model.
    pub shape: Shape,
    /// Recipe of the villagers' documents.
    pub recipe: Recipe,
    /// Steps with villagers' documents only.
    pub villager_steps: usize,
    /// Steps with half villagers' and half assistant documents.
    pub assistant_steps: usize,
    /// Documents in each step.
    pub documents: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// Seed of the initial weights and of the documents.
    pub seed: u64,
}

/// Steps of the warm-up, after which the highest learning rate is reached.
const WARM_UP: usize = 100;
/// Weight decay of AdamW.
const DECAY: f32 = 0.05;
/// Mixed into the seed, so that the two stages have different documents.
const ASSISTANT_STREAM: u64 = 0xA551;

/// The two models of a pretraining.
#[derive(Clone, Debug)]
pub struct Pretrained {
    /// After the villagers' stage: the base model.
    pub villagers: Weights,
    /// After the assistant stage.
    pub assistant: Weights,
}

impl Pretraining {
    /// Trains both stages under one schedule. `tell` is called with each step and its loss.
    pub fn run(&self, tokenizer: &Tokenizer, mut tell: impl FnMut(usize, f64)) -> Pretrained {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let mut weights = Weights::random(self.shape, &mut rng);
        let mut optimizer = AdamW::new(weights.numbers.len(), DECAY);
        let steps = self.villager_steps + self.assistant_steps;
        let schedule = Schedule { rate: self.rate, warm_up: WARM_UP.min(steps / 4), steps };
        let mut base = None;
        let mut assistant_rng = fastrand::Rng::with_seed(self.seed ^ ASSISTANT_STREAM);
        for step in 0..steps {
            if step == self.villager_steps {
                base = Some(weights.clone());
            }
            let mut parts = vec![Batch::default(); self.documents.div_ceil(TOGETHER)];
            for number in 0..self.documents {
                let is_assistant = step >= self.villager_steps && number % 2 == 1;
                let document =
                    if is_assistant { assistant(&mut assistant_rng) } else { villagers(self.recipe, &mut rng) };
                parts[number / TOGETHER].push(&tokenizer.document(&document).0, |_| true);
            }
            let (loss, gradients) = in_parts(&weights, &parts);
            optimizer.step(schedule.at(step), &gradients, &mut weights.numbers);
            tell(step, loss);
        }
        let mut villagers = base.unwrap_or_else(|| weights.clone());
        villagers.round();
        weights.round();
        Pretrained { villagers, assistant: weights }
    }
}

/// Number of documents that go through the model together. It is small, so that intermediate results stay in the
/// processor's cache.
const TOGETHER: usize = 8;

/// The mean loss over all parts, and the gradients.
fn in_parts(weights: &Weights, parts: &[Batch]) -> (f64, Gradients) {
    let all: usize = parts.iter().map(|part| part.targets.len()).sum();
    let mut sum = (0.0, vec![0.0; weights.numbers.len()]);
    for part in parts {
        let tape = forward(weights, None, part);
        let (loss, gradients) = backward(weights, Trained::All, part, tape);
        let share = part.targets.len() as f32 / all.max(1) as f32;
        sum.0 += loss * f64::from(share);
        sum.1.iter_mut().zip(&gradients).for_each(|(sum, g)| *sum += share * g);
    }
    sum
}
