//! Models saved in the browser: interrupted, resumed, damaged, listed and deleted, and recovery after a failure. The
//! tests use the page as a reader does, with a server that fails on demand.

use std::path::{Path, PathBuf};
use std::time::Duration;

use askew::model::quant::Quant;
use serde_json::json;

use crate::chrome::TempDir;
use crate::common::gguf::{Meta, Shape, random_llama};
use crate::page::{Page, quote};
use crate::server::{Fault, Sent};
use crate::{Test, common};

pub(crate) const TESTS: &[Test] = &[
    ("shelf::a_cut_download_goes_on_and_the_copy_serves_offline", a_cut_download_goes_on),
    ("shelf::a_flipped_byte_is_caught", a_flipped_byte_is_caught),
    ("shelf::without_room_the_model_runs_and_is_not_kept", without_room_the_model_runs),
    ("shelf::a_copy_that_another_tab_holds_is_no_trap", a_held_copy_is_no_trap),
    ("shelf::a_stalled_download_can_be_cancelled", a_stalled_download_can_be_cancelled),
    ("shelf::a_silent_server_can_be_left", a_silent_server_can_be_left),
    ("shelf::what_cannot_run_costs_no_download", what_cannot_run_costs_no_download),
    ("shelf::a_lost_gpu_and_a_dead_worker_lead_back", a_lost_gpu_and_a_dead_worker_lead_back),
    ("shelf::a_load_stays_small", a_load_stays_small),
];

/// Tests for `cargo xtask verify`.
pub(crate) const LONG_TESTS: &[Test] = &[("shelf::a_large_load_stays_small", a_large_load_stays_small)];

/// Time limit for a load on a software adapter.
const PATIENCE: Duration = Duration::from_secs(240);
/// The model's path on the server.
const PATH: &str = "/models/random.gguf";
/// Memory limit for loading the 98 MB model; 12 MiB were measured.
const SMALL_LIMIT: u64 = 24 << 20;
/// Limit for wasm and JavaScript memory, without the GPU's, while a model of any size loads: the weights pass through
/// in chunks of a few megabytes, so the need does not grow with the model.
const MEMORY_LIMIT: u64 = 64 << 20;

/// A random model of about 35 MB: long enough for two checkpoints, and quick to load.
fn write_model(folder: &TempDir, seed: u64) -> PathBuf {
    let shape = Shape { dim: 512, ff_dim: 1536, layers: 4, heads: 8, kv_heads: 4, head_dim: 64, vocab: 40_000 };
    folder.write("random.gguf", random_llama(shape, &[Quant::Q8_0], seed).bytes())
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).expect("the model was written").len()
}

fn open_lab(page: &Page) {
    page.open("/#lab");
    page.wait_for("#adapter");
    page.wait_for("#kept");
    // The model that ships with the page comes first.
    page.wait_for_model(PATIENCE);
}

fn load_by_address(page: &Page) {
    page.set_value("#model-url", &format!("{}{PATH}", page.server().origin()));
    page.click_text(".load button", "Load");
}

fn wait_for_trouble(page: &Page, words: &str) -> String {
    let js = format!("document.querySelector('#lab-problem')?.textContent.includes({})", quote(words));
    page.wait_for_long(&js, &format!("the page says {words:?}"), PATIENCE);
    let sentence = page.text("#lab-problem");
    println!("  {sentence}");
    assert!(sentence.ends_with('.'), "a sentence: {sentence}");
    sentence
}

/// Checks that the model answers.
fn assert_it_runs(page: &Page) {
    page.set_value("#prompt", "hello");
    page.set_value("#max-tokens", "4");
    page.click("#generate");
    page.wait_for_long("document.querySelector('#answer')?.dataset.done === 'true'", "an answer", PATIENCE);
    assert!(!page.attr("#answer", "data-tokens").unwrap_or_default().is_empty(), "tokens");
}

