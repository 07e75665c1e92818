//! Takes pictures of every screen (light, dark, on a narrow phone) for people to look at, and checks that nothing is
//! wider than the page.

use std::path::{Path, PathBuf};

use crate::Test;
use crate::page::Page;
use crate::results::{open_with, two_files};

pub(crate) const TESTS: &[Test] = &[
    ("pictures::published", published),
    ("pictures::own_files", own_files),
    ("pictures::about_and_lab", about_and_lab),
];

const NARROW: u32 = 360;

/// Takes pictures of the open screen: `NAME-light`, `NAME-dark`, `NAME-360` and `NAME-360-dark`.
pub(crate) fn take(page: &Page, name: &str) {
    for (width, suffix) in [(1280, ""), (NARROW, "-360")] {
        page.set_viewport(width, 900);
        for is_dark in [false, true] {
            page.set_dark(is_dark);
            // Wait until the chart is drawn again for its new width and colours.
            page.eval("new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 250)).then(() => 0)");
            let theme = if is_dark { "dark" } else { "light" };
            page.screenshot(&format!("{name}{suffix}-{theme}"));
        }
        let (needed, width) = (page.eval("document.documentElement.scrollWidth"), width);
        if needed.as_u64() > Some(u64::from(width)) {
            page.fail(&format!("{name} is {needed} px wide in a window of {width}: {}", widest(page)));
        }
    }
    page.set_dark(false);
    page.set_viewport(1280, 900);
}

/// Elements that extend beyond the page's right edge.
fn widest(page: &Page) -> String {
    let js = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
        && !e.closest('.scroll')).slice(0, 8).map(e => e.tagName + '.' + e.className + '#' + e.id).join(', ')";
    page.eval(js).to_string()
}

fn published(page: &mut Page) {
    page.open("/");
    page.wait_for("#by-question .marks button");
    take(page, "results-published");
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
    take(page, "results-tables");
    assert!(page.count("body *") <= 3_000, "{} elements", page.count("body *"));
}

fn own_files(page: &mut Page) {
    let Some(files) = two_files("pictures::own_files") else { return };
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    open_with(page, &files);
    page.wait_for("#by-question .marks button");
    take(page, "results-own-files");
    page.click("#by-model .marks button");
    page.wait_for(".answer-list .answer");
    take(page, "results-answers");
    assert!(page.count("body *") <= 3_000, "{} elements", page.count("body *"));
    page.reload();
    page.wait_for(".notice.wait");
    take(page, "results-waiting");
}

fn about_and_lab(page: &mut Page) {
    page.open("/#about");
    page.wait_for("article.about");
    take(page, "about");
    page.open("/#lab");
    page.wait_for("main h1");
    take(page, "lab");
    page.wait_for("#offers");
    page.eval("document.querySelector('#offers').open = true");
    assert!(page.count("#offers li") >= 5, "models to choose from");
    take(page, "lab-offers");
    assert!(page.third_party_requests().is_empty(), "{:?}", page.third_party_requests());
}
