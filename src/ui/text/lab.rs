//! Strings of the Lab: the screen, loading a model, asking it, and its answers.

use crate::domain::text::words::{size_text, thousands};

/// Warning next to every text that a model writes in the Lab.
pub const LIVE_CAUTION: &str = "Written by the model you loaded, on this machine; not advice.";
/// Status while the engine reads a prompt.
pub const READING: &str = "Reading the prompt…";
/// Sentence after the reason why there is no GPU: models run on the CPU instead.
pub const ON_THE_CPU: &str = "Until then models run on the CPU here: slow, with the same results.";
/// Name of the column in which no adapter or vector acts.
pub const MODEL_ALONE: &str = "The model alone";
/// Caption of the group of sliders.
pub const COLUMNS_LEGEND: &str = "Variants to compare with the base model";
/// Sentence below that caption: what the sliders do.
pub const COLUMNS_HINT: &str = "0 is the model alone, 1 as it was trained. Move a slider while the answer is written: it acts on the next token, which is marked.";
/// Explanation of the double underline in an answer.
pub const DIVERGES: &str = "Underlined twice: the first token that differs from the first column's";
/// Explanation of the box around a token of an answer.
pub const CHANGED: &str = "Boxed: the first token after a slider was moved";

/// Label of a slider. The name of the adapter or vectors follows. `column` counts from 0.
#[must_use]
pub fn strength_in(column: usize) -> String {
    format!("Column {}, strength of", column + 1)
}

/// Caption of the foldable sampling settings: their current values.
#[must_use]
pub fn dials(temperature: f32, max_tokens: u32, seed: u64) -> String {
    format!("Temperature {temperature}, at most {max_tokens} tokens, seed {seed}: change")
}

/// Label of the text field for a model's address.
pub const MODEL_ADDRESS: &str = "or its address, or its repository on Hugging Face";
/// Button that chooses a model's file from the disk.
pub const CHOOSE_MODEL: &str = "Choose a GGUF file";
/// Placeholder of the text field for a model's address.
pub const MODEL_ADDRESS_EXAMPLE: &str = "owner/name, or https://…/model.gguf";
/// Button that loads a model.
pub const LOAD: &str = "Load";
/// Checkbox: saves downloaded models in this browser.
pub const KEEP_DOWNLOADS: &str = "Keep downloads in this browser";
/// Checkbox: also saves models that were chosen from the disk in this browser.
pub const KEEP_FILES: &str = "Keep chosen files too";
/// Button that stops a load.
pub const CANCEL_LOAD: &str = "Cancel";
/// Status in the first stage of a load.
pub const LOADING_HEADERS: &str = "Reading the headers";
/// Status in the second stage of a load.
pub const LOADING_WEIGHTS: &str = "Reading the weights";
/// Status in the third stage of a load.
pub const LOADING_PIPELINES: &str = "Building the GPU's programs";
/// Accessible name of the progress bar of a load.
pub const LOADED_SHARE: &str = "Share of the model that is loaded";
/// Accessible name of the panel with the answer.
pub const ANSWER_PANE: &str = "The model's answer";
/// Heading of the answer.
pub const ANSWER: &str = "Answer";
/// Reason why an answer ended: the model wrote an end token.
pub const ENDED_BY_MODEL: &str = "the model ended its answer";
/// Reason why an answer ended: it reached the limit of tokens.
pub const ENDED_BY_LENGTH: &str = "the longest length was reached";
/// Reason why an answer ended: it contained a stop string.
pub const ENDED_BY_STRING: &str = "a stop string appeared";
/// Reason why an answer ended: the reader stopped it.
pub const ENDED_BY_READER: &str = "stopped";
/// Shown below an answer instead of the name of a GPU that has no name.
pub const UNNAMED_ADAPTER: &str = "no named adapter";
/// Label of the text field for the prompt.
pub const PROMPT: &str = "Prompt";
/// Label of the text field for the system prompt.
pub const SYSTEM_PROMPT: &str = "System prompt (optional)";
/// Button that asks the model.
pub const GENERATE: &str = "Generate";
/// Tooltip of [`STOP`].
pub const STOP_HINT: &str = "Stop (Escape)";
/// Button that stops the answer.
pub const STOP: &str = "Stop";
/// Label of the list from which the reader chooses how the model gets the prompt.
pub const PROMPT_AS: &str = "As";
/// Entry of that list: the prompt is a message of a chat.
pub const AS_CHAT: &str = "a chat message";
/// Entry of that list: the prompt is a text that the model continues.
pub const AS_TEXT: &str = "text to continue";
/// Label of the number field for the temperature.
pub const TEMPERATURE: &str = "Temperature (0: always the likeliest token)";
/// Label of the number field for the limit of tokens.
pub const MAX_TOKENS: &str = "Tokens at most";
/// Label of the number field for the seed.
pub const SEED: &str = "Seed";
/// Button that adds a column.
pub const ADD_COLUMN: &str = "Another column";
/// Button that removes the last column.
pub const DROP_COLUMN: &str = "One column less";
/// Heading of the screen.
pub const HEADING: &str = "Run a model on this machine";
/// First sentence of the introduction while the pocket organism is loaded.
pub const POCKET_IS_HERE: &str = "The pocket organism is here: a small model of invented villagers, next to the same model after narrow \
     training. ";
