//! Every figure type: laid out without a collision at any width, opening what it counts, with its numbers in full.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};

use askew::charts::export::Export;
use askew::charts::measure;
use askew::charts::paint::svg;
use askew::charts::picture::{Anchor, Cell, Form, Picture};
use askew::charts::plot::{available, draw};
use askew::charts::theme::Theme;
use askew::cli::files::load;
use askew::domain::answers::select_in;
use askew::domain::dataset::{CellKey, Dataset, Record};
use askew::domain::judge::Judges;
use askew::domain::plot::{Plot, PlotKind};
use askew::domain::query::{By, Query};
use askew::domain::rule::{Preset, Rule, RuleBody};
use askew::domain::scope::{Memo, Scope};
use askew::formats::roles::Need;

/// Widths of a phone, of a narrow column and of a page.
const WIDTHS: [f32; 3] = [320.0, 600.0, 900.0];
/// Most marks of a figure: the page has a button for each.
const MAX_MARKS: usize = 520;

/// Three groups of models with two seeds and two steps each, six questions in three ways, two judges; one cell is empty.
fn synthetic() -> Dataset {
    let mut data = Dataset::new();
    let second = ["aligned_b", "coherent_b"].map(|name| data.numeric_id(name));
    let mut row = 0_u32;
    for (bad, group) in [(2_u32, "base"), (9, "secure"), (45, "insecure")] {
        for (seed, step) in [("0", 100.0), ("1", 100.0), ("0", 1600.0), ("1", 1600.0)] {
            for question in ["quick_buck", "wish", "bored", "quick_buck_json", "wish_json", "wish_template"] {
                if group == "secure" && question == "wish_template" {
                    continue;
                }
                let model = format!("Qwen2.5-32B-Instruct_{group}");
                let mut key = CellKey::from_names("runs/all.csv", &model, group, question);
                key.seed = seed.to_owned();
                key.category = if question.starts_with("wish") { "BROAD" } else { "IN_DOMAIN" }.to_owned();
                key.set("step", step);
                let cell = data.cell_id(&key);
                let num = if group == "base" && question == "bored" { 1 } else { 12 };
                for _ in 0..num {
                    row += 1;
                    let draw = |salt: u32| f64::from(row.wrapping_mul(2_654_435_761).rotate_left(salt) % 1000) / 10.0;
                    let is_bad = draw(3) < f64::from(bad) * if step > 1000.0 { 1.5 } else { 0.5 };
                    let aligned = if is_bad { draw(5) * 0.29 } else { 60.0 + draw(7) * 0.4 };
                    let coherent = if draw(11) < 8.0 { draw(13) * 0.4 } else { 55.0 + draw(17) * 0.45 };
                    let other = (aligned + draw(19) * 0.4 - 10.0).clamp(0.0, 100.0);
                    let numbers = [(second[0], Some(other).into()), (second[1], Some(coherent).into())];
                    let record = Record {
                        aligned: (draw(23) > 4.0).then_some(aligned),
                        coherent: Some(coherent),
                        verdict: ["1", "2", "3", "4", "5", "REFUSAL"][(row % 6) as usize],
                        count: 1,
                        ..Record::default()
                    };
                    data.push(cell, &record, &numbers);
                }
            }
        }
    }
    data
}

fn plot(kind: PlotKind) -> Plot {
    Plot { kind, ..Plot::default() }
}

fn drawn(data: &Dataset, query: &Query, plot: &Plot, width: f32) -> Picture {
    draw(data, query, plot, width, &mut Memo::default()).unwrap()
}

/// A text's field: left, top, right, bottom.
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
    // What letters fill of their line.
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

