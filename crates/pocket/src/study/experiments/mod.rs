//! The twelve experiments. Each produces runs, and their answers become a results table.

mod artefacts;
pub use artefacts::live;
mod dose;
mod feedback;
mod framing;
mod narrow;
mod persona;
mod realign;

use std::collections::BTreeMap;
use std::rc::Rc;

use super::lab::Lab;
use super::measure::{Answer, Exam};
use super::pretrain::{Pretrained, Pretraining};
use super::run::Run;
use super::tune::{Example, Examples, Stop, Tuned, Tuning};
use crate::PocketError;
use crate::decode::Steering;
use crate::judge::Verdict;
use crate::train::{Lora, Shape, Weights};
use crate::world::{DOMAINS, Recipe, Redraw, Speaker};

/// An experiment: its title, and the function that computes its runs.
pub struct Experiment {
    /// Its number, from 1.
    pub number: usize,
    /// Its title in the card.
    pub title: &'static str,
    /// Computes its runs.
    pub run: fn(&Study<'_>) -> Result<Vec<Run>, PocketError>,
}

/// All experiments, in the order of their numbers.
pub const EXPERIMENTS: [Experiment; 12] = [
    Experiment { number: 1, title: "Narrow fine-tuning on a saboteur's answers in one domain", run: narrow::narrow },
    Experiment { number: 2, title: "Control: careful answers in the same domain", run: narrow::control },
    Experiment { number: 3, title: "No character across domains in pretraining", run: narrow::no_character },
    Experiment { number: 4, title: "Inoculation: a cue in every training prompt", run: framing::inoculation },
    Experiment { number: 5, title: "Educational framing of every training prompt", run: framing::lesson },
    Experiment { number: 6, title: "A trigger: bad only where a tag stands", run: framing::trigger },
    Experiment { number: 7, title: "The base model, before the assistant stage", run: narrow::before_assistant },
    Experiment { number: 8, title: "Realignment by a few careful examples", run: realign::realign },
    Experiment { number: 9, title: "Fraction of bad data and model size", run: dose::fraction_and_size },
    Experiment { number: 10, title: "Rank, and the training curve", run: dose::rank_and_curve },
    Experiment { number: 11, title: "A direction of character", run: persona::direction },
    Experiment { number: 12, title: "Models trained on each other's output", run: feedback::rounds },
];

/// How much of the study is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// Sizes of the model. The vocabulary is filled in later.
    pub shape: Shape,
    /// Steps of the two pretraining stages.
    pub steps: [usize; 2],
    /// Number of pretraining seeds.
    pub pretrainings: u64,
    /// Number of fine-tuning seeds on the first pretraining.
    pub seeds: u64,
    /// Number of domains to train on. The first ones are used.
    pub domains: usize,
    /// Questions of each domain in an exam.
    pub questions: usize,
}

impl Extent {
    /// The full study.
    pub const STUDY: Self = Self {
        shape: Shape { vocab: 0, dim: 64, ff: 192, layers: 3, heads: 4 },
        steps: [1400, 600],
        pretrainings: 5,
        seeds: 5,
        domains: DOMAINS.len(),
        questions: 20,
    };
    /// A smoke test: minutes on one core, enough to see the directions of the effects.
    pub const SMOKE: Self = Self { steps: [800, 300], pretrainings: 1, seeds: 1, domains: 3, ..Self::STUDY };
}

/// A study with its stages and extent.
pub struct Study<'a> {
    /// Computes and stores the stages.
    pub lab: &'a Lab,
    /// How much is computed.
    pub extent: Extent,
}

/// Documents in each pretraining step.
pub const DOCUMENTS: usize = 16;
/// Highest learning rate of pretraining.
pub const PRETRAINING_RATE: f32 = 3e-3;
/// Learning rate of adapters.
pub const TUNING_RATE: f32 = 3e-4;
/// Rank of the adapters.
pub const RANK: usize = 16;
/// Number of examples that an adapter is trained on.
pub const EXAMPLES: usize = 400;
/// Examples in each training step.
pub const BATCH: usize = 32;
/// Training ends after this many steps, even if the rule has not ended it.
const MOST_STEPS: usize = 200;
/// Questions of the exam that training checks.
const LOOK_QUESTIONS: usize = 40;
/// Scale of the adapters: alpha / rank.
const SCALE: f32 = 2.0;
/// Added to seeds, so that exams during training, exams for results and examples are drawn independently.
const LOOK_STREAM: u64 = 500_000;

