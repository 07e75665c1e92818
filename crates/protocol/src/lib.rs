//! What the page and the engine worker say to each other; [`crate::status`] folds it into what the page knows.
//!
//! Plain serde enums only: postcard carries them, which knows neither untagged nor flattened nor skipped fields.
//! Nothing here names the browser, `wgpu` or the model layer, so the page can depend on it without downloading an engine.

pub mod self_test;
pub mod status;
pub mod wire;

use serde::{Deserialize, Serialize};

use crate::wire::Message as WireMessage;

/// Raised whenever a message changes shape; a page and a worker from different builds refuse each other.
pub const PROTOCOL_VERSION: u16 = 9;

impl WireMessage for Command {
    const VERSION: u16 = PROTOCOL_VERSION;
}

impl WireMessage for Event {
    const VERSION: u16 = PROTOCOL_VERSION;
}

/// Most columns that a model can be laid out for.
pub const MAX_COLUMNS: u32 = 8;

/// What the page asks of the engine worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Look for a usable GPU; answered by [`Event::Probed`].
    Probe,
    /// Load a model, replacing the one in its slot as soon as weights are wanted: a file that cannot be used costs no model.
    /// Answered by [`Event::LoadProgress`] and then one of [`Event::Loaded`], [`Event::Failed`] and [`Event::LoadStopped`].
    Load {
        /// Where it goes: several models are loaded at once where memory allows. Answers of all slots come one by one.
        slot: u32,
        /// Where the bytes come from.
        source: Source,
        /// What the reader calls the file; shown in messages.
        name: String,
        /// Whether to keep a copy in this browser.
        keep: bool,
        /// The SHA-256 that the file must have, where that is known: it is checked when all of it has come.
        sha256: Option<[u8; 32]>,
        /// Where to run it.
        place: Place,
        /// How to compute on a GPU. The CPU always rounds: it is slow enough.
        math: Math,
        /// Sequences that can be decoded together.
        columns: u32,
        /// As in [`Command::LayOut`], with the files behind the model's own.
        sides: Vec<SideFile>,
    },
    /// Answer a prompt; answered by [`Event::Prefilled`], [`Event::Token`]s and [`Event::Finished`] or [`Event::Failed`].
    Generate {
        /// Which model answers.
        slot: u32,
        /// Chosen by the page and repeated in every event of this answer.
        id: u32,
        /// What to answer.
        prompt: Prompt,
        /// How to choose tokens.
        sampling: Sampling,
        /// The answers that are decoded together, as many as the model is laid out for at most.
        columns: Vec<Column>,
    },
    /// Lay a model out for columns, adapters and steering vectors. Files from the disk are the message's attachments in order
    /// (PEFT adapters bring two: the weights, then `adapter_config.json`); answered by [`Event::LaidOut`],
    /// [`Event::LayOutStopped`] or [`Event::Failed`].
    LayOut {
        /// Whose layout.
        slot: u32,
        /// Sequences that can be decoded together.
        columns: u32,
        /// Adapters first, then steering vectors.
        sides: Vec<SideFile>,
    },
    /// Change a column's scales while an answer is written. The first token that feels them is marked.
    SetScales {
        /// Which column.
        column: u32,
        /// As in [`Column`].
        scales: Vec<f32>,
    },
    /// How likely each column finds a given answer, token by token; answered by [`Event::Scored`] or [`Event::Failed`].
    Score(Passage),
    /// What each column would say next, behind the given answer, if the model ended after its first layer, its second, and so
    /// on: the logit lens (nostalgebraist 2020); answered by [`Event::Lens`] or [`Event::Failed`].
    Lens(Passage),
    /// How likely the model, at scales of 0, begins its answer with each of the integers 0 to 100; answered by
    /// [`Event::Judged`] or [`Event::Failed`].
    Judge {
        /// Which model.
        slot: u32,
        /// Chosen by the page and repeated in the answer.
        id: u32,
        /// What the judge is told.
        prompt: Prompt,
    },
    /// Stop the answer, the load or the layout under way. The answer ends with [`StopReason::Asked`]; a load ends with
    /// [`Event::LoadStopped`], a layout with [`Event::LayOutStopped`].
    Stop,
    /// Free a model and its GPU memory; answered by [`Event::Unloaded`].
    Unload {
        /// Whose.
        slot: u32,
    },
    /// What can be loaded without a file at hand; answered by [`Event::Shelf`].
    Shelf,
    /// How fast this device reads weights, measured once; answered by [`Event::Measured`].
    Measure,
    /// Delete a kept model; answered by [`Event::Shelf`], after [`Event::Failed`] where it cannot be done.
    Forget {
        /// As in [`Source::Kept`].
        key: String,
    },
}

