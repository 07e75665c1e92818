//! What the page and the engine worker say to each other, and the pure reducer that folds events into a status.
//!
//! Plain serde enums only: postcard carries them, which knows neither untagged nor flattened nor skipped fields.
//! Nothing here names the browser, `wgpu` or the model layer, so the page can depend on it without downloading an engine.

use serde::{Deserialize, Serialize};

use super::wire::Message as WireMessage;

/// Raised whenever a message changes shape; a page and a worker from different builds refuse each other.
pub const PROTOCOL_VERSION: u16 = 2;

impl WireMessage for Command {
    const VERSION: u16 = PROTOCOL_VERSION;
}

impl WireMessage for Event {
    const VERSION: u16 = PROTOCOL_VERSION;
}

/// What the page asks of the engine worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Look for a usable GPU; answered by [`Event::Probed`].
    Probe,
    /// Load a model, replacing the one in its slot; answered by [`Event::LoadProgress`] and then [`Event::Loaded`] or [`Event::Failed`].
    Load {
        /// Where it goes: several models are loaded at once where memory allows. Answers of all slots come one by one.
        slot: u32,
        /// Where the bytes come from.
        source: Source,
        /// What the reader calls the file; shown in messages.
        name: String,
        /// Whether to keep a copy in this browser.
        keep: bool,
        /// Where to run it.
        place: Place,
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
    },
    /// Stop the answer or the load under way. The answer ends with [`StopReason::Asked`]; a load ends with [`Event::Unloaded`].
    Stop,
    /// Free a model and its GPU memory; answered by [`Event::Unloaded`].
    Unload {
        /// Whose.
        slot: u32,
    },
    /// What can be loaded without a file at hand; answered by [`Event::Shelf`].
    Shelf,
    /// Delete a kept model; answered by [`Event::Shelf`], after [`Event::Failed`] where it cannot be done.
    Forget {
        /// As in [`Source::Kept`].
        key: String,
    },
}

impl Command {
    /// Whether it ends an answer or a load that is under way.
    pub fn interrupts(&self) -> bool {
        match self {
            Self::Load { .. } | Self::Generate { .. } | Self::Stop | Self::Unload { .. } => true,
            Self::Probe | Self::Shelf | Self::Forget { .. } => false,
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
    /// Sent many times while a model loads.
    LoadProgress(LoadProgress),
    /// A model is ready.
    Loaded(Loaded),
    /// A slot is empty.
    Unloaded {
        /// Which.
        slot: u32,
    },
    /// What can be loaded without a file at hand.
    Shelf(Shelf),
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
        /// The token's place in the answer, from 0.
        index: u32,
        /// The token's number in the model's vocabulary.
        token: u32,
        /// New text to append. Whole characters only: empty while a character's bytes, or a possible stop string, are incomplete.
        piece: String,
        /// Time from the end of prefill to this token, in milliseconds.
        at_ms: f64,
    },
    /// The answer has ended.
    Finished {
        /// The answer's id.
        id: u32,
        /// Text held back until the end, to append to the pieces.
        tail: String,
        /// Why it ended.
        reason: StopReason,
        /// What it cost.
        cost: Cost,
    },
    /// A command failed; the worker lives on and takes the next command.
    Failed(Failure),
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
    /// Whether shaders may use 16-bit floats.
    pub shader_f16: bool,
    /// Smallest and largest subgroup size, where subgroups are usable.
    pub subgroups: Option<(u32, u32)>,
}

/// A model that has been loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Where it stands.
    pub slot: u32,
    /// What it is.
    pub card: ModelCard,
    /// Where its bytes came from and whether they are kept, in a sentence; may be empty.
    pub note: String,
    /// Memory of the GPU that it takes, in bytes: weights, cache and activations.
    pub gpu_bytes: u64,
    /// Size of the engine's own memory in bytes. It never shrinks, so this is the most that loading took. 0 natively.
    pub engine_bytes: u64,
}

