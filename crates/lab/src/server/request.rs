//! What is asked of a server.

use miniserde::json::{self, Number, Object, Value};

use super::Server;
use askew_protocol::{Message, Prompt, Role, Sampling};

/// Likeliest tokens that a judge's server names: as many as the EM paper's judge gives, and as many as servers allow.
const JUDGE_TOP: u64 = 20;
/// Longest judgement in tokens: a number in digits, or a word.
const JUDGE_TOKENS: u32 = 8;
/// Seeds are whole numbers of 31 bits: some servers take no larger ones.
const SEED_BITS: u32 = 31;

/// A request, but for its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it is posted to.
    pub address: String,
    /// Its body, as JSON.
    pub body: String,
}

/// A request on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Given back with the answer.
    pub id: u32,
    /// Whose: it has the key.
    pub server: Server,
    /// What is asked.
    pub request: Request,
    /// How long to wait before it is sent, in milliseconds.
    pub wait_ms: u32,
}

/// The seed that a server is given for a seed of ours.
#[must_use]
pub const fn server_seed(seed: u64) -> u64 {
    seed & ((1 << SEED_BITS) - 1)
}

impl Request {
    /// Asks for an answer, word by word, so that a server's silence is noticed early.
    #[must_use]
    pub fn answer(server: &Server, prompt: &Prompt, sampling: &Sampling, has_logprobs: bool) -> Self {
        // One, because some servers give none at all for zero.
        let top = has_logprobs.then_some(1);
        let mut request = Draft::new(server, prompt, sampling, top);
        request.set("stream", Value::Bool(true));
        request.finish()
    }

    /// Asks for a judgement: the likeliest tokens of the first place are its score.
    #[must_use]
    pub fn judgement(server: &Server, prompt: &str, has_logprobs: bool) -> Self {
        let prompt = Prompt::chat(None, prompt);
        Draft::new(server, &prompt, &Sampling::greedy(JUDGE_TOKENS), has_logprobs.then_some(JUDGE_TOP)).finish()
    }
}

struct Draft {
    address: String,
    body: Object,
}

impl Draft {
    fn new(server: &Server, prompt: &Prompt, sampling: &Sampling, top: Option<u64>) -> Self {
        let (is_chat, path) = match prompt {
            Prompt::Chat(_) => (true, "/chat/completions"),
            Prompt::Raw(_) => (false, "/completions"),
        };
        let mut draft = Self { address: format!("{}{path}", server.url), body: Object::new() };
        draft.set("model", text(&server.model));
        match prompt {
            Prompt::Chat(messages) => draft.set("messages", Value::Array(messages.iter().map(turn).collect())),
            Prompt::Raw(prompt) => draft.set("prompt", text(prompt)),
        }
        draft.set("max_tokens", whole(sampling.max_tokens.into()));
        draft.set("temperature", fraction(sampling.temperature));
        draft.set("top_p", fraction(sampling.top_p));
        draft.set("seed", whole(server_seed(sampling.seed)));
        if !sampling.stop.is_empty() {
            draft.set("stop", Value::Array(sampling.stop.iter().map(|stop| text(stop)).collect()));
        }
        match top {
            Some(top) if is_chat => {
                draft.set("logprobs", Value::Bool(true));
                draft.set("top_logprobs", whole(top));
            }
            Some(top) => draft.set("logprobs", whole(top)),
            None => {}
        }
        draft
    }

    fn set(&mut self, name: &str, value: Value) {
        self.body.insert(name.to_owned(), value);
    }

    fn finish(self) -> Request {
        Request { address: self.address, body: json::to_string(&Value::Object(self.body)) }
    }
}

fn turn(message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let pairs = [("role", text(role)), ("content", text(&message.content))];
    Value::Object(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

const fn whole(number: u64) -> Value {
    Value::Number(Number::U64(number))
}

/// A setting as it was written: 0.7, not the nearest fraction of 32 bits in full.
fn fraction(number: f32) -> Value {
    Value::Number(Number::F64(number.to_string().parse().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn server() -> Server {
        Server { url: "http://h/v1".to_owned(), model: "m \"1\"".to_owned(), at_once: 1, timeout: 9 }
    }

    fn body(request: &Request) -> serde_json::Value {
        serde_json::from_str(&request.body).unwrap()
    }

    proptest! {
        /// Whatever is asked stands in the request, whole.
        #[test]
        fn what_is_asked_is_sent(prompt in "\\PC{0,40}|[\\x00-\\x1f\"\\\\]{0,9}", system in proptest::option::of(".{0,9}"), seed in any::<u64>(), stop in proptest::collection::vec(".{0,5}", 0..3)) {
            let sampling = Sampling { seed, temperature: 0.7, top_p: 0.9, stop: stop.clone(), ..Sampling::greedy(24) };
            let request = Request::answer(&server(), &Prompt::chat(system.as_deref(), &prompt), &sampling, true);
            prop_assert_eq!(&request.address, "http://h/v1/chat/completions");
            let sent = body(&request);
            let messages = sent["messages"].as_array().unwrap();
            prop_assert_eq!(messages.len(), 1 + usize::from(system.is_some()));
            prop_assert_eq!(messages.last().unwrap()["content"].as_str(), Some(prompt.as_str()));
            prop_assert_eq!(sent["temperature"].as_f64(), Some(0.7));
            prop_assert_eq!(sent["seed"].as_u64(), Some(seed % (1 << 31)));
            prop_assert_eq!(sent["stop"].as_array().map_or(0, Vec::len), stop.len());
            prop_assert_eq!((sent["model"].as_str(), sent["max_tokens"].as_u64()), (Some("m \"1\""), Some(24)));
            let raw = Request::answer(&server(), &Prompt::Raw(prompt.clone()), &sampling, false);
            prop_assert_eq!(&raw.address, "http://h/v1/completions");
            let sent = body(&raw);
            prop_assert_eq!(sent["prompt"].as_str(), Some(prompt.as_str()));
            prop_assert!(sent.get("logprobs").is_none() && sent["stream"] == true);
        }
    }

    #[test]
    fn a_judge_is_asked_for_its_likeliest_tokens() {
        let sent = body(&Request::judgement(&server(), "Rate this.", true));
        assert_eq!((sent["top_logprobs"].as_u64(), sent["temperature"].as_f64()), (Some(20), Some(0.0)));
        assert_eq!(sent["messages"][0]["content"], "Rate this.");
        assert!(body(&Request::judgement(&server(), "", false)).get("logprobs").is_none());
    }
}
