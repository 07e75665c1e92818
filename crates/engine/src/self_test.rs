//! The self-test: compares this device's kernels with their CPU twins, and a model's logits with the CPU reference.
//!
//! It has no side effects except on the GPU. The browser's worker and `askew self-test` supply the clock and the output.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::card::device;
use super::load::{Processor, load};
use super::{ByteSource, Ending, LoadedModel, RuntimeError};
use askew_gpu::checks::{Check, MatmulCase, Parity, nmse};
use askew_gpu::{Gpu, GpuOptions, checks};
use askew_model::quant::Quant;
use askew_protocol::Math;
use askew_protocol::self_test::{CheckResult, SelfTestEvent};

/// Limit of a model's logits in exact maths, as a normalised mean square error. Both sides compute in f32 and differ in
/// the order of sums, over all layers. So the limit is above that of one product (1e-6), and far below that of `fast`
/// (2e-3), which rounds activations.
pub const LOGITS_NMSE: f64 = 1e-4;
/// How many of the likeliest tokens must come in the same order.
const NUM_TOP: usize = 5;
/// Logits closer than this may come in either order.
const TIE: f32 = 1e-3;
/// Texts that a model reads: some of a few tokens, and one with enough for the prefill kernels.
const TEXTS: [&str; 3] = [
    "The capital of France is",
    "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
    "In the beginning nobody knew what the machine was for. It stood in the corner of the hall, humming quietly, and when \
     the children came home from school they put their hands on it, because it was",
];

/// The shell's clock and event channel.
#[derive(Clone, Copy)]
pub struct Shell<'a> {
    /// A clock in milliseconds. Only differences are meaningful.
    pub now_ms: &'a dyn Fn() -> f64,
    /// Sends an event to the page.
    pub emit: &'a dyn Fn(SelfTestEvent),
}

impl Shell<'_> {
    fn told(self, name: &str, start_ms: f64, found: Result<(Parity, String), String>) {
        let took_ms = (self.now_ms)() - start_ms;
        let name = name.to_owned();
        let result = match found {
            Ok((parity, note)) => {
                let Parity { error, limit } = parity;
                CheckResult { name, error, limit, holds: parity.holds(), note, took_ms }
            }
            Err(note) => CheckResult { name, error: f64::NAN, limit: 0.0, holds: false, note, took_ms },
        };
        (self.emit)(SelfTestEvent::Checked(result));
    }
}

/// Compares every kernel with its CPU twin. At the end it runs a shader that is wrong on purpose, and the comparison
/// must fail.
///
/// # Errors
/// [`RuntimeError::Gpu`] if there is no GPU, or it is lost.
pub async fn kernels(options: GpuOptions<'_>, shell: Shell<'_>) -> Result<(), RuntimeError> {
    fn corrupt(source: String) -> String {
        source.replace("dm.xx, dm.yy", "dm.xx, -dm.yy")
    }
    let gpu = Gpu::new(options).await?;
    (shell.emit)(SelfTestEvent::Device(device(gpu.caps())));
    let checks = checks::all(gpu.caps().packed_dot);
    run(&gpu, checks.iter(), "", shell).await?;
    // Kernels that reduce over a workgroup are also run with the other method (with or without subgroups).
    let (has_subgroups, uses_subgroups) = (gpu.caps().subgroups.is_some(), gpu.caps().uses_subgroups);
    drop(gpu);
    if has_subgroups {
        let other = Gpu::new(GpuOptions { subgroups: Some(!uses_subgroups), ..options }).await?;
        let how = if uses_subgroups { ", without subgroups" } else { ", by subgroups" };
        run(&other, checks.iter().filter(|check| check.reduces()), how, shell).await?;
    }
    let start = (shell.now_ms)();
    let wrong = Gpu::new(GpuOptions { patch: Some(corrupt), ..options }).await?;
    let case = MatmulCase {
        quant: Quant::Q4_1,
        rows: 40,
        blocks: 2,
        size: 0.5,
        lanes: 1,
        is_normed: false,
        is_fast: false,
        has_bias: false,
        seed: 5,
    };
    let noticed = checks::matmul(&wrong, case).await.map_err(|error| error.to_string()).and_then(|parity| {
        if parity.holds() {
            return Err("a shader with a wrong sign passed: these checks prove nothing on this device".to_owned());
        }
        let note = format!("its error of {:.1e} was detected, as it should be", parity.error);
        Ok((Parity { error: 0.0, limit: 0.0 }, note))
    });
    shell.told("a shader that is wrong on purpose", start, noticed);
    (shell.emit)(SelfTestEvent::Done);
    Ok(())
}

