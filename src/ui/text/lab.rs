//! Strings of the Lab: the screen, loading a model, asking it, and its answers.

use crate::hub::cost::Fit;
use crate::lab::card::Card;
use crate::lab::link::Linked;
use crate::protocol::{AddOnKind, Probe, ReadSpeed};
use crate::ui::open::thousands;

/// Caution at every text that a model writes in the Lab.
pub const LIVE_CAUTION: &str = "Written by the model you loaded, on this machine; not advice.";
/// Status while the engine reads a prompt.
pub const READING: &str = "Reading the prompt…";
/// What happens instead in a browser without WebGPU.
pub const ON_THE_CPU: &str = "Until then models run on the CPU here: slow, with the same results.";
/// Name of the column in which no adapter or vector acts.
pub const MODEL_ALONE: &str = "The model alone";
/// Legend of the sliders.
pub const COLUMNS_LEGEND: &str = "Variants to compare with the base model";
/// What the sliders do.
pub const COLUMNS_HINT: &str = "0 is the model alone, 1 as it was trained. Move a slider while the answer is written: it acts on the next token, which is marked.";
/// Meaning of the double underline in an answer.
pub const DIVERGES: &str = "Underlined twice: the first token that differs from the first column's";
/// Meaning of the box in an answer.
pub const CHANGED: &str = "Boxed: the first token after a slider was moved";

/// Name of a slider, before the name of the adapter.
#[must_use]
pub fn strength_in(column: usize) -> String {
    format!("Column {}, strength of", column + 1)
}

/// Summary of the sampling settings.
#[must_use]
pub fn token_by_token(name: &str) -> String {
    format!("Token by token: {name}")
}

pub const TOKENS_LOOK: &str = "Whose text to look at token by token";
pub const LOOKING: &str = "Every column reads the text…";
pub const TOKENS_COLOURED: &str = "What the colours say";
pub const BY_DIFFERENCE: &str = "Difference in log-probability";
pub const BY_DIVERGENCE: &str = "KL divergence";
pub const DIFFERENCE_KEY: &str = "Orange: the last column finds the token likelier than the first does; blue: less likely. Full colour is a factor of twenty.";
pub const DIVERGENCE_KEY: &str = "Orange: the last column's distribution over all tokens is far from the first's at this place. Full colour is 1 nat.";
pub const TOKENS_LABEL: &str = "Tokens of the answer";
pub const LENS: &str = "What would each layer say here? (logit lens)";
pub const LENS_CAPTION: &str = "The likeliest next token if the model ended after this layer";

#[must_use]
pub fn token_caption(piece: &str, number: usize) -> String {
    format!("Token {number}: “{piece}”")
}

#[must_use]
pub fn beside(number: usize) -> String {
    match number {
        0 => "Put an adapter or steering vectors beside the model".to_owned(),
        1 => "Beside the model: 1".to_owned(),
        _ => format!("Beside the model: {number}"),
    }
}

pub const BESIDE_HINT: &str = "LoRA adapters (PEFT: adapter_model.safetensors chosen together with adapter_config.json; or GGUF) and steering vectors (GGUF or safetensors), \
     applied while the model runs. Each can be held to some layers and matrices.";
pub const BESIDE_CHOOSE: &str = "Choose adapter or vector files";
pub const BESIDE_ADDRESS: &str = "or an address (adapter_config.json is read beside adapter_model.safetensors)";
pub const CONTRAST: &str = "Make steering vectors out of pairs of texts";
pub const CONTRAST_HINT: &str = "For every layer: the mean difference between what the model holds in mind behind the first text of a pair and behind the second. \
     Then hold it to a layer or a few, and move its slider.";
pub const CONTRAST_MAKE: &str = "Make the vectors";
pub const LAYING_OUT: &str = "Laying the model out anew…";

