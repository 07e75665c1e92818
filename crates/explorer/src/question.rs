//! What only the explorer's worker answers: figures of any type, exports, labels, models side by side.
//!
//! The first screen's worker knows none of it, so that a reader of charts downloads no more than they need. Every question
//! has one answer or one sentence why not.

use serde::{Deserialize, Serialize};

use askew_charts::picture::Picture;
use askew_domain::answers::{Answer, Part};
use askew_domain::query::{By, GroupKey, Query, Row};
use askew_domain::rows::labels::{Imported, Label, LabelRow, LabelRule};
use askew_domain::view::plot::{Plot, PlotKind};
use askew_formats::markdown::Block;

/// A question or an answer of the explorer as bytes: the first screen's worker passes it by without knowing how to read
/// pictures and labels, which would be a tenth of its download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed(Vec<u8>);

impl Packed {
    /// Packs a question or an answer.
    ///
    /// # Errors
    /// A sentence when it cannot be written, which no value of this protocol is known to.
    pub fn new(value: &impl Serialize) -> Result<Self, String> {
        postcard::to_allocvec(value).map(Self).map_err(|error| format!("a message could not be packed ({error})"))
    }

    /// Unpacks what [`Packed::new`] packed.
    ///
    /// # Errors
    /// A sentence when the page and its worker are of different builds.
    pub fn open<T: for<'a> Deserialize<'a>>(&self) -> Result<T, String> {
        postcard::from_bytes(&self.0).map_err(|error| format!("a message could not be read ({error}): reload the page"))
    }
}

/// A question to the explorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Explore {
    /// Lays a figure out.
    Draw {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// Which figure.
        plot: Box<Plot>,
        /// Width in CSS pixels.
        width: f32,
    },
    /// Writes a figure down, to take along.
    Write {
        /// The figure.
        picture: Box<Picture>,
        /// What it was asked by.
        query: Box<Query>,
        /// As what.
        form: Form,
        /// What the data set is called, with its commit where it was published.
        source: String,
    },
    /// Puts title, rule and source around a figure.
    Frame {
        /// The figure.
        picture: Box<Picture>,
        /// What it was asked by.
        query: Box<Query>,
        /// What the data set is called.
        source: String,
    },
    /// Rates by several groupings.
    Rates {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// The groupings, in order.
        by: Vec<By>,
    },
    /// Which types of figures the data can show.
    Types {
        /// Rule, judges and filter.
        query: Box<Query>,
    },
    /// The same questions answered by several groups, side by side.
    SideBySide {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// The groups; each is narrowed to the question.
        groups: Vec<GroupKey>,
        /// The question.
        question: String,
        /// Which answers.
        part: Part,
        /// Seed of the reading order.
        seed: u64,
        /// Answers passed over.
        offset: usize,
        /// Answers handed out of each group.
        limit: usize,
    },
    /// Labels a record, and all that answer the same, by hand; an empty label takes one back.
    Label {
        /// Number of the record.
        record: u32,
        /// The label.
        label: Label,
    },
    /// Labels by rules, in place of those before.
    LabelBy {
        /// The rules, in order.
        rules: Vec<LabelRule>,
    },
    /// Takes labels that were exported.
    TakeLabels {
        /// The labels.
        rows: Vec<LabelRow>,
    },
    /// Reads a table of labels, as it was exported.
    ReadLabels {
        /// The file.
        bytes: Vec<u8>,
    },
    /// Writes the labels down.
    WriteLabels,
    /// Reads texts as Markdown.
    Format {
        /// The texts.
        texts: Vec<String>,
    },
    /// Writes the answers of a part of a group down.
    WriteAnswers {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// Whose.
        group: Box<GroupKey>,
        /// Which.
        part: Part,
        /// Whether as lines of JSON and not as CSV.
        is_json: bool,
    },
    /// Writes the whole view down as a page that opens from disk.
    Report {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// Figures, in order.
        plots: Vec<Plot>,
        /// What the data set is called.
        source: String,
        /// Address of this view.
        link: String,
        /// Answers quoted of each model: 0 for none.
        num_answers: usize,
        /// Seed of the answers' order.
        seed: u64,
        /// Whether search engines and collectors of training data are asked to leave the page out.
        is_unlisted: bool,
    },
}

/// What a figure is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Form {
    /// A picture of lines.
    Svg,
    /// The numbers in full.
    Csv,
    /// Python that draws it with matplotlib.
    Python,
    /// R that draws it with ggplot2.
    R,
    /// A Vega-Lite specification.
    VegaLite,
    /// SQL that counts the rows where they lie.
    Sql,
    /// A reference to the source.
    BibTex,
}

impl Form {
    /// All, in the order of the buttons.
    pub const ALL: [Self; 7] = [Self::Svg, Self::Csv, Self::Python, Self::R, Self::VegaLite, Self::Sql, Self::BibTex];

    /// The name on a button.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Csv => "CSV",
            Self::Python => "Python",
            Self::R => "R",
            Self::VegaLite => "Vega-Lite",
            Self::Sql => "SQL",
            Self::BibTex => "BibTeX",
        }
    }

    /// Ending of a file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Csv => "csv",
            Self::Python => "py",
            Self::R => "R",
            Self::VegaLite => "vl.json",
            Self::Sql => "sql",
            Self::BibTex => "bib",
        }
    }

    /// Media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Csv => "text/csv",
            Self::VegaLite => "application/json",
            Self::Python | Self::R | Self::Sql | Self::BibTex => "text/plain",
        }
    }
}

/// An answer of the explorer, in the variant of its question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Explored {
    /// A figure.
    Drawn(Box<Picture>),
    /// A text to save.
    Written(String),
    /// Rows of all groupings, one after the other.
    Rates(Vec<Row>),
    /// Types of figures: why the data cannot show one, or `None` where they can.
    Types(Vec<(PlotKind, Option<String>)>),
    /// Texts in blocks, in their order.
    Formatted(Vec<Vec<Block>>),
    /// One column a group, in the order asked for.
    SideBySide(Vec<Column>),
    /// The labels after a change.
    Labels {
        /// All that were given by hand, to be kept.
        by_hand: Vec<LabelRow>,
        /// How many answers have a label, by hand or by rule.
        num_labelled: usize,
        /// Response types in use.
        kinds: Vec<String>,
        /// What became of labels that were taken in.
        imported: Option<Imported>,
    },
}

/// One group's answers beside others'.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// How many answers there are in all.
    pub total: usize,
    /// Those handed out.
    pub answers: Vec<Compared>,
}

/// An answer beside the one in the first column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The answer.
    pub answer: Answer,
    /// Its text in pieces, each with whether the first column's answer has it too; empty in the first column.
    pub pieces: Vec<(bool, String)>,
}
