//! Reads a server's answer as it arrives: in pieces (server-sent events), or as one document.

use memchr::memchr;
use miniserde::json::{Object, Value};

use super::error::{quoted, told};
use super::{Key, ServerError};
use askew_json as json;
use askew_protocol::StopReason;

/// Most bytes of one answer. Log-probabilities of some thousand tokens take a few million bytes.
pub(super) const MAX_BYTES: usize = 16 << 20;
/// A byte order mark, which some servers write first.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A token of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub text: String,
    /// Its natural log-probability as the server reports it, or NaN if it reports none.
    pub logprob: f64,
    /// The likeliest tokens at its position, each with its log-probability.
    pub top: Vec<(String, f64)>,
}

/// A complete answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The text of the answer.
    pub text: String,
    /// Why it ended. Servers do not distinguish a stop string from an end token.
    pub reason: StopReason,
    /// Its tokens, if the server returns log-probabilities.
    pub tokens: Vec<Token>,
    /// Number of its tokens, if the server reports it.
    pub num_tokens: Option<u32>,
}

impl Reply {
    /// The sum of its tokens' log-probabilities, if all of them are known.
    #[must_use]
    pub fn logprob(&self) -> Option<f64> {
        let sum = self.tokens.iter().map(|token| token.logprob).sum::<f64>();
        (!self.tokens.is_empty() && sum.is_finite()).then_some(sum)
    }
}

/// An answer that is being read.
#[derive(Debug)]
pub struct Reading {
    key: Option<Key>,
    form: Form,
    num_bytes: usize,
    /// A line or a document that is not complete yet.
    part: Vec<u8>,
    /// The data of an event that is not complete yet.
    event: Vec<u8>,
    reply: Reply,
    has_ended: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Unknown,
    Events,
    Document,
}

impl Reading {
    /// Reads the answer to a request that was sent with `key`. The key is removed from everything that is read.
    #[must_use]
    pub fn new(key: Option<Key>) -> Self {
        let reply = Reply { text: String::new(), reason: StopReason::EndOfText, tokens: Vec::new(), num_tokens: None };
        let (part, event) = (Vec::new(), Vec::new());
        Self { key, form: Form::Unknown, num_bytes: 0, part, event, reply, has_ended: false }
    }

    /// Takes in bytes as they arrive. They may be cut anywhere.
    ///
    /// # Errors
    /// An error that the server reports after it has begun its answer, or an answer that is not of this protocol.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), ServerError> {
        self.num_bytes += bytes.len();
        if self.num_bytes > MAX_BYTES {
            return Err(ServerError::TooLong);
        }
        let mut bytes = bytes;
        if self.form == Form::Unknown {
            let is_before = |byte: &u8| byte.is_ascii_whitespace() || BYTE_ORDER_MARK.contains(byte);
            bytes = bytes.iter().position(|byte| !is_before(byte)).map_or(&[], |at| &bytes[at..]);
            self.form = match bytes.first() {
                None => return Ok(()),
                Some(b'{') => Form::Document,
                // First letters of an event's fields, and of a comment.
                Some(b'd' | b'e' | b'i' | b'r' | b':') => Form::Events,
                Some(_) => return Err(self.foreign(bytes)),
            };
        }
        if self.form == Form::Document {
            self.part.extend_from_slice(bytes);
            return Ok(());
        }
        while let Some(at) = memchr(b'\n', bytes) {
            self.part.extend_from_slice(&bytes[..at]);
            let line = std::mem::take(&mut self.part);
            self.take_line(&line)?;
            bytes = &bytes[at + 1..];
        }
        self.part.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns the answer after the last bytes.
    ///
    /// # Errors
    /// [`ServerError::Cut`] for an answer without an end, and the errors of [`Self::push`].
    pub fn finish(mut self) -> Result<Reply, ServerError> {
        match self.form {
            Form::Unknown => return Err(ServerError::Cut),
            Form::Document => {
                let document = std::mem::take(&mut self.part);
                if json::object(&document).is_none() && !document.trim_ascii_end().ends_with(b"}") {
                    return Err(ServerError::Cut);
                }
                self.take_document(&document)?;
            }
            Form::Events => {
                let line = std::mem::take(&mut self.part);
                if !line.is_empty() {
                    self.take_line(&line)?;
                }
                // The last event may lack its blank line. An incomplete event is ignored.
                let event = std::mem::take(&mut self.event);
                if json::object(&event).is_some() {
                    self.take_document(&event)?;
                }
                // `[DONE]` does not count as an end either: servers also send it after answers that were dropped.
                if !self.has_ended {
                    return Err(ServerError::Cut);
                }
            }
        }
        if let Some(key) = &self.key {
            self.reply.text = key.hide(self.reply.text);
        }
        if self.reply.num_tokens.is_none() && !self.reply.tokens.is_empty() {
            self.reply.num_tokens = u32::try_from(self.reply.tokens.len()).ok();
        }
        Ok(self.reply)
    }