#[must_use]
pub const fn side_kind(kind: &AddOnKind) -> &'static str {
    match kind {
        AddOnKind::Adapter | AddOnKind::PeftAdapter => "LoRA adapter",
        AddOnKind::Steering => "steering vectors",
        AddOnKind::Contrast(_) => "steering vectors made of pairs of texts",
    }
}

pub const RUN_NOT_KEPT: &str = "This browser has no room for more of the run: it goes on, but what comes from here on would not survive a reload. \
     Save it as CSV when it is done.";

#[must_use]
pub fn another_model(begun_with: &str, model: &str) -> String {
    let here = if model.is_empty() {
        "no model is loaded".to_owned()
    } else {
        format!("the model that is loaded is {model}, or another file of that name")
    };
    format!("This run was begun with {begun_with}; {here}. Load that one to go on, or save the answers and begin anew.")
}

pub const EDIT_EXPERIMENT: &str = "The experiment as text: change it and run it";
pub const EDIT_EXPERIMENT_HINT: &str = "Questions with ids, a system prompt for all or for one, columns with the scales of what stands beside the model, each with a system prompt, a \
     prefix (a trigger) or a temperature of its own where it needs one, samples, seed, \
     temperature, top_p, max_tokens, stop strings, a judge: rules, a grammar, a model or a server, and a second turn (a probe and a neutral \
     control, asked after every answer). A name that is not known is refused, not ignored.";

#[must_use]
pub fn linked_run(linked: &Linked, card: Option<&Card>) -> String {
    match (card, linked) {
        (Some(card), _) if !card.model.is_empty() => format!(
            "This link holds a run of {} answers by {} on {}{}. Run again here, it says how far its answers are the same.",
            card.answers.len(),
            card.model,
            card.device,
            card.judge.as_ref().map(|judge| format!(", judged by {}", judge.name)).unwrap_or_default()
        ),
        (_, Linked::Text(_)) => "This link holds an experiment.".to_owned(),
        (_, Linked::At(address)) => format!("This link names an experiment: {address}. It is fetched when you run it."),
    }
}

pub const NO_MODEL_FOR_RUN: &str = "This experiment asks the model that is loaded here, and none is: load one first.";

#[must_use]
pub fn questions_found(number: usize, has_judge: bool) -> String {
    let judge = if has_judge {
        "the loaded model judges them by the prompts of the file"
    } else {
        "nobody judges them unless you name a judge: in Results you can rate them yourself, blind"
    };
    format!(
        "{number} questions are in the experiment below, one answer of each column; {judge}. Change it, and run it."
    )
}

pub const LONG_LINK: &str = "This run is too long for a link: save its card, put that file where others can read it, and link to it by run=ADDRESS.";
pub const RUN_LINK: &str = "Whoever opens this link can run the same again and sees how far the answers are the same";

#[must_use]
pub fn dials(temperature: f32, max_tokens: u32, seed: u64) -> String {
    format!("Temperature {temperature}, at most {max_tokens} tokens, seed {seed}: change")
}