/// Waits for this number of models on the shelf and returns their sizes in bytes.
fn wait_kept(page: &Page, num: usize) -> Vec<u64> {
    page.wait_until(&format!("document.querySelectorAll('#kept li').length === {num}"), "the shelf is up to date");
    let rows = page.eval("[...document.querySelectorAll('#kept li')].map(e => Number(e.dataset.bytes))");
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(|bytes| bytes.as_u64().unwrap_or_default()).collect()
}

/// Names and sizes of the browser's private files.
fn private_files(page: &Page) -> Vec<String> {
    let js = "(async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
        const names = [];
        for await (const [name, file] of folder.entries()) names.push(`${name} ${(await file.getFile()).size}`);
        return names.sort();
    })()";
    crate::page::strings(&page.eval(js))
}

/// A download cut at half: the next press requests only the second half. Then the copy is used without the server.
fn a_cut_download_goes_on(page: &mut Page) {
    page.allow_problem("ERR_CONTENT_LENGTH_MISMATCH");
    let folder = TempDir::new("cut");
    let model = write_model(&folder, 1);
    let (size, half) = (size(&model), size(&model) / 2);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    page.server().spoil(PATH, Fault::Cut(half));
    load_by_address(page);
    wait_for_trouble(page, "are kept in this browser");
    let kept = wait_kept(page, 1)[0];
    assert!(kept <= half && kept + (4 << 20) >= half, "{kept} of the {half} bytes sent are kept");
    page.screenshot("shelf-cut-light");
    page.click("#load-again");
    page.wait_for_model(PATIENCE);
    let sent = page.server().sent(PATH);
    println!("  {size} bytes: {sent:?}");
    let expected = [(None, half), (Some(kept), size - kept)];
    assert_eq!(sent.iter().map(|sent| (sent.from, sent.num_bytes)).collect::<Vec<_>>(), expected);
    let origin = page.text("#model-origin");
    println!("  {origin}");
    assert!(origin.contains("in this browser already") && origin.contains("a copy is kept"), "{origin}");
    assert_it_runs(page);

    // The page is loaded again, but the model's server is gone.
    page.reload();
    page.wait_for_model(PATIENCE);
    assert_eq!(wait_kept(page, 1), [size]);
    assert_eq!(private_files(page).len(), 2);
    page.set_offline(true);
    page.click("#kept .take");
    page.wait_for_model(PATIENCE);
    let origin = page.text("#model-origin");
    println!("  {origin}");
    assert!(origin.contains("from this browser's copy") && origin.contains("checked"), "{origin}");
    assert_it_runs(page);
    page.set_offline(false);
    assert_eq!(page.server().sent(PATH).len(), 2, "no further request");
    for (is_dark, width, name) in [(false, 1280, "light"), (true, 1280, "dark"), (false, 360, "360")] {
        page.set_dark(is_dark);
        page.set_viewport(width, 900);
        page.screenshot(&format!("shelf-{name}"));
    }
    page.set_viewport(1280, 900);

    // A deleted model is gone.
    page.click("#kept .drop");
    wait_kept(page, 0);
    assert!(private_files(page).is_empty());
    assert!(page.third_party_requests().is_empty(), "{:?}", page.third_party_requests());
}

fn flip_a_byte(page: &Page, at: u64) {
    let js = format!(
        "(async () => {{
            const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
            for await (const [name, file] of folder.entries()) {{
                if (!name.endsWith('.gguf')) continue;
                const byte = new Uint8Array(await (await file.getFile()).slice({at}, {at} + 1).arrayBuffer());
                const writer = await file.createWritable({{ keepExistingData: true }});
                await writer.write({{ type: 'write', position: {at}, data: new Uint8Array([byte[0] ^ 1]) }});
                await writer.close();
                return true;
            }}
        }})()"
    );
    assert_eq!(page.eval(&js), json!(true), "a copy is there");
}

fn a_flipped_byte_is_caught(page: &mut Page) {
    let folder = TempDir::new("flip");
    let model = write_model(&folder, 2);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    load_by_address(page);
    page.wait_for_model(PATIENCE);
    // Damage in the weights, and in the headers, where it makes the file look like a model that cannot run.
    for at in [size(&model) / 3, 2] {
        wait_kept(page, 1);
        flip_a_byte(page, at);
        page.click("#kept .take");
        let sentence = wait_for_trouble(page, "was damaged");
        assert!(sentence.contains("random.gguf") && sentence.contains("download it again"), "{sentence}");
        wait_kept(page, 0);
        load_by_address(page);
        page.wait_for_model(PATIENCE);
    }
    assert_eq!(page.server().sent(PATH).len(), 3);
    assert_it_runs(page);
}

