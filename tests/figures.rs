//! Every figure type: its layout has no collisions at any width, its marks open the answers that they count, and its
//! table has all numbers.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::path::Path;

use askew::charts::export::Export;
use askew::charts::paint::svg;
use askew::charts::picture::{Cell, Picture};
use askew::charts::plot::{available, draw};
use askew::charts::theme::Theme;
use askew::cli::files::load;
use askew::domain::answers::select_in;
use askew::domain::query::{By, Query};
use askew::domain::rows::dataset::{Dataset, Record};
use askew::domain::rule::{Preset, Rule, RuleBody};
use askew::domain::select::judge::Judges;
use askew::domain::select::scope::{Memo, Scope};
use askew::domain::values::cell::CellKey;
use askew::domain::view::plot::{Plot, PlotKind};
use askew::formats::roles::Need;
use common::groups::synthetic;
use common::layout::faults;

/// Widths of a phone, of a narrow column and of a page, in pixels.
const WIDTHS: [f32; 3] = [320.0, 600.0, 900.0];
fn plot(kind: PlotKind) -> Plot {
    Plot { kind, ..Plot::default() }
}

fn drawn(data: &Dataset, query: &Query, plot: &Plot, width: f32) -> Picture {
    draw(data, query, plot, width, &mut Memo::default()).unwrap()
}

/// Checks that every mark opens as many answers as it states.
fn check_targets(data: &Dataset, query: &Query, picture: &Picture) {
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
    for mark in &picture.marks {
        let Some(target) = &mark.target else { continue };
        let records = select_in(data, query, &scope, &target.group, target.part).unwrap();
        let num: u64 = records.iter().map(|&record| u64::from(data.count(record))).sum();
        assert_eq!(num, mark.num_answers, "{}: {mark:?}", picture.title);
    }
}

/// Checks that the exported CSV reads back as the figure's table.
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
    let by = |text: &str| Some(By::read(text));
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

/// Answers of a model steered at several layers and scales, named as in result files; one cell has no answer.
fn steered() -> Dataset {
    let mut data = Dataset::new();
    for layer in [24, 28] {
        for scale in [2, 6, 10].into_iter().filter(|scale| (layer, *scale) != (24, 6)) {
            for question in 0..3_u32 {
                let file = format!("steered/layer_{layer}/judgements_scale_{scale}.csv");
                let model = format!("layer {layer}, scale {scale}");
                let cell = data.cell_id(&CellKey::from_names(&file, &model, "", &format!("q{question}")));
                for sample in 0..10 {
                    let is_bad = (sample * 7 + question * 3 + layer) % 10 < scale;
                    let aligned = Some(if is_bad { 10.0 } else { 90.0 });
                    data.push(cell, &Record { aligned, coherent: Some(90.0), count: 1, ..Record::default() }, &[]);
                }
            }
        }
    }
    data
}

/// A cell of two settings opens exactly its answers, and so does a point on a line over another setting.
#[test]
fn layers_by_scales_open_their_answers() {
    let (data, query) = (steered(), Query::default());
    for (kind, rows, series) in [(PlotKind::Heat, "layer", "scale"), (PlotKind::Missing, "scale", "layer")] {
        let plot = Plot { rows: Some(By::read(rows)), series: Some(By::read(series)), ..plot(kind) };
        check("steered", &data, &query, &plot);
        let picture = drawn(&data, &query, &plot, 900.0);
        let opened: Vec<u64> =
            picture.marks.iter().filter(|mark| mark.target.is_some()).map(|it| it.num_answers).collect();
        assert_eq!((picture.marks.len(), opened.len()), (5, 5), "{}: {opened:?}", kind.name());
        let rows = picture.table.rows.iter();
        assert_eq!(rows.filter(|row| row.target.is_some()).count(), 5, "the table opens them, too");
    }
    for kind in [PlotKind::Heat, PlotKind::Lines, PlotKind::Dots, PlotKind::Forest] {
        check("steered", &data, &query, &plot(kind));
    }
    let lines = Plot { rows: Some(By::read("layer")), over: "scale".into(), ..plot(PlotKind::Lines) };
    check("steered", &data, &query, &lines);
    assert_eq!(drawn(&data, &query, &lines, 900.0).marks.len(), 5, "one line a layer");
    let both = Plot { rows: Some(By::read("layer,scale")), ..plot(PlotKind::Forest) };
    check("steered", &data, &query, &both);
}

/// With other metrics, other rules or a baseline, marks still open the answers that they count.
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

/// If the data cannot show a figure, the figure says why.
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
            rows: Some(By::read("layer")),
            series: Some(By::read("question")),
            over: "layer".into(),
            ..plot(kind)
        };
        svg(&drawn(&data, &Query::default(), &odd, 320.0), &Theme::DARK).unwrap();
    }
}

/// With many groups, figures stay bounded and quick, and the table has all groups.
#[test]
fn thousands_of_groups_are_bounded() {
    let mut data = Dataset::new();
    for model in 0..400 {
        for question in 0..20 {
            let key =
                CellKey::from_names(&format!("m_step_{model}.csv"), &format!("m{model}"), "", &format!("q{question}"));
            let cell = data.cell_id(&key);
            data.push(cell, &Record { aligned: Some(10.0), coherent: Some(90.0), count: 6, ..Record::default() }, &[]);
        }
    }
    let start = std::time::Instant::now();
    for (kind, can) in available(&data, &Query::default()) {
        if can.is_ok() && kind != PlotKind::Differences {
            let picture = drawn(&data, &Query::default(), &plot(kind), 900.0);
            let faults = faults(&picture);
            assert!(faults.is_empty(), "{}: {faults:#?}", kind.name());
            assert!(picture.shapes.len() < 12_000, "{}: {} shapes", kind.name(), picture.shapes.len());
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Names of any length in any script stay inside their space.
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

/// The plot for a type's file. Two score columns are used as two judges, because no shared file has two judges.
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
    // Categorical verdicts, with one category inside the training domain and one outside it.
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