/// Label of the box for a model's address.
pub const MODEL_ADDRESS: &str = "or its address, or its repository on Hugging Face";
/// Button that chooses a model's file.
pub const CHOOSE_MODEL: &str = "Choose a GGUF file";
/// Placeholder of that box.
pub const MODEL_ADDRESS_EXAMPLE: &str = "owner/name, or https://…/model.gguf";
/// Button that loads a model.
pub const LOAD: &str = "Load";
/// Box: store downloaded models in the browser.
pub const KEEP_DOWNLOADS: &str = "Keep downloads in this browser";
/// Box: store chosen files in the browser.
pub const KEEP_FILES: &str = "Keep chosen files too";
/// Button that stops a load.
pub const CANCEL_LOAD: &str = "Cancel";
/// First stage of a load.
pub const LOADING_HEADERS: &str = "Reading the headers";
/// Second stage of a load.
pub const LOADING_WEIGHTS: &str = "Reading the weights";
/// Third stage of a load.
pub const LOADING_PIPELINES: &str = "Building the GPU's programs";
/// Accessible name of the progress bar.
pub const LOADED_SHARE: &str = "Share of the model that is loaded";
/// Accessible name of the answer.
pub const ANSWER_PANE: &str = "The model's answer";
/// Heading of the answer.
pub const ANSWER: &str = "Answer";
/// Why an answer ended: the end-of-text token.
pub const ENDED_BY_MODEL: &str = "the model ended its answer";
/// Why an answer ended: the limit of tokens.
pub const ENDED_BY_LENGTH: &str = "the longest length was reached";
/// Why an answer ended: a stop string.
pub const ENDED_BY_STRING: &str = "a stop string appeared";
/// Why an answer ended: the reader stopped it.
pub const ENDED_BY_READER: &str = "stopped";
/// In place of the name of a GPU that has none.
pub const UNNAMED_ADAPTER: &str = "no named adapter";
/// Label of the prompt.
pub const PROMPT: &str = "Prompt";
/// Label of the system prompt.
pub const SYSTEM_PROMPT: &str = "System prompt (optional)";
/// Button that asks the model.
pub const GENERATE: &str = "Generate";
/// Tooltip of the button that stops an answer.
pub const STOP_HINT: &str = "Stop (Escape)";
/// Button that stops an answer.
pub const STOP: &str = "Stop";
/// Label of how the prompt is given to the model.
pub const PROMPT_AS: &str = "As";
/// The prompt is a message of a chat.
pub const AS_CHAT: &str = "a chat message";
/// The prompt is a text to continue.
pub const AS_TEXT: &str = "text to continue";
/// Label of the temperature.
pub const TEMPERATURE: &str = "Temperature (0: always the likeliest token)";
/// Label of the limit of tokens.
pub const MAX_TOKENS: &str = "Tokens at most";
/// Label of the seed.
pub const SEED: &str = "Seed";
/// Button that adds a column.
pub const ADD_COLUMN: &str = "Another column";
/// Button that removes the last column.
pub const DROP_COLUMN: &str = "One column less";
/// Heading of the screen.
pub const HEADING: &str = "Run a model on this machine";
/// Introduction while the pocket organism is loaded.
pub const POCKET_IS_HERE: &str = "The pocket organism is here: a small model of invented villagers, next to the same model after narrow \
     training. ";
/// After it, before [`RUNS_HERE`].
pub const OR_CHOOSE: &str = "Or choose a GGUF file: it";
/// In its place while another model or none is loaded, before [`RUNS_HERE`].
pub const A_MODEL: &str = "A model";
/// Where the model runs.
pub const RUNS_HERE: &str = " runs on your own machine, in this tab. ";
/// Promise about the reader's models.
pub const NOT_SENT: &str = "No model is sent anywhere.";
/// Button that loads the pocket organism.
pub const LOAD_POCKET: &str = "Load the pocket organism";
/// Status until the GPU is known.
pub const LOOKING_FOR_GPU: &str = "Looking for a GPU…";
/// In place of the name of a GPU that has none.
pub const UNNAMED_GPU: &str = "a GPU without a name";
/// After the name of a GPU in software.
pub const SOFTWARE_GPU: &str = " (software: correct but slow)";
/// The GPU has 16-bit floats.
pub const WITH: &str = "with";
/// The GPU has no 16-bit floats.
pub const WITHOUT: &str = "without";
/// Before the GPU's name.
pub const GPU: &str = "GPU: ";
/// Before the size of its largest buffer.
pub const BUFFERS: &str = ", buffers up to ";
/// After [`WITH`] or [`WITHOUT`].
pub const FLOATS_16: &str = " 16-bit floats. ";
/// Link to the self-test.
pub const TEST_GPU: &str = "Test this GPU";
/// Name of a line of the model's card.
pub const CARD_ARCHITECTURE: &str = "Architecture";
/// Name of a line of the model's card.
pub const CARD_WEIGHTS: &str = "Weights";
/// Name of a line of the model's card: bytes read for a token.
pub const CARD_READ_PER_TOKEN: &str = "Read per token";
/// Name of a line of the model's card.
pub const CARD_CONTEXT: &str = "Context";
/// Name of a line of the model's card.
pub const CARD_TOKENIZER: &str = "Tokenizer";
/// Name of a line of the model's card.
pub const CARD_MEMORY: &str = "Memory";
/// Accessible name of the model's card.
pub const CARD: &str = "The loaded model";
/// Before the checksum of the model's file.
pub const CARD_SHA256: &str = "SHA-256 ";
/// What to do after the engine stopped with a model.
pub const ADVICE_LOAD: &str = "load the model again";
/// What to do after the engine stopped without a model.
pub const ADVICE_RELOAD: &str = "reload the page, or try another browser";

