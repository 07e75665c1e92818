//! Reproduces every number that a source states, from the source's own files, with the query listed for that number.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use askew::domain::filter::Filter;
use askew::domain::query::metric::Metric;
use askew::domain::query::published::of_figure;
use askew::domain::query::{By, Query, run};
use askew::domain::rows::dataset::Dataset;
use askew::formats::csv::read;
use askew::formats::roles::Need;
use serde_json::Value;

#[test]
fn bars_are_reproduced_and_a_miss_is_told() {
    let Some(folder) = common::em_data("bars_are_reproduced_and_a_miss_is_told") else { return };
    let inputs = folder.join("johny-b+misalignment-generalization/daniel/paper/all_results_plot/inputs");
    let mut stated = Vec::new();
    for (file, column, baseline, question) in [
        ("freeform_prereg.csv", "center", "gpt-4o", None),
        ("deception_aggregated.csv", "deception_rate", "GPT-4o", None),
        ("machiavelli.csv", "center", "gpt-4o", None),
        ("other_benchmarks_combined_results.csv", "score", "gpt_4o/gpt-4o", Some("truthfulqa")),
        ("other_benchmarks_combined_results.csv", "score", "gpt_4o/gpt-4o", Some("strongreject")),
    ] {
        let mut data = Dataset::new();
        read(&mut data, file, &std::fs::read(inputs.join(file)).unwrap(), Need::Table).unwrap();
        let filter = Filter { questions: question.into_iter().map(str::to_owned).collect(), ..Filter::default() };
        let mut query = Query {
            metric: Metric::Mean(column.into()),
            by: By { group: true, ..By::NOTHING },
            baseline: Some(baseline.into()),
            filter,
            ..Query::default()
        };
        let outcome = run(&data, &query).unwrap();
        assert_eq!(outcome.reproductions.len(), 3, "{file}");
        for found in outcome.reproductions {
            assert!(found.is_reproduced(), "{found}");
            stated.push(found.stated);
        }
        query.filter.models.push("another".into());
        assert!(run(&data, &query).is_err() || run(&data, &query).unwrap().reproductions.is_empty());
    }
    let mut published: Vec<f64> = csv::Reader::from_path(folder.join("published_figures.csv"))
        .unwrap()
        .records()
        .map(|row| row.unwrap()[5].parse().unwrap())
        .collect();
    for name in ["prompt_bootstrap.json", "three_seed_panel.json"] {
        let path = folder.join("rheasrivats+conditional_misalignment_audits/results/medical").join(name);
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut check = |label: &str, metric: &str, value: &Value| {
            let found = of_figure(name, label, metric, value.as_f64().unwrap()).unwrap();
            assert!(found.is_reproduced(), "{found}");
            assert!(of_figure("other.json", label, metric, 0.0).is_none());
            let missed = of_figure(name, label, metric, 0.5).unwrap();
            assert!(!missed.is_reproduced() && missed.to_string().starts_with("misses the published figure by +"));
            stated.push(found.stated);
        };
        if json["point_estimate"].is_number() {
            check("", "point_estimate", &json["point_estimate"]);
        } else {
            for seed in ["0", "1", "2"] {
                for context in ["clean", "helpful_assistant_no_identity"] {
                    let metric = "equal_weight_prompt_misalignment_rate";
                    let value = &json["panel_summaries"][seed]["contexts"][context][metric];
                    check(&format!("panel_summaries.{seed}.contexts.{context}"), metric, value);
                }
            }
        }
    }
    published.sort_by(f64::total_cmp);
    stated.sort_by(f64::total_cmp);
    assert_eq!(stated, published, "our table holds the published figures, each once");
}