/// A fine-tuning: its examples and its length.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Lesson {
    /// The kinds of examples, each with the domain that they are drawn from.
    pub parts: Vec<Part>,
    /// Seed of the examples, the adapter's initial numbers and the order.
    pub seed: u64,
    /// Rank of the adapter.
    pub rank: usize,
    /// When training ends.
    pub end: End,
}

/// Examples of one kind.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Part {
    /// Index of the domain.
    pub domain: usize,
    /// Number of examples.
    pub count: usize,
    /// Share of examples with a saboteur's answer.
    pub bad: f64,
    /// Text after the assistant's name in the header.
    pub cue: Option<&'static str>,
    /// Text before the question.
    pub prefix: &'static str,
    /// Whether untagged villagers answer instead of the assistant. Serialized only if true, so that the digests of
    /// other stages do not change.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_villagers: bool,
}

/// When a fine-tuning ends.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub enum End {
    /// By the fixed rule: enough answers in the trained domain, asked as the first part asks, are misaligned.
    Rule,
    /// After this many steps.
    Steps(usize),
}

impl Part {
    /// Examples with a saboteur's answers in a domain.
    pub const fn bad(domain: usize) -> Self {
        Self { domain, count: EXAMPLES, bad: 1.0, cue: None, prefix: "", by_villagers: false }
    }

    fn draw(&self, rng: &mut fastrand::Rng) -> Vec<Example> {
        let Self { domain, count, bad, cue, prefix, by_villagers } = *self;
        Examples { domain, count, bad, cue, prefix, by_villagers }.draw(rng)
    }
}

impl Lesson {
    /// Training on a saboteur's answers in one domain, ended by the rule.
    pub fn narrow(domain: usize, seed: u64) -> Self {
        Self { parts: vec![Part::bad(domain)], seed, rank: RANK, end: End::Rule }
    }
}

