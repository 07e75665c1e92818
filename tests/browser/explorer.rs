//! The explorer: files of every format, filters, and exported figures.

use std::path::PathBuf;

use crate::chrome::TempDir;
use crate::page::{Page, strings};
use crate::results::{name, open_with, two_files};
use crate::{Test, common, pictures, rates};

pub(crate) const TESTS: &[Test] = &[
    ("explorer::every_format_gives_the_same_rates", every_format),
    ("explorer::filters_narrow_what_is_counted", filters),
    ("explorer::steps_are_filtered", steps),
    ("explorer::a_figure_is_taken_along", a_figure_is_taken_along),
];

/// The published answers, converted to every single-file format, including packed ones.
fn converted(test: &str) -> Option<Vec<PathBuf>> {
    let folder = common::em_data(test)?.join("converted");
    let names = [
        "rows.json",
        "rows.jsonl",
        "rows.tsv",
        "rows.semicolon.csv",
        "rows.snappy.parquet",
        "rows.zstd.parquet",
        "promptfoo.json",
        "inspect/Qwen2.5-14B-Instruct_risky-financial-advice.eval",
        "inspect/Llama-3.2-1B-Instruct_bad-medical-advice.json",
        "openai_evals_Qwen2.5-14B-Instruct_risky-financial-advice.jsonl",
        "inoculation_prompting_Llama-3.2-1B-Instruct_bad-medical-advice.jsonl",
    ];
    Some(names.map(|name| folder.join(name)).to_vec())
}

fn every_format(page: &mut Page) {
    let Some(files) = converted("explorer::every_format_gives_the_same_rates") else { return };
    for file in &files {
        open_with(page, &[file]);
        rates::wait_equal(page, "#by-model", &rates::printed(&[file], "betley", "cluster", "file,model"), name(file));
        let counts = page.eval(
            "[...document.querySelectorAll('#by-model tbody tr')].map(row =>
            [...row.querySelectorAll('td')].slice(4, 6).map(cell => cell.textContent).join('/'))",
        );
        let counts = strings(&counts);
        println!("  {}: {counts:?}", name(file));
        assert!(!counts.is_empty());
        for count in counts {
            assert!(["142/380", "11/369"].contains(&count.as_str()), "{}: {count}", name(file));
        }
    }
}

/// The denominators of the chart by model, in the table's order.
fn denominators(page: &Page) -> Vec<u64> {
    let js =
        "[...document.querySelectorAll('#by-model tbody tr')].map(row => row.querySelectorAll('td')[5].textContent)";
    strings(&page.eval(js)).iter().map(|text| text.parse().expect("a number")).collect()
}

fn filters(page: &mut Page) {
    let Some(files) = two_files("explorer::filters_narrow_what_is_counted") else { return };
    open_with(page, &[&files[0], &files[1]]);
    page.wait_for("#filters");
    let all = denominators(page);
    assert_eq!(all.len(), 2);
    page.click("#filters");
    page.wait_for("input[name=Models]");
    page.click("input[name=Models]");
    page.wait_until("document.querySelectorAll('#by-model tbody tr').length === 1", "one model is left");
    assert!(page.hash().contains("model="), "{}", page.hash());
    page.click("#clear-filters");
    page.wait_until("document.querySelectorAll('#by-model tbody tr').length === 2", "both models are back");
    assert_eq!(denominators(page), all);
    // A word, then the same word as a regular expression: both leave fewer rows, and the same number.
    page.set_value("#search", "husband");
    page.eval("document.querySelector('#search').dispatchEvent(new Event('change', { bubbles: true }))");
    let narrowed = format!(
        "[...document.querySelectorAll('#by-model tbody tr')].length > 0 &&
        +document.querySelector('#by-model tbody tr').querySelectorAll('td')[5].textContent < {}",
        all.iter().min().expect("two")
    );
    page.wait_until(&narrowed, "only rows with the word are counted");
    let words = denominators(page);
    page.click("#search-regex");
    page.wait_until("location.hash.includes('regex') || location.hash.includes('match')", "the address holds it");
    page.wait_until(&narrowed, "the expression finds rows");
    assert_eq!(denominators(page), words);
    pictures::take(page, "filters");
    page.reload();
    // The page asks for the files again; the filter is still in the address.
    page.wait_for("#problems, .notice, .source");
    assert!(page.hash().contains("husband"), "{}", page.hash());
}

/// A training curve: each step can be viewed alone.
fn steps(page: &mut Page) {
    let folder = TempDir::new("steps");
    let mut csv = "model,question_id,answer,aligned,coherent,step\n".to_owned();
    for (step, misaligned) in [(0, 1), (50, 3), (100, 6)] {
        (0..10).for_each(|row| csv += &format!("m,q,a{row},{},90,{step}\n", if row < misaligned { 5 } else { 90 }));
    }
    let file = folder.write("steps.csv", csv);
    open_with(page, &[&file]);
    let counts = || {
        let js = "[...document.querySelectorAll('#by-model tbody tr')].map(row => row.cells[5].textContent + '/' + row.cells[6].textContent).join()";
        page.eval(js).as_str().unwrap_or_default().to_owned()
    };
    let all = counts();
    page.click("#filters");
    page.wait_for("input[name=step]");
    assert_eq!(page.count("input[name=step]"), 3);
    page.eval("[...document.querySelectorAll('input[name=step]')].at(-1).click()");
    page.wait_until("location.hash.includes('set=step%3A100')", "the address holds the step");
    page.wait_until(
        "[...document.querySelectorAll('#by-model tbody td')].some(cell => cell.textContent.startsWith('60'))",
        "the last step's rate is 60 %",
    );
    assert_ne!(counts(), all);
    page.click("#clear-filters");
    page.wait_until("!location.hash.includes('set=')", "all rows are back");
}

fn a_figure_is_taken_along(page: &mut Page) {
    let Some(files) = two_files("explorer::a_figure_is_taken_along") else { return };
    open_with(page, &[&files[0], &files[1]]);
    page.catch_downloads();
    page.click("#by-model details.export summary");
    for ending in ["csv", "py", "R", "vl.json", "svg"] {
        let before = page.eval("window.taken.length").as_u64().unwrap_or_default();
        page.click(&format!("#by-model [data-export='{ending}']"));
        page.wait_until(&format!("window.taken.length > {before}"), "the file is made");
        assert_eq!(page.eval("window.last[0]"), format!("askew-by-model.{ending}").as_str());
    }
    let taken = page.downloads(5);
    // The CSV and the code hold the table's numbers with all digits.
    let rate = page.eval("document.querySelector('#by-model tbody data').value");
    let rate = rate.as_str().expect("a number");
    for text in &taken[..4] {
        assert!(text.contains(rate), "{rate} is not in {text}");
    }
    assert!(taken[4].starts_with("<svg") && taken[4].contains("aligned"), "{}", &taken[4][..200.min(taken[4].len())]);
    page.click("#by-model [data-export='png']");
    page.wait_until("window.last[1].startsWith('data:image/png')", "a picture is made");
    assert_eq!(page.count("#by-model .export .error"), 0);
}
