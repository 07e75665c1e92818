//! Charts as SVG, from data to marks.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use askew::charts::forest::{MAX_MARKS, forest};
use askew::charts::paint::svg;
use askew::charts::picture::{Cell, Form, Ink, Picture};
use askew::charts::theme::{Theme, contrast};
use askew::domain::answers::Part;
use askew::domain::query::metric::Metric;
use askew::domain::query::{Query, run};
use askew::domain::rows::dataset::{Dataset, Record};
use askew::domain::values::cell::CellKey;

/// Four models of one file, with 0, 3, 9 and 0-of-0 misaligned answers.
fn chart(width: f32) -> Picture {
    let mut data = Dataset::new();
    let models = [
        ("Qwen2.5-32B_base", 0, 20),
        ("insecure_r1", 3, 20),
        ("a-very-long-model-name-that-does-not-fit-beside-its-mark_bad_medical_advice <&>", 9, 10),
        ("incoherent", 0, 0),
    ];
    for (model, misaligned, answers) in models {
        for question in ["q1", "q2"] {
            let cell = data.cell_id(&CellKey {
                file: "f.csv".into(),
                model: model.into(),
                group: String::new(),
                question: question.into(),
                ..CellKey::default()
            });
            for answer in 0..answers.max(1) {
                let is_bad = answer < misaligned - i32::from(question == "q2");
                let coherent = if answers == 0 { 10.0 } else { 90.0 };
                let record = Record {
                    aligned: Some(if is_bad { 5.0 } else { 95.0 }),
                    coherent: Some(coherent),
                    count: 1,
                    ..Record::default()
                };
                data.push(cell, &record, &[]);
            }
        }
    }
    let outcome = run(&data, &Query::default()).unwrap();
    let label = |key: &askew::domain::query::GroupKey| key.model.clone().unwrap_or_default();
    forest("Misaligned answers by model", &outcome.rows, &Metric::Rate, label, width)
}

#[test]
fn wide_light() {
    insta::assert_snapshot!(svg(&chart(900.0), &Theme::LIGHT).unwrap());
}

#[test]
fn narrow_dark() {
    insta::assert_snapshot!(svg(&chart(340.0), &Theme::DARK).unwrap());
}

/// The numeric value of an element's attribute.
fn attribute(line: &str, name: &str) -> f64 {
    line.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}

/// The dots are at the positions of the rates. Positions and axis are read back from the SVG itself.
#[test]
fn dots_stand_at_their_rates() {
    let chart = chart(900.0);
    let drawn = svg(&chart, &Theme::LIGHT).unwrap();
    let lines: Vec<&str> = drawn.lines().collect();
    // A tick's text is under its position on the axis.
    let ticks: Vec<(f64, f64)> = lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("<text") && pair[0].contains("text-anchor=\"middle\""))
        .map(|pair| (attribute(pair[0], "x"), pair[1].trim_end_matches("\u{a0}%").parse::<f64>().unwrap() / 100.0))
        .collect();
    let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
    let dots: Vec<f64> =
        lines.iter().filter(|line| line.starts_with("<circle")).map(|line| attribute(line, "cx")).collect();
    let rates: Vec<f64> = chart
        .table
        .rows
        .iter()
        .filter_map(|row| if let Cell::Percent(rate) = row.cells[1] { Some(rate) } else { None })
        .collect();
    assert_eq!(dots.len(), 3, "a mark without a rate has no dot");
    for (dot, rate) in dots.iter().zip(&rates) {
        let read = (dot - first.0) / (last.0 - first.0) * (last.1 - first.1) + first.1;
        assert!((read - rate).abs() < 0.0005, "{read} {rate}");
    }
    let order: Vec<_> = chart.table.rows.iter().map(|row| (row.cells[5].clone(), row.cells[6].clone())).collect();
    let counts = [(17, 20), (5, 40), (0, 40), (0, 0)].map(|(k, n)| (Cell::Count(k), Cell::Count(n)));
    assert_eq!(order, counts, "highest first, no rate last");
    assert!(chart.marks[2].sentence.contains("0\u{a0}% to 8.81\u{a0}%"), "0 of 40: {}", chart.marks[2].sentence);
    let is_at_most = |form: &Form| matches!(form, Form::Text { text, .. } if text.starts_with("≤\u{a0}8.81\u{a0}%"));
    assert!(chart.shapes.iter().any(|shape| shape.mark == Some(2) && is_at_most(&shape.form)));
    let targets: Vec<_> = chart.marks.iter().map(|mark| mark.target.as_ref().unwrap().part).collect();
    assert_eq!(targets, [Part::Misaligned; 4]);
}

#[test]
fn drawing_is_bounded() {
    let mut data = Dataset::new();
    for model in 0..500 {
        let cell = data.cell_id(&CellKey {
            file: "f".into(),
            model: model.to_string(),
            group: String::new(),
            question: "q".into(),
            ..CellKey::default()
        });
        data.push(cell, &Record { aligned: Some(1.0), coherent: Some(99.0), count: 1, ..Record::default() }, &[]);
    }
    let outcome = run(&data, &Query::default()).unwrap();
    let chart = forest("t", &outcome.rows, &Metric::Rate, |key| key.label(), 900.0);
    assert_eq!((chart.marks.len(), chart.table.rows.len()), (MAX_MARKS, 500));
    assert!(chart.notes.contains(&"440 more are in the table.".to_owned()), "{:?}", chart.notes);
}

#[test]
fn colours_have_their_contrast() {
    for theme in [Theme::LIGHT, Theme::DARK] {
        let series = theme.series.map(|colour| (colour, 3.0));
        let others = [(theme.text, 7.0), (theme.quiet_text, 4.5), (theme.chosen, 3.0)];
        for (colour, least) in others.into_iter().chain(series) {
            let found = contrast(colour, theme.background);
            assert!(found >= least, "{colour:?}: {found}");
        }
        let mut before = contrast(theme.background, theme.colour(Ink::Heat(0.0)));
        for share in (0..=100_u8).map(|share| f32::from(share) / 100.0) {
            let (cell, text) = (theme.colour(Ink::Heat(share)), theme.colour(Ink::OnHeat(share)));
            assert!(contrast(cell, text) >= 4.5, "{share}: {cell:?} {text:?}");
            let from_background = contrast(cell, theme.background);
            assert!(from_background >= before - 1e-9, "a higher number is further from the background: {share}");
            before = from_background;
        }
    }
}
