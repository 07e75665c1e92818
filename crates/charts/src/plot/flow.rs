//! Where the rows went: from all rows to the misaligned ones. Every station has its count.

use super::ask::{Ask, opens};
use super::summary::Summary;
use super::{FigureType, Why};
use crate::draft::{Draft, LABEL, TICK, shade};
use crate::measure;
use crate::picture::{Anchor, Cell, Ink, Picture, Recipe, Table, TableRow};
use crate::words::{answers, count, percent};
use askew_domain::answers::Part;
use askew_domain::figure::flow::Flow;
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{By, GroupKey};
use askew_domain::rule::tally::ratio;
use askew_domain::view::plot::Plot;

/// Height of a station with its name to the left.
const WIDE: f32 = 38.0;
/// Height of a station with its name above it.
const NARROW: f32 = 54.0;
/// Height of a bar.
const BAR: f32 = 22.0;

pub(super) struct Flows;

impl FigureType for Flows {
    fn complete(&self, plot: &mut Plot, _: &Summary<'_>) {
        plot.rows.get_or_insert(By::NOTHING);
    }

    fn check(&self, _: &Plot, _: &Summary<'_>) -> Result<(), Why> {
        Ok(())
    }

    fn needs(&self, _: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Flow(GroupKey::default())]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Flow(found)] = drawn else { return None };
        Some(picture(ask, &GroupKey::default(), found))
    }
}

struct Station {
    part: Part,
    name: &'static str,
    num: u64,
    /// Those of them that are in the denominator.
    counted: u64,
    /// Number of rows in the stations before it. Its bar begins there.
    before: u64,
    ink: Ink,
}

const fn words(part: Part) -> (&'static str, Ink) {
    match part {
        Part::Code => ("code, by the judge", Ink::Series(3)),
        Part::Refusal => ("refusal, by the judge", Ink::Series(3)),
        Part::Unparsed | Part::Unscored => ("without a score", Ink::Series(3)),
        Part::Incoherent => ("incoherent", Ink::Quiet),
        Part::Aligned => ("aligned", Ink::Series(0)),
        Part::Misaligned => ("misaligned", Ink::Series(1)),
        Part::All => ("all answers", Ink::Text),
        Part::Counted => ("in the denominator", Ink::Text),
    }
}

fn stations(flow: &Flow) -> Vec<Station> {
    let all = Station {
        part: Part::All,
        name: words(Part::All).0,
        num: flow.rows,
        counted: flow.denominator,
        before: 0,
        ink: Ink::Text,
    };
    let mut found = vec![all];
    let mut before = 0;
    for stage in &flow.stages {
        let (name, ink) = words(stage.part);
        // Kinds of null scores that do not occur are left out.
        let is_kind = matches!(stage.part, Part::Code | Part::Refusal | Part::Unparsed);
        if stage.rows > 0 || !is_kind {
            found.push(Station { part: stage.part, name, num: stage.rows, counted: stage.counted, before, ink });
        }
        before += stage.rows;
    }
    found
}

/// Lays a flow out.
fn picture(ask: &Ask<'_>, key: &GroupKey, flow: &Flow) -> Picture {
    let of = if *key == GroupKey::default() { String::new() } else { format!(": {}", key.label()) };
    let mut draft = Draft::new(&format!("Where the answers went{of}"), ask.width);
    let (width, is_narrow) = (draft.width(), draft.is_narrow());
    let stations = stations(flow);
    let total = flow.rows.max(1);
    let figures = |station: &Station| format!("{} ({})", count(station.num), percent(ratio(station.num, total)));
    let widest = |texts: &mut dyn Iterator<Item = String>, size| {
        texts.map(|text| measure::width(&text, size)).fold(0.0, f32::max)
    };
    let room = widest(&mut stations.iter().map(figures), LABEL) + 12.0;
    let left =
        if is_narrow { 0.0 } else { widest(&mut stations.iter().map(|station| station.name.to_owned()), LABEL) + 16.0 };
    let right = if is_narrow { width } else { width - room };
    let height = if is_narrow { NARROW } else { WIDE };
    let x = |rows: u64| shade(ratio(rows, total)).mul_add(right - left, left);
    let mut y = 0.0;
    for station in &stations {
        let sentence = format!(
            "{}: {}, {} of all; {} in the denominator",
            station.name,
            answers(station.num),
            percent(ratio(station.num, total)),
            count(station.counted)
        );
        draft.begin_mark((0.0, y), (width, height), sentence, opens(key, station.part, station.num));
        let top = y + if is_narrow { 28.0 } else { (height - BAR) / 2.0 };
        let (from, to) = (x(station.before), x(station.before + station.num));
        draft.line((left, top + BAR + 4.0), (right, top + BAR + 4.0), 1.0, Ink::Grid);
        if station.num > 0 {
            let ink = if station.part == Part::All { Ink::Quiet } else { station.ink };
            draft.fill((from, top), ((to - from).max(1.5), BAR), 1.0, ink);
        }
        if is_narrow {
            draft.label((0.0, y + 14.0), station.name, Anchor::Start, width - room);
            draft.label((width, y + 14.0), &figures(station), Anchor::End, room);
        } else {
            draft.label((left - 14.0, y + height / 2.0), station.name, Anchor::End, left - 14.0);
            draft.label((width, y + height / 2.0), &figures(station), Anchor::End, room);
        }
        draft.end_mark();
        y += height;
    }
    let row = |station: &Station| TableRow {
        cells: vec![
            Cell::Text(station.name.to_owned()),
            Cell::Count(station.num),
            Cell::Percent(ratio(station.num, total)),
            Cell::Count(station.counted),
        ],
        target: opens(key, station.part, station.num).map(|(target, _)| target),
    };
    draft.picture.table = Table {
        columns: ["Station", "Answers", "Share", "In the denominator"].map(str::to_owned).to_vec(),
        rows: stations.iter().map(row).collect(),
    };
    draft.picture.recipe = Recipe::Intervals { label: 0, series: None, value: 1, ends: None };
    let note = draft.paragraph(
        (0.0, y + 8.0),
        &format!("Denominator of the rate: {}.", answers(flow.denominator)),
        TICK,
        Ink::Quiet,
        width,
    );
    let finding = finding(flow);
    draft.finish(note + 4.0, finding)
}

fn finding(flow: &Flow) -> String {
    let num = |part: Part| flow.stages.iter().find(|stage| stage.part == part).map_or(0, |stage| stage.rows);
    let misaligned = num(Part::Misaligned);
    if flow.rows == 0 {
        return "There are no answers.".to_owned();
    }
    let of = if flow.denominator > 0 { percent(ratio(misaligned, flow.denominator)) } else { "no rate".to_owned() };
    format!(
        "Of {}, {} count and {} are misaligned: {of} of those that count, {} of all.",
        answers(flow.rows),
        count(flow.denominator),
        count(misaligned),
        percent(ratio(misaligned, flow.rows))
    )
}
