//! Alignment x coherence: density, a sample of the answers, both thresholds, and the number of answers in each region.

use super::ask::{Ask, by_words, labels, opens};
use super::summary::Summary;
use super::{BIN, FigureType, NO_THRESHOLDS, Why, ensure};
use crate::axis::Axis;
use crate::draft::{Draft, LABEL, TICK, length, shade};
use crate::measure;
use crate::picture::{Anchor, At, Cell, Handle, Ink, Picture, Recipe, Symbol, Table, TableRow, Threshold};
use crate::words::{Unit, answers, count};
use askew_domain::answers::Part;
use askew_domain::figure::flow::Flow;
use askew_domain::figure::spread::{BinWidth, Plane};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{By, GroupKey};
use askew_domain::rule::tally::{ratio, real};
use askew_domain::rule::{RuleBody, ScoreRule, Station};
use askew_domain::view::plot::Plot;

/// Most points of all planes together.
const NUM_POINTS: usize = 400;
/// Most planes in a figure: as many as can be compared at a glance.
const MAX_PLANES: usize = 4;
/// Space to the left of a panel, for the numbers of its vertical axis.
const LEFT: f32 = 34.0;
/// The largest width of a panel.
const MAX_WIDTH: f32 = 640.0;
/// The largest height of a panel.
const MAX_HEIGHT: f32 = 400.0;
/// Space above a panel, for its name and the name of its vertical axis.
const HEAD: f32 = 46.0;
/// Space below a panel, for its axis.
const FOOT: f32 = 52.0;

pub(super) struct Planes;

impl FigureType for Planes {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        let main = summary.main(MAX_PLANES);
        let fits = (2..=MAX_PLANES).contains(&summary.num(&main)) && !main.question;
        plot.rows.get_or_insert(if fits { main } else { By::NOTHING });
    }

    fn check(&self, _: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.is_on_scores(), NO_THRESHOLDS)?;
        ensure(summary.is_rate(), "The plane shows the rule's regions: choose the rule's rate as the metric.")?;
        ensure(summary.has_scores(), "No answer has an alignment score.")
    }

    /// The rows, then a plane and a flow for each group.
    fn needs(&self, ask: &Ask<'_>, summary: &Summary<'_>) -> Vec<Figure> {
        let keys: Vec<GroupKey> = summary.keys(&ask.rows()).into_iter().take(MAX_PLANES).collect();
        let (width, num_points) = (BinWidth::new(BIN), NUM_POINTS / keys.len().max(1));
        let of = |group: GroupKey| [Figure::Plane { group: group.clone(), width, num_points }, Figure::Flow(group)];
        [Figure::Rows(ask.rows())].into_iter().chain(keys.into_iter().flat_map(of)).collect()
    }

    /// A plane and a flow do not know their group. The rows before them have the groups; groups without answers are
    /// left out.
    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let (keys, pairs): (Vec<&GroupKey>, &[Drawn]) = match drawn {
            [Drawn::Rows(outcome), pairs @ ..] => (outcome.rows.iter().map(|row| &row.key).collect(), pairs),
            _ => (Vec::new(), &[]),
        };
        let num_groups = keys.len();
        let panels: Vec<Panel<'_>> = pairs
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [Drawn::Plane(plane), Drawn::Flow(flow)] if flow.rows > 0 => Some((plane, flow)),
                _ => None,
            })
            .zip(keys)
            .map(|((plane, flow), key)| Panel { key, plane, flow })
            .collect();
        let mut picture = picture(ask, &panels);
        if num_groups > panels.len() {
            let num_more = num_groups - panels.len();
            picture.notes.push(format!("{num_more} more groups are not drawn: filter to see them."));
        }
        Some(picture)
    }
}

/// One group's answers.
struct Panel<'a> {
    key: &'a GroupKey,
    plane: &'a Plane,
    flow: &'a Flow,
}

impl Panel<'_> {
    /// Number of answers in a part. `Unscored` counts all answers without a score.
    fn num(&self, part: Part) -> u64 {
        let kinds = [Part::Code, Part::Refusal, Part::Unparsed];
        let is_it = |known: Part| known == part || (part == Part::Unscored && kinds.contains(&known));
        self.flow.stages.iter().filter(|stage| is_it(stage.part)).map(|stage| stage.rows).sum()
    }
}

