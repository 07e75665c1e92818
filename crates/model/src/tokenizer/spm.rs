//! SentencePiece's BPE: the two neighbours that make the token with the highest score are joined, until none can be
//! joined.
//!
//! Follows llama.cpp's `llm_tokenizer_spm_session`. Spaces are written as U+2581. Text without a token is written byte
//! by byte.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::vocabulary::{Kind, Vocabulary};
use super::{bad, missing};
use crate::ModelError;
use crate::gguf::{Header, Value};

/// How SentencePiece writes a space.
const SPACE: &str = "\u{2581}";
/// Metadata key of the scores.
const SCORES_KEY: &str = "tokenizer.ggml.scores";
/// Marks the absence of a neighbour.
const NOWHERE: u32 = u32::MAX;

/// The data that SentencePiece needs in addition to the tokens.
#[derive(Debug)]
pub(super) struct SentencePiece {
    /// The score of each token, mapped to an integer with the same order.
    scores: Vec<u32>,
    /// The token of each byte, if the vocabulary has one.
    bytes: Vec<Option<u32>>,
    /// Text at the start or after a special token gets a space before it.
    adds_space: bool,
}

/// A piece of the text. Pieces that were joined to another have length 0.
#[derive(Clone, Copy)]
struct Piece {
    at: u32,
    len: u32,
    before: u32,
    after: u32,
}

/// A join that can apply: score, left piece, right piece and the length of both together. The highest score comes
/// first, then the leftmost join.
type Candidate = (u32, Reverse<u32>, u32, u32);

impl SentencePiece {
    /// Reads the scores from the metadata.
    ///
    /// # Errors
    /// [`ModelError::MissingKey`] or [`ModelError::BadKey`] for inconsistent metadata.
    pub(super) fn from_header(header: &Header, vocabulary: &Vocabulary) -> Result<Self, ModelError> {
        let scores: Vec<u32> = match header.metadata.get(SCORES_KEY) {
            Some(Value::Floats(scores)) if scores.iter().all(|score| !score.is_nan()) => {
                scores.iter().copied().map(ordered).collect()
            }
            #[expect(clippy::cast_precision_loss, reason = "as llama.cpp reads whole scores")]
            Some(Value::Ints(scores)) => scores.iter().map(|&score| ordered(score as f32)).collect(),
            Some(_) => return Err(bad(SCORES_KEY, "is not a list of numbers")),
            None => return Err(missing(SCORES_KEY)),
        };
        if scores.len() != vocabulary.len() {
            return Err(bad(SCORES_KEY, "is not one number for each token"));
        }
        let byte_token = |byte: u8| vocabulary.find(format!("<0x{byte:02X}>").as_bytes());
        let bytes = (0..=u8::MAX).map(|byte| byte_token(byte).or_else(|| vocabulary.find(&[byte]))).collect();
        Ok(Self { scores, bytes, adds_space: header.bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true) })
    }

    /// Whether text at the start or after a special token gets a space before it.
    pub(super) fn adds_space(&self) -> bool {
        self.adds_space
    }

    /// Appends the tokens of a text without special tokens. The text is at the start or follows a special token.
    pub(super) fn encode(&self, text: &str, vocabulary: &Vocabulary, out: &mut Vec<u32>) {
        let prefix = if self.adds_space { SPACE } else { "" };
        let text = prefix.to_owned() + &text.replace(' ', SPACE);
        let text = text.as_bytes();
        let mut pieces = pieces(text);
        let mut queue = BinaryHeap::new();
        for left in (0u32..).take(pieces.len()) {
            self.offer(text, &pieces, left, vocabulary, &mut queue);
        }
        while let Some((_, Reverse(left), right, len)) = queue.pop() {
            let (at, other) = (left as usize, right as usize);
            let (first, second) = (pieces[at], pieces[other]);
            // Pieces only grow, so an entry is stale exactly if a piece is gone or the total length has changed.
            if first.len == 0 || second.len == 0 || first.len + second.len != len {
                continue;
            }
            pieces[at] = Piece { len, after: second.after, ..first };
            pieces[other].len = 0;
            if let Some(next) = pieces.get_mut(second.after as usize) {
                next.before = left;
            }
            self.offer(text, &pieces, first.before, vocabulary, &mut queue);
            self.offer(text, &pieces, left, vocabulary, &mut queue);
        }
        for piece in pieces.iter().filter(|piece| piece.len > 0) {
            let spelling = &text[piece.at as usize..][..piece.len as usize];
            match vocabulary.find(spelling) {
                Some(id) => out.push(id),
                None => out.extend(spelling.iter().filter_map(|&byte| self.bytes[usize::from(byte)])),
            }
        }
    }

    /// Queues the join of a piece with the next one, if both exist and together spell a token.
    fn offer(
        &self,
        text: &[u8],
        pieces: &[Piece],
        left: u32,
        vocabulary: &Vocabulary,
        queue: &mut BinaryHeap<Candidate>,
    ) {
        let Some(first) = pieces.get(left as usize) else { return };
        let Some(second) = pieces.get(first.after as usize) else { return };
        let len = first.len + second.len;
        let joined = vocabulary.find(&text[first.at as usize..][..len as usize]);
        if let Some(&score) = joined.and_then(|id| self.scores.get(id as usize)) {
            queue.push((score, Reverse(left), first.after, len));
        }
    }

    /// The bytes that a token adds to a text.
    pub(super) fn bytes(spelling: &[u8], kind: Kind) -> Vec<u8> {
        match kind {
            Kind::UserDefined => spelling.to_vec(),
            Kind::Byte => byte(spelling).into_iter().collect(),
            Kind::Normal => unescape(spelling),
            Kind::Unknown | Kind::Control | Kind::Unused => Vec::new(),
        }
    }
}

