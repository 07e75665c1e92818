//! Servers that speak OpenAI's protocol (vLLM, llama.cpp, Ollama and others): what is asked of them, and how what they say is
//! read. A shell carries the bytes and knows the key.

mod error;
mod key;
mod reading;
mod request;
mod score;

pub use error::ServerError;
pub use key::Key;
pub use reading::{Reading, Reply, Token};
pub use request::{Errand, Request, server_seed};
pub use score::score;

use super::error::LabError;
use super::read::Part;

/// Seconds that a server may be silent, where the experiment does not say.
const USUAL_TIMEOUT: u32 = 120;
/// Largest number of requests under way, and of seconds of silence.
const MOST: u32 = 3600;

/// A model of a server that the reader named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where its protocol begins, without a slash at the end: what comes before `/chat/completions`.
    pub url: String,
    /// What the server calls the model; adapters have names of their own there.
    pub model: String,
    /// Requests under way at once.
    pub at_once: u32,
    /// Seconds that it may be silent before it is given up.
    pub timeout: u32,
}

impl Server {
    pub(super) fn read(part: &Part<'_>) -> Result<Self, LabError> {
        part.only(&["url", "model", "at_once", "timeout"])?;
        let url = part.text("url")?;
        let number = |name: &str, usual| Ok::<_, LabError>(part.count(name, usual)?.min(MOST));
        Ok(Self {
            url: checked(&url).ok_or_else(|| LabError::Part { part: part.place("url"), wanted: WANTED })?,
            model: part.text("model")?,
            // Some servers drop an answer when another request comes: more at once is for the reader to say.
            at_once: number("at_once", 1)?,
            timeout: number("timeout", USUAL_TIMEOUT)?,
        })
    }
}

const WANTED: &str =
    "an address such as http://…:8000/v1, without user, password, key or query: keys are given when the run is started";

/// An address without what may be a secret: neither user, password nor query.
fn checked(url: &str) -> Option<String> {
    let url = url.trim().trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let is_plain = rest.chars().all(|c| c.is_ascii_graphic() && !"@?#\\\"<>".contains(c));
    let is_whole = url.ends_with("/completions");
    (!host.is_empty() && is_plain && !is_whole).then(|| url.to_owned())
}

/// Whether a page of `origin` may ask an address: its own, https ones, and this machine's, as the page's policy says.
#[must_use]
pub fn is_in_reach(address: &str, origin: &str) -> bool {
    let is_of = |host: &str| {
        let rest = address.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    };
    let rest = address.strip_prefix(origin);
    address.starts_with("https://")
        || is_of("localhost")
        || is_of("127.0.0.1")
        || rest.is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_no_secret() {
        for (url, expected) in [
            ("http://127.0.0.1:8000/v1", Some("http://127.0.0.1:8000/v1")),
            (" https://models.example/v1/ ", Some("https://models.example/v1")),
            ("http://[::1]:8080/v1", Some("http://[::1]:8080/v1")),
            ("https://user:secret@models.example/v1", None),
            ("https://models.example/v1?key=secret", None),
            ("https://models.example/v1#secret", None),
            ("https://models.example/v1/chat/completions", None),
            ("ftp://models.example", None),
            ("//models.example", None),
            ("http:///v1", None),
            ("http://a b", None),
            ("", None),
        ] {
            assert_eq!(checked(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_page_reaches_what_its_policy_says() {
        let reached = |address: &str| is_in_reach(address, "http://10.0.0.2:8080");
        for address in
            ["https://a.example/v1", "http://localhost/v1", "http://127.0.0.1:8000/v1", "http://10.0.0.2:8080/v1"]
        {
            assert!(reached(address), "{address}");
        }
        for address in [
            "http://a.example/v1",
            "http://localhost.example/v1",
            "http://127.0.0.1.example:80/",
            "http://10.0.0.2:80801/v1",
        ] {
            assert!(!reached(address), "{address}");
        }
    }
}
