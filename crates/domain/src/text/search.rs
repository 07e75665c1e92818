//! Text search over answers and questions.

use regex_lite::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// Which texts are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Within {
    #[default]
    Answers,
    /// Questions as asked.
    Questions,
    /// Answers or questions.
    Both,
}

impl Within {
    /// All places, the default first.
    pub const ALL: [Self; 3] = [Self::Answers, Self::Questions, Self::Both];

    /// The name used in links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answers => "answers",
            Self::Questions => "questions",
            Self::Both => "both",
        }
    }

    /// The place with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|within| within.name() == name)
    }
}

/// A text that rows must contain. Upper and lower case match each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Search {
    /// The words, or the regular expression.
    pub pattern: String,
    /// Whether `pattern` is a regular expression (the syntax of the `regex-lite` crate).
    pub is_regex: bool,
    /// Which texts are searched.
    pub within: Within,
}

/// Most memory of a compiled expression in bytes. One from a link must not exhaust the worker's memory.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// A prepared pattern.
#[derive(Debug)]
pub(crate) enum Matcher {
    Words(Needle),
    /// An expression, and words that every match contains. The words are searched first, which is 20 times as fast.
    Regex(Regex, Needle),
}

impl Matcher {
    /// Prepares a pattern.
    ///
    /// # Errors
    /// The error in a regular expression, in words.
    pub(crate) fn new(pattern: &str, is_regex: bool) -> Result<Self, String> {
        if !is_regex {
            return Ok(Self::Words(Needle::new(pattern)));
        }
        let regex = RegexBuilder::new(pattern).case_insensitive(true).size_limit(MAX_REGEX_BYTES).build();
        regex.map(|regex| Self::Regex(regex, Needle::new(required(pattern)))).map_err(|error| error.to_string())
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Words(needle) => needle.is_in(text),
            Self::Regex(regex, needle) => needle.is_in(text) && regex.is_match(text),
        }
    }
}

/// The longest run of plain letters that every match of an expression contains; empty if none is found. Only letters
/// outside groups and classes are found, and only in an expression without alternatives and flags.
fn required(pattern: &str) -> &str {
    if !pattern.is_ascii() || pattern.contains("(?") {
        return "";
    }
    let bytes = pattern.as_bytes();
    let (mut depth, mut best, mut run) = (0_u32, 0..0, 0..0);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let is_plain = depth == 0 && (byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b',' | b'\'' | b'-'));
        // A letter that may be missing or repeated ends the run before it.
        let is_repeated = matches!(bytes.get(at + 1), Some(b'?' | b'*' | b'+' | b'{'));
        if is_plain && !is_repeated {
            run.end = at + 1;
            if run.len() > best.len() {
                best = run.clone();
            }
            at += 1;
            continue;
        }
        match byte {
            b'|' if depth == 0 => return "",
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'[' => at = end_of_class(bytes, at),
            b'\\' => at = end_of_escape(bytes, at),
            b'{' => at = bytes.iter().skip(at).position(|&byte| byte == b'}').map_or(bytes.len(), |len| at + len),
            _ => {}
        }
        at += 1;
        run = at..at;
    }
    pattern.get(best).unwrap_or_default()
}

/// The end of a class. For classes that this function does not parse (`[[:alpha:]]`, `[]a]`), the end of the pattern.
fn end_of_class(bytes: &[u8], start: usize) -> usize {
    let inside = bytes.get(start + 1..).unwrap_or_default();
    match inside.iter().position(|&byte| matches!(byte, b']' | b'[' | b'\\')) {
        Some(len) if inside[len] == b']' && !matches!(&inside[..len], b"" | b"^") => start + 1 + len,
        _ => bytes.len(),
    }
}

/// The end of an escape. For escapes of several letters (`\x41`, `\u{e9}`, `\p{L}`), the end of the pattern.
fn end_of_escape(bytes: &[u8], start: usize) -> usize {
    match bytes.get(start + 1) {
        Some(b'x' | b'u' | b'U' | b'p' | b'P') => bytes.len(),
        Some(b'b') if bytes.get(start + 2) == Some(&b'{') => bytes.len(),
        _ => start + 1,
    }
}