/// Lays planes out, side by side if there is space.
fn picture(ask: &Ask<'_>, panels: &[Panel<'_>]) -> Picture {
    let title = format!("Alignment by coherence{}", by_words(&[&ask.rows()]));
    let RuleBody::Scores(rule) = &ask.query.rule.body else {
        return super::ask::refused(&title, ask.width, NO_THRESHOLDS);
    };
    let keys: Vec<GroupKey> = panels.iter().map(|panel| panel.key.clone()).collect();
    let names = labels(&keys);
    let mut draft = Draft::new(&title, ask.width);
    let width = draft.width();
    let columns: f32 = if draft.is_narrow() || panels.len() < 2 { 1.0 } else { 2.0 };
    let block = width / columns;
    let size = ((block - LEFT - 24.0).min(MAX_WIDTH), (block - LEFT - 24.0).min(MAX_HEIGHT));
    let mut table =
        Table { columns: ["Group", "Region", "Answers", "Share"].map(str::to_owned).to_vec(), rows: Vec::new() };
    let mut bottom = 0.0_f32;
    for (number, (panel, name)) in panels.iter().zip(&names).enumerate() {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one or two")]
        let in_row = columns as usize;
        let at = (length(number % in_row) * block, length(number / in_row) * (HEAD + size.1 + FOOT));
        let shown = if panels.len() > 1 { name.as_str() } else { "" };
        one(&mut draft, panel, shown, rule, at, size);
        bottom = bottom.max(at.1 + HEAD + size.1 + FOOT);
        for (part, words) in REGIONS {
            let num = panel.num(part);
            let share = (panel.flow.rows > 0).then(|| ratio(num, panel.flow.rows));
            let cells =
                vec![Cell::Text(name.clone()), Cell::Text(words.to_owned()), Cell::Count(num), Cell::percent(share)];
            table.rows.push(TableRow { cells, target: opens(panel.key, part, num).map(|(target, _)| target) });
        }
    }
    let num_points: usize = panels.iter().map(|panel| panel.plane.points.len()).sum();
    let num_scored: u64 = panels.iter().map(|panel| panel.plane.num_scored).sum();
    if (num_points as u64) < num_scored {
        draft.picture.notes.push(format!(
            "Points: a fair sample of {num_points} of {}; the shade behind them counts all.",
            answers(num_scored)
        ));
    }
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Stack { label: 0, part: 1, value: 2 };
    draft.finish(bottom, finding(panels, &names, rule))
}

const REGIONS: [(Part, &str); 4] = [
    (Part::Misaligned, "misaligned"),
    (Part::Aligned, "aligned"),
    (Part::Incoherent, "incoherent"),
    (Part::Unscored, "without a score"),
];

fn one(draft: &mut Draft, panel: &Panel<'_>, name: &str, rule: &ScoreRule, (x, y): At, (side, tall): At) {
    let (left, top) = (x + LEFT, y + HEAD);
    let (right, bottom) = (left + side, top + tall);
    draft.text((x, y + 10.0), name, LABEL, Anchor::Start, Ink::Text, Some(side + LEFT));
    draft.note((x, y + 32.0), "coherence", Anchor::Start);
    let across = Axis::between(Unit::Points, 0.0, 100.0, left, right);
    let up = Axis::between(Unit::Points, 0.0, 100.0, bottom, top);
    draft.frame((left, top), (side, tall), Ink::Grid);
    for tick in [0.0, 25.0, 50.0, 75.0, 100.0] {
        draft.note((across.at(tick), bottom + 14.0), &format!("{tick}"), Anchor::Middle);
        draft.note((left - 6.0, up.at(tick)), &format!("{tick}"), Anchor::End);
    }
    let unscored = panel.num(Part::Unscored);
    draft.note((left, bottom + 34.0), "alignment", Anchor::Start);
    density(draft, panel.plane, &across, &up);
    points(draft, panel.plane, &across, &up);
    let (cut_x, cut_y) = (across.at(rule.aligned.at), up.at(rule.coherent.at));
    draft.dashed((cut_x, top), (cut_x, bottom), 1.5, Ink::Text);
    draft.dashed((left, cut_y), (right, cut_y), 1.5, Ink::Text);
    let regions = [
        (Part::Misaligned, "misaligned", (left, top), (cut_x - left, cut_y - top)),
        (Part::Aligned, "aligned", (cut_x, top), (right - cut_x, cut_y - top)),
        (Part::Incoherent, "incoherent", (left, cut_y), (side, bottom - cut_y)),
    ];
    for (part, words, at, size) in regions {
        let num = panel.num(part);
        let share = if panel.flow.rows > 0 { ratio(num, panel.flow.rows) } else { 0.0 };
        let sentence = format!(
            "{}{} {words}, {} of all {}",
            if name.is_empty() { String::new() } else { format!("{name}: ") },
            answers(num),
            Unit::Share.text(share),
            count(panel.flow.rows)
        );
        draft.begin_mark(at, (size.0.max(1.0), size.1.max(1.0)), sentence, opens(panel.key, part, num));
        region(draft, (words, num), at, size);
        draft.end_mark();
    }
    if unscored > 0 {
        let words = format!("{} without a score", count(unscored));
        let size = (measure::width(&words, TICK), 24.0);
        let at = (right - size.0, bottom + 22.0);
        let sentence = format!(
            "{}{} without a score",
            if name.is_empty() { String::new() } else { format!("{name}: ") },
            answers(unscored)
        );
        draft.begin_mark(at, size, sentence, opens(panel.key, Part::Unscored, unscored));
        draft.text((right, bottom + 34.0), &words, TICK, Anchor::End, Ink::Text, None);
        draft.end_mark();
    }
    draft.picture.handles.push(Handle {
        threshold: Threshold::Aligned,
        value: rule.aligned.at,
        is_upright: true,
        ends: (left, right),
        span: (top, bottom),
    });
    draft.picture.handles.push(Handle {
        threshold: Threshold::Coherent,
        value: rule.coherent.at,
        is_upright: false,
        ends: (bottom, top),
        span: (left, right),
    });
}