impl Command {
    /// Whether it ends an answer, a load or a layout that is under way.
    pub fn interrupts(&self) -> bool {
        match self {
            Self::Load { .. }
            | Self::Generate { .. }
            | Self::LayOut { .. }
            | Self::Score(_)
            | Self::Lens(_)
            | Self::Judge { .. }
            | Self::Stop
            | Self::Unload { .. } => true,
            Self::Probe | Self::Shelf | Self::Measure | Self::Forget { .. } | Self::SetScales { .. } => false,
        }
    }
}

/// Where a model's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A `File` (or `Blob`) sent as the message's first attachment.
    Disk,
    /// An address to fetch, unless a whole copy is kept. The server must allow cross-origin reads if it is another site.
    Url(String),
    /// A model that is kept in this browser, by its key; one that is not whole is downloaded to its end.
    Kept(String),
}

impl Source {
    /// Another file of the same folder, where the source is an address.
    pub fn beside(&self, name: &str) -> Self {
        match self {
            Self::Url(address) => Self::Url(
                address.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}")),
            ),
            Self::Disk | Self::Kept(_) => self.clone(),
        }
    }
}

/// Where a model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The GPU.
    #[default]
    Gpu,
    /// The CPU, in one thread: slow, for browsers without a GPU.
    Cpu,
}

/// A prompt, before or after the chat template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Turns that the model's own chat template renders, with the header of an assistant's turn appended.
    /// A system turn, if any, comes first.
    Chat(Vec<Message>),
    /// Text given to the model as it is (a start token is added where the tokenizer asks for one).
    Raw(String),
}

impl Prompt {
    /// One user turn, after a system turn if `system` is given.
    pub fn chat(system: Option<&str>, user: &str) -> Self {
        let system = system.map(|text| Message { role: Role::System, content: text.to_owned() });
        let user = Message { role: Role::User, content: user.to_owned() };
        Self::Chat(system.into_iter().chain([user]).collect())
    }
}

/// One turn of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who speaks in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The instructions before the conversation.
    System,
    /// The reader.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The name that chat templates use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A given answer, and who reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Which model.
    pub slot: u32,
    /// Chosen by the page and repeated in the answer.
    pub id: u32,
    /// What is answered.
    pub prompt: Prompt,
    /// The answer.
    pub answer: Given,
    /// The columns that read it; their seeds do not matter.
    pub columns: Vec<Column>,
    /// Likeliest tokens that are told of each place or layer.
    pub num_top: u32,
}

/// An answer that is given, not asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// Text, cut into tokens as the model's tokenizer cuts it.
    Text(String),
    /// The very tokens, as a model wrote them.
    Tokens(Vec<u32>),
}

/// How tokens are chosen, and when to stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Logits are divided by this before sampling; 0 always takes the likeliest token.
    pub temperature: f32,
    /// Keep the `top_k` likeliest tokens; 0 keeps all.
    pub top_k: u32,
    /// Keep the likeliest tokens whose probabilities reach `top_p` together; 1 keeps all.
    pub top_p: f32,
    /// Drop tokens less likely than `min_p` times the likeliest; 0 drops none.
    pub min_p: f32,
    /// Penalty on tokens that stood before, prompt included; 1 is none.
    pub repetition_penalty: f32,
    /// Keys the noise: the same seed, prompt and model give the same answer.
    pub seed: u64,
    /// The answer's longest length in tokens.
    pub max_tokens: u32,
    /// The answer ends before the first of these strings that it would contain.
    pub stop: Vec<String>,
}

impl Sampling {
    /// Always the likeliest token, at most `max_tokens` of them.
    pub fn greedy(max_tokens: u32) -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            seed: 0,
            max_tokens,
            stop: Vec::new(),
        }
    }
}

