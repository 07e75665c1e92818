//! Servers that use OpenAI's protocol (vLLM, llama.cpp, Ollama and others): builds requests and reads the answers. A
//! shell sends the bytes and has the key.

mod error;
mod key;
mod reading;
mod redact;
mod request;
mod score;

pub use error::ServerError;
pub use key::Key;
pub use reading::{Reading, Reply, Token};
pub use request::{Errand, Request, server_seed};
pub use score::score;

use super::error::LabError;
use super::read::Part;

/// Default seconds without data before a server is considered hung.
const USUAL_TIMEOUT: u32 = 120;
/// Default seconds for a whole answer: 4 500 tokens at five tokens a second.
const USUAL_DEADLINE: u32 = 900;
/// Upper limit for the number of requests at once, for the seconds without data, and for those of a whole answer.
const MOST: u32 = 3600;

/// A model on a server that the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Base address of the protocol, without a slash at the end: the part before `/chat/completions`.
    pub url: String,
    /// The model's name on the server. Adapters have names of their own there.
    pub model: String,
    /// Requests in progress at once.
    pub at_once: u32,
    /// Seconds without data before a request fails.
    pub timeout: u32,
    /// Seconds for a whole answer before a request fails, because a server that sends a byte now and then is never
    /// silent and never done.
    pub deadline: u32,
}

impl Server {
    pub(super) fn read(part: &Part<'_>) -> Result<Self, LabError> {
        part.only(&["url", "model", "at_once", "timeout", "deadline"])?;
        let url = part.text("url")?;
        let number = |name: &str, usual| Ok::<_, LabError>(part.count(name, usual)?.min(MOST));
        Ok(Self {
            url: checked(&url).ok_or_else(|| LabError::Part { part: part.place("url"), wanted: WANTED })?,
            model: part.text("model")?,
            // The default is 1 because some servers drop an answer when another request arrives. The user may allow
            // more.
            at_once: number("at_once", 1)?,
            timeout: number("timeout", USUAL_TIMEOUT)?,
            deadline: number("deadline", USUAL_DEADLINE)?,
        })
    }

    /// How long to wait for the next bytes of an answer, in milliseconds, `elapsed_ms` after its request was sent, and
    /// the error if none arrive until then.
    ///
    /// # Errors
    /// [`ServerError::Late`] if the answer has taken too long already.
    pub fn patience(&self, elapsed_ms: u64) -> Result<(u32, ServerError), ServerError> {
        let (timeout, deadline) = (self.timeout.saturating_mul(1000), self.deadline.saturating_mul(1000));
        let left = u32::try_from(elapsed_ms).ok().and_then(|elapsed| deadline.checked_sub(elapsed));
        match left.filter(|left| *left > 0) {
            None => Err(ServerError::Late(self.deadline)),
            Some(left) if left < timeout => Ok((left, ServerError::Late(self.deadline))),
            Some(_) => Ok((timeout, ServerError::Slow(self.timeout))),
        }
    }
}

const WANTED: &str =
    "an address such as http://…:8000/v1, without user, password, key or query: keys are given when the run is started";

/// Checks an address. `None` if it has parts that may be secret: user, password or query.
fn checked(url: &str) -> Option<String> {
    let url = url.trim().trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let is_plain = rest.chars().all(|c| c.is_ascii_graphic() && !"@?#\\\"<>".contains(c));
    let is_whole = url.ends_with("/completions");
    (!host.is_empty() && is_plain && !is_whole).then(|| url.to_owned())
}

/// Whether a page of `origin` may send requests to an address: its own origin, https addresses and this machine's, as
/// in the page's content security policy.
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

    /// A server that sends a byte before each timeout ends at the deadline, after as many bytes as fit.
    #[test]
    fn a_drip_ends_at_the_deadline() {
        let url = String::from("http://h/v1");
        let server = Server { url, model: "m".to_owned(), at_once: 1, timeout: 120, deadline: 900 };
        assert_eq!(server.patience(0), Ok((120_000, ServerError::Slow(120))));
        let (mut elapsed_ms, mut num_bytes) = (0, 0);
        let end = loop {
            match server.patience(elapsed_ms) {
                Ok((wait_ms, error)) if wait_ms < 100_000 => break error,
                Ok(_) => (elapsed_ms, num_bytes) = (elapsed_ms + 100_000, num_bytes + 1),
                Err(error) => break error,
            }
            assert!(num_bytes < 100, "it never ends");
        };
        assert_eq!((end, num_bytes), (ServerError::Late(900), 9));
        assert_eq!(server.patience(899_999), Ok((1, ServerError::Late(900))));
        assert_eq!(server.patience(u64::MAX), Err(ServerError::Late(900)));
        let endless = Server { timeout: u32::MAX, deadline: u32::MAX, ..server };
        assert!(endless.patience(0).is_ok());
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
