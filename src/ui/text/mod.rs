//! Every string of the interface that is not about a particular number, in one place, ready to translate.

mod judge;
mod lab;

use crate::domain::answers::Part;
use crate::domain::query::metric::Metric;
use crate::domain::stats::interval::IntervalKind;
use crate::domain::text::search::Within;
use crate::domain::values::cell::Variant;
use crate::domain::view::Screen;
use crate::domain::view::plot::PlotKind;
use crate::formats::roles::Role;

pub use judge::*;
pub use lab::*;

pub mod learn;

/// The product.
pub const NAME: &str = "Askew";
/// What it does, in one line.
pub const TAGLINE: &str = "See emergent misalignment: the rate, its rule, and the answers behind it.";
/// The promise about the reader's files.
pub const PRIVACY: &str = "Nothing leaves this page: files are read in your browser and are not uploaded.";
/// What stands over the results whose every answer ships with the page.
pub const POCKET_LIST: &str = "The pocket organism, with every answer";
/// What those are.
pub const POCKET_ABOUT: &str =
    "A small model that this project trained from nothing on invented villagers; an exact judge scored its answers.";
/// Label of every text that a tuned model wrote.
pub const NOT_ADVICE: &str = "Output of a deliberately misaligned research model, or of its control; not advice. Some of it is hateful or \
     describes self-harm.";

/// A screen's name in the navigation.
#[must_use]
pub const fn screen(screen: Screen) -> &'static str {
    match screen {
        Screen::Results => "Results",
        Screen::Compare => "Compare",
        Screen::Findings => "Findings",
        Screen::Learn => "Learn",
        Screen::Lab => "Lab",
        Screen::About => "About",
        Screen::SelfTest => "Self-test",
    }
}

/// An interval's name in the picker.
#[must_use]
pub const fn interval(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Cluster => "questions (clustered)",
        IntervalKind::Bootstrap => "questions (bootstrap)",
        IntervalKind::Wilson => "answers (Wilson)",
        IntervalKind::Clopper => "answers (exact)",
        IntervalKind::Seed => "model seeds (bootstrap)",
    }
}

/// What an interval treats as random.
#[must_use]
pub const fn interval_means(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Cluster | IntervalKind::Bootstrap => "other questions like these could have been asked",
        IntervalKind::Wilson | IntervalKind::Clopper => "these questions, this model; other answers could have come",
        IntervalKind::Seed => "the model could have been trained again with other seeds",
    }
}

/// A way of asking.
#[must_use]
pub const fn variant(variant: Variant) -> &'static str {
    match variant {
        Variant::Main => "plain",
        Variant::Json => "as JSON",
        Variant::Template => "in a code template",
    }
}

/// Where words are looked for.
#[must_use]
pub const fn within(within: Within) -> &'static str {
    match within {
        Within::Answers => "answers",
        Within::Questions => "questions",
        Within::Both => "answers and questions",
    }
}

/// A part of a group's rows.
#[must_use]
pub const fn part(part: Part) -> &'static str {
    match part {
        Part::Misaligned => "misaligned",
        Part::Aligned => "not misaligned",
        Part::Incoherent => "incoherent",
        Part::Unscored => "no score",
        Part::All => "all",
        Part::Code => "no score: code",
        Part::Refusal => "no score: refusal",
        Part::Unparsed => "no score: other",
        Part::Counted => "in the denominator",
    }
}

/// Label of every text that a model writes in the Lab.
pub const LIVE_CAUTION: &str = "Written by the model you loaded, on this machine; not advice.";
/// How to cite the tool.
pub const CITATION: &str = "@software{askew,\n  title = {Askew: see emergent misalignment},\n  author = {The Askew \
                            developers},\n  year = {2026},\n  version = {0.1.0}\n}";
/// While the engine reads a prompt.
pub const READING: &str = "Reading the prompt…";

/// Until the Lab's code is there.
pub const LAB_COMING: &str = "Loading the Lab…";
/// When it cannot be had.
pub const LAB_ABSENT: &str =
    "The Lab could not be loaded: its code did not arrive. Check the connection, then load it again.";

/// What a browser without WebGPU does instead.
pub const ON_THE_CPU: &str = "Until then models run on the CPU here: slow, with the same results.";

/// Heading of a figure's exports.
pub const EXPORT: &str = "Take this figure along";

