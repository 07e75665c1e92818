//! Byte-pair encoding: within a word, the neighbouring pair with the earliest learnt merge is joined, until no merge
//! applies.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use hashbrown::HashTable;

use super::vocabulary::Vocabulary;
use super::{bad, bytes, strings};
use crate::ModelError;
use crate::gguf::Header;

/// Metadata key of the merges.
const KEY: &str = "tokenizer.ggml.merges";

/// Learnt merges, the first one with the highest priority.
#[derive(Debug)]
pub(super) struct Merges {
    /// Left, right and joined token. The index is the rank.
    merges: Vec<[u32; 3]>,
    /// Index from (left, right) to rank.
    index: HashTable<u32>,
    /// The token of each byte's letter.
    letters: Vec<u32>,
}

/// A merge that can apply: rank, position and right token. The smallest rank comes first, then the leftmost position.
type Candidate = Reverse<(u32, u32, u32)>;

/// A piece of a word: its token and its neighbours. Pieces that were joined to another have `id == GONE`.
#[derive(Clone, Copy)]
struct Piece {
    id: u32,
    before: u32,
    after: u32,
}

const GONE: u32 = u32::MAX;
/// A byte without a token. It merges with nothing.
const UNKNOWN: u32 = u32::MAX - 1;
const NOWHERE: u32 = u32::MAX;

/// Buffers for encoding, reused from word to word.
#[derive(Default)]
pub(super) struct Scratch {
    pieces: Vec<Piece>,
    queue: BinaryHeap<Candidate>,
}

impl Merges {
    /// Reads lines "left right", highest priority first. Merges with a token outside the vocabulary can never apply and
    /// are skipped.
    ///
    /// # Errors
    /// [`ModelError::MissingKey`] or [`ModelError::BadKey`] for inconsistent metadata.
    pub(super) fn from_header(header: &Header, vocabulary: &Vocabulary) -> Result<Self, ModelError> {
        let lines = strings(header, KEY)?;
        let mut merges: Vec<[u32; 3]> = Vec::with_capacity(lines.len());
        let mut index = HashTable::with_capacity(lines.len());
        let mut joined = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            // The left part can begin with the separator itself, so the first byte is skipped.
            let space = line.iter().skip(1).position(|&b| b == b' ').map(|at| at + 1);
            let Some(at) = space else {
                return Err(bad(KEY, &format!("has an entry ({number}) that is not two tokens")));
            };
            let (left, right) = (&line[..at], &line[at + 1..]);
            joined.clear();
            joined.extend_from_slice(left);
            joined.extend_from_slice(right);
            let (Some(left), Some(right), Some(joined)) =
                (vocabulary.find(left), vocabulary.find(right), vocabulary.find(&joined))
            else {
                continue;
            };
            let is_same = |&rank: &u32| merges[rank as usize][..2] == [left, right];
            let rehash = |&rank: &u32| hash(merges[rank as usize][0], merges[rank as usize][1]);
            if let (hashbrown::hash_table::Entry::Vacant(entry), Ok(rank)) =
                (index.entry(hash(left, right), is_same, rehash), u32::try_from(merges.len()))
            {
                entry.insert(rank);
                merges.push([left, right, joined]);
            }
        }
        let letter = |byte: u8| vocabulary.find(bytes::to_letters(&[byte]).as_bytes()).unwrap_or(UNKNOWN);
        Ok(Self { merges, index, letters: (0..=u8::MAX).map(letter).collect() })
    }

    /// Appends the tokens of one word to `out`. Bytes without a token are skipped, as in llama.cpp. No byte-level
    /// vocabulary should have such bytes.
    pub(super) fn encode(&self, word: &[u8], scratch: &mut Scratch, out: &mut Vec<u32>) {
        let Scratch { pieces, queue } = scratch;
        pieces.clear();
        queue.clear();
        pieces.extend((0u32..).zip(word).map(|(at, &byte)| Piece {
            id: self.letters[usize::from(byte)],
            before: at.checked_sub(1).unwrap_or(NOWHERE),
            after: at + 1,
        }));
        if let Some(last) = pieces.last_mut() {
            last.after = NOWHERE;
        }
        for at in (0u32..).take(pieces.len()) {
            self.offer(pieces, at, queue);
        }
        while let Some(Reverse((rank, place, right))) = queue.pop() {
            let at = place as usize;
            let [left, _, joined] = self.merges[rank as usize];
            let Piece { id, before, after } = pieces[at];
            // Entries with pieces that have changed since are stale.
            let Some(other) = pieces.get_mut(after as usize).filter(|other| id == left && other.id == right) else {
                continue;
            };
            let next = other.after;
            other.id = GONE;
            (pieces[at].id, pieces[at].after) = (joined, next);
            if let Some(next) = pieces.get_mut(next as usize) {
                next.before = place;
            }
            self.offer(pieces, before, queue);
            self.offer(pieces, place, queue);
        }
        out.extend(pieces.iter().map(|piece| piece.id).filter(|&id| id != GONE && id != UNKNOWN));
    }

    /// Queues the merge of a piece with the next one, if both exist and the merge was learnt.
    fn offer(&self, pieces: &[Piece], at: u32, queue: &mut BinaryHeap<Candidate>) {
        let Some(left) = pieces.get(at as usize) else { return };
        let Some(right) = pieces.get(left.after as usize) else { return };
        let is_same = |&rank: &u32| self.merges[rank as usize][..2] == [left.id, right.id];
        if let Some(&rank) = self.index.find(hash(left.id, right.id), is_same) {
            queue.push(Reverse((rank, at, right.id)));
        }
    }
}

/// Hashes two token numbers with the finaliser of `SplitMix64` (Steele et al. 2014).
fn hash(left: u32, right: u32) -> u64 {
    let mut x = u64::from(left) << 32 | u64::from(right);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
