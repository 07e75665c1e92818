//! A figure laid out for one width: what is painted, what is pressed and read out, and the numbers it was made from.
//!
//! Every figure type ends here. A picture holds no rows and crosses the wire, so the worker that has the rows lays figures
//! out, and the page has one painter ([`super::paint`]), one overlay of buttons and one table for all of them.
//! Lengths are CSS pixels from the left top corner.

use serde::{Deserialize, Serialize};

use askew_domain::answers::Part;
use askew_domain::query::GroupKey;

/// A figure, laid out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Picture {
    /// Title.
    pub title: String,
    /// What the figure shows, in one sentence with its numbers.
    pub finding: String,
    /// Width of the whole.
    pub width: f32,
    /// Height of the whole.
    pub height: f32,
    /// What is painted, in order.
    pub shapes: Vec<Shape>,
    /// What can be focused and pressed, in reading order.
    pub marks: Vec<Mark>,
    /// Thresholds that can be dragged.
    pub handles: Vec<Handle>,
    /// The numbers, in full.
    pub table: Table,
    /// How the table is drawn elsewhere.
    pub recipe: Recipe,
    /// What to know beside the figure: what was left out, and why.
    pub notes: Vec<String>,
}

impl Picture {
    /// The figure in words, for those who do not see it.
    #[must_use]
    pub fn alt_text(&self) -> String {
        format!("{}. {} The table holds every number.", self.title, self.finding)
    }
}

/// Something painted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shape {
    /// The mark that it belongs to, by number: painted in the colour of the chosen when that mark is open.
    pub mark: Option<u32>,
    /// Colour.
    pub ink: Ink,
    /// What it is.
    pub form: Form,
}

/// A point.
pub type At = (f32, f32);

/// Forms of shapes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Form {
    /// Straight lines from point to point.
    Line {
        /// Points.
        points: Vec<At>,
        /// Thickness.
        width: f32,
        /// Whether it is broken into dashes.
        is_dashed: bool,
    },
    /// A filled polygon.
    Area {
        /// Corners.
        points: Vec<At>,
        /// 0 to 1.
        opacity: f32,
    },
    /// A rectangle.
    Box {
        /// Left top corner.
        at: At,
        /// Width and height.
        size: At,
        /// Filled, or only its outline.
        is_filled: bool,
        /// 0 to 1.
        opacity: f32,
    },
    /// A symbol around a point: series are told apart by symbol as well as by colour.
    Symbol {
        /// Middle.
        at: At,
        /// Half its size.
        radius: f32,
        /// Which.
        symbol: Symbol,
    },
    /// A text on one line.
    Text {
        /// Where its anchor stands; the height is that of the line's middle.
        at: At,
        /// The text.
        text: String,
        /// Font size.
        size: f32,
        /// Where the anchor is in the text.
        anchor: Anchor,
        /// Room; a wider text is cut inside.
        room: Option<f32>,
        /// Whether it runs upwards, where names stand under or over narrow columns.
        is_upright: bool,
    },
}

/// Symbols, in the order in which series take them.
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
    /// A circle.
    Circle,
    /// The outline of a square.
    OpenSquare,
    /// A cross.
    Cross,
}

impl Symbol {
    /// All, in order.
    pub const ALL: [Self; 7] =
        [Self::Disc, Self::Square, Self::Triangle, Self::Diamond, Self::Circle, Self::OpenSquare, Self::Cross];

    /// A series' symbol.
    #[must_use]
    pub fn of(series: usize) -> Self {
        Self::ALL[series % Self::ALL.len()]
    }
}

/// Where a text's anchor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Anchor {
    /// At its start (left).
    Start,
    /// In its middle.
    Middle,
    /// At its end (right).
    End,
}

/// Colours by what they are for; a [`super::theme::Theme`] says which they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Ink {
    /// The page behind.
    Background,
    /// Names and figures.
    Text,
    /// Axis figures.
    Quiet,
    /// Grid lines.
    Grid,
    /// Marks of a series by number; four colours, then again.
    Series(u8),
    /// What is open.
    Chosen,
    /// A heat map's cell: 0 (nothing) to 1 (the highest).
    Heat(f32),
    /// The text on such a cell.
    OnHeat(f32),
}

/// What opens when a mark is pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The rows' group.
    pub group: GroupKey,
    /// Which of its rows.
    pub part: Part,
}

/// Something that can be focused, read out and pressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Left top corner of its field.
    pub at: At,
    /// Width and height of its field.
    pub size: At,
    /// The mark as a sentence, with its numbers.
    pub sentence: String,
    /// What it opens; `None` where there is nothing to open.
    pub target: Option<Target>,
    /// How many answers that is.
    pub num_answers: u64,
}

/// Which threshold.
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
    /// Which.
    pub threshold: Threshold,
    /// Its value now.
    pub value: f64,
    /// Whether the line is upright and moves sideways.
    pub is_upright: bool,
    /// Where it stands at 0 and at 100, along the direction in which it moves.
    pub ends: (f32, f32),
    /// Where the line begins and ends, across that direction.
    pub span: (f32, f32),
}

/// The numbers of a figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Table {
    /// Names of the columns; the first column names the row.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<TableRow>,
}

/// Which columns of a [`Table`] make the figure, so that other programs draw it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Recipe {
    /// The table alone.
    #[default]
    None,
    /// Numbers by name, with intervals, side by side where there are series.
    Intervals {
        /// Names.
        label: usize,
        /// Series.
        series: Option<usize>,
        /// Numbers.
        value: usize,
        /// Ends of the intervals.
        ends: Option<(usize, usize)>,
    },
    /// Numbers by name, each measure on an axis of its own.
    Panels {
        /// Measures.
        panel: usize,
        /// Names.
        label: usize,
        /// Numbers.
        value: usize,
    },
    /// Lines over a number.
    Lines {
        /// One line for each of these.
        series: usize,
        /// Along.
        x: usize,
        /// Numbers.
        value: usize,
        /// Ends of the intervals.
        ends: Option<(usize, usize)>,
    },
    /// Cells with their numbers.
    Grid {
        /// Names of rows.
        row: usize,
        /// Names of columns.
        column: usize,
        /// Numbers.
        value: usize,
    },
    /// Counts stacked to a bar.
    Stack {
        /// One bar for each of these.
        label: usize,
        /// Names of the parts.
        part: usize,
        /// Counts.
        value: usize,
    },
    /// Points.
    Points {
        /// Names of the points.
        label: usize,
        /// Along.
        x: usize,
        /// Up.
        y: usize,
    },
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TableRow {
    /// Cells, one a column.
    pub cells: Vec<Cell>,
    /// What the row opens.
    pub target: Option<Target>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Cell {
    /// A name.
    Text(String),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// A fraction, shown as a percentage.
    Percent(f64),
    /// There is none.
    Empty,
}

impl Cell {
    /// A fraction that may be missing.
    #[must_use]
    pub fn percent(value: Option<f64>) -> Self {
        value.map_or(Self::Empty, Self::Percent)
    }
}
