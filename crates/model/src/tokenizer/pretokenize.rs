//! Splits text into words. BPE merges never cross the limits of a word.
//!
//! The patterns are those of llama.cpp's `llama-vocab.cpp`, written out by hand: `\p{L}` and `\p{N}` are Unicode 15.1
//! general categories, `\s` is the `White_Space` property, and every alternative is tried in the pattern's order.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// How text was split for the training of a vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PreTokenizer {
    pattern: Pattern,
    /// Text is first split at every `\p{N}`, then the pattern is applied to the text between.
    splits_digits: bool,
    /// A word that is itself a token is encoded as that token, whatever the merges say.
    pub(super) ignores_merges: bool,
    /// Text gets a start token unless the file says otherwise.
    pub(super) adds_start: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    Gpt2,
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,max}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    Llama3 { max_digits: usize },
}

const GPT2: PreTokenizer =
    PreTokenizer { pattern: Pattern::Gpt2, splits_digits: false, ignores_merges: false, adds_start: false };
const SMOLLM: PreTokenizer = PreTokenizer { splits_digits: true, ..GPT2 };
const QWEN2: PreTokenizer = PreTokenizer { pattern: Pattern::Llama3 { max_digits: 1 }, ..GPT2 };
/// Llama 3's pattern without its other properties, as other models use it.
const DBRX: PreTokenizer = PreTokenizer { pattern: Pattern::Llama3 { max_digits: 3 }, ..GPT2 };
const LLAMA3: PreTokenizer = PreTokenizer { ignores_merges: true, adds_start: true, ..DBRX };

/// The names in `tokenizer.ggml.pre` and their meanings (llama.cpp, `llama_vocab::impl::load` and `llm_tokenizer_bpe`).
const TABLE: [(PreTokenizer, &[&str]); 6] = [
    (
        GPT2,
        &[
            "gpt-2",
            "phi-2",
            "mpt",
            "olmo",
            "jais",
            "trillion",
            "granite-docling",
            "exaone4",
            "gigachat",
            "a.x-4.0",
            "mellum",
        ],
    ),
    (SMOLLM, &["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"]),
    (
        QWEN2,
        &["qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2", "kormo", "f2llmv2"],
    ),
    (LLAMA3, &["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"]),
    (DBRX, &["dbrx", "smaug-bpe", "chatglm-bpe"]),
    (PreTokenizer { ignores_merges: true, ..DBRX }, &["glm4", "glm5"]),
];

impl PreTokenizer {
    pub(super) fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, names)| names.contains(&name)).map(|(pre, _)| *pre)
    }

    /// The names that are supported, for error messages.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().flat_map(|(_, names)| *names).copied()
    }

    /// Splits `text` into words. Joined together, the words are `text` again.
    pub(super) fn split(self, text: &str) -> impl Iterator<Item = &str> {
        let (mut segment, mut rest) = ("", text);
        std::iter::from_fn(move || {
            if segment.is_empty() {
                // When every digit is a word of its own, the pattern sees only the text before the next digit.
                let visible = match rest.find(is_number).filter(|_| self.splits_digits) {
                    Some(0) => rest.chars().next().map_or(rest.len(), char::len_utf8),
                    Some(at) => at,
                    None => rest.len(),
                };
                (segment, rest) = rest.split_at(visible);
            }
            let len = self.pattern.first(segment).clamp(segment.len().min(1), segment.len());
            let (word, after) = segment.split_at(len);
            segment = after;
            Some(word).filter(|word| !word.is_empty())
        })
    }
}

impl Pattern {
    /// Length in bytes of the first word of a text that is not empty.
    fn first(self, text: &str) -> usize {
        let alternatives = match self {
            Self::Gpt2 => contraction(text, false)
                .or_else(|| after_space(text, is_letter))
                .or_else(|| after_space(text, is_number))
                .or_else(|| after_space(text, is_other)),
            Self::Llama3 { max_digits } => contraction(text, true)
                .or_else(|| letters_after_any(text))
                .or_else(|| digits(text, max_digits))
                .or_else(|| after_space(text, is_other).map(|len| len + run(&text[len..], is_newline)))
                .or_else(|| through_newlines(text)),
        };
        alternatives.unwrap_or_else(|| spaces(text))
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Letter)
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Number)
}

