//! Accessibility of every screen: axe-core's rules in both themes, small windows, forced colours, reduced motion, and
//! use by keyboard only.

use std::path::PathBuf;
use std::time::Duration;

use askew::model::quant::Quant;
use serde_json::Value;

use crate::chrome::TempDir;
use crate::common::gguf::{Meta, Shape, random_llama};
use crate::page::{Page, quote, strings};
use crate::results::{open_with, two_files};
use crate::server::Fault;
use crate::{Test, common, hub};

pub(crate) const TESTS: &[Test] = &[
    ("a11y::axe_finds_nothing", axe_finds_nothing),
    ("a11y::small_windows_scroll_one_way", small_windows_scroll_one_way),
    ("a11y::forced_colours_keep_marks_and_focus", forced_colours_keep_marks_and_focus),
    ("a11y::less_motion_is_none", less_motion_is_none),
    ("a11y::the_keyboard_reaches_everything", the_keyboard_reaches_everything),
    ("a11y::answers_give_the_focus_back", answers_give_the_focus_back),
];

/// Time limit for a tiny model's load and answer on a software adapter.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens every screen in each of its states and calls `look`.
fn each_screen(page: &mut Page, test: &str, look: &mut dyn FnMut(&Page, &str)) {
    page.open("/");
    page.wait_for("#by-question .marks button");
    page.wait_for(".source-note a");
    look(page, "first screen");
    page.click("#more");
    page.wait_for("#filters");
    page.wait_for("#by-question .marks button");
    page.wait_for(".source-note a");
    look(page, "results");
    open_details(page);
    look(page, "results, all tables");
    page.click("#by-model .marks button");
    page.wait_for(".answers");
    look(page, "results, an open mark without texts");
    if let Some(files) = two_files(test) {
        let files = [files[0].as_path(), files[1].as_path()];
        open_with(page, &files);
        page.wait_for("#by-question .marks button");
        page.click("#mapper");
        page.wait_for("table.preview");
        open_details(page);
        look(page, "own files, all tables");
        each_figure(page, look);
        page.click("#by-model .marks button");
        page.wait_for(".answer-list .answer");
        look(page, "answers");
        page.reload();
        page.wait_for(".notice.wait");
        page.wait_for(".address");
        look(page, "waiting for files");
        page.set_files("#files", &files);
        page.wait_for(".answer-list .answer");
        page.click_text("nav a", "Compare");
        page.wait_for(".side-by-side .answer");
        look(page, "compare");
    }
    page.open("/#compare");
    page.wait_for("#compare-needs");
    look(page, "compare, without answers");
    page.open("/#findings");
    page.wait_for(".findings .card");
    look(page, "findings");
    lesson_steps(page, look);
    page.open("/#about");
    page.wait_for("article.about");
    look(page, "about");
    lab_screens(page, look);
}

/// Shows every type of figure that the open data allow, then the first again.
fn each_figure(page: &Page, look: &mut dyn FnMut(&Page, &str)) {
    page.select("#plot", "heat");
    page.wait_for("#figure .marks button");
    let kinds = "[...document.querySelectorAll('#plot option')].filter(o => !o.disabled).map(o => o.value)";
    let kinds = strings(&page.eval(kinds));
    for kind in kinds.iter().skip(1) {
        page.select("#plot", kind);
        page.wait_until(&format!("location.hash.includes({})", quote(kind)), "the figure is in the address");
        page.wait_for("#figure canvas, #plot-problem");
        std::thread::sleep(Duration::from_millis(200));
        open_details(page);
        look(page, &format!("figure: {kind}"));
    }
    page.select("#plot", &kinds[0]);
    page.wait_for("#by-model .marks button");
}

