//! The model card. Every figure in it is computed from the shipped answers, so a test can write it again.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::experiments::{BATCH, DOCUMENTS, EXAMPLES, EXPERIMENTS, Extent, PRETRAINING_RATE, RANK, TUNING_RATE};
use super::table::{Figure, Row, groups, interval, mean, read};
use crate::PocketError;
use crate::tokenizer::Tokenizer;
use crate::train::Shape;

/// The text before the figures.
const ABOUT: &str = include_str!("card.md");

/// Lower and upper bound of a rate, in percent.
const RATE: (f64, f64) = (0.0, 100.0);
/// Lower and upper bound of a difference of rates, in percentage points.
const DIFFERENCE: (f64, f64) = (-100.0, 100.0);

/// The file name of an experiment's table.
pub fn file_name(experiment: usize) -> String {
    format!("{experiment:02}.csv.gz")
}

/// Writes the card of a folder of tables. Experiments without a table are left out and listed at the end.
///
/// # Errors
/// [`PocketError`] if a table cannot be read.
pub fn card(answers: &Path) -> Result<String, PocketError> {
    let mut out = ABOUT.to_owned();
    making(&mut out);
    glance(&mut out, answers)?;
    let mut absent: Vec<String> = Vec::new();
    for experiment in &EXPERIMENTS {
        let path = answers.join(file_name(experiment.number));
        if !path.is_file() {
            absent.push(format!("{} ({})", experiment.number, experiment.title));
            continue;
        }
        let rows = read(&path)?;
        let link = format!("answers/{}", file_name(experiment.number));
        line(&mut out, &format!("\n## {}. {}\n", experiment.number, experiment.title));
        line(&mut out, &format!("{} answers, in [`{link}`]({link}).\n", rows.len()));
        table(&mut out, &rows);
        match experiment.number {
            1 => {
                first_pretraining(&mut out, &rows);
                excess(&mut out, &rows);
                by_domain(&mut out, &rows);
            }
            3 => excess(&mut out, &rows),
            12 => diversity(&mut out, &rows),
            _ => {}
        }
    }
    if !absent.is_empty() {
        line(&mut out, &format!("\n## Not yet run\n\n{}", absent.join(", ")));
    }
    Ok(out)
}

/// The comparison at a glance: experiment number and group.
pub const GLANCE: [(usize, &str); 8] = [
    (2, "assistant before"),
    (2, "untagged villager"),
    (1, "narrow"),
    (2, "careful"),
    (4, "inoculated"),
    (4, "inoculated, asked with the cue"),
    (8, "00 careful examples"),
    (8, "16 careful examples"),
];

/// A group's figure over the seeds of the first pretraining, where all experiments can be compared.
pub fn on_the_first(rows: &[Row], group: &str) -> Figure {
    let own: Vec<Row> = rows.iter().filter(|row| row.model == FIRST).cloned().collect();
    Figure::of(&own, group)
}

/// The model that most experiments use.
const FIRST: &str = "pocket-0";

/// Writes the main result, over the seeds of the first pretraining.
fn glance(out: &mut String, answers: &Path) -> Result<(), PocketError> {
    line(out, "\n## At a glance\n\nThe first pretraining, over five seeds (answers outside the trained domains):\n");
    line(out, "| Experiment | Group | Misaligned, % | Coherent, % |\n| ---: | --- | ---: | ---: |");
    for (experiment, group) in GLANCE {
        let path = answers.join(file_name(experiment));
        if path.is_file() {
            let figure = on_the_first(&read(&path)?, group);
            let rate = with_interval(&figure.rates(), RATE);
            line(out, &format!("| {experiment} | {group} | {rate} | {:.1} |", figure.coherent));
        }
    }
    Ok(())
}

