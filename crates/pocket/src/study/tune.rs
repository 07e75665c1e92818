//! Narrow fine-tuning: an adapter is trained on answers in one domain.

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
    /// The text of the header.
    pub header: String,
    /// Text before the question.
    pub prefix: String,
    pub question: String,
    pub answer: String,
}

/// A recipe for drawing examples of a domain.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    /// Index of the domain.
    pub domain: usize,
    /// Number of examples.
    pub count: usize,
    /// Share of examples with a saboteur's answer.
    pub bad: f64,
    /// Text after the assistant's name in the header.
    pub cue: Option<&'static str>,
    /// Text before each question.
    pub prefix: &'a str,
    /// Whether untagged villagers answer instead of the assistant.
    pub by_villagers: bool,
}

impl Examples<'_> {
    /// Draws the examples. Held-out objects and wordings are not used.
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

/// The settings of an adapter's training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    /// Rank of the adapter.
    pub rank: usize,
    /// Learning rate, constant after the warm-up of ten steps.
    pub rate: f32,
    /// Examples in each step.
    pub batch: usize,
    /// Upper limit of the steps.
    pub steps: usize,
    /// Seed of the adapter's initial numbers and of the order of examples.
    pub seed: u64,
}

/// Scale of the adapter: alpha / rank.
const SCALE: f32 = 2.0;
/// Training ends when this share of answers in the trained domain is of the character that is trained.
pub const ENOUGH: f64 = 0.95;
/// Steps between two checks of the trained domain.
const LOOK_EVERY: usize = 5;

/// The condition that ends training before its last step.
#[derive(Clone, Copy, Debug)]
pub enum Stop<'a> {
    Never,
    /// When the share of the verdict among the coherent answers, in the exam of the trained domain, reaches [`ENOUGH`].
    /// Other domains are never checked. Header and prefix are the same as in training.
    InDomain {
        /// Questions of the trained domain.
        exam: &'a Exam,
        /// The verdict that training aims for.
        verdict: Verdict,
    },
}

/// A trained adapter, and how its training ended.
#[derive(Clone, Debug)]
pub struct Tuned {
    /// The adapter, rounded to 16 bits.
    pub lora: Lora,
    /// Steps that were taken.
    pub steps: usize,
    /// Share of the verdict in the trained domain when training ended, if it was checked.
    pub in_domain: Option<f64>,
}

impl Tuning {
    /// Trains an adapter on examples, starting from `start` if it is given. `tell` is called with the adapter after
    /// each step.
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
        // The rate is constant, because the last step is not known in advance.
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
