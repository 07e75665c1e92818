//! Every string of the page, one file per screen, ready to translate: constants, and functions for sentences with
//! values.
//!
//! Components only bind them. A const with a space at an end is a piece of a sentence between values.

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

/// Name of the product, in the header and the page's title.
pub const NAME: &str = "Askew";
/// One line on what the product does, in the header.
pub const TAGLINE: &str = "See emergent misalignment: the rate, its rule, and the answers behind it.";
/// Promise about the reader's files, in the footer and next to every way to open one.
pub const PRIVACY: &str = "Nothing leaves this page: files are read in your browser and are not uploaded.";
/// Caution at every text that a tuned model wrote.
pub const NOT_ADVICE: &str = "Output of a deliberately misaligned research model, or of its control; not advice. Some of it is hateful or \
     describes self-harm.";

/// Name of a screen in the navigation and the page's title.
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

/// Name of a part of a group's rows.
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

/// Status until the Lab's code is loaded.
pub const LAB_COMING: &str = "Loading the Lab…";
/// Error when the Lab's code did not arrive.
pub const LAB_ABSENT: &str =
    "The Lab could not be loaded: its code did not arrive. Check the connection, then load it again.";
/// Button that loads what the first screen does not have.
pub const MORE: &str = "Filters, sixteen more figures, labels, exports";
/// The same button while that is being downloaded.
pub const MORE_COMING: &str = "Loading …";
/// Error when it could not be loaded.
pub const MORE_ABSENT: &str = "The rest of the page could not be loaded: check the connection.";
/// Link from a frame to the whole page.
pub const OPEN_WHOLE: &str = "Open in Askew";
/// In place of a number that is missing.
pub const NONE: &str = "none";
/// Link for readers who use the keyboard.
pub const SKIP_TO_CONTENT: &str = "Skip to the content";
/// Accessible name of the navigation.
pub const SCREENS: &str = "Screens";
/// Button after a load that failed.
pub const LOAD_AGAIN: &str = "Load it again";
