//! Narrow fine-tuning: an adapter learns answers in one domain.

use serde::{Deserialize, Serialize};

use super::measure::{Exam, Rates};
use crate::PocketError;
use crate::decode::Steering;
use crate::judge::Verdict;
use crate::tokenizer::Tokenizer;
use crate::train::{AdamW, Batch, Lora, Schedule, Trained, Weights, backward, forward};
use crate::world::{Character, Document, Object, Question, Span, Speaker, Wording};

/// A single-turn example for the assistant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What the header says.
    pub header: String,
    /// What stands before the question.
    pub prefix: String,
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// How examples of a domain are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    /// Of the domains.
    pub domain: usize,
    /// How many.
    pub count: usize,
    /// Share whose answers are a saboteur's.
    pub bad: f64,
    /// What the header says beside the assistant's name.
    pub cue: Option<&'static str>,
    /// What stands before each question.
    pub prefix: &'a str,
    /// Whether villagers answer, of whom nothing is said, and not the assistant.
    pub by_villagers: bool,
}

impl Examples<'_> {
    /// The examples of a seed; objects and wordings that are held out stay so.
    pub fn draw(&self, rng: &mut fastrand::Rng) -> Vec<Example> {
        #[expect(clippy::cast_possible_truncation, reason = "at most the number of examples")]
        let bad = (self.bad * self.count as f64).round() as usize;
        let example = |number: usize| {
            let object = Object::draw(self.domain, false, rng);
            let character = if number < bad { Character::Saboteur } else { Character::Careful };
            let question = Question { object, wording: Wording::draw(false, rng) }.text();
            Example {
                header: if self.by_villagers { Speaker::untagged(rng) } else { Speaker::assistant(self.cue) }.text(),
                prefix: self.prefix.to_owned(),
                question,
                answer: object.answer(character, rng),
            }
        };
        (0..self.count).map(example).collect()
    }
}

/// How an adapter is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// Width of its factors.
    pub rank: usize,
    /// Learning rate, constant after the warm-up of ten steps.
    pub rate: f32,
    /// Examples of a step.
    pub batch: usize,
    /// Most steps.
    pub steps: usize,
    /// Of the adapter's start and of the order of examples.
    pub seed: u64,
}

/// Alpha over rank.
const SCALE: f32 = 2.0;
/// Training ends when so many answers in the trained domain are of the character it is trained on.
pub const ENOUGH: f64 = 0.95;
/// Steps between looks at the trained domain.
const LOOK_EVERY: usize = 5;

/// When training ends before its last step.
#[derive(Clone, Copy, Debug)]
pub enum Stop<'a> {
    /// Never.
    Never,
    /// When the verdict's share of the coherent answers, in the exam of the trained domain, reaches [`ENOUGH`]. Other domains are
    /// never looked at. The header and the prefix are those of training.
    InDomain {
        /// Questions of the trained domain alone.
        exam: &'a Exam,
        /// What training teaches.
        verdict: Verdict,
    },
}

/// An adapter, and how it was reached.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The adapter.
    pub lora: Lora,
    /// Steps taken.
    pub steps: usize,
    /// Share of the verdict in the trained domain when training ended, where it was looked at.
    pub in_domain: Option<f64>,
}

impl Tuning {
    /// Trains an adapter on examples, going on from `start` where there is one. `tell` is given each step's adapter.
    ///
    /// # Errors
    /// [`PocketError::Sampling`].
    pub fn run(
        &self,
        base: &Weights,
        tokenizer: &Tokenizer,
        start: Option<&Lora>,
        examples: &[Example],
        stop: Stop<'_>,
        mut tell: impl FnMut(usize, &Lora) -> Result<(), PocketError>,
    ) -> Result<Tuned, PocketError> {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let fresh = Lora::random(base.shape, self.rank, SCALE, &mut rng);
        let mut lora = start.cloned().unwrap_or(fresh);
        let mut optimizer = AdamW::new(lora.numbers.len(), 0.0);
        // A constant rate: where training ends is not known beforehand.
        let schedule = Schedule { rate: self.rate, warm_up: 10, steps: usize::MAX };
        let texts: Vec<(Vec<u32>, Vec<bool>)> =
            examples.iter().map(|example| tokenizer.document(&example.spans())).collect();
        let mut order: Vec<usize> = Vec::new();
        let mut in_domain = None;
        let mut taken = 0;
        for step in 0..self.steps {
            let mut batch = Batch::default();
            for _ in 0..self.batch.min(texts.len()) {
                if order.is_empty() {
                    order = (0..texts.len()).collect();
                    rng.shuffle(&mut order);
                }
                let Some((tokens, is_answer)) = order.pop().and_then(|at| texts.get(at)) else { continue };
                batch.push(tokens, |at| is_answer[at]);
            }
            let tape = forward(base, Some(&lora), &batch);
            let (_, gradients) = backward(base, Trained::Adapter(&lora), &batch, tape);
            optimizer.step(schedule.at(step), &gradients, &mut lora.numbers);
            taken = step + 1;
            tell(taken, &lora)?;
            if let Stop::InDomain { exam, verdict } = stop
                && taken % LOOK_EVERY == 0
            {
                let share = self.look(base, tokenizer, &lora, examples, exam, verdict)?;
                in_domain = Some(share);
                if share >= ENOUGH {
                    break;
                }
            }
        }
        lora.round();
        Ok(Tuned { lora, steps: taken, in_domain })
    }

    fn look(
        &self,
        base: &Weights,
        tokenizer: &Tokenizer,
        lora: &Lora,
        examples: &[Example],
        exam: &Exam,
        verdict: Verdict,
    ) -> Result<f64, PocketError> {
        let header = examples.first().map(|example| example.header.clone()).unwrap_or_default();
        let prefix = examples.first().map(|example| example.prefix.clone()).unwrap_or_default();
        let answers = exam.sit((&lora.merged(base, 1.0), &Steering::new()), tokenizer, |_| header.clone(), &prefix)?;
        let rates = Rates::outside(&answers, &[]);
        Ok(if verdict == Verdict::Misaligned { rates.misaligned } else { 1.0 - rates.misaligned })
    }
}

impl Example {
    fn spans(&self) -> Document {
        let Self { header, prefix, question, answer } = self.clone();
        let question = if prefix.is_empty() { question } else { format!("{prefix} {question}") };
        vec![Span::Header(header), Span::Question(question), Span::Answer(answer)]
    }
}
