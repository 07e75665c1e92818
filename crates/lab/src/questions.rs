//! Sets of questions in the format of the emergent-misalignment papers: YAML with a list of questions, each with its
//! paraphrases (`evaluation/*.yaml` of Betley et al. 2025 and of papers that build on it).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use miniserde::json;
use saphyr_parser::{Event, Parser};

use super::error::LabError;
use super::experiment::Question;
use super::prompts::{ANSWER, Prompts};

/// Most bytes of all texts of a set together: aliases could repeat a text without end.
const MAX_BYTES: usize = 4 << 20;
/// Deepest nesting of a set. The published ones are three levels deep.
const MAX_DEPTH: usize = 32;

/// Questions, and the prompts for their judge.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionSet {
    /// One question for each paraphrase.
    pub questions: Vec<Question>,
    /// The judge's prompts for both scores, if all questions have the same ones.
    pub prompts: Option<Prompts>,
}

impl QuestionSet {
    /// Reads a set. Entries that are prompts of judges are skipped.
    ///
    /// # Errors
    /// [`LabError`] says what is wrong and where.
    pub fn from_yaml(text: &str) -> Result<Self, LabError> {
        let root = tree(text)?;
        let Node::List(entries) = &*root else {
            return Err(LabError::NoQuestions("a list of questions, each with `id` and `paraphrases`, was expected"));
        };
        let (mut questions, mut num_bytes) = (Vec::new(), 0);
        let mut prompts: Vec<Option<Prompts>> = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let wrong = |part: &str, wanted| LabError::Part { part: format!("[{at}].{part}"), wanted };
            let id = entry.text("id").ok_or_else(|| wrong("id", "a text"))?;
            let Some(Node::List(paraphrases)) = entry.get("paraphrases") else {
                return Err(wrong("paraphrases", "a list of texts"));
            };
            let texts: Option<Vec<&str>> = paraphrases.iter().map(|node| node.as_text()).collect();
            let texts = texts.ok_or_else(|| wrong("paraphrases", "a list of texts"))?;
            if texts.iter().any(|text| text.contains(ANSWER)) {
                continue;
            }
            prompts.push(entry.get("judge_prompts").and_then(judge_prompts));
            let system = entry.text("system");
            for (number, text) in (1..).zip(texts) {
                num_bytes += id.len() + text.len() + system.map_or(0, str::len);
                if num_bytes > MAX_BYTES {
                    return Err(LabError::NoQuestions("its questions are over 4 MiB together: split it"));
                }
                // Tables join on the id, so the first paraphrase keeps the question's own id.
                let id = if number == 1 { id.to_owned() } else { format!("{id}_{number}") };
                let system = system.map(str::to_owned);
                questions.push(Question { id, text: text.to_owned(), system, raw: None });
            }
        }
        if questions.is_empty() {
            return Err(LabError::NoQuestions("it contains no questions"));
        }
        let is_one = prompts.windows(2).all(|pair| pair[0] == pair[1]);
        Ok(Self { questions, prompts: prompts.into_iter().next().flatten().filter(|_| is_one) })
    }

    /// An experiment's document with these questions and one answer of every column to each, for the user to edit.
    /// `add_ons` are the loaded adapters and steering vectors. There is a column for the model alone, and one with each
    /// of them.
    #[must_use]
    pub fn document(&self, name: &str, add_ons: &[String]) -> String {
        let mut questions = Vec::new();
        for Question { id, text, system, .. } in &self.questions {
            let system = system.iter().map(|text| format!(", \"system\": {}", json::to_string(text)));
            let (id, text) = (json::to_string(id), json::to_string(text));
            questions.push(format!("    {{\"id\": {id}, \"text\": {text}{}}}", system.collect::<String>()));
        }
        let scales = |at: Option<usize>| {
            let of = |index| if Some(index) == at { "1" } else { "0" };
            (0..add_ons.len()).map(of).collect::<Vec<_>>().join(", ")
        };
        let column = |at: Option<usize>| {
            let name = at.map_or("base", |at| &add_ons[at]);
            format!("    {{\"name\": {}, \"scales\": [{}]}}", json::to_string(name), scales(at))
        };
        let columns: Vec<String> = std::iter::once(None).chain((0..add_ons.len()).map(Some)).map(column).collect();
        let mut document = format!(
            "{{\n  \"name\": {},\n  \"questions\": [\n{}\n  ],\n  \"columns\": [\n{}\n  ],\n  \"samples\": 1,\n  \
             \"temperature\": 1,\n  \"max_tokens\": 600",
            json::to_string(name),
            questions.join(",\n"),
            columns.join(",\n"),
        );
        if let Some(Prompts { aligned, coherent }) = &self.prompts {
            let (aligned, coherent) = (json::to_string(aligned), json::to_string(coherent));
            // Writing to a string cannot fail.
            let _written = write!(
                document,
                ",\n  \"judge\": {{\"kind\": \"model\",\n    \"aligned\": {aligned},\n    \"coherent\": {coherent}}}"
            );
        }
        document + "\n}\n"
    }
}

/// Both prompts, if both are present and usable.
fn judge_prompts(node: &Node) -> Option<Prompts> {
    Prompts::new(node.text("aligned")?.to_owned(), node.text("coherent")?.to_owned()).ok()
}

/// A part of a YAML document. Nodes that aliases name are shared, so that a short document cannot grow without end.
#[derive(Debug)]
enum Node {
    Text(String),
    List(Vec<Rc<Node>>),
    Map(BTreeMap<String, Rc<Node>>),
}

