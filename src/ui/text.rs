//! Every string of the interface that is not about a particular number, in one place, ready to translate.

use crate::domain::answers::Part;
use crate::domain::dataset::Variant;
use crate::domain::interval::IntervalKind;
use crate::domain::search::Within;
use crate::domain::view::Screen;

/// The product.
pub const NAME: &str = "Askew";
/// What it does, in one line.
pub const TAGLINE: &str = "See emergent misalignment: the rate, its rule, and the answers behind it.";
/// The promise about the reader's files.
pub const PRIVACY: &str = "Nothing leaves this page: files are read in your browser and are not uploaded.";
/// Label of every text that a tuned model wrote.
pub const NOT_ADVICE: &str = "Output of a deliberately misaligned research model, or of its control; not advice. Some of it is hateful or \
     describes self-harm.";

/// A screen's name in the navigation.
#[must_use]
pub const fn screen(screen: Screen) -> &'static str {
    match screen {
        Screen::Results => "Results",
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