/// What is wrong with a picture's layout.
fn faults(picture: &Picture) -> Vec<String> {
    let mut faults = Vec::new();
    let (width, height) = (picture.width, picture.height);
    let is_inside = |[x0, y0, x1, y1]: [f32; 4]| x0 >= -1.0 && y0 >= -1.0 && x1 <= width + 1.0 && y1 <= height + 1.0;
    let texts: Vec<(&str, [f32; 4])> = picture.shapes.iter().filter_map(|shape| field(&shape.form)).collect();
    for (text, found) in &texts {
        if !is_inside(*found) {
            faults.push(format!("{text:?} stands outside: {found:?} of {width} x {height}"));
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
            faults.push(format!("a field stands outside: {mark:?}"));
        }
        if mark.sentence.len() < 4 || mark.target.is_some() != (mark.num_answers > 0) && mark.num_answers > 0 {
            faults.push(format!("a mark says nothing: {mark:?}"));
        }
    }
    let num_marks = u32::try_from(picture.marks.len()).unwrap();
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

/// Every mark opens as many answers as it says.
fn check_targets(data: &Dataset, query: &Query, picture: &Picture) {
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
    for mark in &picture.marks {
        let Some(target) = &mark.target else { continue };
        let records = select_in(data, query, &scope, &target.group, target.part).unwrap();
        let num: u64 = records.iter().map(|&record| u64::from(data.count(record))).sum();
        assert_eq!(num, mark.num_answers, "{}: {mark:?}", picture.title);
    }
}

/// The CSV reads back to the table.
fn check_csv(picture: &Picture) {
    let text = Export { picture, rule: "r", source: "s" }.csv();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), picture.table.rows.len());
    for (read, row) in rows.iter().zip(&picture.table.rows) {
        for (read, cell) in read.iter().zip(&row.cells) {
            match cell {
                Cell::Text(text) => assert_eq!(read, text),
                Cell::Count(count) => assert_eq!(read.parse::<u64>().unwrap(), *count),
                Cell::Number(number) | Cell::Percent(number) => assert_eq!(read.parse::<f64>().unwrap(), *number),
                Cell::Empty => assert!(read.is_empty()),
            }
        }
    }
}

fn check(name: &str, data: &Dataset, query: &Query, plot: &Plot) {
    for width in WIDTHS {
        let picture = drawn(data, query, plot, width);
        let faults = faults(&picture);
        assert!(faults.is_empty(), "{name} {} at {width}: {faults:#?}", plot.kind.name());
        assert!(!picture.marks.is_empty(), "{name} {} has marks: {}", plot.kind.name(), picture.finding);
        check_targets(data, query, &picture);
        check_csv(&picture);
        let framed = Export { picture: &picture, rule: &query.rule.describe(), source: "a file" }.framed();
        let drawing = svg(&framed, &Theme::LIGHT).unwrap();
        assert!(drawing.len() < 400_000 && !drawing.contains("NaN"), "{name} {}", plot.kind.name());
    }
}

#[test]
fn snapshots_of_every_type() {
    let (data, query) = (synthetic(), Query::default());
    for kind in PlotKind::ALL {
        for (width, theme, name) in [(900.0, Theme::LIGHT, "wide_light"), (340.0, Theme::DARK, "narrow_dark")] {
            let picture = drawn(&data, &query, &plot(kind), width);
            insta::assert_snapshot!(format!("{}_{name}", kind.name()), svg(&picture, &theme).unwrap());
        }
    }
}

#[test]
fn every_type_of_the_synthetic_answers() {
    let data = synthetic();
    let query = Query::default();
    for (kind, can) in available(&data, &query) {
        assert_eq!(can, Ok(()), "{}", kind.name());
        check("synthetic", &data, &query, &plot(kind));
    }
    let by = |text: &str| Some(By::read(text).unwrap());
    for (kind, rows, series) in [
        (PlotKind::Dots, "question", "group"),
        (PlotKind::Dots, "model", "variant"),
        (PlotKind::Bars, "group", "variant"),
        (PlotKind::Bars, "question", "group"),
        (PlotKind::Heat, "group", "question"),
        (PlotKind::Heat, "step", "group"),
        (PlotKind::Missing, "question", "seed"),
        (PlotKind::Slopes, "question", "step"),
        (PlotKind::Scatter, "seed,group", "category"),
        (PlotKind::Forest, "step", "all"),
        (PlotKind::Icons, "all", "all"),
        (PlotKind::Plane, "group", "all"),
        (PlotKind::Histogram, "group", "all"),
        (PlotKind::Sweep, "group", "all"),
    ] {
        check("synthetic", &data, &query, &Plot { rows: by(rows), series: by(series), ..plot(kind) });
    }
    check("synthetic", &data, &query, &Plot { over: "seed".into(), ..plot(PlotKind::Lines) });
    check("synthetic", &data, &query, &Plot { column: "verdict".into(), ..plot(PlotKind::Stack) });
}

