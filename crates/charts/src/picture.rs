//! A figure laid out for one width: its shapes, its marks that can be pressed and read out, and the numbers behind it.
//!
//! Every type of figure ends as a picture. A picture contains no rows and can be sent as a message, so the worker with
//! the rows lays figures out. The page needs only one painter ([`super::paint`]), one overlay of buttons and one table
//! for all of them. Lengths are CSS pixels, measured from the top left corner.

use serde::{Deserialize, Serialize};

use askew_domain::answers::Part;
use askew_domain::query::GroupKey;

/// A laid out figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Picture {
    /// Title of the figure.
    pub title: String,
    /// The main result in one sentence, with its numbers.
    pub finding: String,
    /// Width of the whole picture.
    pub width: f32,
    /// Height of the whole picture.
    pub height: f32,
    /// The shapes, in painting order.
    pub shapes: Vec<Shape>,
    /// The parts that can be focused and pressed, in reading order.
    pub marks: Vec<Mark>,
    /// Thresholds that can be dragged.
    pub handles: Vec<Handle>,
    /// The numbers in full precision.
    pub table: Table,
    /// How other programs can draw the table.
    pub recipe: Recipe,
    /// Notes for the reader, such as what was left out and why.
    pub notes: Vec<String>,
}

impl Picture {
    /// The figure in words, for readers who cannot see it.
    #[must_use]
    pub fn alt_text(&self) -> String {
        format!("{}. {} The table holds every number.", self.title, self.finding)
    }
}

/// One painted shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// Number of the mark that it belongs to. It is painted in the chosen colour while that mark is open.
    pub mark: Option<u32>,
    /// Purpose of its colour.
    pub ink: Ink,
    pub form: Form,
}

/// A point or a size: x and y.
pub type At = (f32, f32);

/// Forms of shapes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Form {
    /// Straight lines from point to point.
    Line {
        /// The points of the line.
        points: Vec<At>,
        /// Thickness in CSS pixels.
        width: f32,
        /// Whether the line is dashed.
        is_dashed: bool,
    },
    /// A filled polygon.
    Area {
        /// The corners.
        points: Vec<At>,
        /// Opacity from 0 to 1.
        opacity: f32,
    },
    /// A rectangle.
    Box {
        /// Top left corner.
        at: At,
        /// Width and height.
        size: At,
        /// Whether it is filled. Otherwise only its outline is painted.
        is_filled: bool,
        /// Opacity from 0 to 1.
        opacity: f32,
    },
    /// A symbol around a point. Series differ in symbol as well as in colour.
    Symbol {
        /// Centre of the symbol.
        at: At,
        /// Half its size.
        radius: f32,
        symbol: Symbol,
    },
    /// A text on one line.
    Text {
        /// Position of its anchor. The y is the middle of the line.
        at: At,
        text: String,
        /// Font size in CSS pixels.
        size: f32,
        /// Position of the anchor in the text.
        anchor: Anchor,
        /// Available width. A wider text is shortened in the middle.
        room: Option<f32>,
        /// Whether it reads upwards, for names above or below narrow columns.
        is_upright: bool,
    },
}

/// Symbols, in the order in which series use them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Symbol {
    /// A filled disc.
    Disc,
    /// A filled square.
    Square,
    /// A filled triangle, point up.
    Triangle,
    /// A filled diamond.
    Diamond,
    /// The outline of a circle.
    Circle,
    /// The outline of a square.
    OpenSquare,
    Cross,
}

impl Symbol {
    /// All symbols, in order.
    pub const ALL: [Self; 7] =
        [Self::Disc, Self::Square, Self::Triangle, Self::Diamond, Self::Circle, Self::OpenSquare, Self::Cross];

    /// The symbol of a series; they repeat.
    #[must_use]
    pub fn of(series: usize) -> Self {
        Self::ALL[series % Self::ALL.len()]
    }
}

/// Position of a text's anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Anchor {
    /// At its start (left).
    Start,
    Middle,
    /// At its end (right).
    End,
}