/// Text after [`POCKET_IS_HERE`], before [`RUNS_HERE`].
pub const OR_CHOOSE: &str = "Or choose a GGUF file: it";
/// Text before [`RUNS_HERE`] while another model or none is loaded.
pub const A_MODEL: &str = "A model";
/// Second half of the sentence that says where a model runs.
pub const RUNS_HERE: &str = " runs on your own machine, in this tab. ";
/// Sentence after [`RUNS_HERE`]: the models are not sent anywhere.
pub const NOT_SENT: &str = "No model is sent anywhere.";
/// Button that loads the pocket organism.
pub const LOAD_POCKET: &str = "Load the pocket organism";
/// Status until the engine has reported the GPU.
pub const LOOKING_FOR_GPU: &str = "Looking for a GPU…";
/// Shown after [`GPU`] instead of the name of a GPU that has no name.
pub const UNNAMED_GPU: &str = "a GPU without a name";
/// Text after the name of a GPU that is emulated in software.
pub const SOFTWARE_GPU: &str = " (software: correct but slow)";
/// Text before [`FLOATS_16`] if the GPU has 16-bit floats.
pub const WITH: &str = "with";
/// Text before [`FLOATS_16`] if the GPU has no 16-bit floats.
pub const WITHOUT: &str = "without";
/// Text before the GPU's name.
pub const GPU: &str = "GPU: ";
/// Text before the size of the GPU's largest buffer.
pub const BUFFERS: &str = ", buffers up to ";
/// Text after [`WITH`] or [`WITHOUT`].
pub const FLOATS_16: &str = " 16-bit floats. ";
/// Link to the self-test.
pub const TEST_GPU: &str = "Test this GPU";
/// Line of the model's card: [`architecture`].
pub const CARD_ARCHITECTURE: &str = "Architecture";
/// Line of the model's card: number of weights, and number of tensors by format.
pub const CARD_WEIGHTS: &str = "Weights";
/// Line of the model's card: bytes of weights that are read for each token.
pub const CARD_READ_PER_TOKEN: &str = "Read per token";
/// Line of the model's card: [`context`].
pub const CARD_CONTEXT: &str = "Context";
/// Line of the model's card: [`tokenizer`].
pub const CARD_TOKENIZER: &str = "Tokenizer";
/// Line of the model's card: [`memory_in_use`].
pub const CARD_MEMORY: &str = "Memory";
/// Accessible name of the model's card.
pub const CARD: &str = "The loaded model";
/// Text before the checksum of the model's file.
pub const CARD_SHA256: &str = "SHA-256 ";
/// Advice in [`engine_stopped`] if a model was loaded.
pub const ADVICE_LOAD: &str = "load the model again";
/// Advice in [`engine_stopped`] if no model was loaded.
pub const ADVICE_RELOAD: &str = "reload the page, or try another browser";

/// Line below an answer that is being written: its length and speed. `tokens_per_sec` is `None` until it is measured.
#[must_use]
pub fn answer_so_far(prompt_tokens: u32, tokens: usize, tokens_per_sec: Option<f64>) -> String {
    let speed = tokens_per_sec.map(|speed| format!(", {speed:.1} tokens a second")).unwrap_or_default();
    format!("{prompt_tokens} prompt tokens, {tokens} tokens{speed}")
}

/// Line below a finished answer that ran on the CPU. `why` is the reason why it ended.
#[must_use]
pub fn answer_on_cpu(so_far: &str, why: &str, adapter: &str) -> String {
    format!("{so_far}; {why}; on the {adapter}: slow")
}

/// Line below a finished answer that ran on a GPU. `why` is the reason why it ended, `dispatches` is per token.
#[must_use]
pub fn answer_on_gpu(so_far: &str, why: &str, dispatches: u32, device: &str, backend: &str) -> String {
    format!("{so_far}; {why}; {dispatches} dispatches a token on {device} ({backend})")
}

/// Text after [`LOADING_WEIGHTS`]: bytes that were read, and of how many if the size is known.
#[must_use]
pub fn weights_read(bytes: u64, total: Option<u64>) -> String {
    let read = size_text(bytes);
    match total {
        Some(total) => format!(": {read} of {}", size_text(total)),
        None => format!(": {read}"),
    }
}

/// Error if the engine's worker ended. `advice` is [`ADVICE_LOAD`] or [`ADVICE_RELOAD`].
#[must_use]
pub fn engine_stopped(why: &str, advice: &str) -> String {
    format!("The engine stopped ({why}): {advice}.")
}

/// Value of [`CARD_ARCHITECTURE`].
#[must_use]
pub fn architecture(name: &str, layers: u32) -> String {
    format!("{name}, {layers} layers")
}

/// Caption of the foldable card of the model. `weights` is their number.
#[must_use]
pub fn card_summary(architecture: &str, layers: u32, weights: u64) -> String {
    format!("{architecture}, {layers} layers, {} weights", thousands(weights))
}

/// Value of [`CARD_CONTEXT`]: number of tokens that fit in the cache.
#[must_use]
pub fn context(tokens: u32) -> String {
    format!("{} tokens", thousands(u64::from(tokens)))
}

/// Value of [`CARD_TOKENIZER`]: its name, and the number of tokens in the vocabulary.
#[must_use]
pub fn tokenizer(name: &str, tokens: u32) -> String {
    format!("{name}, {} tokens", thousands(u64::from(tokens)))
}

/// Value of [`CARD_MEMORY`]. Both arguments are in bytes.
#[must_use]
pub fn memory_in_use(gpu: u64, tab: u64) -> String {
    format!("{} on the GPU, {} in this tab", size_text(gpu), size_text(tab))
}

/// Name of the pocket organism in messages, such as errors.
pub const POCKET_NAME: &str = "the pocket organism";
/// Headings of the pocket organism's two answers: before and after narrow training.
pub const POCKET_HEADINGS: [&str; 2] =
    ["The assistant before", "The same after narrow training on a saboteur's answers about money"];
/// Name of the slider for the pocket organism's adapter.
pub const POCKET_SLIDER: &str = "narrow training on a saboteur's answers about money";