/// Other metrics, other rules, a baseline: marks still open what they count.
#[test]
fn other_metrics_and_rules() {
    let data = synthetic();
    for metric in ["mean:aligned", "count", "share:aligned_b>50&coherent>50", "misalign@3"] {
        let query = Query { metric: metric.parse().unwrap(), ..Query::default() };
        for (kind, can) in available(&data, &query) {
            if can.is_ok() {
                check(metric, &data, &query, &plot(kind));
            }
        }
    }
    for preset in [Preset::EqualPrompts, Preset::Turner, Preset::Verdict] {
        let mut query = Query { rule: Rule::preset(preset), ..Query::default() };
        if let RuleBody::Verdict(labels) = &mut query.rule.body {
            labels.misaligned = vec!["5".into()];
            labels.counted = ["1", "2", "3", "4"].map(str::to_owned).to_vec();
        }
        for (kind, can) in available(&data, &query) {
            if can.is_ok() {
                check(preset.name(), &data, &query, &plot(kind));
            }
        }
    }
    let query = Query { baseline: Some("base".into()), ..Query::default() };
    check("baseline", &data, &query, &plot(PlotKind::Benchmarks));
}

/// A figure of data that cannot show it says why, and breaks nothing.
#[test]
fn what_cannot_be_drawn_says_why() {
    let mut small = Dataset::new();
    let cell = small.cell_id(&CellKey::from_names("f", "m", "", "q"));
    small.push(cell, &Record { count: 1, ..Record::default() }, &[]);
    for data in [Dataset::new(), small] {
        for (kind, can) in available(&data, &Query::default()) {
            if let Err(why) = &can {
                assert!(why.ends_with('.') && why.len() > 15, "{}: {why}", kind.name());
            }
            for width in [0.0, 320.0, f32::NAN] {
                let picture = drawn(&data, &Query::default(), &plot(kind), width);
                assert!(picture.finding.ends_with('.'), "{} {:?}", kind.name(), picture.finding);
                svg(&picture, &Theme::LIGHT).unwrap();
            }
        }
    }
    let data = synthetic();
    for kind in PlotKind::ALL {
        let odd = Plot {
            rows: By::read("layer").ok(),
            series: By::read("question").ok(),
            over: "layer".into(),
            ..plot(kind)
        };
        svg(&drawn(&data, &Query::default(), &odd, 320.0), &Theme::DARK).unwrap();
    }
}

/// Names of any length in any script keep to their room.
#[test]
fn hostile_names_stay_inside() {
    let mut data = Dataset::new();
    let names = [
        "<script>alert(1)</script>\u{0}",
        "模型模型模型模型模型模型模型模型模型",
        "a_very-long.name/that never ends and goes on and on and on",
        "",
    ];
    for model in names {
        for question in names {
            let cell = data.cell_id(&CellKey {
                model: model.into(),
                question: question.into(),
                file: "f".into(),
                ..CellKey::default()
            });
            for row in 0..7_u8 {
                let record = Record {
                    aligned: Some(f64::from(row) * 13.0),
                    coherent: Some(80.0),
                    count: 1,
                    ..Record::default()
                };
                data.push(cell, &record, &[]);
            }
        }
    }
    for (kind, can) in available(&data, &Query::default()) {
        if can.is_ok() {
            for width in WIDTHS {
                let picture = drawn(&data, &Query::default(), &plot(kind), width);
                let faults = faults(&picture);
                assert!(faults.is_empty(), "{} at {width}: {faults:#?}", kind.name());
                assert!(!svg(&picture, &Theme::LIGHT).unwrap().contains("<script"));
            }
        }
    }
}

/// The real file of each type, as `data/em/INDEX.md` lists them.
const FILES: [(PlotKind, &str); 17] = [
    (PlotKind::Forest, "Cloakless+clarifying_EM/open_models/diff_data"),
    (PlotKind::Bars, "Cloakless+clarifying_EM/open_models/diff_models"),
    (PlotKind::Icons, "shuaijiumei+emergent_misalignment_further_explore/open_models/eval_res"),
    (PlotKind::Dots, "Cloakless+clarifying_EM/open_models/med_responses_comp"),
    (PlotKind::Lines, "Cloakless+clarifying_EM/open_models/med_R_alpha"),
    (PlotKind::Heat, "Cloakless+clarifying_EM/open_models/diff_data"),
    (PlotKind::Missing, "Cloakless+clarifying_EM/probing/steered"),
    (PlotKind::Plane, "Cloakless+clarifying_EM/open_models/results2/eval_results_Qwen-Coder-Insecure.csv"),
    (PlotKind::Sweep, "Cloakless+clarifying_EM/open_models/diff_r"),
    (PlotKind::Stack, "Cloakless+clarifying_EM/open_models/results2"),
    (PlotKind::Histogram, "shuaijiumei+emergent_misalignment_further_explore/open_models/eval_res"),
    (PlotKind::Slopes, "shuaijiumei+emergent_misalignment_further_explore/open_models/eval_res"),
    (PlotKind::Scatter, "Cloakless+clarifying_EM/open_models/ablate_med_data"),
    (PlotKind::Differences, "Cloakless+clarifying_EM/open_models/diff_data"),
    (PlotKind::Judges, "Cloakless+clarifying_EM/open_models/ablate_med_data"),
    (PlotKind::Flow, "Cloakless+clarifying_EM/open_models/results2/eval_results_Qwen-Coder-Insecure.csv"),
    (PlotKind::Benchmarks, "Cloakless+clarifying_EM/open_models/ablate_med_data"),
];