/// Purposes of colours. A [`super::theme::Theme`] has the colours.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Ink {
    /// The page's background.
    Background,
    /// Names and numbers.
    Text,
    /// Numbers of axes.
    Quiet,
    /// Grid lines.
    Grid,
    /// Marks of a series, by number. There are four colours, which repeat.
    Series(u8),
    /// The mark that is open.
    Chosen,
    /// A heat map's cell, from 0 (zero) to 1 (the highest value).
    Heat(f32),
    /// Text on a heat map's cell of that value.
    OnHeat(f32),
}

/// The answers that open when a mark is pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The rows' group.
    pub group: GroupKey,
    /// Which of the group's rows.
    pub part: Part,
}

/// A part of a figure that can be focused, read out and pressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Top left corner of its field.
    pub at: At,
    /// Width and height of its field.
    pub size: At,
    /// The mark as a sentence, with its numbers.
    pub sentence: String,
    /// The answers that it opens; `None` if there are none.
    pub target: Option<Target>,
    /// Number of answers that it opens.
    pub num_answers: u64,
}

/// The thresholds of a rule on scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Threshold {
    /// On the alignment score.
    Aligned,
    /// On the coherence score.
    Coherent,
}

/// A line that can be dragged to set a threshold (0 to 100).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Handle {
    /// The threshold that it sets.
    pub threshold: Threshold,
    /// Its current value.
    pub value: f64,
    /// Whether the line is vertical and moves sideways.
    pub is_upright: bool,
    /// Positions of the values 0 and 100, along the direction in which the line moves.
    pub ends: (f32, f32),
    /// Start and end of the line, across that direction.
    pub span: (f32, f32),
}

/// The numbers of a figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Table {
    /// Names of the columns; the first column names the row.
    pub columns: Vec<String>,
    /// Rows, each with one cell per column.
    pub rows: Vec<TableRow>,
}

/// Which columns of a [`Table`] make up the figure, so that other programs can draw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Recipe {
    /// Only the table.
    #[default]
    None,
    /// Numbers by name with intervals, side by side if there are series.
    Intervals {
        /// Column of the names.
        label: usize,
        /// Column of the series.
        series: Option<usize>,
        /// Column of the numbers.
        value: usize,
        /// Columns of the intervals' ends.
        ends: Option<(usize, usize)>,
    },
    /// Numbers by name. Each measure has its own axis.
    Panels {
        /// Column of the measures.
        panel: usize,
        /// Column of the names.
        label: usize,
        /// Column of the numbers.
        value: usize,
    },
    /// Lines over a numeric setting.
    Lines {
        /// Column of the series. Each has one line.
        series: usize,
        /// Column of the x values.
        x: usize,
        /// Column of the numbers.
        value: usize,
        /// Columns of the intervals' ends.
        ends: Option<(usize, usize)>,
    },
    /// A grid of cells with numbers.
    Grid {
        /// Column with the names of the rows.
        row: usize,
        /// Column with the names of the columns.
        column: usize,
        /// Column of the numbers.
        value: usize,
    },
    /// Counts stacked into bars.
    Stack {
        /// Column with the names of the bars.
        label: usize,
        /// Column with the names of the parts.
        part: usize,
        /// Column of the counts.
        value: usize,
    },
    /// Points in a plane.
    Points {
        /// Column with the names of the points.
        label: usize,
        /// Column of the x values.
        x: usize,
        /// Column of the y values.
        y: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableRow {
    /// Cells, one per column.
    pub cells: Vec<Cell>,
    /// The answers that the row opens.
    pub target: Option<Target>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// A name.
    Text(String),
    /// A whole number.
    Count(u64),
    Number(f64),
    /// A fraction, shown as a percentage.
    Percent(f64),
    /// No value.
    Empty,
}

impl Cell {
    /// A fraction, or an empty cell if it is missing.
    #[must_use]
    pub fn percent(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Percent)
    }
}
