//! Answers: what is asked, how tokens are chosen, and what is known of each.

use super::device::Device;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

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

/// One of the answers that are decoded together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Scales of the adapters, then of the steering vectors, in the order in which they were added; those left out are 0.
    pub scales: Vec<f32>,
    /// Keys this column's noise; without it columns share the answer's, and differ only through the model.
    pub seed: Option<u64>,
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

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
pub enum StopReason {
    /// The model said that it had finished.
    #[strum(serialize = "eos")]
    EndOfText,
    /// `max_tokens`, or the end of the context, was reached.
    #[strum(serialize = "length")]
    Length,
    /// A stop string appeared.
    #[strum(serialize = "stop")]
    StopString,
    /// [`Command::Stop`] was received.
    #[strum(serialize = "asked")]
    Asked,
}

impl StopReason {
    /// What tables call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The reason that tables call so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
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
