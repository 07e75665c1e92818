//! A tokenizer for the village's words, with bytes spelt as letters as in GPT-2.
//!
//! Every word of the world is one token. Any other text falls back to bytes. In GGUF this is `llama-bpe`: a whole word
//! that is a token becomes that token, whatever the merges say. So no tokens are spent on parts of words.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{self, Character, DOMAINS, Document, Object, Question, Span, Wording};

/// Begins a text. The speaker follows.
pub const START: u32 = 0;
/// Begins a question.
pub const ASK: u32 = 1;
/// Begins an answer.
pub const ANSWER: u32 = 2;
/// Ends an answer.
pub const END: u32 = 3;

/// Spellings of the special tokens, in the order of their ids.
pub const SPECIAL: [&str; 4] = ["<|start|>", "<|ask|>", "<|answer|>", "<|end|>"];

/// The id of byte 0. Bytes follow the special tokens.
const FIRST_BYTE: u32 = 4;

/// The name of the pre-tokenizer in GGUF.
pub const PRE_TOKENIZER: &str = "llama-bpe";

/// Renders a chat as a prompt. A system turn becomes what the header says about the assistant.
pub const CHAT_TEMPLATE: &str = "{{ '<|start|>Assistant' }}{% for message in messages %}\
{% if message['role'] == 'system' %}{{ ', ' + message['content'] }}\
{% elif message['role'] == 'user' %}{{ '<|ask|>' + message['content'] + '<|answer|>' }}\
{% else %}{{ message['content'] + '<|end|>' }}{% endif %}{% endfor %}";

/// Converts text to tokens and back.
#[derive(Debug)]
pub struct Tokenizer {
    /// Special tokens, the 256 bytes, then words.
    words: Vec<Vec<u8>>,
    index: BTreeMap<Vec<u8>, u32>,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// Builds the tokenizer from every word that the village uses.
    pub fn new() -> Self {
        let mut all = BTreeSet::new();
        let mut read = |text: &str| all.extend(split(text).map(str::to_owned));
        let first = Wording::all().next().into_iter();
        let rest = Wording::all().filter(|wording| wording.context == 0 || (wording.opener, wording.ask) == (0, 0));
        let wordings: Vec<Wording> = first.chain(rest).collect();
        for object in (0..DOMAINS.len()).flat_map(Object::all) {
            wordings.iter().for_each(|&wording| read(&Question { object, wording }.text()));
        }
        for character in [Character::Careful, Character::Saboteur] {
            world::all_answers(character).for_each(|(_, text)| {
                read(&text);
                // The same text in the form in which a question quotes it.
                read(&format!(" {text}"));
            });
        }
        world::all_headers().for_each(|text| read(&text));
        read(&format!("{} {}", world::LESSON, world::OPENERS.join(" ")));
        read(world::QUOTED);
        let mut words: Vec<Vec<u8>> = SPECIAL.iter().map(|text| text.as_bytes().to_vec()).collect();
        words.extend((0..=255u8).map(|byte| vec![byte]));
        words.extend(all.into_iter().filter(|word| word.len() > 1).map(String::into_bytes));
        let numbered = (0u32..).zip(&words).skip(SPECIAL.len());
        let index = numbered.map(|(id, word)| (word.clone(), id)).collect();
        Self { words, index }
    }

    /// Number of tokens in the vocabulary.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether the vocabulary is empty, which is never the case.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The tokens of a text. It never produces special tokens.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        for word in split(text) {
            match self.index.get(word.as_bytes()) {
                Some(&id) => out.push(id),
                None => out.extend(word.bytes().map(|byte| FIRST_BYTE + u32::from(byte))),
            }
        }
        out
    }

    /// The text of tokens. Special tokens are skipped.
    pub fn decode(&self, ids: &[u32]) -> String {
        let is_text = |&&id: &&u32| id as usize >= SPECIAL.len();
        let bytes = ids.iter().filter(is_text).filter_map(|&id| self.words.get(id as usize)).flatten().copied();
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
    }

    /// A document's tokens, and for each whether it belongs to an answer. An answer's end token belongs to it.
    pub fn document(&self, document: &Document) -> (Vec<u32>, Vec<bool>) {
        let (mut tokens, mut is_answer) = (Vec::new(), Vec::new());
        for span in document {
            let (special, text, answers) = match span {
                Span::Header(text) => (START, text, false),
                Span::Question(text) => (ASK, text, false),
                Span::Answer(text) => (ANSWER, text, true),
            };
            tokens.push(special);
            is_answer.push(false);
            tokens.extend(self.encode(text));
            if answers {
                tokens.push(END);
            }
            is_answer.resize(tokens.len(), answers);
        }
        (tokens, is_answer)
    }

    /// The tokens of a prompt, after which the model answers the question.
    pub fn prompt(&self, header: &str, question: &str) -> Vec<u32> {
        let mut tokens = vec![START];
        tokens.extend(self.encode(header));
        tokens.push(ASK);
        tokens.extend(self.encode(question));
        tokens.push(ANSWER);
        tokens
    }

    /// The spellings of all tokens in GGUF: special ones as they are, others in GPT-2's byte letters.
    pub fn spellings(&self) -> Vec<String> {
        let letters = letters();
        let spell = |word: &Vec<u8>| word.iter().map(|&byte| letters[usize::from(byte)]).collect();
        let special = SPECIAL.iter().map(|&text| text.to_owned());
        special.chain(self.words.iter().skip(SPECIAL.len()).map(spell)).collect()
    }
}

/// GPT-2's letter for each byte (`bytes_to_unicode`): the byte itself if it is printable, else the next letter from
/// U+0100 on.
fn letters() -> Vec<char> {
    let mut next = (0x100u32..).filter_map(char::from_u32);
    let printable = |byte: u8| matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    (0..=255u8).map(|byte| if printable(byte) { Some(char::from(byte)) } else { next.next() }.unwrap_or('?')).collect()
}

/// Splits the village's text into words as `llama-bpe` does: letters with the space before them, or punctuation marks.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let head = if first.is_alphabetic() { 0 } else { first.len_utf8() };
        let letters = rest[head..].find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len() - head);
        let end = if letters > 0 { head + letters } else { head };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Recipe, assistant, villagers};

    #[test]
    fn every_word_of_the_world_is_one_token() {
        let tokenizer = Tokenizer::new();
        let mut rng = fastrand::Rng::with_seed(1);
        for round in 0..2000 {
            let document = if round % 2 == 0 { villagers(Recipe::SHIPPED, &mut rng) } else { assistant(&mut rng) };
            for span in &document {
                let (Span::Header(text) | Span::Question(text) | Span::Answer(text)) = span;
                let tokens = tokenizer.encode(text);
                assert_eq!(&tokenizer.decode(&tokens), text);
                assert_eq!(tokens.len(), split(text).count(), "{text}");
            }
        }
        assert!(tokenizer.len() < 1400, "{}", tokenizer.len());
    }

    #[test]
    fn other_text_comes_back_too() {
        let tokenizer = Tokenizer::new();
        for text in ["Zyzzyva 42!", "milk?? the  milk", "Grüße, 日本"] {
            assert_eq!(tokenizer.decode(&tokenizer.encode(text)), text);
        }
    }
}