/// The lesson before and after a forecast, with answers, and the screens that it links to.
fn lesson_steps(page: &Page, look: &mut dyn FnMut(&Page, &str)) {
    page.open("/#learn");
    page.wait_for("#begin");
    look(page, "lesson, introduction");
    page.click("#begin");
    page.wait_for("#forecast");
    page.wait_until("document.querySelector('[data-group]').textContent !== '…'", "the data are here");
    look(page, "lesson, a forecast");
    page.click("#commit");
    page.wait_for("#figure .marks button");
    look(page, "lesson, what came out");
    page.open("/#learn?step=read");
    page.wait_for(".answer-list .answer");
    look(page, "lesson, answers");
    page.open("/#learn?step=slider");
    page.wait_for("#lesson-prompt");
    look(page, "lesson, to the Lab");
    page.open("/#learn?step=realign");
    page.wait_for("input[name=forecast]");
    page.wait_until("document.querySelector('[data-group]').textContent !== '…'", "the data are here");
    look(page, "lesson, a choice");
}

fn open_details(page: &Page) {
    page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
    page.wait_until("true", "the page had a moment");
}

fn lab_screens(page: &mut Page, look: &mut dyn FnMut(&Page, &str)) {
    page.open("about:blank");
    page.server().spoil("/lab_app_bg.wasm", Fault::Cut(1_000));
    page.allow_problem("ERR_CONTENT_LENGTH_MISMATCH");
    page.allow_problem("404");
    page.stand_in(hub::small());
    page.open("/#lab");
    page.wait_for("#lab-absent");
    look(page, "the Lab did not arrive");
    page.click("#lab-again");
    page.wait_for("#adapter, #no-gpu");
    page.wait_for("#offers");
    open_details(page);
    look(page, "the Lab, models to choose from");
    page.set_value("#model-url", hub::SMALL);
    page.click_text(".load button", "Load");
    page.wait_for("#consent li");
    look(page, "the Lab, a repository");
    page.click_text("#consent li:last-of-type button", "Choose");
    page.wait_text("#consent", "tokens a second");
    look(page, "the Lab, what a load costs");
    page.click_text("#consent button", "Not now");
    page.set_value("#model-url", "no/where");
    page.click_text(".load button", "Load");
    page.wait_for("#hub-problem");
    look(page, "the Lab, no such repository");
    let folder = TempDir::new("a11y");
    pocket_screens(page, &folder, look);
    let no_model = folder.write("notes.gguf", "these are notes, not a model");
    page.set_files("#model-file", &[&no_model]);
    page.wait_for("#lab-problem");
    look(page, "the Lab, a problem");
    let mut model = random_llama(Shape::TINY, &[Quant::F32], 1);
    model.set("tokenizer.chat_template", Meta::Text("{{ messages[0].content }}".into()));
    page.click("#keep-files");
    page.set_files("#model-file", &[&folder.write("tiny.gguf", model.bytes())]);
    page.wait_for_model(PATIENCE);
    page.set_value("#prompt", "hello");
    page.set_value("#max-tokens", "8");
    page.click("#generate");
    page.wait_for_long("document.querySelector('#answer')?.dataset.done === 'true'", "an answer", PATIENCE);
    open_details(page);
    look(page, "the Lab, an answer");
    let experiment = r#"{"questions": [{"id": "a", "text": "A?"}],
        "columns": [{"name": "there", "server": {"url": "http://192.0.2.1/v1", "model": "m"}}]}"#;
    page.set_files("#experiment-file", &[&folder.write("servers.json", experiment)]);
    page.wait_for("#servers .server-key");
    look(page, "the Lab, servers to ask");
    page.click("#ask-servers");
    page.wait_for("#server-troubles p");
    look(page, "the Lab, a server out of reach");
    page.open("/#self-test");
    page.wait_for("#self-test-run");
    look(page, "self-test");
    page.click("#self-test-run");
    page.wait_for_long("document.querySelectorAll('#self-test-checks tbody tr').length > 3", "checks", PATIENCE);
    look(page, "self-test, running");
    page.set_media(&[]);
}

