//! Why an experiment cannot be read or run.

/// What is wrong with an experiment or a judge. Each message names the part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    /// The text is not JSON, or not an object.
    #[error(
        "{0} is not a JSON object (text that begins with {{ and ends with }}): check the file, its brackets, quotes and commas"
    )]
    NoJson(&'static str),
    /// A JSON object that is not an experiment.
    #[error(
        "this is not an experiment: it has no `questions` and no `columns`. Files with answers are opened in Results"
    )]
    NoExperiment,
    /// A set of questions that is not valid YAML.
    #[error("the set of questions is not valid YAML: {0}")]
    NoYaml(String),
    /// YAML that is not a set of questions.
    #[error("this is not a set of questions in the format of the published papers: {0}")]
    NoQuestions(&'static str),
    /// A part is missing or has the wrong type.
    #[error("`{part}` must be {wanted}")]
    Part {
        /// Its path in the document, such as `questions[2].text`.
        part: String,
        /// A description of the value that is needed.
        wanted: &'static str,
    },
    /// A part with an unknown name. It is rejected, because it would be ignored silently.
    #[error("`{part}` is not known: remove it, or use one of {known}")]
    Unknown {
        /// Its path in the document.
        part: String,
        /// The names that are allowed there.
        known: String,
    },
    /// More answers than a run can hold.
    #[error(
        "that is {asked} answers, but a run holds at most {most}: ask for fewer samples, or split it into several experiments"
    )]
    TooMany {
        /// Answers that the experiment asks for.
        asked: u64,
        /// Most answers of a run.
        most: u64,
    },
    /// Two parts with the same name.
    #[error("two {what} are called `{name}`, so their answers would be mixed in one rate: rename one")]
    Twice {
        /// "questions" or "columns".
        what: &'static str,
        /// The name that both have.
        name: String,
    },
    /// A pattern that is not a valid regular expression.
    #[error("`{part}` is not a valid regular expression: {why}")]
    Pattern {
        /// Its path in the document.
        part: String,
        /// The parser's error message.
        why: String,
    },
}