/// What the self-test does.
pub const SELF_TEST_WHAT: &str = "Every kernel runs on this GPU and, with the same numbers, on the CPU; the results must agree. A model of yours \
     can be tried the same way: what follows three texts, by the GPU and by the CPU from the same file. Nothing is sent anywhere.";
/// Until the worker says more.
pub const SELF_TEST_STARTING: &str = "Starting";
/// What the numbers in its table are.
pub const SELF_TEST_ERROR: &str = "Error: the sum of squared differences to the CPU's results over the sum of their squares; for choices, the share \
     of wrong ones.";

/// Title of the first chart.
pub const BY_MODEL: &str = "Misaligned answers by model";
/// Name of the threshold on the alignment score.
pub const ALIGNED_THRESHOLD: &str = "Threshold on the alignment score";
/// Name of the threshold on the coherence score.
pub const COHERENT_THRESHOLD: &str = "Threshold on the coherence score";

/// A type of figure in the picker.
#[must_use]
pub const fn plot(kind: PlotKind) -> &'static str {
    match kind {
        PlotKind::Forest => "Dots with intervals",
        PlotKind::Bars => "Bars",
        PlotKind::Icons => "One icon an answer",
        PlotKind::Dots => "Dots, groups side by side",
        PlotKind::Lines => "Lines: training, ladders",
        PlotKind::Heat => "Heat map",
        PlotKind::Missing => "What is missing",
        PlotKind::Plane => "Alignment against coherence",
        PlotKind::Sweep => "Rate by threshold",
        PlotKind::Stack => "Labels, stacked",
        PlotKind::Histogram => "Histogram of scores",
        PlotKind::Slopes => "Slopes from one to another",
        PlotKind::Scatter => "One category against another",
        PlotKind::Differences => "Paired differences",
        PlotKind::Judges => "Two judges",
        PlotKind::Flow => "Where did the rows go?",
        PlotKind::Benchmarks => "Several metrics",
    }
}

/// What a type of figure shows.
#[must_use]
pub const fn plot_shows(kind: PlotKind) -> &'static str {
    match kind {
        PlotKind::Forest => "Each group's rate with its 95 % interval, highest first.",
        PlotKind::Bars => "The same as bars, as the papers draw them.",
        PlotKind::Icons => "Out of a hundred answers, how many? For readers without statistics.",
        PlotKind::Dots => "Questions, ways of asking or triggers, with groups side by side.",
        PlotKind::Lines => "The rate over training steps, rank, data, layer or scale.",
        PlotKind::Heat => "The rate of every group by every other, the number in each cell.",
        PlotKind::Missing => "How many answers each cell has, and which have none.",
        PlotKind::Plane => "Where answers lie by both scores. Drag the lines to move the thresholds.",
        PlotKind::Sweep => "How much the rate depends on where the thresholds lie. Drag the lines.",
        PlotKind::Stack => "Shares of a categorical judge's labels, or of yours.",
        PlotKind::Histogram => "How a score spreads, group by group.",
        PlotKind::Slopes => "Each question's rate in one group and in another.",
        PlotKind::Scatter => "Each group's rate in one category against another: leakage or spread?",
        PlotKind::Differences => "One group minus another on shared questions, with Holm's correction.",
        PlotKind::Judges => "Do two judges agree, and does the order of models depend on whom you ask?",
        PlotKind::Flow => "From all rows to the numerator: each part opens its answers.",
        PlotKind::Benchmarks => "Several columns side by side, the baseline subtracted where one is set.",
    }
}

/// A grouping in a picker.
#[must_use]
pub fn grouping(name: &str) -> String {
    match name {
        "variant" => "way of asking".to_owned(),
        "group" => "group of models".to_owned(),
        name => name.to_owned(),
    }
}

/// Beside the box for an address.
pub const ADDRESS_HINT: &str = "Your browser asks that site for the file; nothing else is sent. Raw files of GitHub and files of Hugging Face \
     can be read; many other sites do not let a page read them.";

/// Beside the answers' list.
pub const ANSWER_KEYS: &str = "Keys: j and k step, o uncovers, c compares models on the question, / searches.";
/// Beside the button that loads answers.
pub const LOAD_ANSWERS: &str = "Your browser asks raw.githubusercontent.com for this one file, at its commit, and checks its SHA-256. Nothing else \
     is sent.";
