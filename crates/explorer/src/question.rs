//! Questions that only the explorer's worker answers: figures of any type, exports, labels, models side by side.
//!
//! The first screen's worker does not contain this code, so a reader of charts downloads no more than needed. Each
//! question gets one answer, or one sentence that says why there is none.

use serde::{Deserialize, Serialize};

use askew_charts::picture::Picture;
use askew_domain::answers::{Answer, Part};
use askew_domain::query::{By, GroupKey, Query, Row};
use askew_domain::rows::labels::{Imported, Label, LabelRow, LabelRule};
use askew_domain::view::plot::{Plot, PlotKind};
use askew_formats::markdown::Block;

/// A question or an answer of the explorer as bytes. The first screen's worker passes it on unread: the code that reads
/// pictures and labels would be a tenth of that worker's download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed(Vec<u8>);

impl Packed {
    /// Packs a question or an answer.
    ///
    /// # Errors
    /// A sentence if the value cannot be serialized. No value of this protocol is known to fail.
    pub fn new(value: &impl Serialize) -> Result<Self, String> {
        postcard::to_allocvec(value).map(Self).map_err(|error| format!("a message could not be packed ({error})"))
    }

    /// Unpacks what [`Packed::new`] packed.
    ///
    /// # Errors
    /// A sentence if the page and its worker are of different builds.
    pub fn open<T: for<'a> Deserialize<'a>>(&self) -> Result<T, String> {
        postcard::from_bytes(&self.0).map_err(|error| format!("a message could not be read ({error}): reload the page"))
    }
}

/// A question to the explorer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Explore {
    /// Lay out a figure.
    Draw {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// Type of the figure, with the reader's choices.
        plot: Box<Plot>,
        /// Width in CSS pixels.
        width: f32,
    },
    /// Export a figure as text.
    Write {
        /// The figure.
        picture: Box<Picture>,
        /// The query behind it.
        query: Box<Query>,
        /// The export format.
        form: Form,
        /// Name of the data set, with its commit if it was published.
        source: String,
    },
    /// Put a title, the rule and the source around a figure.
    Frame {
        /// The figure.
        picture: Box<Picture>,
        /// The query behind it.
        query: Box<Query>,
        /// Name of the data set.
        source: String,
    },
    /// Compute rates for several groupings.
    Rates {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// The groupings, in order.
        by: Vec<By>,
    },
    /// List the types of figures that the data can show.
    Types {
        /// Rule, judges and filter.
        query: Box<Query>,
    },
    /// Show how several groups answered the same question, side by side.
    SideBySide {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// The groups. Each is narrowed to the question.
        groups: Vec<GroupKey>,
        /// Id of the question.
        question: String,
        /// Which of a group's answers.
        part: Part,
        /// Seed of the order in which answers are shown.
        seed: u64,
        /// Number of distinct answers to skip in each group.
        offset: usize,
        /// Number of distinct answers to return for each group.
        limit: usize,
    },
    /// Label a record, and all records with the same answer, by hand. An empty label removes the current one.
    Label { record: u32, label: Label },
    /// Label by rules. They replace the rules set before.
    LabelBy {
        /// The rules, in order.
        rules: Vec<LabelRule>,
    },
    /// Import labels.
    TakeLabels {
        /// The rows to import.
        rows: Vec<LabelRow>,
    },
    /// Read an exported table of labels and import it.
    ReadLabels {
        /// Bytes of the file.
        bytes: Vec<u8>,
    },
    /// Export the labels as CSV.
    WriteLabels,
    /// Parse texts as Markdown.
    Format { texts: Vec<String> },
    /// Export the answers of a part of a group.
    WriteAnswers {
        /// Rule, judges and filter.
        query: Box<Query>,
        group: Box<GroupKey>,
        /// Which of its answers.
        part: Part,
        /// Whether to write JSON lines. Otherwise CSV is written.
        is_json: bool,
    },
    /// Write the whole view as an HTML page that opens from disk.
    Report {
        /// Rule, judges and filter.
        query: Box<Query>,
        /// Figures, in order.
        plots: Vec<Plot>,
        /// Name of the data set.
        source: String,
        /// Address of this view.
        link: String,
        /// Number of answers to quote for each group; 0 for none.
        num_answers: usize,
        /// Seed of the order of the quoted answers.
        seed: u64,
        /// Whether to ask search engines and collectors of training data to leave the page out.
        is_unlisted: bool,
    },
}

/// Export format of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Form {
    /// SVG (vector graphics).
    Svg,
    /// CSV with the numbers in full precision.
    Csv,
    /// Python code that draws it with matplotlib.
    Python,
    /// R code that draws it with ggplot2.
    R,
    /// A Vega-Lite specification.
    VegaLite,
    /// SQL that counts the rows in a table of answers.
    Sql,
    /// A BibTeX reference to the source.
    BibTex,
}

impl Form {
    /// All formats, in the order of the buttons.
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

    /// File name extension, without the dot.
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

    /// Media type of the exported file.
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

/// An answer of the explorer. Its variant corresponds to the question's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Explored {
    /// A figure.
    Drawn(Box<Picture>),
    /// Text to save as a file.
    Written(String),
    /// Rows of all groupings, one grouping after the other.
    Rates(Vec<Row>),
    /// Each type of figure, with the reason why the data cannot show it, or `None` if they can.
    Types(Vec<(PlotKind, Option<String>)>),
    /// The blocks of each text, in the order of the texts.
    Formatted(Vec<Vec<Block>>),
    /// One column for each group, in the order of the request.
    SideBySide(Vec<Column>),
    /// The state of the labels after a change.
    Labels {
        /// All labels that were given by hand, for the page to save.
        by_hand: Vec<LabelRow>,
        /// Number of answers with a label, by hand or by rule.
        num_labelled: usize,
        /// Response types in use.
        kinds: Vec<String>,
        /// Result of an import, if labels were imported.
        imported: Option<Imported>,
    },
}

/// One group's answers, next to those of other groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Number of rows in all.
    pub total: usize,
    /// The answers returned.
    pub answers: Vec<Compared>,
}

/// An answer, compared with the one in the same place in the first column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub answer: Answer,
    /// Its text in pieces. The flag says whether the first column's answer has that piece too. Empty in the first
    /// column.
    pub pieces: Vec<(bool, String)>,
}