/// What can be loaded without a file at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// How much is kept and how much more may be, in words.
    pub summary: String,
    /// Models kept in this browser, newest first, and parts of some.
    pub kept: Vec<ShelfItem>,
    /// Models known to work. Nothing of them is fetched until one is chosen.
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
    /// Reading the headers, which are checked before any weight is read.
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
    /// Compute dispatches for one decoded token; 0 only on the CPU path.
    pub dispatches_per_token: u32,
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
    /// The answer with this id.
    Generate(u32),
    /// A message that could not be read, or one that came at the wrong moment.
    Message,
    /// The GPU itself.
    Device,
    /// The models kept in this browser.
    Shelf,
}

/// What the page knows of the engine: the fold of all events, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineStatus {
    /// The last probe, if any came.
    pub probe: Option<Probe>,
    /// The models with their slots; an empty slot is absent.
    pub models: Vec<(u32, ModelStatus)>,
    /// What can be loaded without a file at hand, once that was asked.
    pub shelf: Option<Shelf>,
    /// The latest answer, running or ended.
    pub answer: Option<Answer>,
    /// The latest failure, until something succeeds after it.
    pub failure: Option<Failure>,
}

/// What has become of a slot's model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelStatus {
    /// It is loading.
    Loading(LoadProgress),
    /// It is ready.
    Ready(Loaded),
}

/// An answer, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The id that the page chose.
    pub id: u32,
    /// Tokens in the prompt.
    pub prompt_tokens: u32,
    /// Text so far.
    pub text: String,
    /// Tokens so far.
    pub tokens: Vec<u32>,
    /// Time from the end of prefill to the latest token, in milliseconds.
    pub decode_ms: f64,
    /// Set when the answer has ended.
    pub end: Option<(StopReason, Cost)>,
}

impl Answer {
    /// Decoded tokens per second, once two tokens are there (the first falls out of prefill).
    pub fn tokens_per_sec(&self) -> Option<f64> {
        let steps = self.tokens.len().checked_sub(1).filter(|&n| n > 0)?;
        (self.decode_ms > 0.0).then(|| steps as f64 * 1e3 / self.decode_ms)
    }
}

