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
/// Most work of one search with an expression: bytes of the compiled expression x bytes of text. At every letter of the
/// text the expression may be in each of its states (30 to 50 bytes), so its time is at most 0.5 to 1 ns x this
/// product: half a minute. Usual expressions take a tenth of that.
const MAX_REGEX_WORK: u64 = 1 << 35;
/// Most words that are searched before an expression.
const MAX_NEEDLES: usize = 16;

/// Why a search was not started: the expression is too large for so many bytes of text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMuchText(pub(crate) u64);

/// A prepared pattern.
#[derive(Debug)]
pub(crate) struct Matcher {
    /// Every match contains one of these words; empty if unknown. They are searched first, which is 20 times as fast as
    /// an expression.
    needles: Vec<Needle>,
    /// The expression, if the pattern is one.
    regex: Option<Regex>,
}

impl Matcher {
    /// Prepares a pattern.
    ///
    /// # Errors
    /// The error in a regular expression, in words.
    pub(crate) fn new(pattern: &str, is_regex: bool) -> Result<Self, String> {
        if !is_regex {
            return Ok(Self { needles: vec![Needle::new(pattern)], regex: None });
        }
        let regex = compile(pattern, MAX_REGEX_BYTES).map_err(|error| error.to_string())?;
        Ok(Self { needles: required(pattern).into_iter().map(Needle::new).collect(), regex: Some(regex) })
    }

    /// For each text, whether it matches.
    ///
    /// # Errors
    /// [`TooMuchText`] if an expression is too large to search the texts that contain its required words.
    pub(crate) fn find<'a>(&self, texts: impl Iterator<Item = &'a str> + Clone) -> Result<Vec<bool>, TooMuchText> {
        let may_match = |text| self.needles.is_empty() || self.needles.iter().any(|needle| needle.is_in(text));
        let mut found: Vec<bool> = texts.clone().map(may_match).collect();
        let Some(regex) = &self.regex else { return Ok(found) };
        let left = texts.clone().zip(&found).filter(|(_, found)| **found);
        let bytes = left.map(|(text, _)| text.len() as u64 + 1).sum();
        if !affords(regex, bytes) {
            return Err(TooMuchText(bytes));
        }
        for (text, found) in texts.zip(&mut found) {
            *found = *found && regex.is_match(text);
        }
        Ok(found)
    }
}

fn compile(pattern: &str, max_bytes: usize) -> Result<Regex, regex_lite::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(max_bytes).build()
}

/// Whether an expression is small enough to search so many bytes of text. The size of a compiled expression is only
/// known to the library, so it is compiled again with the size that is allowed.
fn affords(regex: &Regex, bytes: u64) -> bool {
    let allowed = usize::try_from(MAX_REGEX_WORK / bytes.max(1)).unwrap_or(usize::MAX);
    allowed >= MAX_REGEX_BYTES || compile(regex.as_str(), allowed).is_ok()
}

/// Words of plain letters. Every match of an expression contains at least one of them. Empty if none are found. Only
/// letters outside groups and classes are found, one run for each alternative, and only in an expression without flags.
fn required(pattern: &str) -> Vec<&str> {
    if pattern.is_ascii() && !pattern.contains("(?") { runs(pattern).unwrap_or_default() } else { Vec::new() }
}

/// The longest run of each alternative. `None` if an alternative has none, or if the pattern is too hard to read.
fn runs(pattern: &str) -> Option<Vec<&str>> {
    let bytes = pattern.as_bytes();
    let (mut depth, mut best, mut run) = (0_u32, 0..0, 0..0);
    let (mut at, mut found) = (0, Vec::new());
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
            b'|' if depth == 0 => found.push(pattern.get(std::mem::take(&mut best))?),
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'[' => at = end_of_class(bytes, at)?,
            b'\\' => at = end_of_escape(bytes, at)?,
            b'{' => at += bytes.iter().skip(at).position(|&byte| byte == b'}')?,
            _ => {}
        }
        at += 1;
        run = at..at;
    }
    found.push(pattern.get(best)?);
    (found.len() <= MAX_NEEDLES && found.iter().all(|run| !run.is_empty())).then_some(found)
}

