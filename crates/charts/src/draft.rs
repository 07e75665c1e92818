//! A picture under construction. Its methods set sizes and the current mark, so that all figures look alike.

use super::axis::Axis;
use super::measure;
use super::picture::{Anchor, At, Form, Ink, Mark, Picture, Shape, Symbol, Target};

/// Font size of names and numbers.
pub const LABEL: f32 = 14.0;
/// Font size of axes and of notes inside a figure.
pub const TICK: f32 = 12.0;
/// Half the size of a symbol.
pub const RADIUS: f32 = 5.0;
/// Half the height of the bar at an interval's end.
pub const WHISKER: f32 = 4.0;
/// Thickness of intervals and lines.
pub const STROKE: f32 = 2.0;
/// Height of the labels under a horizontal axis.
pub const AXIS_HEIGHT: f32 = 30.0;
/// Space at the sides of a plot for half a tick label.
pub const MARGIN: f32 = 20.0;
/// Figures narrower than this put labels above their marks.
pub const NARROW: f32 = 620.0;
/// The smallest width for which a figure is laid out.
pub const LEAST_WIDTH: f32 = 200.0;

/// A picture under construction.
#[derive(Debug, Default)]
pub struct Draft {
    /// The picture as drawn so far.
    pub picture: Picture,
    mark: Option<u32>,
}

impl Draft {
    /// An empty picture with this title and width.
    #[must_use]
    pub fn new(title: &str, width: f32) -> Self {
        let width = if width.is_finite() { width.max(LEAST_WIDTH).round() } else { LEAST_WIDTH };
        Self { picture: Picture { title: title.to_owned(), width, ..Picture::default() }, mark: None }
    }

    /// The picture's width.
    #[must_use]
    pub const fn width(&self) -> f32 {
        self.picture.width
    }

    /// Whether labels are above their marks.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.picture.width < NARROW
    }

    /// The finished picture with its height in pixels and its finding.
    #[must_use]
    pub fn finish(mut self, height: f32, finding: String) -> Picture {
        self.picture.height = height.ceil();
        self.picture.finding = finding;
        self.picture
    }

    /// Begins a mark with its field. Shapes added until [`Draft::end_mark`] belong to it. `opens` is the target of a
    /// press and its number of answers.
    pub fn begin_mark(&mut self, at: At, size: At, sentence: String, opens: Option<(Target, u64)>) {
        self.mark = u32::try_from(self.picture.marks.len()).ok();
        let (target, num_answers) = opens.map_or((None, 0), |(target, num)| (Some(target), num));
        self.picture.marks.push(Mark { at, size, sentence, target, num_answers });
    }

    /// Ends the mark. Shapes added after it belong to none.
    pub fn end_mark(&mut self) {
        self.mark = None;
    }

    /// Adds a shape to the current mark.
    pub fn shape(&mut self, ink: Ink, form: Form) {
        self.picture.shapes.push(Shape { mark: self.mark, ink, form });
    }

    /// A straight line.
    pub fn line(&mut self, from: At, to: At, width: f32, ink: Ink) {
        self.shape(ink, Form::Line { points: vec![from, to], width, is_dashed: false });
    }

    /// A dashed line.
    pub fn dashed(&mut self, from: At, to: At, width: f32, ink: Ink) {
        self.shape(ink, Form::Line { points: vec![from, to], width, is_dashed: true });
    }

    /// Straight lines from point to point.
    pub fn path(&mut self, points: Vec<At>, width: f32, ink: Ink) {
        self.shape(ink, Form::Line { points, width, is_dashed: false });
    }

    /// A filled polygon.
    pub fn area(&mut self, points: Vec<At>, opacity: f32, ink: Ink) {
        self.shape(ink, Form::Area { points, opacity });
    }

    /// A filled rectangle.
    pub fn fill(&mut self, at: At, size: At, opacity: f32, ink: Ink) {
        self.shape(ink, Form::Box { at, size, is_filled: true, opacity });
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, at: At, size: At, ink: Ink) {
        self.shape(ink, Form::Box { at, size, is_filled: false, opacity: 1.0 });
    }

    /// A symbol around a point.
    pub fn symbol(&mut self, at: At, radius: f32, symbol: Symbol, ink: Ink) {
        self.shape(ink, Form::Symbol { at, radius, symbol });
    }

    /// A text in the labels' size and the text colour. It is cut to fit into `room`.
    pub fn label(&mut self, at: At, text: &str, anchor: Anchor, room: f32) {
        self.text(at, text, LABEL, anchor, Ink::Text, Some(room));
    }

    /// A text in the axes' size and the quiet colour.
    pub fn note(&mut self, at: At, text: &str, anchor: Anchor) {
        self.text(at, text, TICK, anchor, Ink::Quiet, None);
    }

    /// Any text. An empty text is left out.
    pub fn text(&mut self, at: At, text: &str, size: f32, anchor: Anchor, ink: Ink, room: Option<f32>) {
        if !text.is_empty() {
            self.shape(ink, Form::Text { at, text: text.to_owned(), size, anchor, room, is_upright: false });
        }
    }

    /// A vertical text in the axes' size, reading upwards.
    pub fn upright_text(&mut self, at: At, text: &str, anchor: Anchor, ink: Ink, room: f32) {
        if !text.is_empty() {
            let (text, room) = (text.to_owned(), Some(room));
            self.shape(ink, Form::Text { at, text, size: TICK, anchor, room, is_upright: true });
        }
    }

    /// Diagonal lines in a rectangle. They mark missing data, or a series after the fourth.
    pub fn hatch(&mut self, (x, y): At, (width, height): At, ink: Ink) {
        const GAP: f32 = 7.0;
        let mut sum = GAP;
        while sum < width + height {
            let from = (x + sum.min(width), y + sum - sum.min(width));
            let to = (x + sum - sum.min(height), y + sum.min(height));
            self.line(from, to, 1.0, ink);
            sum += GAP;
        }
    }

    /// A horizontal interval with bars at its ends.
    pub fn interval(&mut self, (low, high): At, y: f32, ink: Ink) {
        self.line((low, y), (high, y), STROKE, ink);
        for x in [low, high] {
            self.line((x, y - WHISKER), (x, y + WHISKER), STROKE, ink);
        }
    }

    /// A vertical interval with bars at its ends.
    pub fn upright_interval(&mut self, x: f32, (low, high): At, ink: Ink) {
        self.line((x, low), (x, high), STROKE, ink);
        for y in [low, high] {
            self.line((x - WHISKER, y), (x + WHISKER, y), STROKE, ink);
        }
    }

    /// Grid lines of a horizontal axis from `top` to `bottom`, with labels below them.
    pub fn level_axis(&mut self, axis: &Axis, top: f32, bottom: f32) {
        for &tick in &axis.ticks {
            let x = axis.at(tick);
            self.line((x, top), (x, bottom + 4.0), 1.0, Ink::Grid);
            self.note((x, bottom + 16.0), &axis.label(tick), Anchor::Middle);
        }
    }

    /// Grid lines of a vertical axis from `left` to `right`, with labels to the left of them.
    pub fn upright_axis(&mut self, axis: &Axis, left: f32, right: f32) {
        for &tick in &axis.ticks {
            let y = axis.at(tick);
            self.line((left, y), (right, y), 1.0, Ink::Grid);
            self.note((left - 6.0, y), &axis.label(tick), Anchor::End);
        }
    }

    /// Names of series with their symbols, in as many lines as the width requires. Returns the y below them.
    pub fn legend(&mut self, names: &[(String, Ink, Symbol)], top: f32) -> f32 {
        const ROW: f32 = 22.0;
        const GAP: f32 = 18.0;
        let (mut x, mut y) = (RADIUS + 2.0, top + ROW / 2.0);
        let room = self.width() - 26.0;
        for (name, ink, symbol) in names {
            let width = measure::width(name, TICK).min(room) + 14.0;
            if x > RADIUS + 2.0 && x + width > self.width() - 2.0 {
                (x, y) = (RADIUS + 2.0, y + ROW);
            }
            self.symbol((x, y), RADIUS, *symbol, *ink);
            self.text((x + 11.0, y), name, TICK, Anchor::Start, Ink::Text, Some(room));
            x += width + GAP;
        }
        if names.is_empty() { top } else { y + ROW / 2.0 + 4.0 }
    }

    /// A text in as many lines as `room` requires. Returns the y below them.
    pub fn paragraph(&mut self, (x, top): At, text: &str, size: f32, ink: Ink, room: f32) -> f32 {
        let height = (size * 1.4).round();
        let mut y = top;
        for line in wrap(text, size, room) {
            self.text((x, y + height / 2.0), &line, size, Anchor::Start, ink, Some(room));
            y += height;
        }
        y
    }
}