impl EngineStatus {
    /// Whether an answer is being written.
    pub fn is_answering(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.end.is_none())
    }

    /// The model in a slot, if it is ready.
    pub fn ready(&self, slot: u32) -> Option<&Loaded> {
        self.models.iter().find_map(|(at, model)| match model {
            ModelStatus::Ready(loaded) if *at == slot => Some(loaded),
            ModelStatus::Ready(_) | ModelStatus::Loading(_) => None,
        })
    }

    /// The load into a slot, if one is under way.
    pub fn loading(&self, slot: u32) -> Option<LoadProgress> {
        self.models.iter().find_map(|(at, model)| match model {
            ModelStatus::Loading(progress) if *at == slot => Some(*progress),
            ModelStatus::Ready(_) | ModelStatus::Loading(_) => None,
        })
    }

    /// Puts something into a slot, or empties it.
    fn put(&mut self, slot: u32, model: Option<ModelStatus>) {
        self.models.retain(|(at, _)| *at != slot);
        self.models.extend(model.map(|model| (slot, model)));
    }

    /// Folds one event in. Events of an answer other than the current one are late and change nothing.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Probed(probe) => self.probe = Some(probe),
            Event::LoadProgress(progress) => {
                self.failure = None;
                self.put(progress.slot, Some(ModelStatus::Loading(progress)));
            }
            Event::Loaded(loaded) => {
                self.failure = None;
                self.put(loaded.slot, Some(ModelStatus::Ready(loaded)));
            }
            Event::Unloaded { slot } => {
                self.put(slot, None);
                self.abandon_answer();
            }
            Event::Shelf(shelf) => self.shelf = Some(shelf),
            Event::Prefilled { id, prompt_tokens, .. } => {
                self.failure = None;
                self.answer = Some(Answer { id, prompt_tokens, ..Answer::default() });
            }
            Event::Token { id, token, piece, at_ms, .. } => {
                if let Some(answer) = self.running(id) {
                    answer.tokens.push(token);
                    answer.text.push_str(&piece);
                    answer.decode_ms = at_ms;
                }
            }
            Event::Finished { id, tail, reason, cost } => {
                if let Some(answer) = self.running(id) {
                    answer.text.push_str(&tail);
                    answer.end = Some((reason, cost));
                }
            }
            Event::Failed(failure) => {
                match failure.what {
                    FailedStep::Load(slot) => {
                        self.put(slot, None);
                        self.abandon_answer();
                    }
                    FailedStep::Generate(_) => self.abandon_answer(),
                    FailedStep::Message | FailedStep::Device | FailedStep::Shelf => {}
                }
                if failure.model_lost {
                    self.models.clear();
                    self.abandon_answer();
                }
                self.failure = Some(failure);
            }
        }
    }

    fn running(&mut self, id: u32) -> Option<&mut Answer> {
        self.answer.as_mut().filter(|answer| answer.id == id && answer.end.is_none())
    }

    /// Keeps the text that came, marked as ended.
    fn abandon_answer(&mut self) {
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.end.is_none()) {
            answer.end = Some((StopReason::Asked, Cost::default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::wire;

    fn token(id: u32, index: u32, piece: &str) -> Event {
        Event::Token { id, index, token: 100 + index, piece: piece.into(), at_ms: f64::from(index) * 10.0 }
    }

    fn finished(id: u32, tail: &str) -> Event {
        Event::Finished { id, tail: tail.into(), reason: StopReason::EndOfText, cost: Cost::default() }
    }

    fn fold(events: impl IntoIterator<Item = Event>) -> EngineStatus {
        let mut status = EngineStatus::default();
        events.into_iter().for_each(|event| status.apply(event));
        status
    }

    #[test]
    fn an_answer_is_its_pieces_and_its_tail() {
        let status = fold([
            Event::Prefilled { id: 7, prompt_tokens: 5, prefill_ms: 1.0 },
            token(7, 0, " Par"),
            token(7, 1, ""),
            token(7, 2, "is"),
            finished(7, "."),
        ]);
        let answer = status.answer.expect("an answer");
        assert_eq!(answer.text, " Paris.");
        assert_eq!(answer.tokens, [100, 101, 102]);
        assert_eq!(answer.tokens_per_sec(), Some(100.0));
        assert_eq!(answer.end.map(|end| end.0), Some(StopReason::EndOfText));
    }

    #[test]
    fn late_events_of_an_older_answer_change_nothing() {
        let before = fold([Event::Prefilled { id: 2, prompt_tokens: 1, prefill_ms: 0.0 }]);
        let mut after = before.clone();
        after.apply(token(1, 3, "late"));
        after.apply(finished(1, "late"));
        assert_eq!(after, before);
        assert!(after.is_answering());
    }

    #[test]
    fn a_failed_load_leaves_no_model_and_a_reason() {
        let failure = Failure { what: FailedStep::Load(0), message: "Not a GGUF file.".into(), model_lost: false };
        let other = Loaded { slot: 1, ..Loaded::default() };
        let status =
            fold([Event::Loaded(Loaded::default()), Event::Loaded(other.clone()), Event::Failed(failure.clone())]);
        assert_eq!((status.ready(0), status.ready(1)), (None, Some(&other)), "the other slot keeps its model");
        assert_eq!(status.failure, Some(failure));
    }

    #[test]
    fn a_lost_device_ends_the_answer_and_keeps_its_text() {
        let failure = Failure { what: FailedStep::Generate(1), message: "The GPU was reset.".into(), model_lost: true };
        let status = fold([
            Event::Loaded(Loaded::default()),
            Event::Prefilled { id: 1, prompt_tokens: 1, prefill_ms: 0.0 },
            token(1, 0, "kept"),
            Event::Failed(failure),
        ]);
        assert!(status.models.is_empty());
        assert!(!status.is_answering());
        assert_eq!(status.answer.map(|answer| answer.text).as_deref(), Some("kept"));
    }

    #[test]
    fn messages_survive_the_wire() {
        let command =
            Command::Generate { slot: 1, id: 3, prompt: Prompt::chat(None, "hey"), sampling: Sampling::greedy(8) };
        let bytes = wire::encode(&command).expect("encodes");
        assert_eq!(wire::decode::<Command>(&bytes), Ok(command));
        let event = Event::Probed(Probe::Ready(Device { subgroups: Some((4, 8)), ..Device::default() }));
        let bytes = wire::encode(&event).expect("encodes");
        assert_eq!(wire::decode::<Event>(&bytes), Ok(event));
    }
}
