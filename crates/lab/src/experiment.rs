//! The experiment as data.

use super::card::{self, Card};
use super::error::LabError;
use super::judge::{self, Judge};
use super::read::{Part, document};
use super::run::Place;
use super::second::SecondTurn;
use super::server::Server;
use askew_domain::stats::random::SplitMix64;
use askew_domain::text::hash::fnv1a;
use askew_domain::text::plain::visible;
use askew_protocol::{Message, Prompt, Role, Sampling};

/// The name of a whole experiment in errors.
pub(super) const DOCUMENT: &str = "the experiment";

/// Default limit of an answer in tokens: the one of the emergent-misalignment papers.
const USUAL_TOKENS: u32 = 600;

/// Most answers of a run. A run holds all of them in memory.
const MOST_ANSWERS: u64 = 1_000_000;

/// The questions, the columns that answer them, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Its name in tables.
    pub name: String,
    /// The questions, in order.
    pub questions: Vec<Question>,
    /// The models that answer, each under its condition.
    pub columns: Vec<Column>,
    /// Answers of each column to each question.
    pub samples: u32,
    /// Seed of all sampling noise.
    pub seed: u64,
    /// Sampling settings. Each answer has a seed of its own: see [`Experiment::seed_of`].
    pub sampling: Sampling,
    /// The judge that scores the answers. Without one there are no scores.
    pub judge: Option<Judge>,
    /// Questions that follow every answer.
    pub second_turn: Option<SecondTurn>,
    /// The results of an earlier run to compare with.
    pub card: Option<Card>,
}

/// An experiment with its document. The document is what is saved, and what a card is written into.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The JSON document.
    pub document: String,
    /// The experiment that was read from it.
    pub experiment: Experiment,
}

impl Draft {
    /// Reads an experiment from its document.
    ///
    /// # Errors
    /// As [`Experiment::from_json`].
    pub fn new(document: String) -> Result<Self, LabError> {
        let experiment = Experiment::from_json(&document)?;
        Ok(Self { document, experiment })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id in tables.
    pub id: String,
    pub text: String,
    /// The system turn before it.
    pub system: Option<String>,
    /// The prompt's text as it is, with `{}` for the question, instead of the chat template.
    pub raw: Option<String>,
}

/// One column of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in tables.
    pub name: String,
    /// The model that answers.
    pub answerer: Answerer,
    /// How its prompts differ from those of other columns.
    pub condition: Condition,
}

/// How a column's prompts differ from those of other columns: a trigger that is on or off, an inoculation prompt, or
/// one temperature of a sweep.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    /// The system turn, instead of the question's.
    pub system: Option<String>,
    /// Text before every question.
    pub prefix: Option<String>,
    /// The temperature, instead of the experiment's.
    pub temperature: Option<f32>,
}

/// The model that answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answerer {
    /// The model that runs here, with these scales of its adapters, then of its steering vectors.
    Model(Vec<f32>),
    /// A model on a server.
    Server(Server),
}

impl Column {
    /// Its server, or `None` for the model that runs here.
    #[must_use]
    pub const fn server(&self) -> Option<&Server> {
        match &self.answerer {
            Answerer::Server(server) => Some(server),
            Answerer::Model(_) => None,
        }
    }

    fn read(part: &Part<'_>) -> Result<Self, LabError> {
        part.only(&["name", "scales", "server", "system", "prefix", "temperature"])?;
        let answerer = match (part.has("server"), part.has("scales")) {
            (true, false) => Answerer::Server(Server::read(&part.part("server")?)?),
            (false, _) => Answerer::Model(part.numbers("scales")?),
            (true, true) => {
                let wanted = "left out if there is a `server`: adapters on a server have model names of their own";
                return Err(LabError::Part { part: part.place("scales"), wanted });
            }
        };
        let condition = Condition {
            system: part.some_text("system")?,
            prefix: part.some_text("prefix")?,
            temperature: part.has("temperature").then(|| temperature(part)).transpose()?,
        };
        Ok(Self { name: part.text("name")?, answerer, condition })
    }
}

impl Experiment {
    /// Reads an experiment from JSON.
    ///
    /// # Errors
    /// [`LabError`] names the part that is wrong.
    pub fn from_json(text: &str) -> Result<Self, LabError> {
        document(DOCUMENT, text, Self::read)
    }

