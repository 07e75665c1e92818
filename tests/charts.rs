//! Charts as SVG, from data to marks.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use askew::charts::forest::svg;
use askew::charts::layout::ForestLayout;
use askew::charts::spec::{Forest, MAX_MARKS};
use askew::charts::theme::Theme;
use askew::domain::dataset::{CellKey, Dataset, Record};
use askew::domain::query::{Query, run};
use plotters::style::RGBColor;

/// Four models of one file, with 0, 3, 9 and 0-of-0 misaligned answers.
fn chart() -> Forest {
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
    Forest::new("Misaligned answers by model", &outcome.rows, |key| key.model.clone().unwrap_or_default())
}

#[test]
fn wide_light() {
    insta::assert_snapshot!(svg(&chart(), &Theme::LIGHT, 900.0).unwrap());
}

#[test]
fn narrow_dark() {
    insta::assert_snapshot!(svg(&chart(), &Theme::DARK, 340.0).unwrap());
}

/// The dots stand where the rates say, by the drawing itself: read back from the SVG.
#[test]
fn dots_stand_at_their_rates() {
    let chart = chart();
    let layout = ForestLayout::new(&chart, 900.0);
    let drawn = svg(&chart, &Theme::LIGHT, 900.0).unwrap();
    let dots: Vec<f64> = drawn
        .lines()
        .filter(|line| line.starts_with("<circle"))
        .map(|line| line.split("cx=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect();
    let rates: Vec<f64> = chart.marks.iter().filter_map(|mark| mark.rate).collect();
    assert_eq!(dots.len(), 3, "a mark without a rate has no dot");
    for (dot, rate) in dots.iter().zip(rates) {
        let read = (dot - layout.plot_left) / (layout.plot_right - layout.plot_left) * chart.axis_max;
        assert!((read - rate).abs() < 0.002, "{read} {rate}");
    }
    let order: Vec<_> = chart.marks.iter().map(|mark| (mark.numerator, mark.denominator)).collect();
    assert_eq!(order, [(17, 20), (5, 40), (0, 40), (0, 0)], "highest first, no rate last");
    assert!(chart.marks[2].figures().starts_with("≤\u{a0}8.81\u{a0}%"), "0 of 40: {}", chart.marks[2].figures());
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
    let chart = Forest::new("t", &outcome.rows, |key| key.label());
    assert_eq!((chart.marks.len(), chart.num_hidden), (MAX_MARKS, 500 - MAX_MARKS));
}

/// WCAG 2.2 contrast of two colours.
fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let luminance = |colour: RGBColor| {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2)
    };
    let (x, y) = (luminance(a), luminance(b));
    (x.max(y) + 0.05) / (x.min(y) + 0.05)
}

#[test]
fn colours_have_their_contrast() {
    for theme in [Theme::LIGHT, Theme::DARK] {
        for (colour, least) in [(theme.text, 7.0), (theme.quiet_text, 4.5), (theme.mark, 3.0), (theme.chosen, 3.0)] {
            let found = contrast(colour, theme.background);
            assert!(found >= least, "{colour:?}: {found}");
        }
    }
}