/// A file of an adapter or of steering vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideFile {
    /// What it is called in messages.
    pub name: String,
    /// What it holds.
    pub kind: SideKind,
    /// Where its bytes come from. The configuration of a PEFT adapter at an address is the `adapter_config.json` beside it.
    pub source: Source,
    /// The SHA-256 that its weights must have, where that is known.
    pub sha256: Option<[u8; 32]>,
    /// The layers in which it acts, from 0; none means all.
    pub layers: Vec<u32>,
    /// The matrices of a layer that an adapter acts on, as PEFT names them (`q_proj`, ..., `down_proj`); none means all.
    pub modules: Vec<String>,
}

impl SideFile {
    /// A file that acts in all layers.
    pub fn new(name: &str, kind: SideKind, source: Source) -> Self {
        Self { name: name.to_owned(), kind, source, sha256: None, layers: Vec::new(), modules: Vec::new() }
    }
}

/// What a file adds to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SideKind {
    /// A GGUF adapter.
    Adapter,
    /// PEFT's weights, with its configuration in another file.
    PeftAdapter,
    /// Steering vectors.
    Steering,
    /// Steering vectors made here, of texts in pairs: for each layer the mean difference of the residual streams behind the
    /// first and the second of a pair (contrastive activation addition, Rimsky et al. 2023, arXiv:2312.06681). No file; only
    /// in [`Command::LayOut`], for the model must be there.
    Contrast(Vec<(String, String)>),
}

/// One of the answers that are decoded together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Scales of the adapters, then of the steering vectors, in the order in which they were added; those left out are 0.
    pub scales: Vec<f32>,
    /// Keys this column's noise; without it columns share the answer's, and differ only through the model.
    pub seed: Option<u64>,
}

/// How products are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Math {
    /// In f32.
    #[default]
    Exact,
    /// Activations are rounded to integers.
    Fast,
}

/// What the engine worker tells the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The answer to [`Command::Probe`].
    Probed(Probe),
    /// Sent many times while a model loads. The slot's model before it is gone once it is beyond [`LoadStage::Headers`].
    LoadProgress(LoadProgress),
    /// A model is ready.
    Loaded(Loaded),
    /// A load was stopped.
    LoadStopped {
        /// Into which slot.
        slot: u32,
    },
    /// A slot is empty.
    Unloaded {
        /// Which.
        slot: u32,
    },
    /// A layout was stopped: the one before it holds.
    LayOutStopped {
        /// Whose.
        slot: u32,
    },
    /// What can be loaded without a file at hand.
    Shelf(Shelf),
    /// The answer to [`Command::Measure`]; none where there is no GPU, or it failed.
    Measured(Option<ReadSpeed>),
    /// The prompt has been read.
    Prefilled {
        /// The answer's id.
        id: u32,
        /// Tokens in the prompt, after template and tokenizer.
        prompt_tokens: u32,
        /// Time from the command to the first logits, in milliseconds.
        prefill_ms: f64,
    },
    /// One more token.
    Token {
        /// The answer's id.
        id: u32,
        /// Whose.
        column: u32,
        /// The token's place in the column's answer, from 0.
        index: u32,
        /// The token's number in the model's vocabulary.
        token: u32,
        /// New text to append. Whole characters only: empty while a character's bytes, or a possible stop string, are incomplete.
        piece: String,
        /// Natural logarithm of the token's probability at temperature 1.
        logprob: f32,
        /// Whether it is the first after a change of the column's scales.
        is_changed: bool,
        /// Time from the end of prefill to this token, in milliseconds.
        at_ms: f64,
    },
    /// A column's answer has ended.
    Ended {
        /// The answer's id.
        id: u32,
        /// Whose.
        column: u32,
        /// Text held back until the end, to append to the pieces.
        tail: String,
        /// Why it ended.
        reason: StopReason,
    },
    /// All columns have ended.
    Finished {
        /// The answer's id.
        id: u32,
        /// What it cost.
        cost: Cost,
    },
    /// A model is laid out.
    LaidOut {
        /// Whose layout.
        slot: u32,
        /// Sequences that can be decoded together.
        columns: u32,
        /// Names of the adapters, then of the steering vectors: the order of a column's scales.
        sides: Vec<String>,
        /// Positions that each column has.
        context_tokens: u32,
    },
    /// The answer to [`Command::Score`].
    Scored {
        /// The id that came with it.
        id: u32,
        /// The answer's tokens.
        tokens: Vec<ScoredToken>,
    },
    /// The answer to [`Command::Lens`].
    Lens {
        /// The id that came with it.
        id: u32,
        /// (columns, layers) the likeliest tokens with their probabilities.
        columns: Vec<Vec<Vec<(String, f32)>>>,
    },
    /// The answer to [`Command::Judge`].
    Judged {
        /// The id that came with it.
        id: u32,
        /// Probability of each of the integers 0 to 100 with no digit behind it; empty where it was stopped.
        weights: Vec<f32>,
    },
    /// A command failed; the worker lives on and takes the next command.
    Failed(Failure),
}

