//! Requests to servers.

use miniserde::json::{self, Number, Object, Value};

use super::Server;
use askew_protocol::{Message, Prompt, Role, Sampling};

/// Number of likeliest tokens that a judge's server is asked for: as many as the EM paper's judge uses, and as many as
/// servers allow.
const JUDGE_TOP: u64 = 20;
/// Limit of a judgement in tokens: a number in digits, or a word.
const JUDGE_TOKENS: u32 = 8;
/// Seeds are whole numbers of 31 bits, because some servers accept no larger ones.
const SEED_BITS: u32 = 31;

/// A request without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The address to post it to.
    pub address: String,
    /// Its body, as JSON.
    pub body: String,
}

/// A request that is on its way to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    /// Id that comes back with the reply.
    pub id: u32,
    /// The server. The shell has its key.
    pub server: Server,
    /// The request to send.
    pub request: Request,
    /// Wait before it is sent, in milliseconds.
    pub wait_ms: u32,
}

/// Our seed, reduced to its lowest 31 bits, because some servers accept no larger seeds.
#[must_use]
pub const fn server_seed(seed: u64) -> u64 {
    seed & ((1 << SEED_BITS) - 1)
}

impl Request {
    /// Asks for an answer as a stream, so that a server that stops sending is noticed early.
    #[must_use]
    pub fn answer(server: &Server, prompt: &Prompt, sampling: &Sampling, has_logprobs: bool) -> Self {
        // One, because some servers return no log-probabilities at all for zero.
        let top = has_logprobs.then_some(1);
        let mut request = Draft::new(server, prompt, sampling, top);
        request.set("stream", Value::Bool(true));
        request.finish()
    }

    /// Asks for a judgement. The score is computed from the likeliest first tokens.
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

/// A setting as it was written: 0.7, not the nearest 32-bit fraction with all its digits.
fn fraction(number: f32) -> Value {
    Value::Number(Number::F64(number.to_string().parse().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn server() -> Server {
        Server { url: "http://h/v1".to_owned(), model: "m \"1\"".to_owned(), at_once: 1, timeout: 9, deadline: 99 }
    }

    fn body(request: &Request) -> serde_json::Value {
        serde_json::from_str(&request.body).unwrap()
    }

    proptest! {
        /// Everything that is asked is in the request, complete.
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
