//! Speeds of the engine worker in the browser: `cargo xtask bench --only chromium`. The bench's own page starts the
//! same worker as the app and uses its protocol, so that the app's page is not measured. GPU calls per step are counted
//! at the browser's interface, as the difference between two answers.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use askew::protocol::{Column, Command, Cost, Event, Loaded, Math, Place, Prompt, Sampling, Source, wire};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::chrome::TempDir;
use crate::page::{Page, quote, strings};
use crate::{Test, common};

/// Run only by name: they take minutes and need an idle machine.
pub(crate) const TESTS: &[Test] = &[("bench::chromium", chromium)];

/// Environment variable with the file for the results, as JSON.
const FILE: &str = "ASKEW_BENCH_JSON";
/// Numbers of answers decoded together.
const COLUMNS: [u32; 3] = [1, 2, 4];
/// Time limit for a load, or for an answer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(400);
/// Time between two checks for events, and between two samples of the memory.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Bytes copied to measure bandwidth.
const COPY_BYTES: u64 = 128 << 20;
/// Characters of the prompt and tokens of the answer. Software adapters take at least a tenth of a second per token.
const CPU_LENGTHS: (usize, u32) = (320, 64);
const GPU_LENGTHS: (usize, u32) = (80, 12);
const WORKER: &str = "engine_worker";

const HTML: &str = r#"<!doctype html><meta charset="utf-8"><title>bench</title><link rel="icon" href="data:,">
<script>
window.events = [];
const worker = new Worker("/worker_loader.js?engine_worker");
worker.onerror = (event) => { window.problem = event.message; };
worker.onmessage = ({ data }) => {
  if (data.length === 0) window.isListening = true;
  else window.events.push(btoa(String.fromCharCode(...data[0])));
};
window.send = (text) => worker.postMessage([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
const best = async (rounds, bytes, copy) => {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await copy();
    const speed = bytes / Math.max(performance.now() - start, 1e-3) * 1e3;
    if (round > 0) best = Math.max(best, speed);
  }
  return best;
};
window.copyMemory = (size) => {
  const [from, to] = [new Uint8Array(size).fill(1), new Uint8Array(size)];
  return best(8, 2 * size, () => to.set(from));
};
window.copyOnGpu = async (size) => {
  const device = await (await navigator.gpu.requestAdapter()).requestDevice();
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [from, to] = [0, 0].map(() => device.createBuffer({ size, usage }));
  const speed = await best(4, 8 * size, async () => {
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < 4; i++) encoder.copyBufferToBuffer(from, 0, to, 0, size);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  });
  device.destroy();
  return speed;
};
</script>"#;

/// A script for the worker that counts calls to the GPU.
const COUNT: &str = "
    self.tally = { dispatches: 0, submits: 0, readbacks: 0, creations: 0 };
    const count = (type, name, key) => {
        const own = type.prototype[name];
        type.prototype[name] = function (...values) { self.tally[key] += 1; return own.apply(this, values); };
    };
    if (self.GPUDevice) {
        for (const name of Object.getOwnPropertyNames(GPUDevice.prototype)) {
            if (/^create(Buffer|BindGroup|Texture|Sampler|ShaderModule|QuerySet|(Compute|Render)Pipeline)/.test(name)) count(GPUDevice, name, 'creations');
        }
        count(GPUQueue, 'submit', 'submits');
        count(GPUBuffer, 'mapAsync', 'readbacks');
        count(GPUComputePassEncoder, 'dispatchWorkgroups', 'dispatches');
    }";

/// The engine worker, controlled by the bench.
struct Engine<'a> {
    page: &'a Page,
    /// Number of events seen so far.
    num_seen: usize,
    /// Peak bytes of JavaScript objects and array buffers, without wasm memory.
    peak_heap: u64,
}

/// Numbers of GPU calls that a worker has made.
#[derive(Clone, Copy, Debug)]
struct Calls {
    dispatches: f64,
    submits: f64,
    readbacks: f64,
    creations: f64,
}