/// Creates one piece per character.
fn pieces(text: &[u8]) -> Vec<Piece> {
    let is_start = |byte: &u8| byte & 0xC0 != 0x80;
    let mut pieces: Vec<Piece> = Vec::with_capacity(text.iter().filter(|byte| is_start(byte)).count());
    for (at, _) in (0u32..).zip(text).filter(|(_, byte)| is_start(byte)) {
        let place = u32::try_from(pieces.len()).unwrap_or(NOWHERE);
        if let Some(last) = pieces.last_mut() {
            (last.len, last.after) = (at - last.at, place);
        }
        pieces.push(Piece { at, len: 0, before: place.checked_sub(1).unwrap_or(NOWHERE), after: NOWHERE });
    }
    if let Some(last) = pieces.last_mut() {
        last.len = u32::try_from(text.len()).unwrap_or(NOWHERE) - last.at;
    }
    pieces
}

/// Maps a score to an integer with the same order. Both zeros give the same integer.
fn ordered(score: f32) -> u32 {
    let bits = (score + 0.0).to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

/// The byte that a spelling like `<0x0A>` means.
fn byte(spelling: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(spelling).ok()?.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

/// Replaces U+2581 with a space.
fn unescape(spelling: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(spelling.len());
    let mut rest = spelling;
    while let Some(&first) = rest.first() {
        rest = if let Some(tail) = rest.strip_prefix(SPACE.as_bytes()) {
            out.push(b' ');
            tail
        } else {
            out.push(first);
            &rest[1..]
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_order_as_scores_do() {
        let scores = [f32::NEG_INFINITY, -1000.0, -2.5, -0.0, 0.0, 1e-30, 3.0, f32::INFINITY];
        for pair in scores.windows(2) {
            assert_eq!(pair[0].partial_cmp(&pair[1]), Some(ordered(pair[0]).cmp(&ordered(pair[1]))), "{pair:?}");
        }
    }

    #[test]
    fn a_token_gives_its_bytes() {
        let bytes = |spelling: &str, kind| SentencePiece::bytes(spelling.as_bytes(), kind);
        assert_eq!(bytes("\u{2581}a\u{2581}", Kind::Normal), b" a ");
        assert_eq!(bytes("<0xE2>", Kind::Byte), [0xE2]);
        assert_eq!(bytes("<0xXY>", Kind::Byte), Vec::<u8>::new());
        assert_eq!(bytes("\u{2581}", Kind::UserDefined), "\u{2581}".as_bytes());
        assert_eq!(bytes("<bos>", Kind::Control), Vec::<u8>::new());
    }
}
