//! Every string of the page, with one file for each screen, so that they can be translated. A string without values is
//! a constant. A string with values is a function.
//!
//! Components only show these strings. A constant that begins or ends with a space is a piece of a sentence, between
//! values.
//!
//! The comment of a string says where it is used: in a heading, caption, label, button, tooltip, status or sentence. An
//! accessible name is not shown; screen readers read it.

pub mod about;
pub mod add_ons;
pub mod answers;
pub mod compare;
pub mod controls;
pub mod cost;
pub mod experiment;
pub mod export;
pub mod figures;
pub mod filters;
pub mod findings;
pub mod judge;
pub mod lab;
pub mod labels;
pub mod learn;
pub mod open;
pub mod results;
pub mod self_test;
pub mod share;
pub mod shelf;
pub mod tokens;

use crate::domain::answers::Part;
use crate::domain::view::Screen;

/// The product's name, in the header and in the title of the page.
pub const NAME: &str = "Askew";
/// Sentence in the header: what the product does.
pub const TAGLINE: &str = "See emergent misalignment: the rate, its rule, and the answers behind it.";
/// Sentence about the reader's files, in the footer and next to every button that opens a file.
pub const PRIVACY: &str = "Nothing leaves this page: files are read in your browser and are not uploaded.";
/// Warning next to every text that a fine-tuned model wrote.
pub const NOT_ADVICE: &str = "Output of a deliberately misaligned research model, or of its control; not advice. Some of it is hateful or \
     describes self-harm.";

/// Note on what needs a tab of its own, if the page is in a frame of another page.
pub const IN_A_FRAME: &str =
    "This page is shown inside another page. To load models or files of other sites, open it in a tab of its own.";

/// Name of a screen, in the navigation and in the title of the page.
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

/// Name of a part of a group's rows, on the buttons that open the part.
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

/// Status while the Lab's code is loaded.
pub const LAB_COMING: &str = "Loading the Lab…";
/// Error if the Lab's code could not be downloaded.
pub const LAB_ABSENT: &str =
    "The Lab could not be loaded: its code did not arrive. Check the connection, then load it again.";
/// Button on the first screen that loads the explorer's app. It lists what that app adds.
pub const MORE: &str = "Filters, sixteen more figures, labels, exports";
/// The same button while the app is downloaded.
pub const MORE_COMING: &str = "Loading …";
/// Error if the explorer's app could not be downloaded.
pub const MORE_ABSENT: &str = "The rest of the page could not be loaded: check the connection.";
/// Link in a frame of another page: opens the same view in the whole page.
pub const OPEN_WHOLE: &str = "Open in Askew";
/// Shown instead of a number that is missing.
pub const NONE: &str = "none";
/// Link at the top of the page for readers who use the keyboard: skips the navigation.
pub const SKIP_TO_CONTENT: &str = "Skip to the content";
/// Accessible name of the navigation.
pub const SCREENS: &str = "Screens";
/// Button after a download failed: tries it again.
pub const LOAD_AGAIN: &str = "Load it again";
