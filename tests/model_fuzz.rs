//! Damaged and hostile files never cause a panic or a hang, and never allocate memory only because they claim a size.
//!
//! Inputs are tiny valid files with changed parts and bytes, or random bytes. Each input depends only on the seed and
//! its number. To repeat one that fails, set `ASKEW_FUZZ_SEED`, `ASKEW_FUZZ_FIRST` and `ASKEW_FUZZ_INPUTS=1`.
//! `cargo xtask fuzz` runs a million inputs.

mod common;
#[path = "model_fuzz/templates.rs"]
mod templates;

use askew::model::gguf::{HeaderParser, WeightStream};
use askew::model::quant::Quant;
use askew::model::reference::{Reference, WeightsBuilder};
use askew::model::sampler::{SamplerSettings, SeenTokens};
use askew::model::{
    Adapter, AdapterReader, Config, LocalTime, ModelError, ModelFile, Sampler, Steering, SteeringReader,
};
use common::adapter::{SafetensorsFile, gguf_adapter, peft, peft_name, random_parts, store};
use common::fuzz::Fuzz;
use common::gguf::{GgufFile, Meta, Shape, noise, random_model};
use common::mutate::{self, MAX_INPUT_BYTES, Random};
use peak_alloc::PeakAlloc;
use serde_json::Value;

/// Measures the peak of allocated memory.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Maximum memory for one input.
const MAX_PEAK_BYTES: usize = 256 << 20;
/// Default number of inputs; `ASKEW_FUZZ_INPUTS` overrides it.
const NUM_INPUTS: u64 = 20_000;

/// A shape so small that a whole model fits 8 KB.
const SHAPE: Shape = Shape { dim: 32, ff_dim: 32, layers: 1, heads: 4, kv_heads: 1, head_dim: 8, vocab: 40 };

/// A template like most published ones: a loop over turns, roles, an end.
const TEMPLATE: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system\nYou help<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] \
+ '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

/// A template that takes as much time as it may.
const SLOW_TEMPLATE: &str = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";

/// A valid file that inputs are made from.
#[derive(Clone, Debug)]
enum Seed {
    Model(GgufFile),
    Adapter(GgufFile),
    Steering(GgufFile),
    Peft(Value, SafetensorsFile),
    SteeringSafetensors(SafetensorsFile),
}

/// An input: the file or files that are read.
#[derive(Debug)]
enum Input {
    Model(Vec<u8>),
    Adapter(Option<Vec<u8>>, Vec<u8>),
    Steering(Vec<u8>),
}

const KINDS: [&str; 3] = ["models", "adapters", "steering vectors"];

impl Input {
    fn kind(&self) -> usize {
        match self {
            Self::Model(_) => 0,
            Self::Adapter(..) => 1,
            Self::Steering(_) => 2,
        }
    }

    fn bytes(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Model(bytes) | Self::Adapter(_, bytes) | Self::Steering(bytes) => bytes,
        }
    }
}

impl Seed {
    fn input(&self) -> Input {
        match self {
            Self::Model(file) => Input::Model(file.bytes()),
            Self::Adapter(file) => Input::Adapter(None, file.bytes()),
            Self::Steering(file) => Input::Steering(file.bytes()),
            Self::Peft(config, file) => Input::Adapter(Some(config.to_string().into_bytes()), file.bytes()),
            Self::SteeringSafetensors(file) => Input::Steering(file.bytes()),
        }
    }

    /// Changes a part. If the donor is of another kind, parts are taken from the file itself.
    fn mutate(&mut self, random: &mut Random, donor: &Self) {
        match self {
            Self::Model(file) | Self::Adapter(file) | Self::Steering(file) => {
                let donor = match donor {
                    Self::Model(other) | Self::Adapter(other) | Self::Steering(other) => other.clone(),
                    _ => file.clone(),
                };
                mutate::gguf(random, file, &donor);
            }
            Self::Peft(config, _) if random.below(3) == 0 => mutate::config(random, config),
            Self::Peft(_, file) | Self::SteeringSafetensors(file) => {
                let donor = match donor {
                    Self::Peft(_, other) | Self::SteeringSafetensors(other) => other.clone(),
                    _ => file.clone(),
                };
                mutate::safetensors(random, file, &donor);
            }
        }
    }
}

