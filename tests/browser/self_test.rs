//! Tests of the driver itself on a small page of its own: its actions must take effect, and its checks must be able to
//! fail.

use std::time::Duration;

use crate::Test;
use crate::chrome::TempDir;
use crate::page::Page;

pub(crate) const TESTS: &[Test] = &[
    ("driver::hands", hands),
    ("driver::files", files),
    ("driver::surroundings", surroundings),
    ("driver::workers", workers),
    ("driver::long_tasks", long_tasks),
    ("driver::failures", failures),
];

const HTML: &str = r##"<!doctype html><meta charset="utf-8"><title>fixture</title><link rel="icon" href="data:,">
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }
#below { margin-top: 3000px } #drop { height: 100px; border: 1px solid }</style>
<button id="button">press</button> <input id="text"> <input type="file" id="files" multiple hidden>
<div id="drop">drop here</div> <input type="range" id="range" style="width: 200px"> <p id="out"></p>
<div id="cover" style="position:absolute;left:0;top:1000px;width:100px;height:50px;background:grey"></div>
<button id="covered" style="position:absolute;left:0;top:1000px;z-index:-1">covered</button>
<button id="below">below</button>
<script>
const out = (words) => { document.querySelector('#out').textContent += words + ';'; };
button.onclick = (e) => out('clicked ' + e.isTrusted);
below.onclick = () => out('below');
document.onkeydown = (e) => { if (e.key.startsWith('Arrow')) out(e.key); };
const read = async (list) => { for (const f of list) out(f.name + '=' + await f.text()); };
files.onchange = () => read(files.files);
const zone = document.querySelector('#drop');
zone.ondragover = (e) => e.preventDefault();
zone.ondrop = (e) => { e.preventDefault(); read(e.dataTransfer.files); };
window.busy = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
</script>"##;

const WORKER: &str = "onmessage = (e) => {
    if (e.data === 'fetch') fetch('/data.txt').then((r) => r.text()).then(postMessage, () => postMessage('no network'));
    else throw new Error('worker says ' + e.data);
};";

/// The folder of the fixture page.
pub(crate) fn fixture() -> TempDir {
    let folder = TempDir::new("fixture");
    folder.write("index.html", HTML);
    folder.write("worker.js", WORKER);
    folder.write("data.txt", "0123456789");
    folder
}

fn hands(page: &mut Page) {
    page.open("/");
    page.click("#button");
    page.wait_text("#out", "clicked true;");
    page.click("#below");
    page.wait_text("#out", "below;");
    page.click("#text");
    page.type_text("hé 1");
    assert_eq!(page.eval("document.querySelector('#text').value"), "hé 1");
    page.press("Backspace");
    page.press("ArrowDown");
    page.wait_text("#out", "ArrowDown;");
    assert_eq!(page.eval("document.querySelector('#text').value"), "hé ");
    page.press("Shift+Tab");
    assert_eq!(page.eval("document.activeElement.id"), "button");
    page.press("Enter");
    page.wait_until(
        "document.querySelector('#out').textContent.split('clicked').length === 3",
        "Enter presses a button",
    );
    page.drag("#range", "#button");
    let value: f64 = page.eval("+document.querySelector('#range').value").as_f64().unwrap_or_default();
    assert!(value < 50.0, "the range was dragged to the left: {value}");
    assert_eq!(page.texts("button"), ["press", "covered", "below"]);
    assert_eq!(page.attr("#text", "id").as_deref(), Some("text"));
}

fn files(page: &mut Page) {
    let folder = TempDir::new("files");
    let (one, two) = (folder.write("one.txt", "1"), folder.write("two words.txt", "2"));
    page.open("/");
    page.set_files("#files", &[&one, &two]);
    page.wait_text("#out", "one.txt=1;two words.txt=2;");
    page.drop_files("#drop", &[&two, &one]);
    page.wait_text("#out", "two words.txt=2;one.txt=1;");
}