    fn take_line(&mut self, line: &[u8]) -> Result<(), ServerError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return if event.is_empty() || event == b"[DONE]" { Ok(()) } else { self.take_document(&event) };
        }
        if let Some(data) = line.strip_prefix(b"data:") {
            if !self.event.is_empty() {
                self.event.push(b'\n');
            }
            self.event.extend_from_slice(data.strip_prefix(b" ").unwrap_or(data));
        }
        Ok(())
    }

    fn take_document(&mut self, bytes: &[u8]) -> Result<(), ServerError> {
        let Some(document) = json::object(bytes) else { return Err(self.foreign(bytes)) };
        if document.get("error").is_some_and(|error| !matches!(error, Value::Null)) {
            return Err(ServerError::GaveUp(told(bytes, self.key.as_ref())));
        }
        if let Some(Value::Object(usage)) = document.get("usage") {
            let num = usage.get("completion_tokens").and_then(json::whole);
            self.reply.num_tokens = num.and_then(|num| u32::try_from(num).ok()).or(self.reply.num_tokens);
        }
        let choice = match document.get("choices") {
            Some(Value::Array(choices)) => choices.first(),
            _ if document.contains_key("usage") => None,
            _ => return Err(self.foreign(bytes)),
        };
        match choice {
            Some(Value::Object(choice)) => self.take_choice(choice),
            Some(_) => return Err(self.foreign(bytes)),
            // The last event of some streams has only the token usage.
            None => {}
        }
        Ok(())
    }

    fn take_choice(&mut self, choice: &Object) {
        let said = ["delta", "message"].iter().find_map(|name| match choice.get(*name) {
            Some(Value::Object(said)) => said.get("content"),
            _ => None,
        });
        if let Some(text) = said.or_else(|| choice.get("text")).and_then(json::text) {
            self.reply.text.push_str(text);
        }
        if let Some(Value::Object(logprobs)) = choice.get("logprobs") {
            match logprobs.get("content") {
                Some(Value::Array(tokens)) => self.reply.tokens.extend(tokens.iter().filter_map(chat_token)),
                _ => self.reply.tokens.extend(completion_tokens(logprobs)),
            }
        }
        if let Some(reason) = choice.get("finish_reason").and_then(json::text) {
            self.has_ended = true;
            self.reply.reason = if reason == "length" { StopReason::Length } else { StopReason::EndOfText };
        }
    }

    fn foreign(&self, bytes: &[u8]) -> ServerError {
        ServerError::Foreign(quoted(&String::from_utf8_lossy(bytes), self.key.as_ref()))
    }
}