impl Engine<'_> {
    fn send(&self, command: &Command) {
        let text = BASE64.encode(&wire::encode(command).expect("a command can be encoded"));
        self.page.eval(&format!("send({})", quote(&text)));
    }

    /// Sends a command, waits for the event that ends it, and returns the result of `is_end`.
    fn obey<T>(&mut self, command: &Command, is_end: impl Fn(&Event) -> Option<T>) -> T {
        self.send(command);
        let begun = Instant::now();
        loop {
            let events = self.page.eval(&format!("window.events.slice({})", self.num_seen));
            for text in strings(&events) {
                self.num_seen += 1;
                let bytes = BASE64.decode(text.as_bytes()).expect("an event's bytes");
                let event: Event = wire::decode(&bytes).expect("an event of this build");
                if let Event::Failed(failure) = &event {
                    self.page.fail(&failure.message);
                }
                if let Some(end) = is_end(&event) {
                    self.look_at_memory();
                    return end;
                }
            }
            if begun.elapsed() > PATIENCE || self.page.eval("window.problem ?? null") != Value::Null {
                self.page.fail(&format!("{command:?} has not ended"));
            }
            self.look_at_memory();
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn look_at_memory(&mut self) {
        let own = self.page.must("Runtime.getHeapUsage", json!({}));
        let worker = self.page.call_worker(WORKER, "Runtime.getHeapUsage", json!({}));
        // DevTools sometimes writes these numbers as floats.
        let number = |usage: &Value, key: &str| {
            usage[key].to_string().split('.').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or_default()
        };
        let heap: u64 =
            [&own, &worker].map(|at| number(at, "usedSize") + number(at, "backingStorageSize")).iter().sum();
        self.peak_heap = self.peak_heap.max(heap);
    }

    /// The value of an expression in the worker.
    fn eval(&self, js: &str) -> Value {
        let params = json!({ "expression": js, "awaitPromise": true, "returnByValue": true });
        let reply = self.page.call_worker(WORKER, "Runtime.evaluate", params);
        assert!(reply["exceptionDetails"].is_null(), "{js}: {reply}");
        reply["result"]["value"].clone()
    }

    fn calls(&self) -> Calls {
        let tally = self.eval("self.tally");
        let number = |key: &str| tally[key].as_f64().expect("a count");
        Calls {
            dispatches: number("dispatches"),
            submits: number("submits"),
            readbacks: number("readbacks"),
            creations: number("creations"),
        }
    }

    /// Size of the worker's wasm memory in bytes, which never shrinks.
    fn wasm_bytes(&self) -> u64 {
        // The module is already started, so this returns its exports.
        self.eval("wasm_bindgen().then((wasm) => wasm.memory.buffer.byteLength)").as_u64().expect("a size")
    }

    fn answer(&mut self, prompt: &str, max_tokens: u32, columns: u32) -> Cost {
        let columns = vec![Column::default(); columns as usize];
        let prompt = Prompt::Raw(prompt.to_owned());
        let sampling = Sampling::greedy(max_tokens);
        let command = Command::Generate { slot: 0, id: 1, prompt, sampling, columns };
        self.obey(&command, |event| match event {
            Event::Finished { cost, .. } => Some(cost.clone()),
            _ => None,
        })
    }
}

fn chromium(page: &mut Page) {
    let Some(model) = common::engine::smollm("bench::chromium") else { return };
    let folder = TempDir::new("speed");
    folder.write("index.html", HTML);
    page.server().mount("/bench/", folder.path());
    page.server().mount("/models/", model.parent().expect("the model has a folder"));
    let name = model.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let mut rows = Vec::new();
    // The CPU is last: its bandwidth copies are large, and would count as memory of later measurements.
    for place in [Place::Gpu, Place::Cpu] {
        measure(page, place, &name, &mut rows);
    }
    let text = serde_json::to_string_pretty(&rows).expect("JSON");
    match std::env::var_os(FILE).map(PathBuf::from) {
        Some(file) => std::fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display())),
        None => println!("{text}"),
    }
}

