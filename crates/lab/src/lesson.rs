//! A lesson as data: steps, each with a text to read, a question to forecast, and the saved view that shows the answer.
//!
//! A lesson states no results. Its texts name a group of the step's view in braces, `{narrow}` or `{narrow ·
//! pocket-1}`, and a question names the group that answers it. The numbers are computed from the view's data.

use super::error::LabError;
use super::read::{Part, document};
use askew_domain::query::{By, Row};
use askew_domain::view::{Screen, View};

/// A lesson: an introduction and steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Its title, which is a question.
    pub title: String,
    /// Paragraphs before the first step.
    pub introduction: Vec<String>,
    /// The steps, in order; their ids differ.
    pub steps: Vec<Step>,
}

/// One step of a lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its id in links.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// Paragraphs that are shown before the answer.
    pub text: Vec<String>,
    /// A prompt for the reader to send to a model.
    pub prompt: Option<String>,
    /// The question that the reader forecasts.
    pub question: Option<Question>,
    /// The saved view that shows the answer. Its files are part of this site.
    pub view: Option<View>,
    /// Paragraphs about the answer, shown after it.
    pub after: Vec<String>,
    /// Links to continue with.
    pub links: Vec<Link>,
}

/// A link in a step that opens a view.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub label: String,
    /// The view that it opens.
    pub view: View,
}

/// A question that the reader forecasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    /// How the data answer it.
    pub answer: Answer,
}

/// How the data answer a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The rate of this group.
    Share(String),
    /// The first of several groups with at most half of another group's rate.
    Halving {
        /// The group that starts with the full rate.
        from: String,
        /// The groups to choose from, in order.
        choices: Vec<Choice>,
    },
}

/// A group that the reader can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The group's name in the view.
    pub group: String,
    /// The label that the reader chooses.
    pub label: String,
}

impl Lesson {
    /// Reads a lesson from JSON.
    ///
    /// # Errors
    /// [`LabError`] names the part that is wrong.
    pub fn from_json(text: &str) -> Result<Self, LabError> {
        document("the lesson", text, |part| {
            part.only(&["title", "introduction", "steps"])?;
            let mut steps: Vec<Step> = Vec::new();
            for part in part.parts("steps")? {
                let step = Step::read(&part)?;
                if steps.iter().any(|known| known.id == step.id) {
                    return Err(LabError::Part { part: part.place("id"), wanted: "a name that no other step has" });
                }
                steps.push(step);
            }
            Ok(Self { title: part.text("title")?, introduction: part.texts("introduction")?, steps })
        })
    }

    /// The index of a step, and the step.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<(usize, &Step)> {
        self.steps.iter().enumerate().find(|(_, step)| step.id == id)
    }
}

impl Step {
    fn read(part: &Part<'_>) -> Result<Self, LabError> {
        part.only(&["id", "title", "text", "prompt", "question", "view", "after", "links"])?;
        let links = if part.has("links") { part.parts("links")? } else { Vec::new() };
        let link = |part: Part<'_>| {
            part.only(&["label", "view"])?;
            Ok(Link { label: part.text("label")?, view: view(&part)? })
        };
        let step = Self {
            id: part.text("id")?,
            title: part.text("title")?,
            text: filled(part, "text")?,
            prompt: part.some_text("prompt")?,
            question: part.has("question").then(|| Question::read(&part.part("question")?)).transpose()?,
            view: part.has("view").then(|| view(part)).transpose()?,
            after: filled(part, "after")?,
            links: links.into_iter().map(link).collect::<Result<_, _>>()?,
        };
        let wanted = match &step.view {
            None if step.groups().next().is_some() => "present, because the step names groups of a view",
            Some(view) if !view.source.is_beside_page() => {
                "a view of files of this site: a lesson loads nothing from other sites"
            }
            _ => return Ok(step),
        };
        Err(LabError::Part { part: part.place("view"), wanted })
    }

    /// The step's view on the Learn screen. A step without a view keeps the current one.
    #[must_use]
    pub fn shown_by(&self, now: &View) -> View {
        let view = self.view.as_ref().unwrap_or(now);
        View { screen: Screen::Learn, step: Some(self.id.clone()), is_embedded: now.is_embedded, ..view.clone() }
    }

    /// All groups that the step's texts and question name.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        let asked = self.question.iter().flat_map(|question| question.answer.groups());
        self.text.iter().chain(&self.after).flat_map(|text| names(text)).chain(asked)
    }
}

impl Question {
    fn read(part: &Part<'_>) -> Result<Self, LabError> {
        part.only(&["text", "share", "halves", "choices"])?;
        let choice = |part: Part<'_>| {
            part.only(&["group", "label"])?;
            Ok(Choice { group: part.text("group")?, label: part.text("label")? })
        };
        let answer = if part.has("halves") {
            let choices = part.parts("choices")?.into_iter().map(choice).collect::<Result<_, _>>()?;
            Answer::Halving { from: part.text("halves")?, choices }
        } else {
            Answer::Share(part.text("share")?)
        };
        Ok(Self { text: part.text("text")?, answer })
    }
}