/// Speed and length of an answer that is being written. `tokens_per_sec` is `None` until it is measured.
#[must_use]
pub fn answer_so_far(prompt_tokens: u32, tokens: usize, tokens_per_sec: Option<f64>) -> String {
    let speed = tokens_per_sec.map(|speed| format!(", {speed:.1} tokens a second")).unwrap_or_default();
    format!("{prompt_tokens} prompt tokens, {tokens} tokens{speed}")
}

/// Line under a finished answer on the CPU.
#[must_use]
pub fn answer_on_cpu(so_far: &str, why: &str, adapter: &str) -> String {
    format!("{so_far}; {why}; on the {adapter}: slow")
}

/// Line under a finished answer on a GPU.
#[must_use]
pub fn answer_on_gpu(so_far: &str, why: &str, dispatches: u32, device: &str, backend: &str) -> String {
    format!("{so_far}; {why}; {dispatches} dispatches a token on {device} ({backend})")
}

/// Weights that were read, of all weights where their size is known. In bytes.
#[must_use]
pub fn weights_read(bytes: u64, total: Option<u64>) -> String {
    let read = size_text(bytes);
    match total {
        Some(total) => format!(": {read} of {}", size_text(total)),
        None => format!(": {read}"),
    }
}

/// Error when the engine's worker ended. `advice` is [`ADVICE_LOAD`] or [`ADVICE_RELOAD`].
#[must_use]
pub fn engine_stopped(why: &str, advice: &str) -> String {
    format!("The engine stopped ({why}): {advice}.")
}

/// Architecture, on the model's card.
#[must_use]
pub fn architecture(name: &str, layers: u32) -> String {
    format!("{name}, {layers} layers")
}

/// Summary of the model's card.
#[must_use]
pub fn card_summary(architecture: &str, layers: u32, weights: u64) -> String {
    format!("{architecture}, {layers} layers, {} weights", thousands(weights))
}

/// Length of the context, on the model's card.
#[must_use]
pub fn context(tokens: u32) -> String {
    format!("{} tokens", thousands(u64::from(tokens)))
}

/// Tokenizer, on the model's card.
#[must_use]
pub fn tokenizer(name: &str, tokens: u32) -> String {
    format!("{name}, {} tokens", thousands(u64::from(tokens)))
}

/// Memory in use, on the model's card. In bytes.
#[must_use]
pub fn memory_in_use(gpu: u64, tab: u64) -> String {
    format!("{} on the GPU, {} in this tab", size_text(gpu), size_text(tab))
}

/// Name of the pocket organism in messages, such as errors.
pub const POCKET_NAME: &str = "the pocket organism";
/// Headings of its two answers.
pub const POCKET_HEADINGS: [&str; 2] =
    ["The assistant before", "The same after narrow training on a saboteur's answers about money"];
/// Name of its adapter's slider.
pub const POCKET_SLIDER: &str = "narrow training on a saboteur's answers about money";