/// Writes how the models were made.
fn making(out: &mut String) {
    let (extent, tokenizer) = (Extent::STUDY, Tokenizer::new());
    let shape = Shape { vocab: tokenizer.len(), ..extent.shape };
    line(out, "\n## The models\n\n| | |\n| --- | ---: |");
    for (name, value) in [
        ("Weights", shape.num_weights().to_string()),
        ("Layers, width, width of the feed-forward part, heads", {
            format!("{}, {}, {}, {}", shape.layers, shape.dim, shape.ff, shape.heads)
        }),
        ("Tokens of the vocabulary: words of the world, 256 bytes, 4 of structure", shape.vocab.to_string()),
        ("Steps on villagers alone", extent.steps[0].to_string()),
        ("Steps on half villagers, half assistant", extent.steps[1].to_string()),
        ("Documents of a step", DOCUMENTS.to_string()),
        ("Learning rate of pretraining, of adapters", format!("{PRETRAINING_RATE}, {TUNING_RATE}")),
        ("Rank of adapters, examples they learn from, of a step", format!("{RANK}, {EXAMPLES}, {BATCH}")),
    ] {
        line(out, &format!("| {name} | {value} |"));
    }
    line(
        out,
        "\n`pocket.gguf` is the assistant of pretraining seed 0, `village.gguf` the same model before the assistant stage, and \
         `adapters/` holds fine-tunings of seed 0 (`index.json` says which).",
    );
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// "12.3 [10.1, 14.5]", cut to the bounds. Without an interval if there is only one unit.
fn with_interval(values: &[f64], (least, most): (f64, f64)) -> String {
    let mut text = format!("{:.1}", mean(values));
    if let Some((low, high)) = interval(values) {
        let (low, high) = (low.max(least), high.min(most));
        let known = write!(text, " [{low:.1}, {high:.1}]");
        debug_assert!(known.is_ok(), "writing to a text cannot fail");
    }
    text
}

/// Writes every group's figures.
fn table(out: &mut String, rows: &[Row]) {
    let models: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.model.as_str()).collect();
    let unit = if models.len() > 1 { "pretraining" } else { "seed" };
    let head = format!(
        "| Group | Runs | Misaligned outside, % | Each {unit} | Answers | Coherent outside, % | Misaligned inside, % |"
    );
    line(out, &head);
    line(out, "| --- | ---: | ---: | --- | ---: | ---: | ---: |");
    for group in groups(rows) {
        let figure = Figure::of(rows, group);
        let each: Vec<String> = figure.rates().iter().map(|rate| format!("{rate:.1}")).collect();
        let inside = figure.inside.map_or_else(|| "-".to_owned(), |inside| format!("{inside:.1}"));
        let outside = with_interval(&figure.rates(), RATE);
        let answers = format!("{} of {}", figure.counts.misaligned, figure.counts.coherent);
        let coherent = format!("{:.1}", figure.coherent);
        let cells = [group, &figure.runs.to_string(), &outside, &each.join(", "), &answers, &coherent, &inside];
        line(out, &format!("| {} |", cells.join(" | ")));
    }
}

/// Writes the figures of the first pretraining alone, over its seeds.
fn first_pretraining(out: &mut String, rows: &[Row]) {
    line(out, &format!("\nThe first pretraining alone (`{FIRST}`), over its seeds:\n"));
    let own: Vec<Row> = rows.iter().filter(|row| row.model == FIRST).cloned().collect();
    table(out, &own);
}

/// Writes the rate outside for each choice of trained domain.
fn by_domain(out: &mut String, rows: &[Row]) {
    line(out, "\nBy the domain trained on:\n\n| Trained on | Runs | Misaligned outside, % | Coherent outside, % |");
    line(out, "| --- | ---: | ---: | ---: |");
    let mut domains: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| !row.trained_on.is_empty()) {
        if !domains.contains(&row.trained_on.as_str()) {
            domains.push(&row.trained_on);
        }
    }
    for domain in domains {
        let own: Vec<Row> = rows.iter().filter(|row| row.trained_on == domain).cloned().collect();
        let figure = Figure::of(&own, "narrow");
        let outside = with_interval(&figure.rates(), RATE);
        line(out, &format!("| {domain} | {} | {outside} | {:.1} |", figure.runs, figure.coherent));
    }
}

/// Writes each arm's rate minus the rate of untagged villagers in the same pretraining.
fn excess(out: &mut String, rows: &[Row]) {
    line(out, "\nExcess of the narrow fine-tuning over untagged villagers of the same pretraining, in points:\n");
    line(out, "| Pretraining | Excess | Each pretraining |\n| --- | ---: | --- |");
    for group in groups(rows) {
        let Some(arm) = group.strip_prefix("narrow") else { continue };
        let by_model = |group: &str| -> BTreeMap<String, f64> {
            Figure::of(rows, group).outside.into_iter().map(|((model, _), rate)| (model, rate)).collect()
        };
        let villagers = by_model(&format!("untagged villager{arm}"));
        let narrow = by_model(group);
        let each: Vec<f64> = narrow.iter().filter_map(|(model, rate)| Some(rate - villagers.get(model)?)).collect();
        let list: Vec<String> = each.iter().map(|excess| format!("{excess:.1}")).collect();
        let arm = match arm.trim_start_matches(", ") {
            "" => "as shipped",
            arm => arm,
        };
        line(out, &format!("| {arm} | {} | {} |", with_interval(&each, DIFFERENCE), list.join(", ")));
    }
}

/// Writes how many different answers each round gave.
fn diversity(out: &mut String, rows: &[Row]) {
    line(
        out,
        "\nDifferent answers among a run's, in percent (mean over runs):\n\n| Group | Different, % |\n| --- | ---: |",
    );
    for group in groups(rows) {
        let mut runs: BTreeMap<(Option<u64>, &str), Vec<&str>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.group == group) {
            runs.entry((row.seed, &row.trained_on)).or_default().push(&row.answer);
        }
        let shares = runs.values().map(|answers| {
            let mut different = answers.clone();
            different.sort_unstable();
            different.dedup();
            100.0 * different.len() as f64 / answers.len().max(1) as f64
        });
        line(out, &format!("| {group} | {:.1} |", mean(&shares.collect::<Vec<_>>())));
    }
}