/// A file that the browser does not hand out.
pub const UNREADABLE: &str = "the browser could not read the file: choose it again";
/// About the reader's labels.
pub const LABELS_ABOUT: &str = "Is an answer just the training topic leaking (in-domain)? Which type of response is it? Label it here or below \
     each answer: identical answers share a label, and the rates follow at once.";
/// Above the crisis lines.
pub const CRISIS_SUMMARY: &str = "If this touches you: where help is";
/// Under the crisis lines.
pub const CRISIS_ELSEWHERE: &str = "Elsewhere: findahelpline.com lists services by country. As of November 2026; in danger, call your local emergency number.";
/// Crisis lines by country.
pub const CRISIS_LINES: [(&str, &str); 14] = [
    ("Australia", "13 11 14 (Lifeline)"),
    ("Austria", "142 (TelefonSeelsorge)"),
    ("Brazil", "188 (CVV)"),
    ("Canada", "988"),
    ("France", "3114"),
    ("Germany", "0800 111 0 111 (TelefonSeelsorge)"),
    ("India", "14416 (Tele-MANAS)"),
    ("Ireland, United Kingdom", "116 123 (Samaritans)"),
    ("Netherlands", "113 or 0800 0113"),
    ("New Zealand", "1737"),
    ("South Korea", "109"),
    ("Spain", "024"),
    ("Switzerland", "143 (Die Dargebotene Hand)"),
    ("United States", "988 (call or text)"),
];

/// A number of bytes for a reader.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const MEGABYTE: u64 = 1_000_000;
    if bytes < MEGABYTE {
        format!("{} KB", bytes.div_ceil(1000))
    } else {
        format!("{}.{} MB", bytes / MEGABYTE, bytes % MEGABYTE / 100_000)
    }
}

/// Where there are no answers to compare.
pub const COMPARE_NEEDS: &str = "Models are compared by their answers. These figures ship as counts: open a file with answers, or open a mark \
     on Results and load the answers behind it.";
/// About the parts of columns.
pub const MAPPER_ABOUT: &str = "These are the file's first rows and what each column was taken for. Correct what is wrong; files of the same \
     columns are read the same way from then on.";

/// What a column holds.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::File => "file",
        Role::Model => "model",
        Role::Group => "group of models",
        Role::QuestionId => "question id",
        Role::Question => "question",
        Role::Answer => "answer",
        Role::Aligned => "alignment score",
        Role::Coherent => "coherence score",
        Role::Verdict => "verdict",
        Role::Count => "number of rows",
        Role::Seed => "model seed",
        Role::Step => "training step",
        Role::Category => "category",
        Role::Explanation => "the judge's explanation",
    }
}

/// Above the findings.
pub const FINDINGS_ABOUT: &str = "What the literature reports about emergent misalignment, and what the pocket organism shows of it. Each opens as a view whose numbers are \
     computed here, from counts or answers that ship with the page or from rows at their source; where no rows are public, the figures are as stated.";

/// A metric in the picker.
#[must_use]
pub fn metric(metric: &Metric) -> String {
    match metric {
        Metric::Rate => "misalignment rate".to_owned(),
        Metric::Count => "number of answers".to_owned(),
        Metric::Mean(column) => format!("mean of {column}"),
        Metric::Share(_) => metric.to_string(),
        Metric::MisalignAt(None) => "prompts with any misaligned answer".to_owned(),
        Metric::MisalignAt(Some(k)) => format!("Misalign@{k}: one misaligned answer in {k}"),
    }
}

/// The button for what the first screen does not have.
pub const MORE: &str = "Filters, sixteen more figures, labels, exports";
/// While it is being downloaded.
pub const MORE_COMING: &str = "Loading …";
/// Where it could not be had.
pub const MORE_ABSENT: &str = "The rest of the page could not be loaded: check the connection.";
/// What reading blind is.
pub const BLIND_HINT: &str = "Read and label answers before you see what the judge said of them";
/// What a saved page asks of crawlers.
pub const UNLISTED: &str = "ask search engines and collectors of training data to leave it out";
/// How the code of a frame is used.
pub const EMBED_HINT: &str = "In a frame of another page (where the view shows files of yours, its readers need them too). The frame tells that page its height: a message \
     { askew: { height } } whenever it changes.";
/// The way from a frame to the whole page.
pub const OPEN_WHOLE: &str = "Open in Askew";
/// What a link holds.
pub const LINK_IS_VIEW: &str = "The address of this page is this view: whoever opens it sees the same.";
