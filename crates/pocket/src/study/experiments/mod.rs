//! The twelve experiments. Each gives runs, whose answers become a results table.

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

/// An experiment: its title, and what computes its runs.
pub struct Experiment {
    /// From 1.
    pub number: usize,
    /// What it asks.
    pub title: &'static str,
    /// Its runs.
    pub run: fn(&Study<'_>) -> Result<Vec<Run>, PocketError>,
}

/// All of them, in the order of their numbers.
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

/// How much is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    /// Sizes of the model, but for its vocabulary.
    pub shape: Shape,
    /// Steps of the two stages of pretraining.
    pub steps: [usize; 2],
    /// Pretraining seeds.
    pub pretrainings: u64,
    /// Fine-tuning seeds on the first pretraining.
    pub seeds: u64,
    /// Domains to train on, the first of them.
    pub domains: usize,
    /// Questions of each domain in an exam.
    pub questions: usize,
}

impl Extent {
    /// The study.
    pub const STUDY: Self = Self {
        shape: Shape { vocab: 0, dim: 64, ff: 192, layers: 3, heads: 4 },
        steps: [1400, 600],
        pretrainings: 5,
        seeds: 5,
        domains: DOMAINS.len(),
        questions: 20,
    };
    /// Minutes on one core, to see the directions.
    pub const SMOKE: Self = Self { steps: [800, 300], pretrainings: 1, seeds: 1, domains: 3, ..Self::STUDY };
}

/// A study under way.
pub struct Study<'a> {
    /// Keeps its stages.
    pub lab: &'a Lab,
    /// How much is done.
    pub extent: Extent,
}

/// Documents of a step of pretraining.
pub const DOCUMENTS: usize = 16;
/// Highest learning rate of pretraining.
pub const PRETRAINING_RATE: f32 = 3e-3;
/// Learning rate of adapters.
pub const TUNING_RATE: f32 = 3e-4;
/// Rank of adapters.
pub const RANK: usize = 16;
/// Examples that an adapter learns from.
pub const EXAMPLES: usize = 400;
/// Examples of a step.
pub const BATCH: usize = 32;
/// Steps after which training ends whatever the trained domain says.
const MOST_STEPS: usize = 200;
/// Questions of the exam that training looks at.
const LOOK_QUESTIONS: usize = 40;
/// Alpha over rank.
const SCALE: f32 = 2.0;
/// Keeps exams of looks, of results and of examples apart.
const LOOK_STREAM: u64 = 500_000;

/// A fine-tuning: on what, and how long.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Lesson {
    /// What the examples are, where they are drawn.
    pub parts: Vec<Part>,
    /// Seed of examples, of the adapter's start and of the order.
    pub seed: u64,
    /// Rank.
    pub rank: usize,
    /// When it ends.
    pub end: End,
}

/// Examples of one sort.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Part {
    /// Of the domains.
    pub domain: usize,
    /// How many.
    pub count: usize,
    /// Share of a saboteur's answers.
    pub bad: f64,
    /// In the header.
    pub cue: Option<&'static str>,
    /// Before the question.
    pub prefix: &'static str,
    /// Whether villagers answer, of whom nothing is said, and not the assistant. A stage's name has it only where it is so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_villagers: bool,
}

/// When a fine-tuning ends.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub enum End {
    /// By the fixed rule: in the trained domain, as the first part asks, enough answers are misaligned.
    Rule,
    /// After so many steps.
    Steps(usize),
}

impl Part {
    /// A saboteur's answers in a domain.
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
    /// How a model of this study is made.
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

    /// The models of a seed.
    ///
    /// # Errors
    /// [`PocketError`].
    pub fn models(&self, seed: u64) -> Result<Rc<Pretrained>, PocketError> {
        self.lab.pretrained(&self.pretraining(Redraw::PerDocument, seed))
    }

    /// Domain and fine-tuning seed of every run on the first pretraining.
    fn runs(&self) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (domains, seeds) = (self.extent.domains, self.extent.seeds);
        (0..domains).flat_map(move |domain| (0..seeds).map(move |seed| (domain, seed)))
    }

    /// Domain and fine-tuning seed, so many domains a seed: each seed takes others, and over the seeds all are taken.
    fn turns(&self, domains: usize) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (all, seeds) = (self.extent.domains, self.extent.seeds);
        let apart = all.div_ceil(domains).max(1);
        let of = move |(turn, seed): (usize, u64)| (0..all).step_by(apart).map(move |at| ((at + turn) % all, seed));
        (0_usize..).zip(0..seeds).flat_map(of)
    }

    /// Before fine-tuning: the assistant, and as the baseline villagers of whom nothing is said. Each of so many exams is a
    /// seed of its own.
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

    /// A tuned adapter. `from` names the weights and is what the result depends on.
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

    /// Trains on examples, going on from `start` where there is one.
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

    /// A model's answers as the assistant, whose header may have a cue and whose questions a prefix.
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

    /// A model's answers as villagers of whom nothing is said.
    fn ask_villagers(&self, weights: &Weights, seed: u64) -> Result<Vec<Answer>, PocketError> {
        let exam = Exam::new(self.extent.questions, seed);
        exam.sit((weights, &Steering::new()), &self.lab.tokenizer, |rng| Speaker::untagged(rng).text(), "")
    }

    /// How many steps the narrow fine-tuning of a domain and seed took by the rule: others that it is compared with take as
    /// many.
    fn narrow_steps(&self, pretraining: u64, domain: usize, seed: u64) -> Result<usize, PocketError> {
        let from = self.pretraining(Redraw::PerDocument, pretraining);
        let models = self.lab.pretrained(&from)?;
        Ok(self.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?.steps)
    }
}

/// The seed of an exam: of its own for each run of an experiment.
fn exam_seed(experiment: usize, pretraining: u64, domain: usize, seed: u64) -> u64 {
    ((experiment as u64 * 10 + pretraining) * 10 + domain as u64) * 10 + seed
}

/// Counts of how often each group was run.
pub fn groups(runs: &[Run]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    runs.iter().for_each(|run| *counts.entry(run.group.as_str()).or_default() += 1);
    counts
}