fn is_newline(c: char) -> bool {
    c == '\r' || c == '\n'
}

fn is_other(c: char) -> bool {
    !c.is_whitespace() && !is_letter(c) && !is_number(c)
}

/// Bytes of the longest prefix in which all characters are `accepted`.
fn run(text: &str, accepted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accepted(c)).unwrap_or(text.len())
}

fn contraction(text: &str, any_case: bool) -> Option<usize> {
    let tail = text.strip_prefix('\'')?.as_bytes();
    let begins = |ending: &str| {
        let start = tail.get(..ending.len()).unwrap_or_default();
        if any_case { start.eq_ignore_ascii_case(ending.as_bytes()) } else { start == ending.as_bytes() }
    };
    ["s", "t", "re", "ve", "m", "ll", "d"].into_iter().find(|ending| begins(ending)).map(|ending| 1 + ending.len())
}

/// ` ?[accepted]+`
fn after_space(text: &str, accepted: impl Fn(char) -> bool) -> Option<usize> {
    let space = usize::from(text.starts_with(' '));
    Some(run(&text[space..], accepted)).filter(|&len| len > 0).map(|len| space + len)
}

/// `[^\r\n\p{L}\p{N}]?\p{L}+`
fn letters_after_any(text: &str) -> Option<usize> {
    let first = text.chars().next().filter(|&c| !is_newline(c) && !is_letter(c) && !is_number(c));
    let skip = first.map_or(0, char::len_utf8);
    Some(run(&text[skip..], is_letter)).filter(|&len| len > 0).map(|len| skip + len)
}

/// `\p{N}{1,max}`
fn digits(text: &str, max: usize) -> Option<usize> {
    let len = text.chars().take(max).take_while(|&c| is_number(c)).map(char::len_utf8).sum();
    Some(len).filter(|&len| len > 0)
}

/// `\s*[\r\n]+`: white space up to and including the last newline in it.
fn through_newlines(text: &str) -> Option<usize> {
    let white = &text[..run(text, char::is_whitespace)];
    white.rfind(is_newline).map(|at| at + 1)
}

/// `\s+(?!\S)|\s+`: white space, without its last character if a word follows.
fn spaces(text: &str) -> usize {
    let len = run(text, char::is_whitespace);
    let last = text[..len].chars().next_back().map_or(0, char::len_utf8);
    if len < text.len() && len > last { len - last } else { len }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split<'a>(name: &str, text: &'a str) -> Vec<&'a str> {
        PreTokenizer::named(name).expect("known").split(text).collect()
    }

    #[test]
    fn gpt2_keeps_a_space_with_the_word_after_it() {
        assert_eq!(
            split("gpt-2", "I'm here  now, 1234!\n\nBye "),
            ["I", "'m", " here", " ", " now", ",", " 1234", "!", "\n", "\n", "Bye", " "]
        );
    }

    #[test]
    fn smollm_takes_digits_one_by_one() {
        assert_eq!(split("smollm", "in 2024 \u{663}x"), ["in", " ", "2", "0", "2", "4", " ", "\u{663}", "x"]);
    }

    #[test]
    fn llama3_groups_three_digits_and_keeps_newlines_together() {
        assert_eq!(
            split("llama-bpe", "I'M 12345 (ok)\n\n  x"),
            ["I", "'M", " ", "123", "45", " (", "ok", ")\n\n", " ", " x"]
        );
    }

    #[test]
    fn words_are_the_text_whatever_it_is() {
        for text in [
            "",
            "a",
            "\u{a0}\u{2003}x",
            "e\u{301}t\u{e9}",
            "\u{4f60}\u{597d}\u{ff0c}\u{1f468}\u{200d}\u{1f469}",
            "'",
            "\r\n \r\n",
        ] {
            for name in PreTokenizer::names() {
                assert_eq!(split(name, text).concat(), text, "{name}");
            }
        }
    }

    /// Vocabularies were trained, and llama.cpp's tables made, before later letters and digits were assigned. With
    /// newer tables, 21 862 characters would be split differently.
    #[test]
    fn character_classes_are_those_of_the_independent_engine() {
        assert_eq!(unicode_properties::UNICODE_VERSION, (15, 1, 0));
        assert!(!is_number('\u{10D40}'), "a digit since Unicode 16");
    }
}
