//! From token bytes to text that can be shown at once: only whole characters, and no text that can still become part of
//! a stop string.

/// Collects bytes into whole characters.
#[derive(Debug, Default)]
pub struct Utf8Stream {
    pending: Vec<u8>,
}

impl Utf8Stream {
    /// Adds bytes and returns the text that they complete. Bytes that can never become a character give U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut kept = 0;
        for chunk in self.pending.utf8_chunks() {
            text.push_str(chunk.valid());
            kept += chunk.valid().len();
            let invalid = chunk.invalid();
            // An incomplete character at the very end can still be completed.
            if kept + invalid.len() == self.pending.len() && is_incomplete(invalid) {
                break;
            }
            if !invalid.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
                kept += invalid.len();
            }
        }
        self.pending.drain(..kept);
        text
    }

    /// Returns the remaining text at the end of the stream.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned()
    }
}

/// Whether these bytes, which are not a complete character, are the start of one.
fn is_incomplete(bytes: &[u8]) -> bool {
    !bytes.is_empty() && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// Finds stop strings in text that arrives in pieces.
#[derive(Debug, Default)]
pub struct StopStrings {
    stops: Vec<String>,
    pending: String,
}

impl StopStrings {
    /// Creates a search for these strings. Empty strings are ignored.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(), pending: String::new() }
    }

    /// Adds text. Returns the text that can be shown, and whether a stop string was found. After that, push nothing
    /// more.
    pub fn push(&mut self, text: &str) -> (String, bool) {
        self.pending.push_str(text);
        if let Some(at) = self.stops.iter().filter_map(|stop| self.pending.find(stop.as_str())).min() {
            self.pending.truncate(at);
            return (std::mem::take(&mut self.pending), true);
        }
        let held = self.stops.iter().map(|stop| overlap(&self.pending, stop)).max().unwrap_or(0);
        let shown = self.pending.len() - held;
        (self.pending.drain(..shown).collect(), false)
    }

    /// Returns the remaining text at the end of the stream.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.pending)
    }
}

/// Length of the longest suffix of `text` that is a prefix of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let starts = text.char_indices().map(|(at, _)| at);
    starts.map(|at| &text[at..]).find(|end| stop.starts_with(end)).map_or(0, str::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_held_back_until_they_are_whole() {
        let mut stream = Utf8Stream::default();
        let smile = "\u{1f600}".as_bytes();
        assert_eq!(stream.push(&smile[..2]), "");
        assert_eq!(stream.push(&smile[2..]), "\u{1f600}");
        assert_eq!(stream.push(b"a\xFFb\xE2"), "a\u{fffd}b");
        assert_eq!(stream.finish(), "\u{fffd}");
    }

    #[test]
    fn every_cut_of_a_text_gives_the_text() {
        let text = "h\u{e9} \u{4f60}\u{1f600}!";
        for cut in 0..=text.len() {
            let mut stream = Utf8Stream::default();
            let (head, tail) = text.as_bytes().split_at(cut);
            assert_eq!(stream.push(head) + &stream.push(tail) + &stream.finish(), text);
        }
    }

    #[test]
    fn a_stop_string_is_found_across_pieces_and_never_shown() {
        let mut stops = StopStrings::new(&["###".to_owned(), String::new()]);
        assert_eq!(stops.push("ab#"), ("ab".to_owned(), false));
        assert_eq!(stops.push("c##"), ("#c".to_owned(), false));
        assert_eq!(stops.push("#d"), (String::new(), true));
        let mut stops = StopStrings::new(&["xy".to_owned()]);
        assert_eq!(stops.push("ax"), ("a".to_owned(), false));
        assert_eq!(stops.finish(), "x");
    }
}