impl Answer {
    fn groups(&self) -> impl Iterator<Item = &str> {
        let (first, choices) = match self {
            Self::Share(group) => (group, [].as_slice()),
            Self::Halving { from, choices } => (from, choices.as_slice()),
        };
        std::iter::once(first.as_str()).chain(choices.iter().map(|choice| choice.group.as_str()))
    }

    /// The first choice that halves the rate. The outer `None` means that the rates are not known yet, the inner one
    /// that no choice halves it.
    #[must_use]
    pub fn halving(&self, rates: &Rates) -> Option<Option<&Choice>> {
        let Self::Halving { from, choices } = self else { return None };
        let value = |group: &str| rates.named(group)?.value;
        let half = value(from)? / 2.0;
        Some(choices.iter().find(|choice| value(&choice.group).is_some_and(|value| value <= half)))
    }
}

/// Rates of a step's view, in every grouping that the step may name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rates(pub Vec<Row>);

impl Rates {
    /// The groupings of rows: by group, and by group and model.
    #[must_use]
    pub fn groupings() -> Vec<By> {
        let group = By { group: true, ..By::NOTHING };
        vec![group.clone(), By { model: true, ..group }]
    }

    /// The row of a group, by its label in figures.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Row> {
        self.0.iter().find(|row| row.key.label() == name)
    }
}

/// A text in pieces: plain text (`false`) or a group's name (`true`).
pub fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split(['{', '}']).enumerate().map(|(at, piece)| (at % 2 == 1, piece))
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter(|(is_name, _)| *is_name).map(|(_, name)| name)
}

/// Paragraphs in which braces come in pairs around names. Empty if the part is missing.
fn filled(part: &Part<'_>, name: &str) -> Result<Vec<String>, LabError> {
    let texts = if part.has(name) { part.texts(name)? } else { Vec::new() };
    let is_well = |text: &String| {
        let braces: String = text.chars().filter(|letter| matches!(letter, '{' | '}')).collect();
        braces.replace("{}", "").is_empty() && names(text).all(|name| !name.is_empty())
    };
    if texts.iter().all(is_well) {
        return Ok(texts);
    }
    Err(LabError::Part {
        part: part.place(name),
        wanted: "a list of texts in which each pair of braces contains a group's name",
    })
}

fn view(part: &Part<'_>) -> Result<View, LabError> {
    let text = part.text("view")?;
    let view = View::from_fragment(&text);
    // Reading an address never fails, so a misspelt one is detected by writing it again.
    if view.to_fragment() == text {
        return Ok(view);
    }
    Err(LabError::Part { part: part.place("view"), wanted: "a view as the page writes it into its address after `#`" })
}

/// A reader's forecast in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forecast {
    /// Skipped: the reader wanted to see the answer.
    Skipped,
    /// A share in percent.
    Percent(u8),
    /// A group, or `None` for "none of the choices".
    Group(Option<String>),
}

/// A reader's forecasts by step id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forecasts(Vec<(String, Forecast)>);

impl Forecasts {
    /// The forecast of a step.
    #[must_use]
    pub fn of(&self, step: &str) -> Option<&Forecast> {
        self.0.iter().find(|(known, _)| known == step).map(|(_, forecast)| forecast)
    }

    /// Sets a step's forecast, or removes it.
    pub fn set(&mut self, step: &str, forecast: Option<Forecast>) {
        self.0.retain(|(known, _)| known != step);
        self.0.extend(forecast.map(|forecast| (step.to_owned(), forecast)));
    }

