//! Places of rows in documents, and the text around them.

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Name(&'static str),
    AnyName,
    Item,
}

/// Places in a document where rows can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The whole value: a line, or a document of another kind.
    Root,
    /// An item of a list. The list is the whole document or has a usual name.
    Item,
    /// `questions.{id}.scores[]`
    QuestionScore,
    /// `data.{question}.{answer}`: a judge's cache.
    Judgement,
    /// `results.{name}`: figures of a task.
    TaskResult,
}

/// All places. If a value fits several of them, the first one counts.
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
    /// Its place in the document.
    pub place: Place,
    /// The names on the path to it, as they are written. A list's items have no name.
    pub names: Vec<&'a [u8]>,
    pub bytes: &'a [u8],
    /// Line where it begins, from 1.
    pub line: u64,
}

/// Texts and numbers outside rows, by path, such as `eval.model`.
#[derive(Debug, Default)]
pub struct Context(pub(super) Vec<(String, String)>);

impl Context {
    /// The text or number at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == path).map(|(_, text)| text.as_str())
    }
}
