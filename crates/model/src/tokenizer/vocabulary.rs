//! The list of tokens with their kinds, searchable by spelling.

use std::hash::Hasher;

use hashbrown::HashTable;

use crate::ModelError;
use crate::gguf::{Header, StringList, Value};

use super::{bad, strings};

/// Metadata key of the kinds.
const KINDS_KEY: &str = "tokenizer.ggml.token_type";

/// The kind of a token (GGUF's `tokenizer.ggml.token_type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A piece of text.
    Normal,
    /// Replaces text that no token spells.
    Unknown,
    /// Structure, such as the start of a turn. It is found when written out in text and is never shown.
    Control,
    /// Found when written out in text, and shown.
    UserDefined,
    /// A filler without a use.
    Unused,
    /// One byte, spelled like `<0x0A>`.
    Byte,
}

impl Kind {
    fn from_gguf(number: i64) -> Self {
        match number {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            6 => Self::Byte,
            _ => Self::Unused,
        }
    }
}

/// Tokens by number and by spelling. The index holds only numbers: a map with keys of its own would store every
/// spelling twice.
#[derive(Debug)]
pub(super) struct Vocabulary {
    tokens: StringList,
    kinds: Vec<Kind>,
    index: HashTable<u32>,
}

impl Vocabulary {
    /// Reads the tokens of a file.
    ///
    /// # Errors
    /// [`ModelError::MissingKey`] or [`ModelError::BadKey`] for inconsistent metadata.
    pub(super) fn from_header(header: &Header) -> Result<Self, ModelError> {
        let tokens = strings(header, "tokenizer.ggml.tokens")?.clone();
        let kinds = match header.metadata.get(KINDS_KEY) {
            None => vec![Kind::Normal; tokens.len()],
            Some(Value::Ints(kinds)) if kinds.len() == tokens.len() => {
                kinds.iter().map(|&number| Kind::from_gguf(number)).collect()
            }
            Some(_) => return Err(bad(KINDS_KEY, "is not one number for each token")),
        };
        let mut index = HashTable::with_capacity(tokens.len());
        for (id, token) in (0u32..).zip(tokens.iter()) {
            let is_same = |&other: &u32| tokens.get(other as usize) == Some(token);
            let rehash = |&other: &u32| hash(tokens.get(other as usize).unwrap_or_default());
            // A later token with the same spelling does not replace the first.
            index.entry(hash(token), is_same, rehash).or_insert(id);
        }
        Ok(Self { tokens, kinds, index })
    }

    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token with this spelling.
    pub(super) fn find(&self, spelling: &[u8]) -> Option<u32> {
        self.index.find(hash(spelling), |&id| self.spelling(id) == spelling).copied()
    }

    /// A token's spelling in the file. Empty for a number outside the vocabulary.
    pub(super) fn spelling(&self, id: u32) -> &[u8] {
        self.tokens.get(id as usize).unwrap_or_default()
    }

    /// The kind of a token. [`Kind::Unused`] for a number outside the vocabulary.
    pub(super) fn kind(&self, id: u32) -> Kind {
        self.kinds.get(id as usize).copied().unwrap_or(Kind::Unused)
    }

    /// Marks a token as a control token, whatever its kind in the file.
    pub(super) fn set_control(&mut self, id: u32) {
        if let Some(kind) = self.kinds.get_mut(id as usize) {
            *kind = Kind::Control;
        }
    }

    /// The tokens that are found when written out in text.
    pub(super) fn special(&self) -> impl Iterator<Item = u32> {
        let is_special = |kind: Kind| matches!(kind, Kind::Control | Kind::UserDefined | Kind::Unknown);
        (0u32..).zip(&self.kinds).filter(move |(_, kind)| is_special(**kind)).map(|(id, _)| id)
    }
}

/// `SipHash` of the standard library, with fixed keys.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