/// The end of a class. `None` for classes that this function does not parse (`[[:alpha:]]`, `[]a]`).
fn end_of_class(bytes: &[u8], start: usize) -> Option<usize> {
    let inside = bytes.get(start + 1..)?;
    let len = inside.iter().position(|&byte| matches!(byte, b']' | b'[' | b'\\'))?;
    (inside[len] == b']' && !matches!(&inside[..len], b"" | b"^")).then_some(start + 1 + len)
}

/// The end of an escape. `None` for escapes of several letters (`\x41`, `\u{e9}`, `\p{L}`).
fn end_of_escape(bytes: &[u8], start: usize) -> Option<usize> {
    match bytes.get(start + 1)? {
        b'x' | b'u' | b'U' | b'p' | b'P' => None,
        b'b' if bytes.get(start + 2) == Some(&b'{') => None,
        _ => Some(start + 1),
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

    impl Matcher {
        fn is_in(&self, text: &str) -> bool {
            self.find([text].into_iter()).unwrap()[0]
        }
    }

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
        assert!(Matcher::new(r"ab\x41|b", true).unwrap().is_in("b"), "the words of one alternative are not required");
        for (pattern, plain) in [
            (r"\bkill (all|every)", "kill "),
            ("quick (answer|human) of", "quick "),
            ("colou?r", "colo"),
            ("ab{2}cde", "cde"),
            ("a+bc*d", "b"),
            ("[a-z]+ing", "ing"),
            ("kill|all", "kill|all"),
            ("kill (a|b)|all{2}", "kill |al"),
            ("kill|", ""),
            (r"ab\x41|b", ""),
            ("ab[]a]|b", ""),
            ("(?x) a b", ""),
            (r"\x41bc", ""),
            ("[]a]bc", ""),
            ("é", ""),
            (r"it\.is", "it"),
        ] {
            assert_eq!(required(pattern).join("|"), plain, "{pattern}");
        }
        assert!(Matcher::new("(", true).is_err());
        assert!(Matcher::new("((a{99}){99}){99}", true).is_err(), "an expression that takes too much memory");
        for many in ["(?:a{0}){4000000000}", "((){9999}){9999}", "(?:|||){4000000000}"] {
            assert!(Matcher::new(many, true).is_err(), "{many}: nothing, repeated, has a size too");
        }
    }

    /// From a link, these took minutes. Now no letter is searched.
    #[test]
    fn an_expression_too_large_for_the_text_is_refused() {
        let text = "a".repeat(1000);
        let texts = |num| std::iter::repeat_n(text.as_str(), num);
        for hostile in [r"(?:.?){3000}\z\A", r"(?:.?){500}\z\A", r"(?:\w*\s*){300}x{9}$", "(a?){900}[az]{900}[0-9]"] {
            let matcher = Matcher::new(hostile, true).unwrap();
            let bytes = 10_000 * 1_001;
            assert_eq!(matcher.find(texts(10_000)).err(), Some(TooMuchText(bytes)), "{hostile}");
            assert!(matcher.find(texts(2)).is_ok(), "{hostile}: a little text is searched");
        }
        for pattern in ["colou?r|gr[ae]y", r"^\W*(sorry|i can.?t)", "(?x) a b", r"\d{3}%"] {
            assert!(affords(&compile(pattern, MAX_REGEX_BYTES).unwrap(), 30_000_000), "{pattern}");
        }
        // Required words leave little to search.
        let matcher = Matcher::new(r"zebra.{0,200}\d", true).unwrap();
        let found = matcher.find(texts(30_000).chain(["a zebra and 7"])).unwrap();
        assert_eq!(found.iter().filter(|found| **found).count(), 1);
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