/// Formats with blocks that fit rows of 32.
const QUANTS: [Quant; 9] = [
    Quant::F32,
    Quant::F16,
    Quant::BF16,
    Quant::Q4_0,
    Quant::Q4_1,
    Quant::Q5_0,
    Quant::Q5_1,
    Quant::Q8_0,
    Quant::Iq4Nl,
];

/// A model of 8 KB with everything that files have. Its tokenizer is SentencePiece if `pre` is empty.
fn model(architecture: &str, quants: &[Quant], pre: &str, template: &str) -> GgufFile {
    shaped(SHAPE, architecture, quants, pre, template)
}

fn shaped(shape: Shape, architecture: &str, quants: &[Quant], pre: &str, template: &str) -> GgufFile {
    let mut file = random_model(architecture, shape, quants, 5);
    let mut tokens: Vec<String> =
        ["<|im_start|>", "<|im_end|>", "<unk>", "ab", "abc", "Ġ", "▁", "▁a", "<0x0A>"].map(String::from).to_vec();
    tokens.extend(('a'..='z').chain('0'..='4').map(String::from));
    let kinds = (0..tokens.len()).map(|id| [3, 3, 2, 1, 1, 1, 1, 1, 6].get(id).copied().unwrap_or(1)).collect();
    if pre.is_empty() {
        file.set("tokenizer.ggml.model", Meta::Text("llama".into()));
        file.set("tokenizer.ggml.scores", Meta::Floats((0..tokens.len()).map(|id| -(id as f32)).collect()));
        file.set("tokenizer.ggml.add_space_prefix", Meta::Bool(true));
    } else {
        file.set("tokenizer.ggml.pre", Meta::Text(pre.into()));
        file.set("tokenizer.ggml.merges", Meta::Texts(vec!["a b".into(), "ab c".into()]));
    }
    for (key, value) in [
        ("general.alignment", Meta::U32(32)),
        ("tokenizer.ggml.tokens", Meta::Texts(tokens)),
        ("tokenizer.ggml.token_type", Meta::Ints(kinds)),
        ("tokenizer.ggml.bos_token_id", Meta::U32(0)),
        ("tokenizer.ggml.eos_token_id", Meta::U32(1)),
        ("tokenizer.ggml.add_bos_token", Meta::Bool(true)),
        ("tokenizer.chat_template", Meta::Text(template.into())),
    ] {
        file.set(key, value);
    }
    file
}

/// A header with K formats, without weights: their blocks of 256 make models larger than an input may be.
fn k_formats() -> GgufFile {
    let shape = Shape { dim: 256, ff_dim: 256, ..SHAPE };
    let quants = [Quant::Q2K, Quant::Q3K, Quant::Q4K, Quant::Q5K, Quant::Q6K, Quant::F16];
    shaped(shape, "llama", &quants, "smollm", TEMPLATE)
}

/// Valid files of every architecture, tokenizer and format, and adapters and steering vectors in both formats.
fn seeds() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (architecture, pre, quants) in [
        ("llama", "smollm", &[Quant::Q4_0][..]),
        ("llama", "llama-bpe", &[Quant::Q5_0, Quant::Q4_0]),
        ("llama", "", &[Quant::Q4_1, Quant::Iq4Nl]),
        ("qwen2", "qwen2", &[Quant::Q4_0, Quant::Q4_1]),
        ("qwen3", "qwen2", &[Quant::Iq4Nl, Quant::Q5_0]),
        ("gemma3", "", &[Quant::Q4_0]),
    ] {
        seeds.push(Seed::Model(model(architecture, quants, pre, TEMPLATE)));
    }
    for quant in QUANTS {
        // Only the keys: a model with only float weights is larger than an input may be.
        let quants = [Quant::Q4_0, Quant::Q4_0, quant].into_iter().chain([Quant::Q4_0; 5]).collect::<Vec<_>>();
        seeds.push(Seed::Model(model("llama", &quants, "smollm", "{{ messages[0].content }}")));
    }
    seeds.push(Seed::Model(k_formats()));
    // Only one of them, because each takes as much time as it is allowed.
    seeds.push(Seed::Model(model("llama", &[Quant::Q4_0], "smollm", SLOW_TEMPLATE)));
    let parts = || random_parts(SHAPE, &[0], &["attn_q", "attn_k", "ffn_down"], 2, 3);
    for dtype in ["F32", "F16", "BF16"] {
        let (config, file) = peft(&mut parts(), dtype, 4.0, peft_name);
        seeds.push(Seed::Peft(config, file));
    }
    for quant in [Quant::F32, Quant::BF16] {
        seeds.push(Seed::Adapter(gguf_adapter(&mut parts(), SHAPE, "llama", quant, 4.0)));
    }
    let mut gguf = GgufFile::default();
    gguf.set("general.architecture", Meta::Text("controlvector".into()));
    gguf.set("controlvector.model_hint", Meta::Text("llama".into()));
    gguf.tensor("direction.1", &[32], Quant::F32, store(&mut noise(32, 1), "F32"));
    seeds.push(Seed::Steering(gguf));
    let mut safetensors = SafetensorsFile::default();
    safetensors.tensor("layer.0", "F32", &[32], store(&mut noise(32, 1), "F32"));
    safetensors.tensor("layer.1", "F16", &[1, 32], store(&mut noise(32, 1), "F16"));
    seeds.push(Seed::SteeringSafetensors(safetensors));
    seeds
}