fn measure(page: &Page, place: Place, name: &str, rows: &mut Vec<Value>) {
    page.open("/bench/index.html");
    page.wait_until("window.isListening || window.problem", "the worker listens");
    let mut engine = Engine { page, num_seen: 0, peak_heap: 0 };
    engine.eval(&format!("(() => {{ {COUNT} }})()"));
    let source = Source::Url(format!("{}/models/{name}", page.server().origin()));
    let load = Command::Load {
        slot: 0,
        source,
        name: name.to_owned(),
        keep: false,
        sha256: None,
        place,
        math: Math::Exact,
        columns: 1,
        add_ons: vec![],
    };
    let loaded: Loaded = engine.obey(&load, |event| match event {
        Event::Loaded(loaded) => Some(loaded.clone()),
        _ => None,
    });
    let (letters, num_tokens) = if place == Place::Gpu { GPU_LENGTHS } else { CPU_LENGTHS };
    let prompt: String = include_str!("../fixtures/readme.txt").chars().filter(char::is_ascii).take(letters).collect();
    let mut single: Option<Cost> = None;
    for columns in COLUMNS {
        if columns > 1 {
            engine.obey(&Command::LayOut { slot: 0, columns, add_ons: Vec::new() }, |event| {
                matches!(event, Event::LaidOut { .. }).then_some(())
            });
        }
        // The first answer triggers late compilation. The other answers differ only by their number of steps.
        engine.answer(&prompt, 1, columns);
        let start = engine.calls();
        engine.answer(&prompt, 1, columns);
        let short = engine.calls();
        let cost = engine.answer(&prompt, num_tokens, columns);
        let long = engine.calls();
        assert_eq!(cost.decode_tokens, num_tokens * columns, "the answers are as long as asked");
        let per_step = |of: fn(&Calls) -> f64| {
            (place == Place::Gpu)
                .then(|| ((of(&long) - of(&short)) - (of(&short) - of(&start))) / f64::from(num_tokens - 1))
        };
        let single = single.get_or_insert_with(|| cost.clone());
        let row = row(&engine, &loaded, columns, &cost, single, &per_step);
        println!("{row}");
        if place == Place::Gpu {
            let counts = ["submits_per_step", "creations_per_step"].map(|key| row[key].as_f64());
            assert_eq!(counts, [Some(1.0), Some(0.0)], "submits and creations for a token of all columns");
        }
        rows.push(row);
    }
    let copy = if place == Place::Gpu { "copyOnGpu" } else { "copyMemory" };
    let bandwidth = page.eval(&format!("{copy}({COPY_BYTES})")).as_f64().expect("a number");
    for row in rows.iter_mut().filter(|row| row["copy_gb_per_s"].is_null()) {
        row["share_of_copy_bandwidth"] = (row["gb_per_s"].as_f64().unwrap_or_default() * 1e9 / bandwidth).into();
        row["copy_gb_per_s"] = (bandwidth / 1e9).into();
    }
}

/// A row of results, with the same keys as the output of `askew bench`.
fn row(
    engine: &Engine<'_>,
    loaded: &Loaded,
    columns: u32,
    cost: &Cost,
    single: &Cost,
    per_step: &dyn Fn(fn(&Calls) -> f64) -> Option<f64>,
) -> Value {
    let is_gpu = cost.dispatches_per_token > 0;
    let steps = f64::from(cost.decode_tokens / columns);
    let seconds = cost.decode_ms / 1e3;
    let weight_bytes = cost.weight_bytes as f64 / steps;
    let against = |of: fn(&Cost) -> f64| (columns > 1).then(|| f64::from(columns) * of(single) / of(cost));
    json!({
        "shell": "Chromium",
        "model": loaded.card.name,
        "device": if cost.device.adapter.is_empty() { "an adapter without a name" } else { &cost.device.adapter },
        "software": cost.device.software,
        "math": if is_gpu { "exact" } else { "fast" },
        "columns": columns,
        "adapter": false,
        "prompt_tokens": cost.prefill_tokens,
        "answer_tokens": steps,
        "prefill_tokens_per_s": f64::from(cost.prefill_tokens.saturating_sub(1)) * 1e3 / cost.prefill_ms,
        "decode_tokens_per_s": f64::from(cost.decode_tokens) / seconds,
        "decode_steps_per_s": steps / seconds,
        "weight_bytes_per_step": weight_bytes,
        "weight_bytes_per_token": weight_bytes / f64::from(columns),
        "gb_per_s": weight_bytes * steps / seconds / 1e9,
        "dispatches_per_layer": is_gpu.then_some(cost.dispatches_per_layer),
        "dispatches_per_step": per_step(|calls| calls.dispatches),
        "submits_per_step": per_step(|calls| calls.submits),
        "creations_per_step": per_step(|calls| calls.creations),
        "readbacks_per_step": per_step(|calls| calls.readbacks),
        // The memory was reported when the model was loaded for one column.
        "gpu_bytes": (is_gpu && columns == 1).then_some(loaded.gpu_bytes),
        "wasm_bytes": engine.wasm_bytes(),
        "js_bytes": engine.peak_heap,
        "peak_memory_bytes": engine.wasm_bytes() + engine.peak_heap,
        "decode_against_separate_runs": against(|cost| cost.decode_ms),
        "whole_against_separate_runs": against(|cost| cost.decode_ms + cost.prefill_ms),
    })
}