fn set_quota(page: &Page, num_bytes: Option<u64>) {
    let mut params = json!({ "origin": page.server().origin() });
    if let Some(num_bytes) = num_bytes {
        params["quotaSize"] = num_bytes.into();
    }
    page.must("Storage.overrideQuotaForOrigin", params);
}

/// Storage that is full in the middle of a download, of known and of unknown length. (Browsers report more free space
/// than there is, to prevent fingerprinting. `tests/cache.rs` has the case of a known lack of space.)
fn without_room_the_model_runs(page: &mut Page) {
    let folder = TempDir::new("quota");
    write_model(&folder, 3);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    set_quota(page, Some(9_000_000));
    for (fault, words) in [(None, "grants no more room"), (Some(Fault::NoLength), "grants no more room")] {
        if let Some(fault) = fault {
            page.server().spoil(PATH, fault);
        }
        load_by_address(page);
        page.wait_for_long(
            &format!("document.querySelector('#model-origin')?.textContent.includes({})", quote(words)),
            words,
            PATIENCE,
        );
        println!("  {}", page.text("#model-origin"));
        assert!(page.text("#model-origin").contains("No copy is kept"));
        assert!(private_files(page).is_empty());
        assert_it_runs(page);
        page.reload();
        page.wait_for("#adapter");
    }
    set_quota(page, None);
}

/// A worker that holds every model open, as another tab would.
const HOLDER: &str = "(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
    for await (const [name, file] of folder.entries()) {
        if (name.endsWith('.gguf')) self.held = await file.createSyncAccessHandle();
    }
    postMessage('held');
})().catch(error => postMessage(String(error)))";

/// A copy that a worker of the test holds open, as another tab would, does not block the reader.
fn a_held_copy_is_no_trap(page: &mut Page) {
    let folder = TempDir::new("busy");
    write_model(&folder, 4);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    load_by_address(page);
    page.wait_for_model(PATIENCE);
    wait_kept(page, 1);
    // The script must be on the page's own server, because the policy allows no other workers.
    let holder = TempDir::new("holder");
    holder.write("holder.js", HOLDER);
    page.server().mount("/holder/", holder.path());
    let hold = "new Promise((resolve) => {
        window.holder = new Worker('/holder/holder.js');
        window.holder.onmessage = event => resolve(event.data);
    })";
    assert_eq!(page.eval(hold), json!("held"));
    page.click("#kept .take");
    page.wait_for_model(PATIENCE);
    println!("  {}", page.text("#model-origin"));
    assert!(page.text("#model-origin").contains("from this browser's copy"));
    page.click("#kept .drop");
    wait_for_trouble(page, "another tab");
    wait_kept(page, 1);
    page.eval("void window.holder.terminate()");
    page.click("#kept .drop");
    wait_kept(page, 0);
    assert_it_runs(page);
}

/// A server that stops sending: the page stays usable, and the received part is saved.
fn a_stalled_download_can_be_cancelled(page: &mut Page) {
    let folder = TempDir::new("stall");
    let model = write_model(&folder, 5);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    let stalled = size(&model) / 3;
    page.server().spoil(PATH, Fault::Stall(stalled));
    load_by_address(page);
    let js = r"/: 1\d\.\d MB/.test(document.querySelector('#loading')?.textContent)";
    page.wait_until(js, "more than 10 MB have come");
    page.click_text("button", "Cancel");
    page.wait_gone("#loading");
    assert_eq!(page.count("#lab-problem"), 0, "a wish is no failure");
    let kept = wait_kept(page, 1)[0];
    println!("  {kept} of {stalled} bytes that were sent are kept");
    assert!(kept > 8 << 20 && kept <= stalled, "{kept}");
    assert!(page.text("#kept li").contains("incomplete"));
    page.click("#kept .take");
    page.wait_for_model(PATIENCE);
    let sent = page.server().sent(PATH);
    assert_eq!(sent.last().map(|sent| sent.from), Some(Some(kept)), "{sent:?}");
    assert_it_runs(page);
}

