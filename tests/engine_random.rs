//! Random models with odd shapes and mixed formats: the whole forward pass on the GPU compared with the CPU, and the
//! engine's commands.

mod common;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use askew::engine::load::{Processor, load};
use askew::engine::serve::Host;
use askew::engine::{LoadedModel, RuntimeError, serve as engine};
use askew::gpu::checks::nmse;
use askew::gpu::{Gpu, GpuError, GpuOptions};
use askew::model::quant::Quant;
use askew::protocol::status::EngineStatus;
use askew::protocol::{
    AddOnFile, AddOnKind, Column, Command, Event, FailedStep, Given, Math, Passage, Place, Probe, Prompt, Sampling,
    Source, StopReason,
};
use common::adapter::{SafetensorsFile, gguf_adapter, random_parts, store};
use common::engine::{Memory, open_gpu};
use common::gguf::{GgufFile, Shape, noise, random_llama, random_weights};
use pollster::block_on;

fn load_on(file: &GgufFile, processor: &Processor) -> LoadedModel {
    let go_on = |_| std::ops::ControlFlow::Continue(());
    block_on(load(&mut Memory::in_chunks(&file.bytes()), "random", processor, go_on)).expect("loads")
}

/// A random model with features that SmolLM2 lacks: a separate output head and divided RoPE frequencies.
fn llama_with_extras(shape: Shape, quants: &[Quant], seed: u64) -> GgufFile {
    let mut file = random_llama(shape, quants, seed);
    let size = |n: u64| usize::try_from(n).expect("small");
    let head = random_weights(Quant::Q8_0, size(shape.dim * shape.vocab), 0.2, seed + 1);
    file.tensor("output.weight", &[shape.dim, shape.vocab], Quant::Q8_0, head);
    let divisors = noise(size(shape.head_dim / 2), 4).into_iter().flat_map(|x| (x.abs() * 7.0 + 1.0).to_le_bytes());
    file.tensor("rope_freqs.weight", &[shape.head_dim / 2], Quant::F32, divisors.collect());
    file
}

