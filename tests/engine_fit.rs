//! The fit check: its estimate for a model matches the memory that the GPU then allocates, and a model that does not
//! fit is refused before any weight is read.

mod common;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::rc::Rc;

use askew::engine::fit::{Limits, Unfit, fit};
use askew::engine::load::{Processor, limits, load, read_headers};
use askew::engine::native::FileSource;
use askew::engine::{ByteSource, RuntimeError};
use askew::gpu::GpuOptions;
use askew::model::ModelFile;
use askew::model::quant::Quant;
use askew::protocol::{DEFAULT_CONTEXT, Math};
use common::engine::{open_gpu, smollm};
use common::gguf::{Meta, Shape, random_llama};
use pollster::block_on;

/// Allowed relative error of the estimate: buffers are rounded up, and a plan may keep a few small ones.
const TOLERANCE: f64 = 0.05;

/// Delivers a file in small chunks and counts the bytes that were read.
struct Counted {
    bytes: Vec<u8>,
    at: usize,
    read: Rc<Cell<usize>>,
}

impl ByteSource for Counted {
    fn total_bytes(&self) -> Option<u64> {
        Some(self.bytes.len() as u64)
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let end = self.bytes.len().min(self.at + 10_000);
        let chunk = self.bytes[self.at..end].to_vec();
        self.at = end;
        self.read.set(end);
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

fn source(bytes: &[u8]) -> Counted {
    Counted { bytes: bytes.to_vec(), at: 0, read: Rc::default() }
}

fn headers(bytes: &[u8]) -> ModelFile {
    block_on(read_headers(&mut source(bytes))).expect("headers").0
}

const ROOMY: Limits = Limits { max_buffer_bytes: 1 << 30, max_binding_bytes: 1 << 30, memory_bytes: None };

/// A random llama that was trained for `context` tokens.
fn model(shape: Shape, quants: &[Quant], context: u32) -> Vec<u8> {
    let mut file = random_llama(shape, quants, 1);
    file.set("llama.context_length", Meta::U32(context));
    file.bytes()
}

#[test]
fn the_estimate_is_what_is_allocated() {
    let name = "the_estimate_is_what_is_allocated";
    let wide = Shape { dim: 256, ff_dim: 512, layers: 2, heads: 4, kv_heads: 4, head_dim: 64, vocab: 3_000 };
    let all: Vec<Quant> = Quant::all().collect();
    let small = GpuOptions { max_binding_bytes: Some(256 << 10), ..GpuOptions::default() };
    for (options, quants) in [(GpuOptions::default(), &all[..]), (small, &[Quant::Q8_0])] {
        let Some(gpu) = open_gpu(name, options) else { return };
        let bytes = model(wide, quants, 4_096);
        let need = fit(&headers(&bytes), &limits(gpu.caps()), 1, DEFAULT_CONTEXT).expect("fits");
        let go_on = |_| ControlFlow::Continue(());
        let loaded =
            block_on(load(&mut source(&bytes), "random", &Processor::Gpu(gpu, Math::Exact), go_on)).expect("loads");
        assert_eq!(loaded.context, need.context);
        let (estimated, allocated) = (need.total() as f64, loaded.gpu_bytes() as f64);
        println!("{estimated} estimated, {allocated} allocated: {need:?}");
        assert!((estimated / allocated - 1.0).abs() <= TOLERANCE, "{estimated} estimated, {allocated} allocated");
    }
}

#[test]
fn the_estimate_holds_for_the_real_model() {
    let name = "the_estimate_holds_for_the_real_model";
    let Some(path) = smollm(name) else { return };
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let open = || FileSource::open(&path).expect("opens");
    let (file, _, _) = block_on(read_headers(&mut open())).expect("headers");
    let need = fit(&file, &limits(gpu.caps()), 1, DEFAULT_CONTEXT).expect("fits");
    let before = gpu.counts();
    let go_on = |_| ControlFlow::Continue(());
    let loaded =
        block_on(load(&mut open(), "SmolLM2", &Processor::Gpu(gpu.clone(), Math::Exact), go_on)).expect("loads");
    println!("{need:?}: {} estimated, {} allocated", need.total(), loaded.gpu_bytes());
    assert!((need.total() as f64 / loaded.gpu_bytes() as f64 - 1.0).abs() <= TOLERANCE);
    // The bytes created, without those that were reserved and released again.
    let made = gpu.counts().buffer_bytes - before.buffer_bytes;
    let kept = made - need.working;
    assert!(kept.abs_diff(loaded.gpu_bytes()) < 64, "{kept} of {}", loaded.gpu_bytes());
}

#[test]
fn what_does_not_fit_is_refused_by_its_headers() {
    let name = "what_does_not_fit_is_refused_by_its_headers";
    let shape = Shape { dim: 256, ff_dim: 512, layers: 2, heads: 4, kv_heads: 4, head_dim: 64, vocab: 3_000 };
    let bytes = model(shape, &[Quant::F32], 4_096);
    let tight = GpuOptions { memory_bytes: Some(4_000_000), ..GpuOptions::default() };
    let Some(gpu) = open_gpu(name, tight) else { return };
    let mut source = source(&bytes);
    let read = Rc::clone(&source.read);
    let before = gpu.counts().buffers;
    let go_on = |_| ControlFlow::Continue(());
    let error =
        block_on(load(&mut source, "random", &Processor::Gpu(gpu.clone(), Math::Exact), go_on)).expect_err("refused");
    println!("{error}; {} of {} bytes read", read.get(), bytes.len());
    assert!(matches!(error, RuntimeError::Unfit(Unfit::Memory { granted: 4_000_000, .. })), "{error}");
    assert!(error.to_string().contains("4.0 MB") && error.to_string().contains("choose a smaller model"));
    assert!(read.get() < bytes.len() / 4, "{} of {}", read.get(), bytes.len());
    assert_eq!(gpu.counts().buffers, before, "nothing was allocated for it");
}

#[test]
fn a_shorter_context_is_taken_where_it_makes_a_model_fit() {
    let shape = Shape { dim: 256, ff_dim: 512, layers: 8, heads: 4, kv_heads: 4, head_dim: 64, vocab: 300 };
    let file = headers(&model(shape, &[Quant::Q4_0], 8_192));
    let whole = fit(&file, &ROOMY, 1, DEFAULT_CONTEXT).expect("fits");
    assert_eq!(whole.context, 2_048);
    // Keys and values of 8 layers; activations come on top.
    let cache = 2 * 8 * 2_048 * 256 * 4;
    assert!(whole.working > cache && whole.working < cache + cache / 8, "{whole:?}");
    let tight = |memory: u64| fit(&file, &Limits { memory_bytes: Some(memory), ..ROOMY }, 1, DEFAULT_CONTEXT);
    assert_eq!(tight(whole.total()).expect("just fits"), whole);
    let halved = tight(whole.total() - 1).expect("with half the context");
    assert!(halved.context == 1_024 && halved.working < whole.working - cache / 2, "{halved:?}");
    assert_eq!(tight(halved.total() - cache / 4).expect("fits").context, 512);
    assert_eq!(fit(&file, &ROOMY, 2, DEFAULT_CONTEXT).expect("fits").working, whole.working + cache);
    assert!(matches!(tight(whole.weights), Err(Unfit::Memory { context: 256, .. })));
    // A layer's keys must fit a binding.
    let bound = Limits { max_binding_bytes: 1_000 * 256 * 4, ..ROOMY };
    assert_eq!(fit(&file, &bound, 1, DEFAULT_CONTEXT).expect("fits").context, 1_000);
    let bound = Limits { max_binding_bytes: 200 * 256 * 4, ..ROOMY };
    assert!(matches!(fit(&file, &bound, 1, DEFAULT_CONTEXT), Err(Unfit::Cache { .. })));
    let bound = Limits { max_buffer_bytes: 1_000, ..ROOMY };
    let error = fit(&file, &bound, 1, DEFAULT_CONTEXT).expect_err("no tile fits");
    assert!(matches!(error, Unfit::Tile { .. }), "{error}");
    // A model trained for a shorter context.
    let short = headers(&model(shape, &[Quant::Q4_0], 64));
    assert_eq!(fit(&short, &ROOMY, 1, DEFAULT_CONTEXT).expect("fits").context, 64);
}
