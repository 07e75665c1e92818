//! Why an experiment cannot be run.

/// What is wrong with an experiment or a judge, as a sentence that says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    /// Not JSON, or not an object.
    #[error(
        "{0} is no JSON object, which is text that begins with {{ and ends with }}: check the file, its brackets, quotes and commas"
    )]
    NoJson(&'static str),
    /// An object that is nothing of an experiment's.
    #[error(
        "this is no experiment: it has neither `questions` nor `columns`. Answers that are there already are opened in Results"
    )]
    NoExperiment,
    /// A set of questions that is no YAML.
    #[error("the set of questions is no YAML: {0}")]
    NoYaml(String),
    /// YAML that is no set of questions.
    #[error("this is no set of questions as the papers publish them: {0}")]
    NoQuestions(&'static str),
    /// A part is absent or of another kind.
    #[error("`{part}` must be {wanted}")]
    Part {
        /// Its place: `questions[2].text`.
        part: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// A part that is not known: it would be left out silently.
    #[error("`{part}` is not known; known here: {known}")]
    Unknown {
        /// Its place.
        part: String,
        /// What may stand there.
        known: String,
    },
    /// More answers than a run keeps count of.
    #[error(
        "that is {asked} answers, of which a run keeps {most} at most: ask for fewer samples, or in several experiments"
    )]
    TooMany {
        /// How many it asks for.
        asked: u64,
        /// How many there may be.
        most: u64,
    },
    /// Two parts of one name.
    #[error("two {what} are called `{name}`: a rate would be of both; rename one")]
    Twice {
        /// "questions" or "columns".
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A pattern that is no regular expression.
    #[error("`{part}` is no regular expression: {why}")]
    Pattern {
        /// Its place.
        part: String,
        /// What is wrong with it.
        why: String,
    },
}