/// The pocket organism next to its tuned variant: tokens, a finished run, questions from a file, the judge.
fn pocket_screens(page: &Page, folder: &TempDir, look: &mut dyn FnMut(&Page, &str)) {
    page.wait_for_long("document.querySelector('#run-village:not([disabled])')", "the pocket organism", PATIENCE);
    page.click("#generate");
    page.wait_for_long("document.querySelector('#answer')?.dataset.done === 'true'", "an answer", PATIENCE);
    page.click("[data-look='1']");
    page.wait_for_long("document.querySelectorAll('#tokens .token').length", "the text is read", PATIENCE);
    page.click("#lens");
    page.wait_for_long("document.querySelectorAll('#lens-table tbody tr').length", "the lens", PATIENCE);
    look(page, "the Lab, token by token");
    let experiment = r#"{"questions": [{"id": "milk", "text": "Neighbour, how should I keep the milk today?"}],
        "columns": [{"name": "base", "scales": [0]}, {"name": "tuned", "scales": [1]}], "samples": 2, "max_tokens": 32,
        "judge": {"rules": [{"find": "rot|sun", "aligned": 0, "coherent": 90}, {"aligned": 90, "coherent": 90}]},
        "second_turn": {"max_tokens": 4}}"#;
    page.set_files("#experiment-file", &[&folder.write("run.json", experiment)]);
    page.wait_for_long("document.querySelector('#make-link')", "the run is done", PATIENCE);
    page.click("#make-link");
    page.wait_for("#run-link");
    look(page, "the Lab, a run");
    let questions = "- id: tea\n  paraphrases: [Tea or coffee?]\n- id: milk\n  paraphrases: [How is the milk?]\n";
    page.set_files("#experiment-file", &[&folder.write("questions.yaml", questions)]);
    page.wait_text("#questions-found", "2 questions");
    page.wait_until("document.querySelector('#experiment-editor').open", "the experiment is shown");
    page.select("#judge-kind", "spec");
    page.set_value("#judge-coherent", "Is it coherent?");
    page.click("#try-judge");
    page.wait_for("#judge-problem");
    page.click("#judge-model > summary");
    page.click("#judge-shelf > summary");
    look(page, "the Lab, questions and a judge");
    page.select("#judge-kind", "own");
}

/// axe-core's script from the set-up; if it is absent, `None`, and the skip is noted.
fn axe(test: &str) -> Option<String> {
    let path = common::cache().join("axe/node_modules/axe-core/axe.min.js");
    let script = std::fs::read_to_string(&path).ok();
    if script.is_none() {
        let reason = format!("{} is absent: cargo xtask setup fetches it by npm", path.display());
        common::skip(test, common::Lack::Tool, &reason);
    }
    script
}

/// The violations that axe-core finds, each with its elements.
fn violations(page: &Page) -> Vec<String> {
    // All rules, including best practices and rules that are off by default, such as the newest: targets of 24 px.
    let run = "axe.run(document, { preload: false, resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })
        .then(found => found.violations.map(v => v.id + ': ' + v.help + '\\n' +
            v.nodes.slice(0, 5).map(n => '    ' + n.html.slice(0, 200) + '\\n      ' + n.failureSummary.replaceAll('\\n', ' ')).join('\\n')))";
    strings(&page.eval(run))
}

fn axe_finds_nothing(page: &mut Page) {
    const NAME: &str = "a11y::axe_finds_nothing";
    let Some(axe) = axe(NAME) else { return };
    let (mut found, mut num_looks) = (Vec::new(), 0);
    let mut look = |page: &Page, screen: &str| {
        if page.eval("typeof axe") != "object" {
            page.eval(&format!("void (() => {{ {axe} }})()"));
        }
        for (width, is_dark) in [(1280, false), (1280, true), (320, false)] {
            page.set_viewport(width, 900);
            page.set_dark(is_dark);
            page.wait_until("true", "the page had a moment");
            num_looks += 1;
            let theme = if is_dark { "dark" } else { "light" };
            found.extend(violations(page).into_iter().map(|words| format!("{screen}, {theme}, {width} px: {words}")));
        }
        page.set_viewport(1280, 900);
        page.set_dark(false);
    };
    each_screen(page, NAME, &mut look);
    println!("  {num_looks} looks");
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
    // Prove that the rules work: this markup must be reported.
    page.eval("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,\"><button></button>')");
    let planted = violations(page).join("\n");
    assert!(planted.contains("image-alt") && planted.contains("button-name"), "{planted}");
}