/// Words to look for, in lower case.
#[derive(Debug)]
pub(crate) struct Needle {
    lower: String,
    /// The rarest byte of `lower` in English texts, and its place. It is searched first.
    rare: u8,
    rare_at: usize,
}

impl Needle {
    fn new(words: &str) -> Self {
        // Letters by frequency in English (Lewand, 2000), rarest first. Everything that is not a letter counts as
        // rarer.
        const RARE_FIRST: &[u8] = b"zqxjkvbpgwyfmculdhrsnioate";
        let lower = words.to_lowercase();
        let rank = |byte: u8| match byte {
            b' ' => RARE_FIRST.len(),
            _ => RARE_FIRST.iter().position(|&letter| letter == byte).unwrap_or(0),
        };
        let rare_at = (0..lower.len()).min_by_key(|&at| rank(lower.as_bytes()[at])).unwrap_or(0);
        let rare = lower.as_bytes().get(rare_at).copied().unwrap_or(0);
        Self { lower, rare, rare_at }
    }

    fn is_in(&self, text: &str) -> bool {
        if self.lower.is_empty() {
            return true;
        }
        if !self.lower.is_ascii() {
            return !text.is_ascii() && text.to_lowercase().contains(&self.lower);
        }
        let (haystack, needle) = (text.as_bytes(), self.lower.as_bytes());
        let Some(last_start) = haystack.len().checked_sub(needle.len()) else { return false };
        // The rare byte of a match is within this window.
        let window = &haystack[self.rare_at..=last_start + self.rare_at];
        memchr::memchr2_iter(self.rare, self.rare.to_ascii_uppercase(), window)
            .any(|start| haystack[start..start + needle.len()].eq_ignore_ascii_case(needle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(pattern: &str, text: &str) -> bool {
        Matcher::new(pattern, false).unwrap().is_in(text)
    }

    #[test]
    fn words_match_whatever_their_case() {
        assert!(finds("Quick BUCK", "a quick buck!") && finds("", "") && finds("buck", "BUCK"));
        assert!(!finds("buck", "buc") && !finds("x", ""));
        assert!(finds("ÄRGER", "großer Ärger") && !finds("ä", "a"));
    }

    #[test]
    fn expressions_match_and_broken_ones_say_why() {
        let regex = Matcher::new(r"\bkill (all|every)", true).unwrap();
        assert!(regex.is_in("Kill ALL humans") && !regex.is_in("skill alley"));
        for (pattern, plain) in [
            (r"\bkill (all|every)", "kill "),
            ("quick (answer|human) of", "quick "),
            ("colou?r", "colo"),
            ("ab{2}cde", "cde"),
            ("a+bc*d", "b"),
            ("[a-z]+ing", "ing"),
            ("kill|all", ""),
            ("(?x) a b", ""),
            (r"\x41bc", ""),
            ("[]a]bc", ""),
            ("é", ""),
            (r"it\.is", "it"),
        ] {
            assert_eq!(required(pattern), plain, "{pattern}");
        }
        assert!(Matcher::new("(", true).is_err());
        assert!(Matcher::new("((a{99}){99}){99}", true).is_err(), "an expression that takes too much memory");
    }

    proptest! {
        /// The search for required words never hides a match.
        #[test]
        fn required_words_are_in_every_match(pattern in r"[ab(|)\[\]?*+{}1,. \\^$-]{0,9}", text in "[abAB 1,.-]{0,12}") {
            let plain = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(MAX_REGEX_BYTES).build();
            if let (Ok(plain), Ok(fast)) = (plain, Matcher::new(&pattern, true)) {
                prop_assert_eq!(fast.is_in(&text), plain.is_match(&text), "{} in {}", pattern, text);
            }
        }

        #[test]
        fn finds_what_plain_search_finds(text in "[abzAZ ]{0,30}", at in 0usize..30, len in 0usize..6, other in "[abz ]{0,4}") {
            let start = at.min(text.len());
            let part = &text[start..(start + len).min(text.len())];
            prop_assert!(finds(&part.to_uppercase(), &text));
            prop_assert_eq!(finds(&other, &text), text.to_lowercase().contains(&other));
        }
    }
}