/// A token of a given answer, and what the columns make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredToken {
    /// Its number in the vocabulary.
    pub token: u32,
    /// Its text: whole characters only, so that the pieces make up the answer.
    pub piece: String,
    /// By column.
    pub columns: Vec<TokenScore>,
}

/// What a column makes of a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenScore {
    /// Natural logarithm of its probability at temperature 1.
    pub logprob: f32,
    /// Kullback-Leibler divergence of this column's distribution from the first column's at this place, in nats.
    pub kl: f32,
    /// The likeliest tokens at this place with their probabilities.
    pub top: Vec<(String, f32)>,
}

/// Whether a model can run here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// A GPU is usable.
    Ready(Device),
    /// No GPU is usable, with the reason and what to do in plain sentences.
    Missing(String),
}

/// A GPU, and what it grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The adapter's name as the driver gives it; browsers may give only a vendor, or nothing.
    pub adapter: String,
    /// `vulkan`, `webgpu`, ... or `cpu` for the reference path.
    pub backend: String,
    /// Whether the adapter is known to be software.
    pub software: bool,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Largest storage binding in bytes; bigger tensors are bound in row tiles.
    pub max_binding_bytes: u64,
    /// Memory in bytes that a model must fit into, where anybody says.
    pub memory_bytes: Option<u64>,
    /// Whether shaders may use 16-bit floats.
    pub shader_f16: bool,
    /// Smallest and largest subgroup size, where subgroups are usable.
    pub subgroups: Option<(u32, u32)>,
}

/// How fast a device reads weights in the products that decoding consists of, in bytes a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadSpeed {
    /// In matrices of 1 MiB, as a small model's layers have.
    pub small: f64,
    /// In matrices of 32 MiB.
    pub large: f64,
}

/// A model that has been loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Where it stands.
    pub slot: u32,
    /// What it is.
    pub card: ModelCard,
    /// SHA-256 of its file in hexadecimal; empty where it was not computed.
    pub sha256: String,
    /// Where its bytes came from and whether they are kept, in a sentence; may be empty.
    pub note: String,
    /// Memory of the GPU that it takes, in bytes: weights, cache and activations.
    pub gpu_bytes: u64,
    /// Sequences that can be decoded together.
    pub columns: u32,
    /// Names of adapters, then of steering vectors.
    pub sides: Vec<String>,
    /// Size of the engine's own memory in bytes. It never shrinks, so this is the most that loading took. 0 natively.
    pub engine_bytes: u64,
}

/// What can be loaded without a file at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// How much is kept and how much more may be, in words.
    pub summary: String,
    /// Bytes that may still be kept, where the browser says.
    pub room: Option<u64>,
    /// Models kept in this browser, newest first, and parts of some.
    pub kept: Vec<ShelfItem>,
    /// Models by name. Nothing of them is fetched until one is chosen.
    pub offers: Vec<ShelfItem>,
}

/// A model on the shelf. Its words are made by the worker, for the page is what every reader downloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfItem {
    /// What the reader or its makers call it.
    pub name: String,
    /// Its size, its sum and when it was kept; or its licence and where it lies.
    pub detail: String,
    /// How it is loaded.
    pub source: Source,
    /// Where it lies, or came from.
    pub address: String,
    /// Bytes of it that are in this browser.
    pub num_bytes: u64,
    /// Whether that is a part.
    pub is_part: bool,
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Where the model goes.
    pub slot: u32,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all, where the source says.
    pub total: Option<u64>,
    /// What is going on.
    pub stage: LoadStage,
}

/// The steps of a load, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadStage {
    /// Reading the headers, and files beside the model, which are checked before any weight is read.
    #[default]
    Headers,
    /// Moving weights to the GPU.
    Weights,
    /// Building pipelines.
    Pipelines,
}