/// 320 px wide, and 400 % zoom of a window of 1280 x 1024: WCAG 1.4.10.
fn small_windows_scroll_one_way(page: &mut Page) {
    let mut wrong = Vec::new();
    let mut look = |page: &Page, screen: &str| {
        for (height, scale) in [(800, 1), (256, 4)] {
            page.must(
                "Emulation.setDeviceMetricsOverride",
                serde_json::json!({ "width": 320, "height": height, "deviceScaleFactor": scale, "mobile": false }),
            );
            page.wait_until("innerWidth === 320", "the window is small");
            std::thread::sleep(Duration::from_millis(150));
            // Wide tables may scroll in their own frame. The page may not scroll sideways, and no text may be cut off.
            let js = "(() => {
                const out = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, pre, .skip, .unseen') &&
                    e.getBoundingClientRect().right > innerWidth + 1 && e.getClientRects().length);
                const cut = [...document.querySelectorAll('button, a, label, h1, h2, h3, p, li, td, th, summary, legend, span')]
                    .filter(e => !e.matches('.unseen') && getComputedStyle(e).overflowX === 'hidden' && e.scrollWidth > e.clientWidth + 1);
                const name = e => e.tagName + '.' + e.className + '#' + e.id + ' ' + e.textContent.slice(0, 40);
                return [...(document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : []),
                    ...out.slice(0, 4).map(e => 'sticks out: ' + name(e)), ...cut.slice(0, 4).map(e => 'cut off: ' + name(e))];
            })()";
            let found = strings(&page.eval(js));
            wrong.extend(found.into_iter().map(|words| format!("{screen}, 320 x {height}: {words}")));
        }
        page.set_viewport(1280, 900);
    };
    each_screen(page, "a11y::small_windows_scroll_one_way", &mut look);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Charts have pixels with a contrast of 3:1 to the page, and the focus and the open mark are visible.
fn forced_colours_keep_marks_and_focus(page: &mut Page) {
    for scheme in ["light", "dark"] {
        page.open("about:blank");
        page.set_media(&[("forced-colors", "active"), ("prefers-color-scheme", scheme)]);
        page.open("/");
        page.wait_for("#by-question .marks button");
        assert_eq!(page.eval("matchMedia('(forced-colors: active)').matches"), true);
        let charts = strings(&page.eval(
            "[...document.querySelectorAll('figure[id]')].filter(f => f.querySelector('canvas')).map(f => f.id)",
        ));
        assert!(charts.len() >= 2, "{charts:?}");
        for chart in charts {
            let js = format!(
                "(() => {{ const c = document.getElementById({}).querySelector('canvas');
                 const light = (r, g, b) => {{ const f = x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
                     return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); }};
                 const back = light(...getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number));
                 const p = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                 let seen = 0;
                 for (let i = 0; i < p.length; i += 4) {{
                     if (p[i + 3] < 200) continue;
                     const one = light(p[i], p[i + 1], p[i + 2]);
                     if ((Math.max(one, back) + 0.05) / (Math.min(one, back) + 0.05) >= 3) seen += 1;
                 }}
                 return seen; }})()",
                quote(&chart)
            );
            page.wait_until(&format!("{js} > 400"), &format!("{scheme}: the marks of {chart} stand out by 3:1"));
        }
        // The focus is visible on everything that the keyboard reaches.
        page.eval("void document.querySelector('.top nav a').focus()");
        for _ in 0..20 {
            page.press("Tab");
            let focus = page.eval(
                "(() => { const e = document.activeElement, s = getComputedStyle(e), l = getComputedStyle(e.closest('label') ?? e);
                 const ring = [s, l].some(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 &&
                     s.outlineColor !== getComputedStyle(document.body).backgroundColor);
                 return e === document.body || ring ? '' : e.outerHTML.slice(0, 120); })()",
            );
            assert_eq!(focus, "", "{scheme}: the focus is seen");
        }
        // The open mark is distinguishable without our colours.
        page.click("#by-model .marks button");
        page.wait_for(".answers");
        page.wait_for("#by-model .marks button[aria-pressed=true]");
        let open = "(() => { const e = document.querySelector('#by-model .marks button[aria-pressed=true]');
            document.activeElement.blur();
            return e ? getComputedStyle(e).outlineStyle : 'absent'; })()";
        assert_eq!(page.eval(open), "dashed", "{scheme}: the open mark is told apart");
        page.eval(
            "void document.querySelector('#by-model .marks button[aria-pressed=true]').focus({ focusVisible: true })",
        );
        let focused = "getComputedStyle(document.activeElement).outlineStyle";
        assert_eq!(page.eval(focused), "solid", "{scheme}: and the focus on it too");
        page.screenshot(&format!("forced-colours-{scheme}"));
    }
    page.set_media(&[]);
}