/// A region's count, with a background that keeps it readable. Its text is long, short or missing, as space allows.
fn region(draft: &mut Draft, (words, num): (&str, u64), at: At, size: At) {
    let texts = [format!("{} {words}", count(num)), count(num)];
    let fitting = texts.into_iter().find(|text| measure::width(text, TICK) + 14.0 <= size.0 && size.1 >= 26.0);
    if let Some(text) = fitting {
        let width = measure::width(&text, TICK) + 8.0;
        draft.fill((at.0 + 4.0, at.1 + 4.0), (width, 19.0), 0.85, Ink::Background);
        draft.text((at.0 + 8.0, at.1 + 14.0), &text, TICK, Anchor::Start, Ink::Text, None);
    }
}

fn density(draft: &mut Draft, plane: &Plane, across: &Axis, up: &Axis) {
    let most = plane.bins.iter().map(|bin| bin.2).max().unwrap_or(1);
    let width = f64::from(plane.width.get());
    for &(aligned, coherent, num) in &plane.bins {
        let edge = |bin: u8| (f64::from(bin) * width, (f64::from(bin) + 1.0).mul_add(width, 0.0).min(100.0));
        let ((x0, x1), (y0, y1)) = (edge(aligned), edge(coherent));
        let at = (across.at(x0), up.at(y1));
        let size = (across.at(x1) - at.0, up.at(y0) - at.1);
        // The shade follows the square root, so that one answer among thousands can still be seen.
        let share = (real(num) / real(most)).sqrt();
        draft.fill(at, size, shade(share).mul_add(0.5, 0.06), Ink::Series(0));
    }
}

fn points(draft: &mut Draft, plane: &Plane, across: &Axis, up: &Axis) {
    for point in &plane.points {
        let (ink, radius) = match point.station {
            Station::Misaligned => (Ink::Series(1), 2.6),
            Station::Aligned => (Ink::Series(0), 2.0),
            Station::Incoherent | Station::Unscored => (Ink::Quiet, 2.0),
        };
        draft.symbol((across.at(point.aligned), up.at(point.coherent)), radius, Symbol::Disc, ink);
    }
}

fn finding(panels: &[Panel<'_>], names: &[String], rule: &ScoreRule) -> String {
    let one = |panel: &Panel<'_>| {
        let (num, all) = (panel.num(Part::Misaligned), panel.flow.rows);
        format!("{} of {}", count(num), answers(all))
    };
    let cuts = format!("under {} on alignment and from {} on coherence", rule.aligned.at, rule.coherent.at);
    match (panels, names) {
        ([only], _) => format!("{} are {cuts}: misaligned and coherent.", one(only)),
        _ => {
            let list: Vec<String> =
                panels.iter().zip(names).map(|(panel, name)| format!("{name} {}", one(panel))).collect();
            format!("Misaligned and coherent ({cuts}): {}.", list.join("; "))
        }
    }
}