/// Runs checks on a device.
async fn run<'a>(
    gpu: &Rc<Gpu>,
    checks: impl Iterator<Item = &'a Check>,
    how: &str,
    shell: Shell<'_>,
) -> Result<(), RuntimeError> {
    for check in checks {
        let start = (shell.now_ms)();
        // If the driver rejects something or memory runs out, only this check fails. A lost device ends all checks.
        let found = check.run(gpu).await.map(|parity| (parity, String::new()));
        shell.told(&format!("{}{how}", check.name), start, found.map_err(|error| error.to_string()));
        gpu.check()?;
    }
    Ok(())
}

/// Reads texts with a model on the GPU and then on the CPU, in f32 from the same file, and compares the logits. Only
/// one of the two is in memory at a time; `open` is called for each.
///
/// # Errors
/// The reason that the model cannot run on one of the two.
pub async fn model<S: ByteSource>(
    options: GpuOptions<'_>,
    open: impl AsyncFn() -> Result<S, RuntimeError>,
    name: &str,
    shell: Shell<'_>,
) -> Result<(), RuntimeError> {
    let gpu = Gpu::new(options).await?;
    (shell.emit)(SelfTestEvent::Device(device(gpu.caps())));
    let on_gpu = read(open().await?, name, &Processor::Gpu(gpu, Math::Exact), shell).await?;
    let on_cpu = read(open().await?, name, &Processor::CPU_EXACT, shell).await?;
    for ((text, found), expected) in TEXTS.iter().zip(on_gpu).zip(on_cpu) {
        let parity = Parity { error: nmse(&found.logits, &expected.logits), limit: LOGITS_NMSE };
        let (order, twin) = (top(&found.logits), top(&expected.logits));
        let is_same = is_same_order(&order, &twin, &expected.logits);
        let note = format!("after {} tokens; likeliest next: {}", expected.num_tokens, expected.next);
        let outcome = if is_same {
            Ok((parity, note))
        } else {
            Err(format!("the {NUM_TOP} likeliest tokens are {order:?} on the GPU and {twin:?} on the CPU"))
        };
        let first: String = text.chars().take(30).collect();
        shell.told(&format!("{name}: “{first}…”"), (shell.now_ms)() - found.took_ms, outcome);
    }
    (shell.emit)(SelfTestEvent::Done);
    Ok(())
}

/// The result of reading a text.
struct Reading {
    logits: Vec<f32>,
    num_tokens: usize,
    /// The likeliest next token, as text.
    next: String,
    took_ms: f64,
}

async fn read<S: ByteSource>(
    mut source: S,
    name: &str,
    processor: &Processor,
    shell: Shell<'_>,
) -> Result<Vec<Reading>, RuntimeError> {
    let place = if matches!(processor, Processor::Gpu(..)) { "GPU" } else { "CPU" };
    (shell.emit)(SelfTestEvent::Doing(format!("Loading {name} for the {place}")));
    let loaded = load(&mut source, name, processor, |_| ControlFlow::Continue(())).await;
    source.close(if loaded.is_ok() { Ending::Loaded } else { Ending::Stopped }).await?;
    let mut model: LoadedModel = loaded?;
    let mut readings = Vec::new();
    for (at, text) in TEXTS.iter().enumerate() {
        (shell.emit)(SelfTestEvent::Doing(format!("Reading text {} of {} on the {place}", at + 1, TEXTS.len())));
        let start = (shell.now_ms)();
        let tokens = model.encode_text(text);
        let logits = model.logits_after(&tokens).await?;
        let next = top(&logits)
            .first()
            .map_or_else(String::new, |&token| format!("{:?}", model.file.tokenizer.decode(&[token])));
        readings.push(Reading { logits, num_tokens: tokens.len(), next, took_ms: (shell.now_ms)() - start });
    }
    Ok(readings)
}

/// The likeliest tokens. Among equals the lower id comes first.
fn top(logits: &[f32]) -> Vec<u32> {
    let mut ids: Vec<u32> = (0..).take(logits.len()).collect();
    let of = |id: &u32| logits[*id as usize];
    ids.sort_by(|a, b| of(b).total_cmp(&of(a)));
    ids.truncate(NUM_TOP);
    ids
}

/// Whether two orders are the same, apart from tokens with nearly equal logits.
fn is_same_order(found: &[u32], expected: &[u32], logits: &[f32]) -> bool {
    let of = |id: u32| logits.get(id as usize).copied().unwrap_or(f32::NAN);
    found.len() == expected.len() && found.iter().zip(expected).all(|(&a, &b)| a == b || (of(a) - of(b)).abs() <= TIE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ties_may_change_places() {
        let logits = [1.0, 5.0, 4.9995, 3.0, 2.0, 0.0];
        assert_eq!(top(&logits), [1, 2, 3, 4, 0]);
        assert!(is_same_order(&[2, 1, 3, 4, 0], &top(&logits), &logits));
        assert!(!is_same_order(&[1, 3, 2, 4, 0], &top(&logits), &logits));
    }
}
