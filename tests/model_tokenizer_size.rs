//! The cost of a tokenizer: memory held and peak memory, time to build, time to encode. Tests must run one at a time,
//! because the allocator counts for the whole process.

mod common;

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use askew::model::Tokenizer;
use askew::model::gguf::{HeaderParser, Value};
use common::models::{GEMMA, QWEN, SMOLLM, cached};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

static ALONE: Mutex<()> = Mutex::new(());

/// Bytes per chunk, as when the app reads files.
const CHUNK: usize = 1 << 20;
/// Maximum bytes held by a tokenizer, and maximum peak from the first byte of a file to its tokenizer. The whole app
/// must load a model within 64 MiB (issue 2); a 64-bit machine needs more than wasm.
const MAX_HELD: usize = 10 << 20;
const MAX_PEAK: usize = 24 << 20;
/// Time limit, far above what any machine needs and far below the time of a quadratic algorithm.
const MAX_SECONDS: f64 = 10.0;

fn mib(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn measure(path: &Path) {
    let _alone = ALONE.lock().expect("one at a time");
    let mut file = std::fs::File::open(path).expect("opens");
    let mut chunk = vec![0; CHUNK];
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();

    let started = Instant::now();
    let mut parser = HeaderParser::default();
    let header = loop {
        let len = std::io::Read::read(&mut file, &mut chunk).expect("reads");
        let step = if len == 0 { Some(parser.finish()) } else { parser.push(&chunk[..len]).transpose() };
        if let Some(complete) = step {
            break complete.expect("a header").0;
        }
    };
    let (parsed, header_bytes) = (started.elapsed(), ALLOCATOR.current_usage() - before);
    let Some(Value::Strings(tokens)) = header.metadata.get("tokenizer.ggml.tokens") else { panic!("no tokens") };
    let built_at = Instant::now();
    let tokenizer = Tokenizer::from_header(&header, tokens.len()).expect("a tokenizer");
    let built = built_at.elapsed();
    let peak = ALLOCATOR.peak_usage() - before;
    drop((parser, header));
    let held = ALLOCATOR.current_usage() - before;
    println!(
        "{}: header parsed in {parsed:.0?} ({:.1} MiB), tokenizer built in {built:.0?}, holds {:.1} MiB, peak {:.1} MiB",
        path.file_stem().expect("a name").display(),
        mib(header_bytes),
        mib(held),
        mib(peak)
    );
    assert!(held <= MAX_HELD && peak <= MAX_PEAK, "holds {:.1} MiB, peak {:.1} MiB", mib(held), mib(peak));

    let mut texts = vec![("a", "a".repeat(1 << 20)), ("spaces", " ".repeat(1 << 20)), ("<", "<|im_".repeat(200_000))];
    texts.push(("the test texts", common::strings::strings().concat()));
    texts.push(("prose", "The quick brown fox doesn't jump over 12 lazy dogs.\n".repeat(20_000)));
    for (name, text) in texts {
        ALLOCATOR.reset_peak_usage();
        let (before, started) = (ALLOCATOR.current_usage(), Instant::now());
        let num_tokens = tokenizer.encode(&text).len();
        let seconds = started.elapsed().as_secs_f64();
        let peak = mib(ALLOCATOR.peak_usage() - before);
        println!("  {name}: {:.2} MB, {num_tokens} tokens in {seconds:.3} s, {peak:.1} MiB", text.len() as f64 / 1e6);
        assert!(seconds < MAX_SECONDS, "{name} took {seconds} s");
    }
}

#[test]
fn smollm_is_small_and_fast() {
    let Some(path) = cached("tokenizer size", SMOLLM) else { return };
    measure(&path);
}

#[test]
#[ignore = "needs models that continuous integration does not fetch"]
fn the_largest_vocabularies_are_small_and_fast() {
    for name in [GEMMA, QWEN] {
        if let Some(path) = cached("tokenizer size", name) {
            measure(&path);
        }
    }
}