/// `{"token": ..., "logprob": ..., "top_logprobs": [{"token": ..., "logprob": ...}]}`.
fn chat_token(value: &Value) -> Option<Token> {
    let pair = |value: &Value| {
        let Value::Object(token) = value else { return None };
        let logprob = token.get("logprob").and_then(json::number).unwrap_or(f64::NAN);
        Some((token.get("token").and_then(json::text)?.to_owned(), logprob))
    };
    let (text, logprob) = pair(value)?;
    let top = match value {
        Value::Object(token) => match token.get("top_logprobs") {
            Some(Value::Array(top)) => top.iter().filter_map(pair).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    Some(Token { text, logprob, top })
}

/// `{"tokens": [...], "token_logprobs": [...], "top_logprobs": [{token: logprob}]}`.
fn completion_tokens(logprobs: &Object) -> Vec<Token> {
    let list = |name: &str| match logprobs.get(name) {
        Some(Value::Array(list)) => list.iter().collect(),
        _ => Vec::new(),
    };
    let (numbers, tops) = (list("token_logprobs"), list("top_logprobs"));
    let token = |(at, text): (usize, &Value)| {
        let logprob = numbers.get(at).and_then(|number| json::number(number)).unwrap_or(f64::NAN);
        let top = match tops.get(at) {
            Some(Value::Object(top)) => {
                top.iter().filter_map(|(token, logprob)| Some((token.clone(), json::number(logprob)?))).collect()
            }
            _ => Vec::new(),
        };
        Some(Token { text: json::text(text)?.to_owned(), logprob, top })
    };
    list("tokens").into_iter().enumerate().filter_map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "\u{feff}: hello\r\n\r\nevent: message\r\ndata: {\"choices\": [{\"index\": 0, \"delta\": {\"role\": \"assistant\"}, \"finish_reason\": null}]}\r\n\r\n\
        data: {\"choices\": [{\"delta\": {\"content\": \"Grüß\"}, \"logprobs\": {\"content\": [{\"token\": \"Grüß\", \"logprob\": -0.5, \"top_logprobs\": [{\"token\": \"Hi\", \"logprob\": -0.25}]}]}}]}\n\n\
        data:{\"choices\": [{\"delta\":\ndata: {\"content\": \" Gott 🦆\"}}]}\n\n\
        data: {\"choices\": [{\"delta\": {}, \"finish_reason\": \"length\"}]}\n\n\
        data: {\"choices\": [], \"usage\": {\"completion_tokens\": 7}}\n\ndata: [DONE]\n\n";

    fn read(parts: &[&[u8]]) -> Result<Reply, ServerError> {
        let mut reading = Reading::new(None);
        for part in parts {
            reading.push(part)?;
        }
        reading.finish()
    }

    proptest! {
        /// A stream gives the same answer wherever its bytes are cut.
        #[test]
        fn any_cut_of_a_stream_is_the_stream(cuts in proptest::collection::vec(0..STREAM.len(), 0..9)) {
            let mut cuts = cuts;
            cuts.extend([0, STREAM.len()]);
            cuts.sort_unstable();
            let parts: Vec<&[u8]> = cuts.windows(2).map(|ends| &STREAM.as_bytes()[ends[0]..ends[1]]).collect();
            let reply = read(&parts).unwrap();
            prop_assert_eq!(reply.text.as_str(), "Grüß Gott 🦆");
            prop_assert_eq!((reply.reason, reply.num_tokens, reply.logprob()), (StopReason::Length, Some(7), Some(-0.5)));
            prop_assert_eq!(&reply.tokens[0].top, &[("Hi".to_owned(), -0.25)]);
        }

        /// A stream that stops before its end marker is an error, wherever that is.
        #[test]
        fn a_stream_without_its_end_is_cut(len in 0..STREAM.find("data: {\"choices\": [{\"delta\": {}").unwrap()) {
            prop_assert_eq!(read(&[&STREAM.as_bytes()[..len]]), Err(ServerError::Cut));
            let dropped = [&STREAM.as_bytes()[..len], b"\n\ndata: [DONE]\n\n"].concat();
            prop_assert!(read(&[&dropped]).is_err(), "an end of the connection is no end of the answer");
        }
    }

    #[test]
    fn a_document_is_an_answer_too() {
        let chat = br#" {"choices": [{"message": {"content": "Hi", "role": "assistant"}, "finish_reason": "stop"}], "usage": {"completion_tokens": 2}}"#;
        let reply = read(&[chat]).unwrap();
        assert_eq!((reply.text.as_str(), reply.reason, reply.num_tokens), ("Hi", StopReason::EndOfText, Some(2)));
        assert_eq!((reply.logprob(), read(&[&chat[..40]])), (None, Err(ServerError::Cut)));
        let completion = br#"{"choices": [{"text": " 8", "logprobs": {"tokens": [" 8"], "token_logprobs": [-1.5], "top_logprobs": [{" 8": -1.5, " 9": -2}]}, "finish_reason": "stop"}]}"#;
        let reply = read(&[completion]).unwrap();
        assert_eq!((reply.text.as_str(), reply.logprob()), (" 8", Some(-1.5)));
        assert_eq!(reply.tokens[0].top.len(), 2);
        assert_eq!(read(&[b"{\"choices\": [{\"message\": {\"content\": null}}]}"]).unwrap().text, "");
    }

    #[test]
    fn what_is_no_answer_says_what_it_is() {
        let told = |bytes: &[u8]| read(&[bytes]).unwrap_err().to_string();
        assert!(told(b"<html>Welcome to nginx").contains("<html>Welcome"));
        assert!(told(b"data: {\"choices\": 3}\n\n").contains("choices"));
        assert!(told(b"{\"models\": []}").contains("models"));
        assert!(told(b"data: {\"error\": {\"message\": \"out of memory\"}}\n\n").contains("out of memory"));
        assert_eq!(read(&[]), Err(ServerError::Cut));
        assert_eq!(read(&[&[b' '; MAX_BYTES], b"  "]), Err(ServerError::TooLong));
    }

    #[test]
    fn a_key_that_is_said_back_is_in_no_answer() {
        let mut reading = Reading::new(Key::new("sk-secret"));
        reading.push(b"data: {\"choices\": [{\"delta\": {\"content\": \"sk-se\"}}]}\n\n").unwrap();
        reading
            .push(b"data: {\"choices\": [{\"delta\": {\"content\": \"cret\"}, \"finish_reason\": \"stop\"}]}\n\n")
            .unwrap();
        assert_eq!(reading.finish().unwrap().text, "(key)");
        let said = |body: &[u8]| Reading::new(Key::new("sk-secret")).push(body).unwrap_err().to_string();
        assert!(!said(b"<p>sk-secret").contains("secret"));
        // The first bytes that arrive end inside of it.
        assert!(said(b"<p>sk-secr").contains("<p>(key)"), "{}", said(b"<p>sk-secr"));
    }
}
