//! What goes wrong with a server, as sentences that follow its address.

use miniserde::json::Value;

use super::Key;
use super::reading::MAX_BYTES;
use askew_json as json;

/// Characters of a server's own words that are shown.
const TOLD_CHARS: usize = 200;
/// The longest wait before another attempt, in seconds, where the server does not ask for a longer one.
const LONGEST_WAIT: u32 = 60;
/// A server that asks for a longer wait than this is given up until the reader goes on.
const MOST_PATIENCE: u32 = 600;

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// There is no connection.
    #[error("nobody answers there{0}: start the server, or correct its address in the experiment")]
    Unreachable(String),
    /// The server answers, but a browser gives a page nothing of it.
    #[error(
        "it is there, but does not let pages of {origin} read its answers (CORS): start it so that it allows this origin \
         (vLLM: --allowed-origins, Ollama: OLLAMA_ORIGINS, llama.cpp allows all)"
    )]
    Cors {
        /// The page's own origin.
        origin: String,
    },
    /// The browser lets no page go there.
    #[error(
        "a page may reach servers at https addresses, at localhost and at 127.0.0.1 only: use one of these, a tunnel, or \
         `askew lab` on the command line, which may reach all"
    )]
    OutOfReach,
    /// Nothing came for a while.
    #[error("it said nothing for {0} s: it is overloaded, or hangs")]
    Slow(u32),
    /// The connection ended before the answer did.
    #[error("its answer broke off half way")]
    Cut,
    /// It cannot now.
    #[error("it cannot answer now ({status}){told}")]
    Busy {
        /// Its status.
        status: u16,
        /// Seconds after which it wants to be asked again.
        retry_after: Option<u32>,
        /// Its own words.
        told: String,
    },
    /// It wants a key, or another.
    #[error("it refuses the key, or wants one ({status}){told}")]
    Denied {
        /// Its status.
        status: u16,
        /// Its own words.
        told: String,
    },
    /// It knows no such model, or no such address.
    #[error("it has no such model, or speaks no such protocol there (404){told}")]
    Unknown {
        /// Its own words.
        told: String,
    },
    /// It will not do what it is asked.
    #[error("it refuses the request ({status}){told}")]
    Refused {
        /// Its status.
        status: u16,
        /// Its own words.
        told: String,
    },
    /// It gives no log-probabilities: the same is asked again without.
    #[error("it gives no log-probabilities")]
    NoLogprobs,
    /// It ended its answer with an error.
    #[error("it gave up its answer{0}")]
    GaveUp(String),
    /// Something else answers there.
    #[error("what it says is not OpenAI's protocol{0}: is another program at this address?")]
    Foreign(String),
    /// More than any answer.
    #[error("its answer has more than {} MiB", MAX_BYTES >> 20)]
    TooLong,
}

impl ServerError {
    /// What an answer with a status other than 2xx means. `retry_after` is that header's value, `body` the beginning of what
    /// came.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<&str>, body: &[u8], key: Option<&Key>) -> Self {
        let told = told(body, key);
        match status {
            401 | 403 => Self::Denied { status, told },
            404 => Self::Unknown { told },
            _ if speaks_of_logprobs(&told) => Self::NoLogprobs,
            408 | 425 | 429 | 500.. => {
                let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok());
                Self::Busy { status, retry_after, told }
            }
            _ => Self::Refused { status, told },
        }
    }

    /// Milliseconds after which the same may be asked again, after `attempt` attempts (from 1): twice as long every time. `None`
    /// where it would fail again until the reader does something.
    #[must_use]
    pub fn wait_ms(&self, attempt: u32) -> Option<u32> {
        let usual = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let seconds = match self {
            Self::Unreachable(_) | Self::Slow(_) | Self::Cut | Self::GaveUp(_) => usual,
            Self::Busy { retry_after, .. } => retry_after.unwrap_or(0).max(usual),
            Self::NoLogprobs => 0,
            Self::Cors { .. }
            | Self::OutOfReach
            | Self::Denied { .. }
            | Self::Unknown { .. }
            | Self::Refused { .. }
            | Self::Foreign(_)
            | Self::TooLong => return None,
        };
        (seconds <= MOST_PATIENCE).then_some(seconds * 1000)
    }
}

fn speaks_of_logprobs(told: &str) -> bool {
    ["logprob", "logits_all"].iter().any(|word| told.contains(word))
}

/// A server's own words as the end of a sentence, or nothing: `: "no such model"`.
pub(super) fn told(body: &[u8], key: Option<&Key>) -> String {
    let text = String::from_utf8_lossy(body);
    let words = json::object(body).and_then(|object| words(&Value::Object(object.into_iter().collect())));
    quoted(&words.unwrap_or_else(|| text.into_owned()), key)
}

/// The message in a server's document: `{"error": {"message": ...}}`, `{"error": ...}`, `{"detail": ...}`.
fn words(value: &Value) -> Option<String> {
    // As deep as such documents are.
    let mut value = value;
    for _ in 0..3 {
        match value {
            Value::String(text) => return Some(text.clone()),
            Value::Object(object) => {
                value = ["error", "message", "detail"].iter().find_map(|name| object.get(*name))?
            }
            Value::Array(list) => value = list.first()?,
            _ => return None,
        }
    }
    json::text(value).map(str::to_owned)
}

/// The beginning of a text on one line, between quotes and without the key, as the end of a sentence.
pub(super) fn quoted(text: &str, key: Option<&Key>) -> String {
    let text = key.map_or_else(|| text.to_owned(), |key| key.hide(text.to_owned()));
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|it| !it.is_empty()).collect();
    let line = words.join(" ");
    let short: String = line.chars().take(TOLD_CHARS).collect();
    match short.is_empty() {
        true => String::new(),
        false => format!(": \"{short}{}\"", if short.len() < line.len() { "…" } else { "" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_what_it_means() {
        let of = |status, body: &str| ServerError::of_status(status, Some("7"), body.as_bytes(), None);
        let told = |status, body: &str| of(status, body).to_string();
        assert!(told(401, r#"{"error": {"message": "Invalid API key"}}"#).ends_with("(401): \"Invalid API key\""));
        assert!(told(404, r#"{"object": "error", "message": "no `x`"}"#).ends_with(": \"no `x`\""));
        assert!(told(422, r#"{"detail": [{"msg": "?"}]}"#).contains("refuses the request (422)"));
        assert!(told(400, "<html>\n\tno</html>").ends_with("\"<html> no</html>\""));
        assert_eq!(of(400, "logits_all=False"), ServerError::NoLogprobs);
        assert_eq!(of(429, "").wait_ms(1), Some(7000), "as long as the server asks for");
        assert_eq!(of(429, "").wait_ms(5), Some(16_000));
        assert_eq!(ServerError::Cut.wait_ms(99), Some(60_000));
        assert_eq!((of(403, "").wait_ms(1), of(404, "").wait_ms(1), of(400, "").wait_ms(1)), (None, None, None));
        assert!(told(500, &"x".repeat(9999)).len() < 300);
        assert_eq!(ServerError::of_status(503, Some("9999"), b"", None).wait_ms(1), None);
    }

    #[test]
    fn a_key_that_is_said_back_is_not_told() {
        let key = Key::new("sk-secret").unwrap();
        let body = br#"{"error": {"message": "Incorrect API key provided: sk-secret"}}"#;
        let told = ServerError::of_status(401, None, body, Some(&key)).to_string();
        assert!(told.contains("Incorrect API key") && !told.contains("sk-secret"), "{told}");
    }
}