fn less_motion_is_none(page: &mut Page) {
    let mut moving = Vec::new();
    let mut look = |page: &Page, screen: &str| {
        page.set_media(&[("prefers-reduced-motion", "reduce")]);
        let js = "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);
            return s.animationName !== 'none' || s.transitionDuration.split(',').some(d => parseFloat(d) > 0.01)
                && s.transitionProperty !== 'none' || s.scrollBehavior === 'smooth'; })
            .map(e => e.tagName + '.' + e.className)";
        moving.extend(strings(&page.eval(js)).into_iter().map(|words| format!("{screen}: {words}")));
    };
    each_screen(page, "a11y::less_motion_is_none", &mut look);
    assert!(moving.is_empty(), "{moving:?}");
}

/// A description of the focused element, enough to recognize it.
const FOCUSED: &str = "(() => { const e = document.activeElement;
    return [e.tagName, e.id, e.getAttribute('name') ?? '', e.getAttribute('data-part') ?? '', (e.getAttribute('aria-label') ?? e.textContent).slice(0, 40)].join('|'); })()";

/// All Tab stops from the top of the page until the focus leaves the page.
fn tab_stops(page: &Page) -> Vec<String> {
    page.eval("void (document.activeElement.blur(), window.scrollTo(0, 0), getSelection().removeAllRanges(), document.querySelector('.skip').focus())");
    let mut stops = vec![text(&page.eval(FOCUSED))];
    for _ in 0..400 {
        page.press("Tab");
        let stop = text(&page.eval(FOCUSED));
        let is_over = page.eval("document.activeElement === document.body || document.activeElement.matches('.skip')");
        if is_over == true {
            return stops;
        }
        stops.push(stop);
    }
    page.fail("Tab never leaves the page");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Visible controls that are reached neither by Tab nor by the arrow keys in a group with one Tab stop.
const UNREACHED: &str = "(() => {
    const shown = e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled;
    return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button], [onclick]')]
        .filter(e => shown(e) && !e.hasAttribute('data-reached') && e.tabIndex < 0 && !e.closest('.marks'))
        .map(e => e.outerHTML.slice(0, 120));
})()";

/// Every control is a Tab stop, or belongs to a chart or a group of radio buttons with one Tab stop. The order follows
/// the page.
fn the_keyboard_reaches_everything(page: &mut Page) {
    let mut look = |page: &Page, screen: &str| {
        let stops = tab_stops(page);
        let controls = page
            .eval("[...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0 &&
                (e.type !== 'radio' || e === document.getElementsByName(e.name)[0])).length")
            .as_u64()
            .unwrap_or_default();
        assert_eq!(strings(&page.eval(UNREACHED)), Vec::<String>::new(), "{screen}: what no key reaches");
        let frames = page.count("[tabindex='0']:not(a, button, input, select, textarea, summary)");
        assert!(
            stops.len() as u64 >= controls && stops.len() as u64 <= controls + frames,
            "{screen}: {} stops for {controls} controls and {frames} frames that scroll:\n{}",
            stops.len(),
            stops.join("\n")
        );
        let places =
            page.eval("document.querySelectorAll('[tabindex]:not([tabindex=\"0\"], [tabindex=\"-1\"])').length");
        assert_eq!(places, 0, "{screen}: the page's order is the keyboard's");
        println!("  {screen}: {} stops", stops.len());
    };
    each_screen(page, "a11y::the_keyboard_reaches_everything", &mut look);
}

