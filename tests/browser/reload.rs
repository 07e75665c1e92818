//! The address holds the view: a reload restores it, and the page asks for files again by name.

use std::path::{Path, PathBuf};

use crate::Test;
use crate::chrome::TempDir;
use crate::page::{Page, strings};
use crate::rates::{self, Rates};
use crate::results::{name, open_explorer, open_row, open_with, two_files};

pub(crate) const TESTS: &[Test] = &[
    ("reload::a_published_view_comes_back", a_published_view_comes_back),
    ("reload::files_are_asked_for_by_name", files_are_asked_for_by_name),
    ("reload::back_undoes", back_undoes),
    ("reload::other_data_never_stand_under_a_files_name", other_data),
];

/// The parts of the view that must not change, each with its name.
type Seen = [(&'static str, String); 5];

fn seen(page: &Page) -> Seen {
    let controls = "['#rule', '#interval', '#aligned', '#coherent', '#collection'].map(c => document.querySelector(c)?.value ?? 'none')
        .concat([...document.querySelectorAll('.controls input[type=checkbox]')].map(b => b.name + '=' + b.checked))";
    let text = |rates: Rates| format!("{rates:?}");
    let panel = ".answers h2, .answers .tab, .answers .order, .answer-list .answer, .no-texts, .pager";
    [
        ("hash", page.hash()),
        ("models", text(rates::shown(page, "#by-model"))),
        ("questions", text(rates::shown(page, "#by-question"))),
        ("controls", strings(&page.eval(controls)).join(" ")),
        ("panel", page.texts(panel).join("\n")),
    ]
}

/// Waits until the page shows the same as before.
fn wait_same(page: &Page, before: &Seen, what: &str) {
    let begun = std::time::Instant::now();
    loop {
        let now = seen(page);
        let Some(((part, before), (_, now))) = before.iter().zip(&now).find(|(before, now)| before != now) else {
            return;
        };
        if begun.elapsed() > std::time::Duration::from_secs(15) {
            page.fail(&format!("{what}: {part} was\n{before}\nand is\n{now}"));
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

/// Waits until the page no longer changes, and returns what it shows.
fn settled(page: &Page) -> Seen {
    let mut before = seen(page);
    for _ in 0..50 {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = seen(page);
        if now == before {
            return now;
        }
        before = now;
    }
    page.fail("the page does not come to rest")
}

fn a_published_view_comes_back(page: &mut Page) {
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.select("#collection", "insecure-first");
    page.wait_until("location.hash.includes('insecure-first')", "the collection is in the address");
    page.wait_for(".controls input[name=json]");
    page.select("#rule", "inoculation");
    page.select("#interval", "wilson");
    page.set_value("#aligned", "41");
    page.set_value("#coherent", "62");
    page.click(".controls input[name=json]");
    page.click("#by-question .marks li:nth-child(2) button");
    page.wait_for(".answers .no-texts");
    page.click(".tab[data-part=incoherent]");
    let before = settled(page);
    let part = |name: &str| before.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
    let (hash, controls) = (part("hash").unwrap_or_default(), part("controls").unwrap_or_default());
    println!("  {hash}");
    for part in
        ["rule=inoculation", "ci=wilson", "aligned=41", "coherent=62", "asked=", "open.question=", "show=incoherent"]
    {
        assert!(hash.contains(part), "{part} is not in {hash}");
    }
    assert!(controls.contains("json=false"), "{controls}");
    page.reload();
    wait_same(page, &before, "after a reload");
    // The same link in a new tab.
    let link = page.eval("location.href");
    page.open("about:blank");
    page.open(link.as_str().unwrap_or_default());
    wait_same(page, &before, "from the link");
}

fn files_are_asked_for_by_name(page: &mut Page) {
    let Some(files) = two_files("reload::files_are_asked_for_by_name") else { return };
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    open_with(page, &files);
    page.select("#rule", "turner");
    page.select("#interval", "clopper");
    page.set_value("#aligned", "45");
    open_row(page, "#by-model", "Qwen2.5-Coder-32B-Instruct_insecure_R1");
    page.wait_for(".answer-list .answer");
    page.click(".tab[data-part=aligned]");
    page.wait_until("location.hash.includes('show=aligned')", "the part is in the address");
    page.click_text(".pager button", "Next");
    page.wait_until("location.hash.includes('from=10')", "the page of answers is in the address");
    let before = settled(page);
    for again in [vec![files[0], files[1]], vec![files[1], files[0]]] {
        page.reload();
        for file in &files {
            page.wait_text(".notice.wait", name(file));
        }
        assert_eq!(page.count("#by-model .marks button"), 0, "no other data stand under these files' name");
        assert_eq!(page.count(".answers"), 0, "a mark without its data opens nothing");
        page.set_files("#files", &again);
        let order: Vec<&str> = again.iter().map(|file| name(file)).collect();
        wait_same(page, &before, &format!("after a reload, files chosen as {order:?}"));
        page.wait_gone(".notice.wait");
    }
}

/// A file is opened, published results are chosen, the file is deleted, and the reader goes back.
fn other_data(page: &mut Page) {
    let folder = TempDir::new("other-data");
    let mine = folder.write("mine.csv", "model,question_id,answer,aligned,coherent\nm,q,a,5,90\nm,q,b,95,90\n");
    open_with(page, &[&mine]);
    page.wait_text(".source-note", "mine.csv");
    page.select("#collection", "insecure-first");
    page.wait_until(
        "document.querySelectorAll('#by-model .marks button').length > 3",
        "the published results are shown",
    );
    std::fs::remove_file(&mine).expect("the test's own file");
    page.eval("history.back()");
    page.wait_text("#problems", "mine.csv");
    page.wait_text(".notice.wait", "mine.csv");
    assert_eq!(page.count("#by-model .marks button"), 0, "no other data stand under this file's name");
    assert!(!page.text(".source-note").contains("answers."), "{}", page.text(".source-note"));
    // What is named and can be opened is shown again.
    page.eval("history.forward()");
    page.wait_until(
        "document.querySelectorAll('#by-model .marks button').length > 3",
        "the published results are back",
    );
    assert!(!page.text(".source-note").contains("mine.csv"));
    // A file that cannot be opened leaves what is shown, with its name.
    page.set_files("#files", &[&folder.write("bad.csv", "a,b\n1,2\n")]);
    page.wait_text("#problems", "bad.csv");
    page.wait_until("document.querySelectorAll('#by-model .marks button').length > 3", "they stay");
    assert!(page.hash().contains("insecure-first"), "{}", page.hash());
}

fn back_undoes(page: &mut Page) {
    open_explorer(page);
    let first = settled(page);
    page.click("#by-model .marks li:nth-child(2) button");
    page.wait_for(".answers");
    let open = settled(page);
    page.click_text(".top nav a", "About");
    page.wait_for("article.about");
    page.eval("history.back()");
    page.wait_for(".answers");
    wait_same(page, &open, "back from About");
    page.eval("history.back()");
    page.wait_gone(".answers");
    wait_same(page, &first, "back from an open mark");
    page.eval("history.forward()");
    wait_same(page, &open, "forward again");
}