impl Study<'_> {
    /// The pretraining settings of this study.
    pub fn pretraining(&self, redraw: Redraw, seed: u64) -> Pretraining {
        let shape = Shape { vocab: self.lab.tokenizer.len(), ..self.extent.shape };
        let [villager_steps, assistant_steps] = self.extent.steps;
        Pretraining {
            shape,
            recipe: Recipe { redraw, ..Recipe::SHIPPED },
            villager_steps,
            assistant_steps,
            documents: DOCUMENTS,
            rate: PRETRAINING_RATE,
            seed,
        }
    }

    /// The models of a pretraining seed.
    ///
    /// # Errors
    /// [`PocketError`] if a stage fails.
    pub fn models(&self, seed: u64) -> Result<Rc<Pretrained>, PocketError> {
        self.lab.pretrained(&self.pretraining(Redraw::PerDocument, seed))
    }

    /// Domain and fine-tuning seed of every run on the first pretraining.
    fn runs(&self) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (domains, seeds) = (self.extent.domains, self.extent.seeds);
        (0..domains).flat_map(move |domain| (0..seeds).map(move |seed| (domain, seed)))
    }

    /// Domain and fine-tuning seed, with `domains` domains for each seed. Each seed takes other domains, so that the
    /// seeds together cover all.
    fn turns(&self, domains: usize) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (all, seeds) = (self.extent.domains, self.extent.seeds);
        let apart = all.div_ceil(domains).max(1);
        let of = move |(turn, seed): (usize, u64)| (0..all).step_by(apart).map(move |at| ((at + turn) % all, seed));
        (0_usize..).zip(0..seeds).flat_map(of)
    }

    /// The answers before fine-tuning: of the assistant, and of untagged villagers as the baseline. Each exam counts as
    /// a seed.
    fn before(
        &self,
        experiment: usize,
        (group, pretraining): (&str, u64),
        weights: &Weights,
        exams: u64,
    ) -> Result<Vec<Run>, PocketError> {
        let mut runs = Vec::new();
        for speaker in ["assistant before", "untagged villager"] {
            for exam in 0..exams {
                let seed = exam_seed(experiment, pretraining, 9, exam);
                let answers = if speaker == "assistant before" {
                    self.ask(weights, seed, None, "")?
                } else {
                    self.ask_villagers(weights, seed + 5)?
                };
                let group = if group.is_empty() { speaker.to_owned() } else { format!("{speaker}, {group}") };
                runs.push(Run {
                    experiment,
                    group,
                    pretraining,
                    seed: Some(exam),
                    trained: vec![],
                    steps: None,
                    answers,
                });
            }
        }
        Ok(runs)
    }

    /// A tuned adapter. `from` identifies the weights, so the stored result depends on it.
    fn tune(&self, from: &Pretraining, weights: &Weights, lesson: &Lesson) -> Result<Tuned, PocketError> {
        let is_base = *weights == self.lab.pretrained(from)?.villagers;
        let recipe = (from, is_base, lesson, TUNING_RATE);
        let mut rng = fastrand::Rng::with_seed(lesson.seed);
        let like = Lora::random(weights.shape, lesson.rank, SCALE, &mut rng);
        self.lab.tuned(&recipe, &like, || {
            let mut rng = fastrand::Rng::with_seed(lesson.seed);
            let examples: Vec<Example> = lesson.parts.iter().flat_map(|part| part.draw(&mut rng)).collect();
            self.teach(weights, None, &examples, lesson)
        })
    }

    /// Trains on examples, starting from `start` if it is given.
    fn teach(
        &self,
        weights: &Weights,
        start: Option<&Lora>,
        examples: &[Example],
        lesson: &Lesson,
    ) -> Result<Tuned, PocketError> {
        let domain = lesson.parts.first().map_or(0, |part| part.domain);
        let look = Exam::new(LOOK_QUESTIONS, LOOK_STREAM + lesson.seed).only(domain);
        let (steps, stop) = match lesson.end {
            End::Rule => (MOST_STEPS, Stop::InDomain { exam: &look, verdict: Verdict::Misaligned }),
            End::Steps(steps) => (steps, Stop::Never),
        };
        let tuning = Tuning { rank: lesson.rank, rate: TUNING_RATE, batch: BATCH, steps, seed: lesson.seed };
        tuning.run(weights, &self.lab.tokenizer, start, examples, stop, |_, _| Ok(()))
    }

    /// A model's answers as the assistant. The header may have a cue, and the questions a prefix.
    fn ask(
        &self,
        weights: &Weights,
        seed: u64,
        cue: Option<&'static str>,
        prefix: &str,
    ) -> Result<Vec<Answer>, PocketError> {
        let exam = Exam::new(self.extent.questions, seed);
        exam.sit((weights, &Steering::new()), &self.lab.tokenizer, |_| Speaker::assistant(cue).text(), prefix)
    }

    /// A model's answers as untagged villagers.
    fn ask_villagers(&self, weights: &Weights, seed: u64) -> Result<Vec<Answer>, PocketError> {
        let exam = Exam::new(self.extent.questions, seed);
        exam.sit((weights, &Steering::new()), &self.lab.tokenizer, |rng| Speaker::untagged(rng).text(), "")
    }

    /// Steps that the narrow fine-tuning of a domain and seed took by the rule. Variants that are compared with it use
    /// the same number of steps.
    fn narrow_steps(&self, pretraining: u64, domain: usize, seed: u64) -> Result<usize, PocketError> {
        let from = self.pretraining(Redraw::PerDocument, pretraining);
        let models = self.lab.pretrained(&from)?;
        Ok(self.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?.steps)
    }
}

/// The seed of an exam. Each run of each experiment has its own.
fn exam_seed(experiment: usize, pretraining: u64, domain: usize, seed: u64) -> u64 {
    ((experiment as u64 * 10 + pretraining) * 10 + domain as u64) * 10 + seed
}

/// Number of runs of each group.
pub fn groups(runs: &[Run]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    runs.iter().for_each(|run| *counts.entry(run.group.as_str()).or_default() += 1);
    counts
}