fn surroundings(page: &mut Page) {
    page.open("/index.html#x");
    assert_eq!(page.hash(), "#x");
    let background = "getComputedStyle(document.body).backgroundColor";
    page.set_dark(true);
    assert_eq!(page.eval(background), "rgb(0, 0, 0)");
    page.set_dark(false);
    assert_eq!(page.eval(background), "rgb(255, 255, 255)");
    page.set_viewport(360, 640);
    assert_eq!(page.eval("innerWidth"), 360);
    let read = "fetch('/data.txt', { headers: { Range: 'bytes=2-4' } }).then(r => r.text(), () => 'no network')";
    assert_eq!(page.eval(read), "234");
    page.set_offline(true);
    assert_eq!(page.eval(read), "no network");
    page.set_offline(false);
    assert_eq!(page.eval(read), "234");
    page.allow_problem("ERR_INTERNET_DISCONNECTED");
    page.eval("void (window.kept = 1)");
    page.reload();
    assert_eq!(page.eval("typeof window.kept"), "undefined");
    assert_eq!(page.server().requests().get("/data.txt"), Some(&2));
    assert!(page.third_party_requests().is_empty(), "{:?}", page.requests());
    page.eval("fetch('http://127.0.0.1:9/').catch(() => 0)");
    page.allow_problem("127.0.0.1:9");
    assert_eq!(page.third_party_requests(), ["http://127.0.0.1:9/"]);
    let models = TempDir::new("models");
    models.write("a b.bin", "weights");
    page.server().mount("/models/", models.path());
    assert_eq!(page.eval("fetch('/models/a%20b.bin').then(r => r.text())"), "weights");
    assert_eq!(page.eval("fetch('/../Cargo.toml').then(r => r.status)"), 404);
    page.allow_problem("404");
    let picture = page.screenshot("driver");
    assert!(std::fs::read(picture).expect("the picture is there").starts_with(b"\x89PNG"));
}

fn workers(page: &mut Page) {
    page.open("/");
    page.eval("void (window.w = new Worker('/worker.js'), w.onmessage = (e) => out(e.data), w.postMessage('fetch'))");
    page.wait_text("#out", "0123456789;");
    assert!(page.requests().iter().any(|url| url.ends_with("/data.txt")), "a worker's request is seen");
    page.set_offline(true);
    page.eval("w.postMessage('fetch')");
    page.wait_text("#out", "no network;");
    page.set_offline(false);
    assert!(page.problems().iter().all(|problem| problem.contains("DISCONNECTED")), "{:?}", page.problems());
    page.eval("void (w.onerror = (e) => out('died: ' + e.message), w.postMessage('boo'))");
    page.wait_text("#out", "worker says boo");
    page.wait_problem("worker says boo");
    page.kill_worker("worker.js");
    page.wait_text("#out", "killed by the test");
    for words in ["DISCONNECTED", "worker says boo", "killed by the test"] {
        page.allow_problem(words);
    }
}

fn long_tasks(page: &mut Page) {
    page.open("/");
    let before = page.now_ms();
    page.eval("new Promise(done => setTimeout(() => { busy(20); done(0); }))");
    assert!(page.long_tasks(before).is_empty(), "20 ms is not long");
    page.eval("new Promise(done => setTimeout(() => { busy(120); done(0); }))");
    let tasks = page.long_tasks(before);
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    assert!(tasks[0].duration_ms >= 119.0, "{tasks:?}");
    assert!(page.long_tasks(page.now_ms()).is_empty());
}

/// A failing check must fail the test and name its place.
fn failures(page: &mut Page) {
    page.open("/");
    page.eval("void setTimeout(() => { throw new Error('nobody catches this'); })");
    page.eval("console.error('said aloud')");
    page.wait_until("true", "a moment has passed");
    let outcome = |act: &dyn Fn()| {
        // These panics are expected, and their reports would only confuse.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        std::panic::set_hook(hook);
        let caught = caught.expect_err("it fails");
        caught.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let message = outcome(&|| page.assert_no_problems());
    for words in ["nobody catches this", "said aloud", "driver::failures", "drop here", ".png"] {
        assert!(message.contains(words), "{words:?} is missing in: {message}");
    }
    let message = outcome(&|| {
        page.wait_for_long("document.querySelector('#absent')", "#absent is there", Duration::from_millis(200))
    });
    assert!(message.contains("#absent"), "{message}");
    let message = outcome(&|| drop(page.text("#absent")));
    assert!(message.contains("nothing matches #absent"), "{message}");
    assert!(outcome(&|| drop(page.eval("absent()"))).contains("ReferenceError"));
    for words in ["nobody catches this", "said aloud"] {
        page.allow_problem(words);
    }
}