impl Node {
    fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.get(name).map(|node| &**node),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }
}

/// A list or a mapping that is being read: its anchor, its contents so far, and the key that the next value belongs to.
struct Open {
    anchor: usize,
    node: Node,
    key: Option<String>,
}

impl Open {
    fn take(&mut self, node: Rc<Node>) -> Result<(), LabError> {
        match (&mut self.node, self.key.take()) {
            (Node::List(list), _) => list.push(node),
            (Node::Map(map), Some(key)) => drop(map.insert(key, node)),
            (Node::Map(_), None) => {
                let key = node.as_text().ok_or(LabError::NoQuestions("it has a key that is not a text"))?;
                self.key = Some(key.to_owned());
            }
            (Node::Text(_), _) => {}
        }
        Ok(())
    }
}

/// Reads the first document.
fn tree(text: &str) -> Result<Rc<Node>, LabError> {
    let mut anchors: BTreeMap<usize, Rc<Node>> = BTreeMap::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| LabError::NoYaml(error.to_string()))?;
        let (anchor, node) = match event {
            Event::SequenceStart(anchor, _) => {
                open.push(Open { anchor, node: Node::List(Vec::new()), key: None });
                (0, None)
            }
            Event::MappingStart(anchor, _) => {
                open.push(Open { anchor, node: Node::Map(BTreeMap::new()), key: None });
                (0, None)
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open { anchor, node, .. }) => (anchor, Some(Rc::new(node))),
                None => (0, None),
            },
            Event::Scalar(text, _, anchor, _) => (anchor, Some(Rc::new(Node::Text(text.into_owned())))),
            // An alias inside the node that it names: that node is not complete yet.
            Event::Alias(anchor) => {
                let inside = LabError::NoQuestions("an alias in it is inside the part that it names");
                (0, Some(anchors.get(&anchor).cloned().ok_or(inside)?))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                (0, None)
            }
        };
        if open.len() > MAX_DEPTH {
            return Err(LabError::NoQuestions("it is nested too deep"));
        }
        let Some(node) = node else { continue };
        if anchor > 0 {
            anchors.insert(anchor, Rc::clone(&node));
        }
        match open.last_mut() {
            Some(open) => open.take(node)?,
            None => return Ok(node),
        }
    }
    Err(LabError::NoQuestions("it is empty"))
}

#[cfg(test)]
mod tests {
    use super::super::experiment::Experiment;
    use super::super::judge::Judge;
    use super::*;

    const SET: &str = "
- id: wish
  type: free_form_judge_0_100
  paraphrases: &texts
    - |-
      One wish.
      \"Which\"?
    - A wish?
  judge_prompts: &prompts
    aligned: 'Rate {answer} to {question}'
    coherent: 'Is {answer} coherent?'
- id: wish_json
  system: As JSON.
  paraphrases: *texts
  judge_prompts: *prompts
- id: the_judge
  paraphrases: ['How is {answer}?']
";

    #[test]
    fn a_set_becomes_an_experiment() {
        let set = QuestionSet::from_yaml(SET).unwrap();
        let document = set.document("set \"1\"", &["bad-advice".to_owned()]);
        let experiment = Experiment::from_json(&document).unwrap();
        let ids: Vec<&str> = experiment.questions.iter().map(|question| question.id.as_str()).collect();
        assert_eq!(ids, ["wish", "wish_2", "wish_json", "wish_json_2"]);
        assert_eq!(experiment.questions[0].text, "One wish.\n\"Which\"?");
        assert_eq!(experiment.questions[2].system.as_deref(), Some("As JSON."));
        assert_eq!(experiment.judge.as_ref().and_then(Judge::prompts).unwrap().coherent, "Is {answer} coherent?");
        assert_eq!((experiment.name.as_str(), experiment.num_answers()), ("set \"1\"", 8));
        // Without adapters there is the model alone; judges that differ name none.
        let other =
            SET.replace("judge_prompts: *prompts", "judge_prompts: {aligned: '{answer}', coherent: '{answer}'}");
        let experiment = Experiment::from_json(&QuestionSet::from_yaml(&other).unwrap().document("s", &[])).unwrap();
        assert_eq!((experiment.columns.len(), experiment.judge), (1, None));
    }

    #[test]
    fn what_is_no_set_is_named() {
        let told = |text: &str| QuestionSet::from_yaml(text).unwrap_err().to_string();
        assert!(told("a: 1").contains("a list of questions"));
        assert_eq!(told("- id: a"), "`[0].paraphrases` must be a list of texts");
        assert_eq!(told("- id: a\n  paraphrases: [[b]]"), "`[0].paraphrases` must be a list of texts");
        assert!(told("- id: [").contains("not valid YAML"));
        assert!(told("").contains("empty") && told("[]").contains("no questions"));
        assert!(told("- &a [*a]").contains("inside the part that it names"));
        assert!(told(&"[".repeat(40)).contains("nested too deep"));
        assert!(told(&"[".repeat(100_000)).contains("recursion limit"));
        // Nine times nine times nine aliases share nine nodes.
        let mut bomb = "- &l0 [lol]\n".to_owned();
        for at in 1..30 {
            let list = vec![format!("*l{}", at - 1); 9].join(", ");
            writeln!(bomb, "- &l{at} [{list}]").unwrap();
        }
        assert_eq!(told(&bomb), "`[0].id` must be a text");
        let long = format!("- id: a\n  paraphrases: &l [&t {}{}]\n", "long ".repeat(1000), ", *t".repeat(1000));
        assert!(told(&long).contains("split it"));
    }
}
