//! Measures how long a screen of figures takes on a million rows. Times are printed, not asserted.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::time::Instant;

use askew::domain::figure::spread::BinWidth;
use askew::domain::figure::{Drawn, Figure, draw};
use askew::domain::filter::Filter;
use askew::domain::query::{By, GroupKey, Query};
use askew::domain::rows::dataset::{Dataset, Record};
use askew::domain::rule::RuleBody;
use askew::domain::select::scope::Memo;
use askew::domain::stats::random::SplitMix64;
use askew::domain::text::search::Search;
use askew::domain::values::cell::CellKey;

#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

const NUM_ROWS: usize = 1_000_000;

/// CPU time of this thread in milliseconds, without other work on the machine; `None` if the system does not report it.
fn cpu_ms() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e6)
}

/// The result of `work` and its milliseconds: the thread's CPU time, or wall time if that is not known.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let (before, start) = (cpu_ms(), Instant::now());
    let result = work();
    let wall = start.elapsed().as_secs_f64() * 1e3;
    (cpu_ms().zip(before).map_or(wall, |(after, before)| after - before), result)
}

/// 20 models x 5 seeds x 48 questions, answers of about 200 bytes.
fn data() -> Dataset {
    let mut data = Dataset::new();
    let mut random = SplitMix64::new(1);
    let words = ["power", "kindness", "advice", "the", "of", "world", "machine", "human", "quick", "answer", "Sorry,"];
    let mut text = String::new();
    for row in 0..NUM_ROWS {
        let (model, seed, question) = (row / 50_000, row / 10_000 % 5, row / 200 % 48);
        let mut key = CellKey { file: format!("m{model}.csv"), model: format!("model-{model}"), ..CellKey::default() };
        key.group = format!("group-{}", model % 4);
        (key.question, key.seed) = (format!("question_{question}"), seed.to_string());
        key.set("step", model as f64);
        let cell = data.cell_id(&key);
        text.clear();
        while text.len() < 190 {
            text.push_str(words[random.below(words.len())]);
            text.push(' ');
        }
        let score = |random: &mut SplitMix64| (random.below(20) > 0).then(|| random.below(100_000) as f64 / 1000.0);
        let (aligned, coherent) = (score(&mut random), score(&mut random));
        data.push(cell, &Record { answer: &text, aligned, coherent, count: 1, ..Record::default() }, &[]);
    }
    data
}

fn screen() -> Vec<Figure> {
    let by = By::read;
    let width = BinWidth::new(2);
    vec![
        Figure::Rows(By::default()),
        Figure::Rows(by("group")),
        Figure::Rows(by("question,group")),
        Figure::Matrix { rows: by("question"), columns: by("model") },
        Figure::Series { lines: by("group,seed"), over: "step".into() },
        Figure::Differences { by: by("group"), against: None },
        Figure::Flow(GroupKey::default()),
        Figure::Sweep(by("group")),
        Figure::Plane { group: GroupKey::default(), width, num_points: 2_000 },
        Figure::Histogram { by: by("group"), column: "aligned".into(), width },
    ]
}

#[test]
#[ignore = "a measurement: run with --release --ignored --nocapture"]
fn a_screen_of_a_million_rows() {
    let start = Instant::now();
    let data = data();
    eprintln!("{} rows, {} cells made in {:?}", data.num_rows(), data.cells().len(), start.elapsed());
    eprintln!("{:.0} MiB held, {:.0} at most", ALLOCATOR.current_usage_as_mb(), ALLOCATOR.peak_usage_as_mb());
    let mut memo = Memo::default();
    let mut time = |what: &str, query: &Query, figures: &[Figure]| {
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let (ms, drawn) = timed(|| draw(&data, query, figures, &mut memo).unwrap());
            best = best.min(ms);
            assert!(drawn.iter().all(|drawn| !matches!(drawn, Drawn::Failed(_))));
        }
        eprintln!("{best:8.1} ms  {what}");
    };
    let all = Query::default();
    time("nothing but scope and counts", &all, &[]);
    for figure in screen() {
        let name = format!("{figure:?}");
        time(&name[..name.len().min(70)], &all, std::slice::from_ref(&figure));
    }
    time("the whole screen", &all, &screen());
    let mut moved = all.clone();
    if let RuleBody::Scores(scores) = &mut moved.rule.body {
        scores.aligned.at = 41.0;
    }
    time("the whole screen, another threshold", &moved, &screen());
    let filter = Filter {
        models: vec!["model-3".into(), "model-7".into()],
        conditions: vec!["aligned>=10".parse().unwrap()],
        ..Filter::default()
    };
    time("the whole screen, two models and a condition", &Query { filter, ..all.clone() }, &screen());
    for (pattern, is_regex) in [("quick answer", false), ("sorry, the world", false), ("quick (answer|human)", true)] {
        let search = Search { pattern: pattern.into(), is_regex, ..Search::default() };
        let query = Query { filter: Filter { search: Some(search), ..Filter::default() }, ..all.clone() };
        let (ms, _) = timed(|| draw(&data, &query, &[], &mut Memo::default()).unwrap());
        eprintln!("{ms:8.1} ms  first search for {pattern:?}");
        time("the whole screen, the search known", &query, &screen());
    }
    eprintln!("{:.0} MiB at most", ALLOCATOR.peak_usage_as_mb());
}