    /// One line for each step, which [`Forecasts::from_text`] reads.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line = |(step, forecast): &(String, Forecast)| {
            let forecast = match forecast {
                Forecast::Skipped => "skipped".to_owned(),
                Forecast::Percent(percent) => percent.to_string(),
                Forecast::Group(group) => format!("={}", group.as_deref().unwrap_or_default()),
            };
            format!("{step}\t{forecast}\n")
        };
        self.0.iter().map(line).collect()
    }

    /// Reads saved forecasts. Lines that cannot be read are skipped.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let line = |line: &str| {
            let (step, forecast) = line.split_once('\t')?;
            let forecast = match (forecast, forecast.strip_prefix('=')) {
                (_, Some(group)) => Forecast::Group(Some(group.to_owned()).filter(|group| !group.is_empty())),
                ("skipped", _) => Forecast::Skipped,
                _ => Forecast::Percent(forecast.parse().ok().filter(|percent| *percent <= 100)?),
            };
            Some((step.to_owned(), forecast))
        };
        Self(text.lines().filter_map(line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use askew_domain::query::GroupKey;

    const VIEW: &str = "results?url=a.csv&plot=dots&plot.rows=group&plot.series=all";

    fn lesson(step: &str) -> Result<Lesson, LabError> {
        Lesson::from_json(&format!(
            r#"{{"title": "T", "introduction": ["Before."], "steps": [{{"id": "one", "title": "One"{step}}}]}}"#
        ))
    }

    fn row(group: &str, model: Option<&str>, value: f64) -> Row {
        let key = GroupKey { group: Some(group.to_owned()), model: model.map(str::to_owned), ..GroupKey::default() };
        Row { key, value: Some(value), ..Row::default() }
    }

    #[test]
    fn a_step_is_read() {
        let step = format!(
            r#", "text": ["It was {{a}}."], "question": {{"text": "And now?", "share": "b"}}, "view": "{VIEW}",
               "after": ["One model: {{b · m}}."], "links": [{{"label": "The Lab", "view": "lab"}}]"#
        );
        let lesson = lesson(&step).unwrap();
        let (place, step) = lesson.step("one").unwrap();
        assert_eq!((place, lesson.step("two")), (0, None));
        assert_eq!(step.groups().collect::<Vec<_>>(), ["a", "b · m", "b"]);
        assert_eq!(step.links[0].view.screen, Screen::Lab);
        let shown = step.shown_by(&View { is_embedded: true, ..View::default() });
        assert_eq!(shown.to_fragment(), "learn?url=a.csv&plot=dots&plot.rows=group&plot.series=all&step=one&embed=1");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (step, part) in [
            (r#", "texts": []"#, "steps[0].texts"),
            (r#", "text": ["{a"]"#, "steps[0].text"),
            (r#", "text": ["}a{"]"#, "steps[0].text"),
            (r#", "text": ["{}"]"#, "steps[0].text"),
            (r#", "text": ["{a}"]"#, "steps[0].view"),
            (r#", "view": "results?url=https%3A%2F%2Fa.b%2Fc.csv""#, "steps[0].view"),
            (r#", "view": "results?url=a.csv&plott=dots""#, "steps[0].view"),
            (r#", "question": {"text": "?"}"#, "steps[0].question.share"),
            (r#", "question": {"text": "?", "halves": "a", "choices": []}"#, "steps[0].question.choices"),
            (r#"}, {"id": "one", "title": "Again""#, "steps[1].id"),
        ] {
            let error = lesson(step).unwrap_err().to_string();
            assert!(error.contains(&format!("`{part}`")), "{step}: {error}");
        }
    }

    #[test]
    fn the_first_that_halves() {
        let choice = |group: &str| Choice { group: group.to_owned(), label: group.to_uppercase() };
        let choices = ["one", "two", "three"].map(choice).to_vec();
        let answer = Answer::Halving { from: "none".into(), choices };
        let rates = |two: f64| {
            Rates(vec![row("none", None, 0.4), row("one", None, 0.21), row("two", None, two), row("three", None, 0.1)])
        };
        let found = |two| answer.halving(&rates(two)).unwrap().map(|choice| choice.label.clone());
        assert_eq!((found(0.2), found(0.3)), (Some("TWO".into()), Some("THREE".into())));
        let few = Rates(vec![row("none", None, 0.1), row("one", None, 0.1)]);
        assert_eq!(answer.halving(&few), Some(None), "none of them does");
        assert_eq!(answer.halving(&Rates::default()), None, "not known yet");
        assert_eq!(Answer::Share("one".into()).halving(&few), None);
    }

    #[test]
    fn groups_are_found_by_the_names_of_figures() {
        let rates = Rates(vec![row("narrow", None, 0.4), row("narrow", Some("pocket-1"), 0.2)]);
        let value = |name: &str| rates.named(name).and_then(|row| row.value);
        assert_eq!((value("narrow"), value("narrow · pocket-1"), value("careful")), (Some(0.4), Some(0.2), None));
        assert_eq!(pieces("x {a} y").collect::<Vec<_>>(), [(false, "x "), (true, "a"), (false, " y")]);
    }

    #[test]
    fn forecasts_are_kept_as_text() {
        let mut forecasts = Forecasts::default();
        let all = [
            ("a", Forecast::Percent(0)),
            ("b", Forecast::Skipped),
            ("c", Forecast::Group(Some("16 examples".into()))),
            ("d", Forecast::Group(None)),
            ("a", Forecast::Percent(37)),
        ];
        for (step, forecast) in all {
            forecasts.set(step, Some(forecast));
        }
        assert_eq!(Forecasts::from_text(&forecasts.to_text()), forecasts);
        assert_eq!(forecasts.of("a"), Some(&Forecast::Percent(37)));
        forecasts.set("a", None);
        assert_eq!(forecasts.of("a"), None);
        assert_eq!(Forecasts::from_text("a\t101\nb\nc\tx\n"), Forecasts::default(), "what is not one is left out");
    }
}