/// A server that never answers: the loaded model stays, and answers as soon as the reader cancels.
fn a_silent_server_can_be_left(page: &mut Page) {
    let folder = TempDir::new("silent");
    write_model(&folder, 8);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    let before = page.text("#model-card h2");
    page.server().spoil(PATH, Fault::Silence);
    load_by_address(page);
    page.wait_for("#loading");
    assert_eq!(page.attr("#generate", "disabled").as_deref(), Some(""), "an answer would end the load");
    page.click_text(".lab > button", "Cancel");
    page.wait_gone("#loading");
    assert_eq!((page.count("#lab-problem"), page.text("#model-card h2")), (0, before), "a wish is no failure");
    assert_it_runs(page);
    // Another load replaces one that waits: the last one counts, and the page shows the right model.
    page.server().spoil(PATH, Fault::Silence);
    load_by_address(page);
    page.wait_for("#loading");
    load_by_address(page);
    page.wait_for_model(PATIENCE);
    page.wait_for("#to-pocket");
    assert_it_runs(page);
}

/// A large file with an architecture that cannot run is refused after its first bytes.
fn what_cannot_run_costs_no_download(page: &mut Page) {
    let folder = TempDir::new("refused");
    let shape = Shape { dim: 512, ff_dim: 1536, layers: 4, heads: 8, kv_heads: 4, head_dim: 64, vocab: 40_000 };
    let mut file = random_llama(shape, &[Quant::F32], 6);
    file.set("general.architecture", Meta::Text("mamba".into()));
    // The architecture must be in the first bytes, as real files have it.
    file.metadata.rotate_right(1);
    let path = folder.write("random.gguf", file.bytes());
    page.server().mount("/models/", folder.path());
    open_lab(page);
    load_by_address(page);
    wait_for_trouble(page, "\"mamba\"");
    wait_kept(page, 0);
    page.wait_until("true", "");
    std::thread::sleep(Duration::from_millis(500));
    let sent = page.server().sent(PATH);
    println!("  {} bytes: {sent:?}", size(&path));
    // Sockets and the browser buffer some bytes; the rest was never sent.
    assert!(matches!(sent.as_slice(), [Sent { num_bytes, .. }] if *num_bytes < 16 << 20), "{sent:?}");
}

fn a_lost_gpu_and_a_dead_worker_lead_back(page: &mut Page) {
    page.allow_problem("killed by the test");
    page.allow_problem("GPU");
    let folder = TempDir::new("lost");
    write_model(&folder, 7);
    page.server().mount("/models/", folder.path());
    open_lab(page);
    load_by_address(page);
    page.wait_for_model(PATIENCE);
    assert_it_runs(page);
    // The browser's GPU process dies, as after a driver reset.
    page.call_browser("Browser.crashGpuProcess");
    wait_for_trouble(page, "GPU was lost");
    page.click("#load-again");
    page.wait_for_model(PATIENCE);
    assert!(page.text("#model-origin").contains("from this browser's copy"), "{}", page.text("#model-origin"));
    assert_it_runs(page);
    page.kill_worker("engine_worker");
    wait_for_trouble(page, "load the model again");
    page.screenshot("shelf-worker-died-light");
    page.click("#load-again");
    page.wait_for_model(PATIENCE);
    assert_it_runs(page);
    assert_eq!(page.server().sent(PATH).len(), 1, "downloaded once");
}

/// Memory of a load in addition to the GPU's, sampled while it runs.
struct Peak {
    /// JavaScript objects of the page and of the engine worker, in bytes.
    heap: u64,
    /// Array buffers of both, without wasm memory, in bytes.
    buffers: u64,
}

fn type_and_load(page: &Page, file: &str) {
    page.set_value("#model-url", &format!("{}/models/{file}", page.server().origin()));
    page.click_text(".load button", "Load");
}

