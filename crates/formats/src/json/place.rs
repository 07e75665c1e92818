//! Where rows stand in documents, and what stands around them.

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Name(&'static str),
    AnyName,
    Item,
}

/// Where rows may stand in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The whole value: a line, or a document of another kind.
    Root,
    /// An item of a list that is the document, or stands under a usual name.
    Item,
    /// `questions.{id}.scores[]`
    QuestionScore,
    /// `data.{question}.{answer}`: a judge's cache.
    Judgement,
    /// `results.{name}`: figures of a task.
    TaskResult,
}

/// All places. A value that fits several is of the first.
pub(super) const PLACES: [(&[Step], Place); 9] = [
    (&[Step::Item], Place::Item),
    (&[Step::Name("samples"), Step::Item], Place::Item),
    (&[Step::Name("results"), Step::Name("results"), Step::Item], Place::Item),
    (&[Step::Name("results"), Step::Item], Place::Item),
    (&[Step::Name("rows"), Step::Item], Place::Item),
    (&[Step::Name("data"), Step::Item], Place::Item),
    (&[Step::Name("questions"), Step::AnyName, Step::Name("scores"), Step::Item], Place::QuestionScore),
    (&[Step::Name("data"), Step::AnyName, Step::AnyName], Place::Judgement),
    (&[Step::Name("results"), Step::AnyName], Place::TaskResult),
];

/// A value that may be a row.
#[derive(Debug)]
pub struct Found<'a> {
    /// Where it stands.
    pub place: Place,
    /// The names on the way to it, as they are written; a list's items have none.
    pub names: Vec<&'a [u8]>,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Line where it begins, from 1.
    pub line: u64,
}

/// Texts and numbers outside rows, by path: `eval.model`.
#[derive(Debug, Default)]
pub struct Context(pub(super) Vec<(String, String)>);

impl Context {
    /// What stands at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str())
    }
}
