//! Finds special tokens, such as `<|im_start|>`, that are written out in a text.

use std::collections::BTreeMap;

use super::vocabulary::Vocabulary;
use crate::ModelError;

/// Longest spelling accepted. Real ones are below 40 bytes, and the search time per position grows with this length.
const MAX_SPELLING: usize = 256;

/// A special token found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Position of its first byte in the text.
    pub(super) at: usize,
    /// Number of bytes.
    pub(super) len: usize,
    /// The token's number.
    pub(super) id: u32,
}

/// Special tokens sorted by spelling, so that those with a common beginning are neighbours.
#[derive(Debug)]
pub(super) struct SpecialTokens {
    sorted: Vec<u32>,
    /// The tokens with a spelling that begins with byte b are `sorted[first[b]..first[b + 1]]`.
    first: Vec<usize>,
}

impl SpecialTokens {
    /// Collects the special tokens of a vocabulary.
    ///
    /// # Errors
    /// [`ModelError::BadKey`] for a spelling that is longer than [`MAX_SPELLING`].
    pub(super) fn new(vocabulary: &Vocabulary) -> Result<Self, ModelError> {
        let spelling = |id: &u32| vocabulary.spelling(*id);
        // A spelling that is not valid UTF-8 cannot occur in text, and would split characters.
        let is_text = |id: &u32| !spelling(id).is_empty() && std::str::from_utf8(spelling(id)).is_ok();
        let mut sorted: Vec<u32> = vocabulary.special().filter(is_text).collect();
        if sorted.iter().any(|id| spelling(id).len() > MAX_SPELLING) {
            return Err(super::bad("tokenizer.ggml.tokens", "has a special token longer than 256 bytes"));
        }
        sorted.sort_by_key(spelling);
        let begins_before = |byte: usize| sorted.partition_point(|id| usize::from(spelling(id)[0]) < byte);
        let first = (0..=256).map(begins_before).collect();
        Ok(Self { sorted, first })
    }

    /// Finds the special tokens in a text, in order and without overlaps. As in llama.cpp (`tokenizer_st_partition`),
    /// the longest spelling is matched first, from the left, then the next longest in the remaining text.
    pub(super) fn find(&self, text: &str, vocabulary: &Vocabulary) -> Vec<Found> {
        let text = text.as_bytes();
        let mut by_len: BTreeMap<usize, Vec<(usize, u32)>> = BTreeMap::new();
        for at in 0..text.len() {
            if let Some((len, id)) = self.longest(&text[at..], usize::MAX, vocabulary) {
                by_len.entry(len).or_default().push((at, id));
            }
        }
        let mut found = Vec::new();
        if by_len.is_empty() {
            return found;
        }
        let mut taken = vec![false; text.len()];
        while let Some((len, mut places)) = by_len.pop_last() {
            places.sort_unstable();
            for (at, id) in places {
                // Earlier matches are at least as long, so an overlap covers the first or the last byte of this match.
                if taken[at] {
                    continue;
                }
                if taken[at + len - 1] {
                    if let Some((shorter, id)) = self.longest(&text[at..], len, vocabulary) {
                        by_len.entry(shorter).or_default().push((at, id));
                    }
                    continue;
                }
                taken[at..at + len].fill(true);
                found.push(Found { at, len, id });
            }
        }
        found.sort_unstable_by_key(|found| found.at);
        found
    }

    /// Length and number of the longest special token, shorter than `limit`, at the start of `text`.
    fn longest(&self, text: &[u8], limit: usize, vocabulary: &Vocabulary) -> Option<(usize, u32)> {
        let byte = usize::from(*text.first()?);
        let mut alike = self.sorted.get(*self.first.get(byte)?..*self.first.get(byte + 1)?)?;
        let mut best = None;
        // Invariant: the spellings of `alike` begin with `text[..len]`. If one is equal to it, that one is first.
        let mut len = 1;
        while let Some(&shortest) = alike.first().filter(|_| len < limit) {
            if vocabulary.spelling(shortest).len() == len {
                best = Some((len, shortest));
            }
            let Some(next) = text.get(len) else { break };
            let begin = alike.partition_point(|&id| vocabulary.spelling(id).get(len).is_none_or(|byte| byte < next));
            let end = alike.partition_point(|&id| vocabulary.spelling(id).get(len).is_none_or(|byte| byte <= next));
            alike = alike.get(begin..end)?;
            len += 1;
        }
        best
    }
}
