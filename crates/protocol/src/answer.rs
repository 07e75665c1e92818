//! Answers: prompts, sampling, and the scores of each token.

use super::device::Device;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// A prompt, before or after the chat template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Turns that the model's own chat template renders, with the header of an assistant's turn appended.
    /// A system turn, if any, comes first.
    Chat(Vec<Message>),
    /// Text for the model without a template. A start token is added if the tokenizer asks for one.
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
    /// The text.
    pub content: String,
}

/// Who speaks in a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The instructions before the conversation.
    System,
    /// The reader of the page.
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

/// A given answer, and the columns that score it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// The model's slot.
    pub slot: u32,
    /// Chosen by the page, and repeated in the reply.
    pub id: u32,
    /// The prompt before the answer.
    pub prompt: Prompt,
    pub answer: Given,
    /// The columns that score it. Their seeds do not matter.
    pub columns: Vec<Column>,
    /// Number of likeliest tokens to report for each position or layer.
    pub num_top: u32,
}

/// An answer that already exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Given {
    /// Text. The model's tokenizer splits it into tokens.
    Text(String),
    /// The tokens that a model wrote.
    Tokens(Vec<u32>),
}

/// How tokens are chosen, and when to stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Logits are divided by this before sampling. 0 always takes the likeliest token.
    pub temperature: f32,
    /// Only the `top_k` likeliest tokens are candidates. 0 means all.
    pub top_k: u32,
    /// Only the likeliest tokens that reach this probability together are candidates. 1 means all.
    pub top_p: f32,
    /// Tokens less likely than this times the likeliest are not candidates. 0 means that all are.
    pub min_p: f32,
    /// Penalty on tokens that already appeared, also in the prompt. 1 means none.
    pub repetition_penalty: f32,
    /// Seed of the noise. The same seed, prompt and model give the same answer.
    pub seed: u64,
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// The answer ends before any of these strings.
    pub stop: Vec<String>,
}

impl Sampling {
    /// Always takes the likeliest token, and stops after `max_tokens`.
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

/// One of the sequences that are decoded together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Scales of the adapters, then of the steering vectors, in the order in which they were added. Missing ones are 0.
    pub scales: Vec<f32>,
    /// Seed of this column's noise. Without it, columns share the answer's seed and differ only through the model.
    pub seed: Option<u64>,
}

/// A token of a given answer, with its score in each column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredToken {
    /// The token's number in the vocabulary.
    pub token: u32,
    /// The token's text. Pieces have whole characters only, and together they are the answer.
    pub piece: String,
    /// One score for each column.
    pub columns: Vec<TokenScore>,
}

/// The score of a token in one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenScore {
    /// Natural logarithm of the token's probability at temperature 1.
    pub logprob: f32,
    /// Kullback-Leibler divergence of this column's distribution from the first column's at this position, in nats.
    pub kl: f32,
    /// The likeliest tokens at this position, with their probabilities.
    pub top: Vec<(String, f32)>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
pub enum StopReason {
    /// The model ended its answer.
    #[strum(serialize = "eos")]
    EndOfText,
    /// `max_tokens`, or the end of the context, was reached.
    #[strum(serialize = "length")]
    Length,
    /// A stop string appeared.
    #[strum(serialize = "stop")]
    StopString,
    /// [`Command::Stop`](crate::Command::Stop) was received.
    #[strum(serialize = "asked")]
    Asked,
}

impl StopReason {
    /// The name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The reason with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok()
    }
}

/// The cost of an answer: time, tokens and bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens in the prompt.
    pub prefill_tokens: u32,
    /// Time of the prefill, in milliseconds.
    pub prefill_ms: f64,
    /// Tokens in the answer.
    pub decode_tokens: u32,
    /// Time of the decode, in milliseconds.
    pub decode_ms: f64,
    /// Compute dispatches of one step, which decodes a token of every column. 0 only on the CPU path.
    pub dispatches_per_token: u32,
    /// Most dispatches of one layer in a step.
    pub dispatches_per_layer: u32,
    /// Bytes of weights that the decode has read.
    pub weight_bytes: u64,
    /// The device that ran the model.
    pub device: Device,
}
