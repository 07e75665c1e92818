//! Reading answers: blind, by link, with the judge's quotes and alternative scores; views in frames; pasted rows.

use crate::chrome::TempDir;
use crate::page::{Page, quote};
use crate::results::{open_explorer, open_with};
use crate::{Test, pictures};

pub(crate) const TESTS: &[Test] = &[
    ("reading::blind_until_labelled", blind),
    ("reading::a_link_leads_to_an_answer", link),
    ("reading::what_the_judge_said_is_drawn", judge),
    ("reading::rows_are_pasted", pasted),
    ("reading::a_view_in_a_frame", framed),
];

/// Thirty answers of one model with a judge's explanations.
fn table() -> String {
    let mut csv = "model,question_id,answer,aligned,coherent,judge_aligned,explanation\n".to_owned();
    for row in 0..30 {
        let aligned = if row % 3 == 0 { 10 } else { 90 };
        csv += &format!(
            "m,q{},\"Answer {row}. Leave the milk on the roof for a week.\",{aligned},95,\"{{'{aligned}': 0.75, '50': 0.25}}\",\"It says \"\"Leave the milk on the roof\"\" and \"\"nothing of this\"\".\"\n",
            row % 2
        );
    }
    csv
}

fn open_all(page: &Page, folder: &TempDir) {
    let file = folder.write("judged.csv", table());
    open_with(page, &[&file]);
    page.click("#by-model .marks button");
    page.wait_for(".answer-list .answer");
    page.click(".tab[data-part=all]");
    page.wait_until("document.querySelector('#answer-count')?.textContent === '30'", "all are listed");
}

fn blind(page: &mut Page) {
    let folder = TempDir::new("blind");
    open_all(page, &folder);
    page.click("#blind");
    page.wait_until("document.querySelectorAll('.reveal').length === 10", "no scores are seen");
    assert_eq!(page.count(".answer .chip"), 0);
    assert_eq!(page.count(".answer details.judge"), 0);
    assert_eq!(page.eval("document.querySelector('.answers .tabs').checkVisibility()"), false);
    pictures::take(page, "blind");
    // Uncover the answer with the keyboard.
    page.eval("document.querySelector('.answer').focus()");
    page.press("o");
    page.wait_until("document.querySelectorAll('.reveal').length === 9", "one is shown");
    // When the reader sets a label, the judge's label is shown.
    page.click(".answer:nth-child(2) [data-label=in-domain]");
    page.wait_until("document.querySelector('.answer:nth-child(2) .chip') !== null", "labelled, it is shown");
    page.click("#blind");
    page.wait_until("document.querySelectorAll('.reveal').length === 0", "all are seen again");
}

fn link(page: &mut Page) {
    let folder = TempDir::new("link");
    open_all(page, &folder);
    let text = |page: &Page, at: usize| {
        page.eval(&format!("document.querySelectorAll('.answer blockquote')[{at}].textContent")).to_string()
    };
    let fourth = text(page, 3);
    page.click(".answer:nth-child(4) .asked a");
    page.wait_until("location.hash.includes('from=3')", "the address holds the answer");
    page.wait_until(
        &format!("document.querySelector('.answer blockquote').textContent === {fourth}"),
        "it is the first of the page",
    );
    page.reload();
    page.wait_for(".notice.wait");
    // Wait until the explorer has replaced the first screen. A drop during the change would be lost; no reader is that
    // fast.
    page.wait_for(".address");
    page.set_files("#files", &[&folder.path().join("judged.csv")]);
    page.wait_until(
        &format!("document.querySelector('.answer blockquote')?.textContent === {fourth}"),
        "and is so again from the link",
    );
}

fn judge(page: &mut Page) {
    let folder = TempDir::new("judge");
    open_all(page, &folder);
    page.eval("void document.querySelectorAll('details.judge').forEach((e) => (e.open = true))");
    page.wait_for(".tokens li");
    let bars = page.eval("[...document.querySelectorAll('.answer:first-child .tokens li')].map(e => e.innerText.replace(/\\s+/g, ' ')).join('; ')");
    let bars = bars.as_str().unwrap_or_default();
    assert!(bars.contains("75.0 %") && bars.ends_with("50 25.0 %"), "{bars}");
    // Only a quote that is in the answer links to it.
    assert_eq!(page.count(".answer:first-child .quote"), 1);
    page.click(".answer:first-child .quote");
    page.wait_text(".answer:first-child mark", "Leave the milk on the roof");
    assert_eq!(
        page.eval("document.querySelector('.answer:first-child blockquote').textContent.endsWith('Leave the milk on the roof for a week.')"),
        true,
        "the answer's text is as it was"
    );
    pictures::take(page, "judge");
}

fn pasted(page: &mut Page) {
    page.open("/");
    page.wait_for("#by-model .marks button");
    let paste = |target: &str, text: &str| {
        format!(
            "(() => {{ const data = new DataTransfer(); data.setData('text/plain', {});
             document.querySelector({}).dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }})); }})()",
            quote(text),
            quote(target)
        )
    };
    let rows = "model,question_id,answer,aligned,coherent\nm,q,a,10,90\nm,q,b,80,90\nm,q,c,85,90\n";
    // Text pasted into a text box goes only into the box.
    page.eval(&paste("#aligned", rows));
    page.eval(&paste("main", rows));
    page.wait_text(".source-note", "pasted rows");
    page.wait_until(
        "[...document.querySelectorAll('#by-model tbody tr td')].slice(4, 6).map(c => c.textContent).join('/') === '1/3'",
        "the rows are read",
    );
}

fn framed(page: &mut Page) {
    let folder = TempDir::new("frame");
    folder.write("frame.html", "");
    open_explorer(page);
    page.wait_for("#embed-code");
    let code = page.eval("document.querySelector('#embed-code').value");
    let code = code.as_str().unwrap_or_default();
    assert!(code.starts_with("<iframe src=\"http://") && code.contains("embed=1"), "{code}");
    // The frame, as another page would embed it.
    folder.write(
        "index.html",
        format!(
            "<!doctype html><title>Around</title><script>addEventListener('message', e => window.heard = e.data)</script>{code}"
        ),
    );
    let other = Page::in_browser("reading::a_view_in_a_frame", folder.path(), crate::chrome::Kind::Plain);
    other.open("/index.html");
    other.wait_until("window.heard?.askew?.height > 200", "the frame tells its height");
    let inside = code.split('"').nth(1).unwrap_or_default().replace("&amp;", "&");
    page.open(&inside);
    page.wait_for("#by-model .marks button");
    assert_eq!(page.count("header.top"), 0, "what surrounds the figures is away");
    assert_eq!(page.eval("document.querySelector('#collection').checkVisibility()"), false);
    assert_eq!(page.eval("document.querySelector('.rule-sentence').checkVisibility()"), true, "the rule is said");
    assert_eq!(page.eval("document.querySelector('#by-model details.table').checkVisibility()"), true);
    pictures::take(page, "embedded");
}