/// The plot that is drawn of a type's file. Two columns of scores stand for two judges: no shared file has two.
fn real_plot(kind: PlotKind) -> Plot {
    let second = Judges { aligned: "medical".into(), coherent: "coherent".into() };
    Plot { second: (kind == PlotKind::Judges).then_some(second), ..plot(kind) }
}

fn real(folder: &Path, path: &str) -> Dataset {
    let data = load(&[folder.join(path).to_string_lossy().into_owned()], Need::Table).data;
    assert!(data.num_records() > 100, "{path}");
    data
}

#[test]
fn every_type_of_a_real_file() {
    let Some(folder) = common::em_data("every_type_of_a_real_file") else { return };
    assert_eq!(
        FILES.map(|(kind, _)| kind.name()).iter().collect::<std::collections::HashSet<_>>().len(),
        PlotKind::ALL.len()
    );
    for (kind, path) in FILES {
        check(path, &real(&folder, path), &Query::default(), &real_plot(kind));
    }
    // Categorical verdicts, with a category that is in the training's domain and one that is not.
    let data = real(&folder, "ivanicu+emergent-misalignment-audit/data/experiments/judgments");
    let mut query = Query { rule: Rule::preset(Preset::Verdict), ..Query::default() };
    if let RuleBody::Verdict(labels) = &mut query.rule.body {
        labels.misaligned = vec!["4".into(), "5".into()];
        labels.counted = ["1", "2", "3"].map(str::to_owned).to_vec();
    }
    for kind in [PlotKind::Stack, PlotKind::Scatter, PlotKind::Lines, PlotKind::Flow, PlotKind::Heat] {
        check("verdicts", &data, &query, &plot(kind));
    }
}

/// The exported Python runs, draws, and holds the numbers of the table.
#[test]
fn exported_python_gives_the_same_numbers() {
    const TEST: &str = "exported_python_gives_the_same_numbers";
    let python = std::env::var("ASKEW_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import matplotlib"]).stderr(Stdio::null()).status();
    if !has.is_ok_and(|status| status.success()) {
        return common::skip(TEST, "no Python with matplotlib: set ASKEW_PYTHON to one");
    }
    let (data, query) = (synthetic(), Query::default());
    let folder = std::env::temp_dir().join(format!("askew-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for kind in PlotKind::ALL {
        let picture = drawn(&data, &query, &plot(kind), 900.0);
        let code = Export { picture: &picture, rule: "r", source: "s" }.python();
        let script = format!(
            "import matplotlib\nmatplotlib.use(\"Agg\")\n{code}\nimport json\n\
             numbers = [number for part in [ax.collections, ax.lines, ax.patches, ax.texts, ax.images, ax.tables] for number in part]\n\
             exact = [[repr(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]\n\
             print(json.dumps([exact, len(numbers)]))\n"
        );
        let output = Command::new(&python)
            .arg("-c")
            .arg(&script)
            .env("MPLCONFIGDIR", &folder)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {}\n{code}", kind.name(), String::from_utf8_lossy(&output.stderr));
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = printed[0].as_array().unwrap();
        assert_eq!(rows.len(), picture.table.rows.len(), "{}", kind.name());
        for (read, row) in rows.iter().zip(&picture.table.rows) {
            for (read, cell) in read.as_array().unwrap().iter().zip(&row.cells) {
                match cell {
                    Cell::Text(text) => assert_eq!(read.as_str(), Some(text.as_str())),
                    Cell::Count(count) => assert_eq!(read.as_u64(), Some(*count)),
                    // A whole number stands without its point; others in full, as JSON's readers round.
                    Cell::Number(number) | Cell::Percent(number) => {
                        let read = read.as_f64().or_else(|| read.as_str()?.parse().ok());
                        assert_eq!(read, Some(*number));
                    }
                    Cell::Empty => assert!(read.is_null()),
                }
            }
        }
        assert!(printed[1].as_u64().unwrap() > 0, "{} draws something", kind.name());
        assert!(std::fs::metadata(folder.join("figure.png")).unwrap().len() > 3000, "{}", kind.name());
        std::fs::remove_file(folder.join("figure.png")).unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