/// What a loaded model is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The file's own name for the model, or the name given on load.
    pub name: String,
    /// GGUF architecture, such as `llama`.
    pub architecture: String,
    /// Number of weights.
    pub num_parameters: u64,
    /// Number of transformer layers.
    pub num_layers: u32,
    /// Tokens that fit in the KV cache here (at most what the model was trained for).
    pub context_tokens: u32,
    /// Number of tokens in the vocabulary.
    pub vocab_size: u32,
    /// Tensors and bytes by quantization, most bytes first.
    pub quantization: Vec<QuantCount>,
    /// Weight bytes read for each decoded token.
    pub bytes_per_token: u64,
    /// Tokenizer model and pre-tokenizer, such as `gpt2/smollm`.
    pub tokenizer: String,
    /// Whether the file carries a chat template.
    pub has_chat_template: bool,
    /// How it is computed here: exactly also where rounding was asked for and the browser cannot multiply bytes.
    pub math: Math,
}

/// Tensors that share a quantization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantCount {
    /// GGML's name, such as `Q4_1`.
    pub quant: String,
    /// Number of tensors.
    pub num_tensors: u32,
    /// Their bytes together.
    pub bytes: u64,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StopReason {
    /// The model said that it had finished.
    EndOfText,
    /// `max_tokens`, or the end of the context, was reached.
    Length,
    /// A stop string appeared.
    StopString,
    /// [`Command::Stop`] was received.
    Asked,
}

impl StopReason {
    const ALL: [Self; 4] = [Self::EndOfText, Self::Length, Self::StopString, Self::Asked];

    /// What tables call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EndOfText => "eos",
            Self::StopString => "stop",
            Self::Length => "length",
            Self::Asked => "asked",
        }
    }

    /// The reason that tables call so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// What an answer cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens in the prompt.
    pub prefill_tokens: u32,
    /// Time to read the prompt, in milliseconds.
    pub prefill_ms: f64,
    /// Tokens in the answer.
    pub decode_tokens: u32,
    /// Time to write the answer, in milliseconds.
    pub decode_ms: f64,
    /// Compute dispatches for one decoded token of every column; 0 only on the CPU path.
    pub dispatches_per_token: u32,
    /// Of those, the most in any layer.
    pub dispatches_per_layer: u32,
    /// Bytes of weights that writing the answer has read.
    pub weight_bytes: u64,
    /// Where it ran.
    pub device: Device,
}

/// What went wrong, in words for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which command failed.
    pub what: FailedStep,
    /// What was wrong and what to do, in plain sentences.
    pub message: String,
    /// Whether all models had to be given up (device lost, out of memory) and must be loaded again.
    pub model_lost: bool,
}

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedStep {
    /// The load into this slot.
    Load(u32),
    /// The layout of this slot's model.
    LayOut(u32),
    /// The answer, the scores or the judgement with this id.
    Generate(u32),
    /// A message that could not be read, or one that came at the wrong moment.
    Message,
    /// The GPU itself.
    Device,
    /// The models kept in this browser.
    Shelf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn a_file_beside_another() {
        let url = |address: &str| Source::Url(address.to_owned());
        assert_eq!(url("a/b.safetensors").beside("c.json"), url("a/c.json"));
        assert_eq!(url("b.safetensors").beside("c.json"), url("c.json"));
        assert_eq!(Source::Disk.beside("c.json"), Source::Disk);
    }

    #[test]
    fn messages_survive_the_wire() {
        let command = Command::Score(Passage {
            slot: 1,
            id: 3,
            prompt: Prompt::chat(None, "hey"),
            answer: Given::Tokens(vec![7]),
            columns: vec![],
            num_top: 2,
        });
        let bytes = wire::encode(&command).expect("encodes");
        assert_eq!(wire::decode::<Command>(&bytes), Ok(command));
        let event = Event::Probed(Probe::Ready(Device { subgroups: Some((4, 8)), ..Device::default() }));
        let bytes = wire::encode(&event).expect("encodes");
        assert_eq!(wire::decode::<Event>(&bytes), Ok(event));
    }
}

/// A SHA-256 sum.
pub type Sha256Sum = [u8; 32];

/// Tokens that the cache holds unless the model was trained for fewer. 2048 tokens of a 135M model take 94 MB.
pub const DEFAULT_CONTEXT: usize = 2048;