fn sample(page: &Page) -> (Peak, u64, u64) {
    let mut peak = Peak { heap: 0, buffers: 0 };
    let begun = std::time::Instant::now();
    while page.count("#loading") > 0 || page.count("#model-card") == 0 {
        if page.count("#lab-problem") > 0 || begun.elapsed() > PATIENCE * 2 {
            page.fail("the model does not load");
        }
        let own = page.must("Runtime.getHeapUsage", json!({}));
        let worker = page.call_worker("engine_worker", "Runtime.getHeapUsage", json!({}));
        // DevTools sometimes writes these numbers as floats.
        let number = |usage: &serde_json::Value, key: &str| {
            let number = &usage[key];
            number
                .as_u64()
                .unwrap_or_else(|| number.to_string().split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0))
        };
        let heap = number(&own, "usedSize") + number(&worker, "usedSize");
        let buffers = number(&own, "backingStorageSize") + number(&worker, "backingStorageSize");
        (peak.heap, peak.buffers) = (peak.heap.max(heap), peak.buffers.max(buffers));
        std::thread::sleep(Duration::from_millis(100));
    }
    let bytes = |name: &str| page.attr("#model-card", name).and_then(|bytes| bytes.parse().ok()).unwrap_or_default();
    (peak, bytes("data-engine-bytes"), bytes("data-gpu-bytes"))
}

/// Watches a load that has just started, and checks its memory.
fn assert_small(page: &Page, limit: u64) {
    let begun = std::time::Instant::now();
    let (Peak { heap, buffers }, wasm, gpu) = sample(page);
    println!(
        "  wasm {:.1} MiB, JS heap at most {:.1} MiB, other array buffers at most {:.1} MiB; GPU {:.1} MiB; {:.1} s",
        mebibytes(wasm),
        mebibytes(heap),
        mebibytes(buffers),
        mebibytes(gpu),
        begun.elapsed().as_secs_f64()
    );
    assert!(wasm > 0 && gpu > 0);
    let most = wasm + heap + buffers;
    assert!(most <= limit, "{:.1} MiB", mebibytes(most));
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn a_load_stays_small(page: &mut Page) {
    let Some(model) = common::engine::smollm("shelf::a_load_stays_small") else { return };
    page.server().mount("/models/", model.parent().expect("the model has a folder"));
    open_lab(page);
    let name = model.file_name().expect("a name").to_string_lossy().into_owned();
    type_and_load(page, &name);
    assert_small(page, SMALL_LIMIT);
    // The same when it is loaded from its copy.
    page.reload();
    page.wait_for("#adapter");
    page.click("#kept .take");
    assert_small(page, SMALL_LIMIT);
    assert_eq!(page.server().sent(&format!("/models/{name}")).len(), 1);
}

/// A model of 491 MB: the download is cut at half, resumed, and its copy is then damaged.
fn a_large_load_stays_small(page: &mut Page) {
    let file = "qwen2.5-coder-0.5b-instruct.Q4_K_M.gguf";
    let Some(folder) = common::engine::models_with("shelf::a_large_load_stays_small", file) else { return };
    page.server().mount("/models/", &folder);
    page.allow_problem("ERR_CONTENT_LENGTH_MISMATCH");
    open_lab(page);
    let (path, size) = (format!("/models/{file}"), size(&folder.join(file)));
    page.server().spoil(&path, Fault::Cut(size / 2));
    type_and_load(page, file);
    wait_for_trouble(page, "are kept in this browser");
    let kept = wait_kept(page, 1)[0];
    page.click("#load-again");
    assert_small(page, MEMORY_LIMIT);
    let sent = page.server().sent(&path);
    println!("  {size} bytes: {sent:?}; {}", page.text("#model-origin"));
    assert_eq!(sent.iter().map(|sent| sent.num_bytes).collect::<Vec<_>>(), [size / 2, size - kept]);
    assert_it_runs(page);
    flip_a_byte(page, size / 3);
    page.click("#kept .take");
    wait_for_trouble(page, "was damaged");
}