/// Odd widths, formats mixed within a layer, bindings too small for a matrix, rows split among threads.
#[test]
fn random_models_agree_between_cpu_and_gpu() {
    let name = "random_models_agree_between_cpu_and_gpu";
    let wide = Shape { dim: 96, ff_dim: 160, layers: 2, heads: 4, kv_heads: 4, head_dim: 40, vocab: 333 };
    let narrow = Shape { dim: 32, ff_dim: 64, layers: 1, heads: 8, kv_heads: 1, head_dim: 4, vocab: 301 };
    let all: Vec<Quant> = Quant::all().collect();
    let plain = GpuOptions::default();
    let small_bindings = GpuOptions { max_binding_bytes: Some(48 << 10), ..plain };
    let shared_rows = GpuOptions { row_split: Some(4), ..plain };
    let subgroups = GpuOptions { subgroups: Some(true), ..plain };
    let cases: [(GpuOptions<'_>, Shape, &[Quant]); 6] = [
        (subgroups, wide, &[Quant::Q5_0, Quant::Q8_0]),
        (plain, Shape::TINY, &[Quant::F32]),
        (plain, narrow, &[Quant::F16]),
        (small_bindings, wide, &all),
        (shared_rows, Shape::TINY, &[Quant::Q4_0, Quant::Q8_0]),
        (shared_rows, wide, &[Quant::Q4_1]),
    ];
    for (seed, (options, shape, quants)) in (0..).zip(cases) {
        let Some(gpu) = open_gpu(name, options) else { return };
        let file = llama_with_extras(shape, quants, seed);
        let tokens: Vec<u32> = (0..13).map(|i| (i * 37 + 5) % 300).collect();
        let expected = block_on(load_on(&file, &Processor::CPU_EXACT).logits_after(&tokens)).expect("logits");
        let mut model = load_on(&file, &Processor::Gpu(gpu, Math::Exact));
        let error = nmse(&block_on(model.logits_after(&tokens)).expect("logits"), &expected);
        assert!(error <= 1e-8, "{shape:?} {quants:?}: {error}");
        assert!(expected.iter().any(|x| x.abs() > 0.1), "{shape:?} says something");
    }
}

/// A scripted page: it sends each command when the events so far allow it.
struct Script {
    gpu: Option<Rc<Gpu>>,
    file: Vec<u8>,
    queue: RefCell<VecDeque<(Command, Vec<Vec<u8>>)>>,
    /// A command that arrives after this many tokens.
    after_tokens: RefCell<Option<(usize, Command)>>,
    events: RefCell<Vec<Event>>,
    clock: Cell<f64>,
}

impl Script {
    fn run(gpu: Option<Rc<Gpu>>, commands: Vec<Command>, after_tokens: Option<(usize, Command)>) -> Vec<Event> {
        let commands = commands.into_iter().map(|command| (command, Vec::new())).collect();
        Self::run_with_files(gpu, commands, after_tokens)
    }

    /// Runs all commands, each with its files.
    fn run_with_files(
        gpu: Option<Rc<Gpu>>,
        commands: VecDeque<(Command, Vec<Vec<u8>>)>,
        after_tokens: Option<(usize, Command)>,
    ) -> Vec<Event> {
        let script = Self {
            gpu,
            file: random_llama(Shape::TINY, &[Quant::Q4_1], 1).bytes(),
            queue: RefCell::new(commands),
            after_tokens: RefCell::new(after_tokens),
            events: RefCell::default(),
            clock: Cell::new(0.0),
        };
        block_on(engine::serve(&script));
        script.events.into_inner()
    }
}

impl Host for Script {
    type Attachment = Vec<u8>;
    type Source = Memory;

    fn emit(&self, event: Event) {
        self.events.borrow_mut().push(event);
        let num_tokens = self.events.borrow().iter().filter(|event| matches!(event, Event::Token { .. })).count();
        let due = self.after_tokens.borrow_mut().take_if(|(wanted, _)| num_tokens >= *wanted);
        self.queue.borrow_mut().extend(due.map(|(_, command)| (command, Vec::new())));
    }

    fn now_ms(&self) -> f64 {
        self.clock.set(self.clock.get() + 1.0);
        self.clock.get()
    }

    async fn next_command(&self) -> Option<(Command, Vec<Vec<u8>>)> {
        self.queue.borrow_mut().pop_front()
    }

    fn next_scales(&self) -> Option<(u32, Vec<f32>)> {
        // As for interruptions, commands scripted in advance have not arrived yet.
        let mut queue = self.queue.borrow_mut();
        let at = queue.iter().position(|(command, _)| matches!(command, Command::SetScales { .. }))?;
        engine::take_scales(&mut VecDeque::from([queue.remove(at)?]))
    }

    fn is_interrupted(&self) -> bool {
        // Commands scripted in advance wait for their turn; only a command that arrives later interrupts.
        let queue = self.queue.borrow();
        queue.iter().any(|(command, _)| *command == Command::Stop) && engine::interrupts(&queue)
    }

    async fn open(
        &self,
        source: &Source,
        _: &str,
        _: (bool, Option<[u8; 32]>),
        file: Option<Vec<u8>>,
    ) -> Result<Memory, RuntimeError> {
        match source {
            Source::Disk => Ok(Memory::in_chunks(file.as_ref().unwrap_or(&self.file))),
            Source::Url(address) | Source::Kept(address) => Err(RuntimeError::Source(format!("{address}: not there"))),
        }
    }

    async fn open_gpu(&self) -> Result<Rc<Gpu>, GpuError> {
        self.gpu.clone().ok_or_else(|| GpuError::NoWebGpu("this browser has no WebGPU".to_owned()))
    }
}

fn load_command() -> Command {
    load_into(0)
}

fn load_into(slot: u32) -> Command {
    Command::Load {
        slot,
        source: Source::Disk,
        name: "random.gguf".into(),
        keep: false,
        sha256: None,
        place: Place::Gpu,
        math: Math::Exact,
        columns: 1,
        add_ons: vec![],
    }
}

fn ask(id: u32, max_tokens: u32) -> Command {
    ask_slot(0, id, max_tokens)
}

fn ask_slot(slot: u32, id: u32, max_tokens: u32) -> Command {
    let sampling = Sampling { temperature: 1.0, seed: 3, ..Sampling::greedy(max_tokens) };
    Command::Generate { slot, id, prompt: Prompt::Raw("hello".into()), sampling, columns: vec![Column::default()] }
}

fn fold(events: &[Event]) -> EngineStatus {
    let mut status = EngineStatus::default();
    events.iter().for_each(|event| status.apply(event.clone()));
    status
}

#[test]
fn an_answer_streams_and_ends() {
    let Some(gpu) = open_gpu("an_answer_streams_and_ends", GpuOptions::default()) else { return };
    let status = fold(&Script::run(Some(gpu), vec![Command::Probe, load_command(), ask(5, 6)], None));
    assert!(matches!(&status.probe, Some(Probe::Ready(device)) if !device.adapter.is_empty()));
    let loaded = status.ready(0).expect("a model");
    assert!(loaded.card.name == "Random llama" && loaded.card.num_layers == 2 && loaded.gpu_bytes > 0);
    let answer = status.answer.expect("an answer");
    assert_eq!((answer.id, answer.first().tokens.len(), answer.first().end), (5, 6, Some(StopReason::Length)));
    let cost = answer.end.expect("an end");
    assert_eq!((cost.prefill_tokens, cost.decode_tokens), (5, 6));
    assert!(cost.dispatches_per_token >= 16 && cost.decode_ms > 0.0 && !cost.device.adapter.is_empty());
}

#[test]
fn stop_ends_an_answer_in_its_middle_and_the_next_one_runs() {
    let Some(gpu) = open_gpu("stop_ends_an_answer_in_its_middle", GpuOptions::default()) else { return };
    let events = Script::run(Some(gpu), vec![load_command(), ask(1, 40)], Some((3, Command::Stop)));
    let answer = fold(&events).answer.expect("an answer");
    assert_eq!((answer.first().tokens.len(), answer.first().end), (3, Some(StopReason::Asked)));
    assert!(!events.iter().any(|event| matches!(event, Event::Failed(_))));
}

#[test]
fn a_layout_that_is_stopped_leaves_the_one_before() {
    let Some(gpu) = open_gpu("a_layout_that_is_stopped_leaves_the_one_before", GpuOptions::default()) else { return };
    let texts = AddOnKind::Contrast(vec![("kind".to_owned(), "cruel".to_owned())]);
    let add_ons = vec![AddOnFile::new("kindness", texts, Source::Disk)];
    let lay_out = Command::LayOut { slot: 0, columns: 2, add_ons };
    let run = |stop| Script::run(Some(gpu.clone()), vec![load_command(), ask(1, 2), lay_out.clone()], stop);
    let events = run(Some((2, Command::Stop)));
    assert!(events.contains(&Event::LayOutStopped { slot: 0 }), "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::Failed(_) | Event::LaidOut { .. })));
    assert_eq!(fold(&events).ready(0).map(|loaded| loaded.add_ons.clone()), Some(Vec::new()));
    // Without the stop command the layout is finished.
    assert_eq!(fold(&run(None)).ready(0).map(|loaded| loaded.add_ons.clone()), Some(vec!["kindness".to_owned()]));
}

#[test]
fn failures_are_sentences_and_the_engine_lives_on() {
    let Some(gpu) = open_gpu("failures_are_sentences_and_the_engine_lives_on", GpuOptions::default()) else { return };
    let source = Source::Url("https://example.org/x.gguf".into());
    let Command::Load { slot, place, math, columns, add_ons, .. } = load_command() else { panic!("a load") };
    let missing =
        Command::Load { slot, source, name: "x".into(), keep: true, sha256: None, place, math, columns, add_ons };
    let (prompt, sampling, columns) = (Prompt::chat(None, "hi"), Sampling::greedy(4), vec![Column::default()]);
    let chat = Command::Generate { slot: 0, id: 2, prompt, sampling, columns };
    let events = Script::run(
        Some(gpu),
        vec![ask(1, 4), missing, load_command(), chat, ask(3, 4), Command::Unload { slot: 0 }],
        None,
    );
    let failures: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::Failed(failure) => Some((failure.what, failure.message.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(failures[0], (FailedStep::Generate(1), "No model is loaded: choose one first."));
    assert!(failures[1].0 == FailedStep::Load(0) && failures[1].1.contains("https://example.org/x.gguf: not there"));
    assert!(failures[2].0 == FailedStep::Generate(2) && failures[2].1.contains("no chat template"));
    assert_eq!(failures.len(), 3);
    let status = fold(&events);
    assert!(status.models.is_empty());
    assert_eq!(status.answer.expect("the third answer").first().tokens.len(), 4);
}

#[test]
fn a_load_that_is_refused_leaves_the_model_before_it() {
    let Some(gpu) = open_gpu("a_load_that_is_refused_leaves_the_model_before_it", GpuOptions::default()) else {
        return;
    };
    let mut missing = load_command();
    if let Command::Load { source, .. } = &mut missing {
        *source = Source::Url("https://example.org/x.gguf".into());
    }
    // Adapters are also read before the old model is dropped.
    let mut halved = load_command();
    if let Command::Load { add_ons, .. } = &mut halved {
        *add_ons = vec![AddOnFile::new("x", AddOnKind::Adapter, Source::Url("https://example.org/x.gguf".into()))];
    }
    let events = Script::run(Some(gpu), vec![load_command(), missing, ask(1, 4), halved, ask(2, 4)], None);
    let failed: Vec<FailedStep> = events
        .iter()
        .filter_map(|event| if let Event::Failed(failure) = event { Some(failure.what) } else { None })
        .collect();
    assert_eq!(failed, [FailedStep::Load(0), FailedStep::Load(0)]);
    let ends = events.iter().filter(|event| matches!(event, Event::Ended { reason: StopReason::Length, .. }));
    assert_eq!(ends.count(), 2, "both were answered");
    assert!(fold(&events).ready(0).is_some());
}

#[test]
fn a_missing_gpu_is_a_plain_sentence() {
    let status = fold(&Script::run(None, vec![Command::Probe, load_command()], None));
    assert_eq!(status.probe, Some(Probe::Missing("This browser has no WebGPU.".into())));
    assert_eq!(status.failure.map(|failure| failure.message).as_deref(), Some("This browser has no WebGPU."));
}

/// Two models loaded at once answer as each does alone, and unloading one leaves the other usable.
#[test]
fn two_models_stand_side_by_side() {
    let Some(gpu) = open_gpu("two_models_stand_side_by_side", GpuOptions::default()) else { return };
    let alone = fold(&Script::run(Some(gpu.clone()), vec![load_command(), ask(1, 8)], None)).answer.expect("an answer");
    let commands = vec![load_into(0), load_into(7), ask_slot(0, 1, 8), ask_slot(7, 2, 8), Command::Unload { slot: 0 }];
    let after = vec![ask_slot(7, 3, 8), ask_slot(0, 4, 8)];
    let events = Script::run(Some(gpu), [commands, after].concat(), None);
    let texts: Vec<String> = (1..=3)
        .map(|wanted| {
            let pieces = events.iter().filter_map(|event| match event {
                Event::Token { id, piece, .. } if *id == wanted => Some(piece.as_str()),
                Event::Ended { id, tail, .. } if *id == wanted => Some(tail.as_str()),
                _ => None,
            });
            pieces.collect()
        })
        .collect();
    let alone = alone.first().text.clone();
    assert_eq!(texts, [alone.clone(), alone.clone(), alone]);
    let status = fold(&events);
    assert!(status.ready(0).is_none() && status.ready(7).is_some());
    assert_eq!(status.failure.expect("slot 0 is empty").message, "No model is loaded: choose one first.");
}

/// The base model with an adapter and steering next to it; scales that change during generation; and a given answer
/// scored by every column.
#[test]
fn columns_are_laid_out_written_moved_and_scored() {
    let name = "columns_are_laid_out_written_moved_and_scored";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let mut parts = random_parts(Shape::TINY, &[0, 1], &["attn_q", "ffn_down"], 4, 3);
    let adapter = gguf_adapter(&mut parts, Shape::TINY, "llama", Quant::F32, 4.0).bytes();
    let mut vectors = SafetensorsFile::default();
    vectors.tensor("layer.1", "F32", &[64], store(&mut noise(64, 9), "F32"));
    let steering = vectors.bytes();
    let file = |name: &str, kind| AddOnFile::new(name, kind, Source::Disk);
    let add_ons = vec![file("adapter", AddOnKind::Adapter), file("vector", AddOnKind::Steering)];
    let column = |scales: &[f32]| Column { scales: scales.to_vec(), seed: None };
    let columns = vec![column(&[]), column(&[1.0]), column(&[0.0, 1.0])];
    let prompt = Prompt::Raw("hello".into());
    let sampling = Sampling { temperature: 1.0, seed: 3, ..Sampling::greedy(12) };
    let generate = Command::Generate { slot: 0, id: 1, prompt: prompt.clone(), sampling, columns: columns.clone() };
    let answer = Given::Text("yes".into());
    let score = Command::Score(Passage { slot: 0, id: 2, prompt, answer, columns, num_top: 2 });
    let lay_out = |add_ons: Vec<AddOnFile>| Command::LayOut { slot: 0, columns: 3, add_ons };
    let commands = VecDeque::from([
        (load_command(), vec![]),
        (lay_out(add_ons.clone()), vec![adapter.clone(), steering]),
        (generate, vec![]),
        (score, vec![]),
        // Files in the wrong order are refused by name, and the model stays loaded.
        (lay_out(add_ons[..1].to_vec()), vec![b"not an adapter, but long enough to be read as something".to_vec()]),
    ]);
    let moved = Command::SetScales { column: 0, scales: vec![-2.0] };
    let events = Script::run_with_files(Some(gpu), commands, Some((7, moved)));
    let status = fold(&events);
    let loaded = status.ready(0).expect("a model");
    assert_eq!(
        (loaded.columns, loaded.add_ons.as_slice()),
        (3, ["adapter".to_owned(), "vector".to_owned()].as_slice())
    );
    let answer = status.answer.expect("an answer");
    assert_eq!(answer.columns.len(), 3);
    let [base, adapted, steered] = [0, 1, 2].map(|column: usize| answer.columns[column].clone());
    assert!(base.tokens != adapted.tokens && base.tokens != steered.tokens && adapted.tokens != steered.tokens);
    // The scale changed after seven tokens of three columns. It affects the first column from its third token on, and
    // no other column.
    assert_eq!((base.changes.as_slice(), adapted.changes.len(), steered.changes.len()), ([3].as_slice(), 0, 0));
    let scored = events.iter().find_map(|event| match event {
        Event::Scored { id: 2, tokens } => Some(tokens),
        _ => None,
    });
    let scored = scored.expect("scores");
    assert_eq!(scored.iter().map(|token| token.piece.as_str()).collect::<String>(), "yes");
    for token in scored {
        assert_eq!((token.columns.len(), token.columns[0].kl), (3, 0.0));
        assert!(token.columns.iter().all(|column| column.logprob < 0.0 && column.top.len() == 2));
        assert!(token.columns[1].kl > 0.0 && token.columns[2].kl > 0.0);
    }
    let failure = status.failure.expect("the last layout");
    assert_eq!((failure.what, failure.model_lost), (FailedStep::LayOut(0), false));
    assert!(failure.message.contains("adapter"), "{}", failure.message);
}

/// Adapters can be sent with the load command: the answers are the same as with a later layout command.
#[test]
fn a_load_that_brings_its_layout_is_the_same() {
    let name = "a_load_that_brings_its_layout_is_the_same";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let mut parts = random_parts(Shape::TINY, &[0, 1], &["attn_q", "ffn_down"], 4, 3);
    let adapter = gguf_adapter(&mut parts, Shape::TINY, "llama", Quant::F32, 4.0).bytes();
    let add_ons = vec![AddOnFile::new("adapter", AddOnKind::Adapter, Source::Disk)];
    let columns = [0.0, 1.0].map(|scale| Column { scales: vec![scale], seed: None }).to_vec();
    let sampling = Sampling { temperature: 1.0, seed: 3, ..Sampling::greedy(12) };
    let generate = Command::Generate { slot: 0, id: 1, prompt: Prompt::Raw("hello".into()), sampling, columns };
    let model = random_llama(Shape::TINY, &[Quant::Q4_1], 1).bytes();
    let Command::Load { slot, source, name, keep, sha256, place, math, .. } = load_command() else { panic!("a load") };
    for place in [place, Place::Cpu] {
        let load = |columns, add_ons| Command::Load {
            slot,
            source: source.clone(),
            name: name.clone(),
            keep,
            sha256,
            place,
            math,
            columns,
            add_ons,
        };
        let after = VecDeque::from([
            (load(1, vec![]), vec![]),
            (Command::LayOut { slot: 0, columns: 2, add_ons: add_ons.clone() }, vec![adapter.clone()]),
            (generate.clone(), vec![]),
        ]);
        let at_once = VecDeque::from([
            (load(2, add_ons.clone()), vec![model.clone(), adapter.clone()]),
            (generate.clone(), vec![]),
        ]);
        let [after, at_once] =
            [after, at_once].map(|commands| fold(&Script::run_with_files(Some(Rc::clone(&gpu)), commands, None)));
        let loaded = at_once.ready(0).expect("a model");
        assert_eq!((loaded.columns, loaded.add_ons.as_slice()), (2, ["adapter".to_owned()].as_slice()));
        let [after, at_once] = [after, at_once].map(|status| status.answer.expect("an answer").columns);
        assert!(at_once[0].tokens != at_once[1].tokens, "the adapter does something");
        assert_eq!(after, at_once);
    }
}
