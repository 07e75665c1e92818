//! Finds faults in a figure's layout: texts outside the figure or over each other, and marks without a description.

use askew::charts::measure;
use askew::charts::picture::{Anchor, Form, Picture};

/// Maximum number of marks in a figure, because the page has a button for each.
const MAX_MARKS: usize = 520;

/// The box of a text: left, top, right, bottom.
fn field(form: &Form) -> Option<(&str, [f32; 4])> {
    let Form::Text { at, text, size, anchor, room, is_upright } = form else { return None };
    let full = measure::width(text, *size);
    let shown = room.map_or_else(
        || text.clone(),
        |room| measure::fit(text, f64::from(room), |text| f64::from(measure::width(text, *size))),
    );
    let length = measure::width(&shown, *size).min(full);
    let before = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => length / 2.0,
        Anchor::End => length,
    };
    // The part of a line's height that letters fill.
    let half = size * 0.5;
    Some((
        text,
        if *is_upright {
            [at.0 - half, at.1 - (length - before), at.0 + half, at.1 + before]
        } else {
            [at.0 - before, at.1 - half, at.0 - before + length, at.1 + half]
        },
    ))
}

/// All faults of a picture's layout, as sentences.
pub(crate) fn faults(picture: &Picture) -> Vec<String> {
    let mut faults = Vec::new();
    let (width, height) = (picture.width, picture.height);
    let is_inside = |[x0, y0, x1, y1]: [f32; 4]| x0 >= -1.0 && y0 >= -1.0 && x1 <= width + 1.0 && y1 <= height + 1.0;
    let texts: Vec<(&str, [f32; 4])> = picture.shapes.iter().filter_map(|shape| field(&shape.form)).collect();
    for (text, found) in &texts {
        if !is_inside(*found) {
            faults.push(format!("{text:?} is outside the figure: {found:?} of {width} x {height}"));
        }
    }
    for (at, (a, [ax0, ay0, ax1, ay1])) in texts.iter().enumerate() {
        for (b, [bx0, by0, bx1, by1]) in &texts[at + 1..] {
            let (x, y) = (ax1.min(*bx1) - ax0.max(*bx0), ay1.min(*by1) - ay0.max(*by0));
            if x > 0.5 && y > 0.5 {
                faults.push(format!("{a:?} and {b:?} overlap by {x:.1} x {y:.1}"));
            }
        }
    }
    for mark in &picture.marks {
        if !is_inside([mark.at.0, mark.at.1, mark.at.0 + mark.size.0, mark.at.1 + mark.size.1]) && mark.size.0 > 24.0 {
            faults.push(format!("a mark is outside the figure: {mark:?}"));
        }
        if mark.sentence.len() < 4 || mark.target.is_some() != (mark.num_answers > 0) && mark.num_answers > 0 {
            faults.push(format!("a mark has no description or a wrong target: {mark:?}"));
        }
    }
    let num_marks = u32::try_from(picture.marks.len()).expect("few marks");
    if picture.marks.len() > MAX_MARKS
        || picture.shapes.iter().any(|shape| shape.mark.is_some_and(|mark| mark >= num_marks))
    {
        faults.push(format!("{num_marks} marks"));
    }
    if picture.title.is_empty() || !picture.finding.ends_with('.') || picture.table.rows.is_empty() {
        faults.push(format!("words: {:?} {:?}, {} rows", picture.title, picture.finding, picture.table.rows.len()));
    }
    faults.extend(
        picture
            .table
            .rows
            .iter()
            .filter(|row| row.cells.len() != picture.table.columns.len())
            .map(|row| format!("{row:?}")),
    );
    faults
}