/// The models that adapters and steering vectors are read for.
struct Bases {
    adapter: Config,
    steering: Config,
}

impl Bases {
    fn new() -> Self {
        let bytes = model("llama", &[Quant::Q4_0], "smollm", TEMPLATE).bytes();
        let (header, _) = HeaderParser::default().push(&bytes).expect("parses").expect("complete");
        let adapter = ModelFile::from_header(&header).expect("usable").config;
        let mut steering = adapter.clone();
        steering.num_layers = 2;
        Self { adapter, steering }
    }
}

/// Reads an input in chunks until it is refused or at its end.
fn read(input: &Input, chunk: usize, bases: &Bases) -> Result<(), ModelError> {
    match input {
        Input::Model(bytes) => read_model(bytes, chunk),
        Input::Adapter(config, bytes) => {
            let mut reader = AdapterReader::new("fuzz", config.as_deref(), &bases.adapter)?;
            bytes.chunks(chunk).try_for_each(|chunk| reader.push(chunk))?;
            let adapter: Adapter = reader.finish()?;
            assert!(adapter.max_rank() > 0 && adapter.num_bytes() > 0);
            Ok(())
        }
        Input::Steering(bytes) => {
            let mut reader = SteeringReader::new("fuzz", &bases.steering);
            bytes.chunks(chunk).try_for_each(|chunk| reader.push(chunk))?;
            let steering: Steering = reader.finish()?;
            assert!(steering.layers.iter().flatten().all(|vector| vector.len() == bases.steering.dim));
            Ok(())
        }
    }
}

/// Reads header, configuration, tokenizer, template and weights, and runs two tokens through the model.
fn read_model(bytes: &[u8], chunk: usize) -> Result<(), ModelError> {
    let mut parser = HeaderParser::default();
    let mut chunks = bytes.chunks(chunk);
    let complete = loop {
        match chunks.next() {
            Some(chunk) => {
                if let Some(complete) = parser.push(chunk)? {
                    break complete;
                }
            }
            None => break parser.finish()?,
        }
    };
    let (header, rest) = complete;
    let file = ModelFile::from_header(&header)?;
    let text = "abc <|im_start|>user\nHé 3</s> 漢字";
    let tokens = file.tokenizer.encode(text);
    assert!(file.tokenizer.decode(&tokens).len() <= 64 * tokens.len() * MAX_INPUT_BYTES);
    drop(file.tokenizer.encode_prompt(text));
    assert!(tokens.iter().all(|&token| (token as usize) < file.config.vocab_size));
    // A template may fail; a reader would then write a raw prompt.
    let chat = file.chat(&[("user", text), ("assistant", "b"), ("user", "c")]);
    if let Err(error) = chat.and_then(|chat| chat.render(|| LocalTime::from_unix(0))) {
        assert!(!error.to_string().is_empty());
    }
    let mut builder = WeightsBuilder::default();
    let mut stream = WeightStream::new(&file.tensors, header.num_bytes);
    stream.push(&rest, &mut builder)?;
    chunks.try_for_each(|chunk| stream.push(chunk, &mut builder))?;
    stream.finish()?;
    let weights = builder.build(&file)?;
    let mut reference = Reference::new(file.config.clone(), weights, 4)?;
    let settings = SamplerSettings { temperature: 1.0, top_k: 5, top_p: 0.9, min_p: 0.01, penalty: 1.1, seed: 1 };
    let (sampler, mut seen) = (Sampler::new(settings)?, SeenTokens::new(file.config.vocab_size));
    let mut token = tokens.first().copied().unwrap_or(0);
    for position in 0..2 {
        let hidden = reference.hidden(&[token], position);
        let logits = reference.logits(&hidden);
        // If the logits are not numbers, no token can be chosen.
        let Some(chosen) = sampler.choose(&logits, &seen, u32::try_from(position).expect("small")) else { break };
        token = chosen;
        seen.insert(token);
        assert!((token as usize) < file.config.vocab_size);
    }
    Ok(())
}