/// Breaks a text into lines of width `room`. A word wider than that is broken after its punctuation, if it has any.
#[must_use]
pub fn wrap(text: &str, size: f32, room: f32) -> Vec<String> {
    let fits = |line: &str| measure::width(line, size) <= room;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_ascii_whitespace() {
        match lines.last_mut() {
            Some(line) if fits(&format!("{line} {word}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ if fits(word) => lines.push(word.to_owned()),
            _ => {
                lines.push(String::new());
                for part in word.split_inclusive(['_', '-', '/', '.', ':']) {
                    match lines.last_mut() {
                        Some(line) if line.is_empty() || fits(&format!("{line}{part}")) => line.push_str(part),
                        _ => lines.push(part.to_owned()),
                    }
                }
            }
        }
    }
    lines
}

/// Moves positions apart, for names at the ends of lines. They keep their order, are at least `gap` apart, and stay
/// between `low` and `high` as far as there is space.
#[must_use]
pub fn spread(wanted: &[f32], gap: f32, low: f32, high: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut places = vec![0.0; wanted.len()];
    let mut least = low;
    for &at in &order {
        places[at] = wanted[at].max(least);
        least = places[at] + gap;
    }
    let mut most = high;
    for &at in order.iter().rev() {
        places[at] = places[at].min(most);
        most = places[at] - gap;
    }
    places
}

/// A count as a length in pixels.
#[must_use]
pub const fn length(count: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "what a figure counts is bounded")]
    let length = count as f32;
    length
}

/// A share as `f32`, for a colour or an opacity.
#[must_use]
pub const fn shade(share: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let share = share as f32;
    share
}

/// A series' colour and symbol. There are four colours; they repeat with another symbol.
#[must_use]
pub fn series_look(number: usize) -> (Ink, Symbol) {
    (Ink::Series(u8::try_from(number % 4).unwrap_or_default()), Symbol::of(number))
}
