//! Errors of requests to a server. The server's address is shown before each message.

use miniserde::json::Value;

use super::Key;
use super::reading::MAX_BYTES;
use askew_domain::text::plain::visible;
use askew_json as json;

/// Characters of a server's own message that are shown.
const TOLD_CHARS: usize = 200;
/// The longest wait before the next attempt, in seconds, unless the server asks for a longer one.
const LONGEST_WAIT: u32 = 60;
/// A server that asks for a longer wait than this, in seconds, is given up until the user resumes.
const MOST_PATIENCE: u32 = 600;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// There is no connection.
    #[error("no server answers there{0}: start the server, or correct its address in the experiment")]
    Unreachable(String),
    /// The server answers, but the browser hides the answer from the page.
    #[error(
        "it answers, but does not let pages of {origin} read its answers (CORS): start it so that it allows this origin \
         (vLLM: --allowed-origins, Ollama: OLLAMA_ORIGINS, llama.cpp allows all)"
    )]
    Cors {
        /// The page's own origin.
        origin: String,
    },
    /// The page's policy does not allow this address.
    #[error(
        "a page may reach servers at https addresses, at localhost and at 127.0.0.1 only: use one of these, a tunnel, or \
         `askew lab` on the command line, which may reach all"
    )]
    OutOfReach,
    /// No data arrived for a while.
    #[error("it sent nothing for {0} s: it is overloaded or hangs")]
    Slow(u32),
    /// The answer takes longer than the experiment allows.
    #[error(
        "its answer was not complete after {0} s: ask for shorter answers (`max_tokens`), or allow more seconds (`deadline`)"
    )]
    Late(u32),
    /// The server redirects the request. Nothing is sent to the other address, because the user named this one.
    #[error(
        "it redirects the request to another address, where nothing is sent: name the final address in the experiment"
    )]
    Redirected,
    /// The connection ended before the answer did.
    #[error("its answer broke off half way")]
    Cut,
    /// The server cannot answer at the moment.
    #[error("it cannot answer now ({status}){told}")]
    Busy {
        /// HTTP status.
        status: u16,
        /// Seconds after which the server wants to be asked again.
        retry_after: Option<u32>,
        /// The server's own message.
        told: String,
    },
    /// The server requires a key, or a different one.
    #[error("it rejects the key, or requires one ({status}){told}")]
    Denied {
        /// HTTP status.
        status: u16,
        /// The server's own message.
        told: String,
    },
    /// The server does not know the model or the address.
    #[error("it has no such model, or does not offer OpenAI's protocol at this address (404){told}")]
    Unknown {
        /// The server's own message.
        told: String,
    },
    /// The server rejects the request.
    #[error("it rejects the request ({status}){told}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The server's own message.
        told: String,
    },
    /// The server returns no log-probabilities. The request is repeated without asking for them.
    #[error("it does not return log-probabilities")]
    NoLogprobs,
    /// The server ended its answer with an error.
    #[error("it aborted its answer{0}")]
    GaveUp(String),
    /// The answer is not of this protocol.
    #[error("its answer does not follow OpenAI's protocol{0}: check that the address is that of such a server")]
    Foreign(String),
    /// Larger than any real answer.
    #[error("its answer is larger than {} MiB", MAX_BYTES >> 20)]
    TooLong,
}

impl ServerError {
    /// The error for an answer with a status other than 2xx. `retry_after` is the value of that header, `body` the
    /// first bytes of the answer.
    #[must_use]
    pub fn of_status(status: u16, retry_after: Option<&str>, body: &[u8], key: Option<&Key>) -> Self {
        let told = told(body, key);
        match status {
            401 | 403 => Self::Denied { status, told },
            404 => Self::Unknown { told },
            300..=399 => Self::Redirected,
            _ if speaks_of_logprobs(&told) => Self::NoLogprobs,
            408 | 425 | 429 | 500.. => {
                let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok());
                Self::Busy { status, retry_after, told }
            }
            _ => Self::Refused { status, told },
        }
    }

    /// Milliseconds to wait before another attempt, after `attempt` attempts (from 1). The wait doubles each time.
    /// `None` if a new attempt would fail until the user changes something.
    #[must_use]
    pub fn wait_ms(&self, attempt: u32) -> Option<u32> {
        let usual = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        let seconds = match self {
            Self::Unreachable(_) | Self::Slow(_) | Self::Late(_) | Self::Cut | Self::GaveUp(_) => usual,
            Self::Busy { retry_after, .. } => retry_after.unwrap_or(0).max(usual),
            Self::NoLogprobs => 0,
            Self::Cors { .. }
            | Self::OutOfReach
            | Self::Redirected
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

/// A server's own message in a form that ends a sentence, such as `: "no such model"`, or empty.
pub(super) fn told(body: &[u8], key: Option<&Key>) -> String {
    let text = String::from_utf8_lossy(body);
    let words = json::object(body).and_then(|object| words(&Value::Object(object.into_iter().collect())));
    quoted(&words.unwrap_or_else(|| text.into_owned()), key)
}

/// The message in a server's document: `{"error": {"message": ...}}`, `{"error": ...}`, `{"detail": ...}`.
fn words(value: &Value) -> Option<String> {
    // Follows the nesting as deep as such documents go.
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

/// The beginning of a text on one line, in quotes, without the key and with nothing invisible, in a form that ends a
/// sentence.
pub(super) fn quoted(text: &str, key: Option<&Key>) -> String {
    let text = key.map_or_else(|| text.to_owned(), |key| key.hide(text.to_owned()));
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|it| !it.is_empty()).collect();
    let line = words.join(" ");
    let line = visible(&line);
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
        assert!(told(422, r#"{"detail": [{"msg": "?"}]}"#).contains("rejects the request (422)"));
        assert!(told(400, "<html>\n\tno</html>").ends_with("\"<html> no</html>\""));
        assert_eq!(of(400, "logits_all=False"), ServerError::NoLogprobs);
        assert_eq!(of(429, "").wait_ms(1), Some(7000), "as long as the server asks for");
        assert_eq!(of(429, "").wait_ms(5), Some(16_000));
        assert_eq!(ServerError::Cut.wait_ms(99), Some(60_000));
        assert_eq!(of(307, "<a href='http://b.example'>there</a>"), ServerError::Redirected);
        assert_eq!((ServerError::Late(9).wait_ms(1), ServerError::Redirected.wait_ms(1)), (Some(1000), None));
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
        for body in ["sk-\u{200b}secret", "sk-\u{a0}secret", "sk%2Dsecret", "sk\\u002dsecret", "c2stc2VjcmV0"] {
            let told = ServerError::of_status(401, None, body.as_bytes(), Some(&key)).to_string();
            assert!(told.ends_with("(401): \"(key)\""), "{body}: {told}");
        }
    }

    #[test]
    fn a_message_turns_no_sentence_round() {
        let told = ServerError::of_status(400, None, "\u{202e}no\u{1b}[2J \u{feff}".as_bytes(), None).to_string();
        assert!(told.ends_with("(400): \"\\u{202e}no [2J \\u{feff}\""), "{told}");
    }
}