/// The input of this number, and the length of its chunks.
fn input(seeds: &[Seed], seed: u64, number: u64) -> (Input, usize) {
    let mut random = Random(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    random.next();
    let mut start = random.pick(seeds).expect("some").clone();
    let donor = random.pick(seeds).expect("some").clone();
    let how = random.below(10);
    if (2..4).contains(&how) || (6..8).contains(&how) {
        for _ in 0..=random.below(3) {
            start.mutate(&mut random, &donor);
        }
    }
    let mut input = start.input();
    input.bytes().truncate(MAX_INPUT_BYTES);
    // Change one number, if the format has one.
    if how == 4 || how == 5 {
        match &start {
            Seed::Model(file) | Seed::Adapter(file) | Seed::Steering(file) => {
                mutate::gguf_number(&mut random, file, input.bytes());
            }
            Seed::Peft(..) | Seed::SteeringSafetensors(_) => mutate::safetensors_value(&mut random, input.bytes()),
        }
    }
    match how {
        // Random bytes, with or without a correct start.
        0 => {
            let start = random.below(48).min(input.bytes().len());
            let len = random.below(MAX_INPUT_BYTES - start);
            let bytes = input.bytes();
            bytes.truncate(start);
            bytes.extend((0..len).map(|_| random.byte()));
        }
        // Only parts or numbers are changed.
        2..6 => {}
        // Sometimes the input stays unchanged.
        1 if random.below(4) == 0 => {}
        _ => {
            let mut donor = donor.input();
            for _ in 0..=random.below(4) {
                let donor = donor.bytes();
                match &mut input {
                    Input::Adapter(Some(config), _) if random.below(3) == 0 => {
                        mutate::bytes(&mut random, config, donor)
                    }
                    other => mutate::bytes(&mut random, other.bytes(), donor),
                }
            }
        }
    }
    let chunk = [1, 7, 64, 1000, MAX_INPUT_BYTES][random.below(5)];
    (input, chunk)
}

/// Checks that the unchanged files are accepted; otherwise their inputs would test nothing.
fn check_seeds(seeds: &[Seed], bases: &Bases) {
    let sizes: Vec<usize> = seeds.iter().map(|seed| seed.input().bytes().len()).collect();
    assert_eq!(sizes.iter().filter(|&&size| size > MAX_INPUT_BYTES).count(), 1, "the K formats only: {sizes:?}");
    for (index, seed) in seeds.iter().enumerate() {
        let mut input = seed.input();
        let is_whole = input.bytes().len() <= MAX_INPUT_BYTES;
        input.bytes().truncate(MAX_INPUT_BYTES);
        for chunk in [1, MAX_INPUT_BYTES] {
            match read(&input, chunk, bases) {
                Ok(()) => assert!(is_whole, "an input is a whole file"),
                // The header is valid, and the weights are cut off at the maximum length of inputs.
                Err(ModelError::Truncated { reading, .. }) => {
                    assert!(!is_whole && reading.starts_with("tensor"), "{reading}");
                }
                Err(error) => panic!("seed {index}: {error}"),
            }
        }
    }
}

/// A single test, so that nothing else allocates while memory is measured.
#[test]
fn no_input_does_harm() {
    let (seeds, bases) = (seeds(), Bases::new());
    check_seeds(&seeds, &bases);
    templates::check(&MEMORY);
    let input = |seed, number| {
        let (input, chunk) = input(&seeds, seed, number);
        (input.kind(), (input, chunk))
    };
    let read = |(input, chunk): &(Input, usize)| {
        (MAX_PEAK_BYTES, read(input, *chunk, &bases).map_err(|error| error.to_string()))
    };
    Fuzz { kinds: &KINDS, num_inputs: NUM_INPUTS, memory: &MEMORY, input: &input, read: &read }.run();
}