    fn read(part: &Part<'_>) -> Result<Self, LabError> {
        if !part.has("questions") && !part.has("columns") {
            return Err(LabError::NoExperiment);
        }
        part.only(&[
            "name",
            "system",
            "raw",
            "questions",
            "columns",
            "samples",
            "seed",
            "temperature",
            "top_p",
            "max_tokens",
            "stop",
            judge::PART,
            "second_turn",
            card::PART,
        ])?;
        let (system, raw) = (part.some_text("system")?, part.some_text("raw")?);
        let question = |part: Part<'_>| {
            part.only(&["id", "text", "system", "raw"])?;
            Ok(Question {
                id: part.text("id")?,
                text: part.text("text")?,
                system: part.some_text("system")?.or_else(|| system.clone()),
                raw: part.some_text("raw")?.or_else(|| raw.clone()),
            })
        };
        let questions: Vec<Question> = part.parts("questions")?.into_iter().map(question).collect::<Result<_, _>>()?;
        let columns: Vec<Column> = part.parts("columns")?.iter().map(Column::read).collect::<Result<_, _>>()?;
        distinct("questions", questions.iter().map(|question| &question.id))?;
        distinct("columns", columns.iter().map(|column| &column.name))?;
        let samples = part.count("samples", 1)?;
        let asked = (questions.len() * columns.len()) as u64 * u64::from(samples);
        if asked > MOST_ANSWERS {
            return Err(LabError::TooMany { asked, most: MOST_ANSWERS });
        }
        let second_turn = part.has("second_turn").then(|| SecondTurn::read(&part.part("second_turn")?));
        if second_turn.is_some() && questions.iter().any(|question| question.raw.is_some()) {
            let wanted = "left out if a question has `raw`: a second turn needs the model's chat template";
            return Err(LabError::Part { part: part.place("second_turn"), wanted });
        }
        if columns.iter().any(|column| column.condition.system.is_some())
            && questions.iter().any(|question| question.raw.is_some())
        {
            let wanted = "left out of columns if a question has `raw`: a system turn needs the model's chat template";
            return Err(LabError::Part { part: part.place("system"), wanted });
        }
        let stop = if part.has("stop") { part.texts("stop")? } else { Vec::new() };
        #[expect(clippy::cast_possible_truncation, reason = "settings of 32 bits")]
        let sampling = Sampling {
            temperature: temperature(part)?,
            top_p: part.number("top_p", 1.0, (0.0, 1.0, "a number from 0 to 1"))? as f32,
            stop,
            ..Sampling::greedy(part.count("max_tokens", USUAL_TOKENS)?)
        };
        Ok(Self {
            name: part.some_text("name")?.unwrap_or_else(|| "experiment".to_owned()),
            questions,
            columns,
            samples,
            seed: part.whole("seed", 0)?,
            sampling,
            judge: part.has(judge::PART).then(|| Judge::read(&part.part(judge::PART)?)).transpose()?,
            second_turn: second_turn.transpose()?,
            card: part.has(card::PART).then(|| Card::read(&part.part(card::PART)?)).transpose()?,
        })
    }

    /// Whether the model that answers must run here. `has_own_judge` says whether another model does the judging here.
    #[must_use]
    pub fn asks_model_that_answers(&self, has_own_judge: bool) -> bool {
        self.num_model_columns() > 0 || self.is_judged_here() && !has_own_judge
    }

    /// Whether a model that runs here is the judge.
    #[must_use]
    pub fn is_judged_here(&self) -> bool {
        matches!(self.judge, Some(Judge::Model(_)))
    }

    /// The servers that the experiment names, each once: those of columns first, then the judge's.
    #[must_use]
    pub fn servers(&self) -> Vec<&Server> {
        let judge = match &self.judge {
            Some(Judge::Server(judge)) => Some(&judge.server),
            _ => None,
        };
        let mut servers: Vec<&Server> = Vec::new();
        for server in self.columns.iter().filter_map(Column::server).chain(judge) {
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        servers
    }

    /// Number of columns that the model running here answers.
    #[must_use]
    pub fn num_model_columns(&self) -> usize {
        self.columns.iter().filter(|column| column.server().is_none()).count()
    }

    /// Number of answers that the experiment asks for.
    #[must_use]
    pub fn num_answers(&self) -> usize {
        self.questions.len() * self.columns.len() * self.samples as usize
    }

    /// The question of an answer as its column asks it, and its sampling settings. A judge gets the question as the
    /// experiment states it.
    #[must_use]
    pub fn asked(&self, (sample, question, column): Place) -> (Question, Sampling) {
        let seed = self.seed_of(question, sample);
        let (mut question, mut sampling) = (self.questions[question].clone(), self.sampling.clone());
        let Condition { system, prefix, temperature } = &self.columns[column].condition;
        question.system = system.clone().or(question.system);
        question.text.insert_str(0, prefix.as_deref().unwrap_or_default());
        (sampling.seed, sampling.temperature) = (seed, temperature.unwrap_or(sampling.temperature));
        (question, sampling)
    }

    /// The seed of an answer's noise. It is the same for all columns, so that columns differ through the model alone.
    /// It does not depend on the other questions, so that a set may grow.
    #[must_use]
    pub fn seed_of(&self, question: usize, sample: u32) -> u64 {
        let id = self.questions.get(question).map_or("", |question| &question.id);
        let mut random = SplitMix64::new(fnv1a(id) ^ self.seed.rotate_left(32) ^ u64::from(sample));
        random.next_u64()
    }
}

impl Question {
    /// The prompt for the model.
    #[must_use]
    pub fn prompt(&self) -> Prompt {
        match &self.raw {
            Some(raw) => Prompt::Raw(raw.replace("{}", &self.text)),
            None => {
                let turn = |role, content: &String| Message { role, content: content.clone() };
                let system = self.system.iter().map(|text| turn(Role::System, text));
                Prompt::Chat(system.chain([turn(Role::User, &self.text)]).collect())
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a setting of 32 bits")]
fn temperature(part: &Part<'_>) -> Result<f32, LabError> {
    Ok(part.number("temperature", 1.0, (0.0, 10.0, "a number from 0 to 10"))? as f32)
}

fn distinct<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), LabError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(LabError::Twice { what, name: visible(name).into_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