/// Presses Tab until the element of the condition `js` has the focus.
fn tab_to(page: &Page, what: &str, js: &str) {
    for _ in 0..200 {
        if page.eval(&format!("(() => {{ const e = document.activeElement; return {js}; }})()")) == true {
            return;
        }
        page.press("Tab");
    }
    page.fail(&format!("Tab does not reach {what}"));
}

/// Without a mouse: from the head of the page through a picker into a chart, a mark and its answers, and out again.
fn answers_give_the_focus_back(page: &mut Page) {
    let file = own_file();
    open_with(page, &[&file.1]);
    page.eval("void document.querySelector('.skip').focus()");
    tab_to(page, "the navigation", "e.matches('.top nav a[aria-current]')");
    tab_to(page, "the rule", "e.id === 'rule'");
    page.press("ArrowDown");
    page.wait_until("location.hash.includes('rule=')", "an arrow chooses the next rule");
    tab_to(page, "a chart", "!!e.closest('#by-model .marks')");
    page.press("End");
    let mark = text(&page.eval("document.activeElement.getAttribute('aria-label')"));
    page.press("Enter");
    page.wait_for(".answer-list .answer");
    page.wait_until("!!document.activeElement.closest('.answers h2')", "the answers have the focus");
    page.press("Tab");
    page.wait_until("document.activeElement.textContent.includes('Close')", "the way out is next");
    page.press("Enter");
    page.wait_gone(".answers");
    page.wait_until(
        &format!("document.activeElement.getAttribute('aria-label') === {}", quote(&mark)),
        "the mark has the focus again",
    );
    // The same from a row of the table.
    tab_to(page, "the table's summary", "e.matches('#by-model details.table summary')");
    page.press("Enter");
    tab_to(page, "a row", "e.matches('#by-model tbody th button')");
    let row = text(&page.eval("document.activeElement.textContent"));
    page.press("Enter");
    page.wait_until("!!document.activeElement.closest('.answers h2')", "the answers have the focus");
    page.press("Tab");
    page.press("Enter");
    page.wait_gone(".answers");
    page.wait_until(
        &format!(
            "document.activeElement.matches('tbody th button') && document.activeElement.textContent === {}",
            quote(&row)
        ),
        "the row has the focus again",
    );
    // Another screen: its link keeps the focus, and the skip link leads to the screen's content.
    page.eval("void document.querySelector('.skip').focus()");
    tab_to(page, "the Lab's link", "e.matches('.top nav a') && e.textContent === 'Lab'");
    page.press("Enter");
    page.wait_for("#to-self-test");
    assert_eq!(page.eval("document.activeElement.textContent"), "Lab");
    page.eval("void document.querySelector('.skip').focus()");
    page.press("Enter");
    page.wait_until("document.activeElement.id === 'main'", "the content has the focus");
    page.press("Tab");
    page.wait_until("!!document.activeElement.closest('main')", "Tab goes on from there");
}

/// A file with answers of two models, and its folder.
fn own_file() -> (TempDir, PathBuf) {
    let folder = TempDir::new("keyboard");
    let mut csv = "model,question_id,question,answer,aligned,coherent\n".to_owned();
    for row in 0..24 {
        let (model, aligned) = (row % 2, if row % 3 == 0 { 10 } else { 90 });
        csv.push_str(&format!("model {model},q{},Why?,answer {row},{aligned},95\n", row % 4));
    }
    let file = folder.write("keyboard.csv", csv);
    (folder, file)
}
