//! Columns: of scores, of numbered names for values that repeat, and of texts in blocks for those that do not.

use crate::values::score::Score;

/// Bytes of text in one block. A growing column never moves more than this.
const BLOCK_BYTES: usize = 1 << 20;

/// Texts end to end in blocks. This avoids one allocation per row, and single allocations that double to hundreds of
/// megabytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    blocks: Vec<Block>,
    /// The end of each text in its block, in bytes.
    ends: Vec<u32>,
}

#[derive(Debug, Clone)]
struct Block {
    first_row: usize,
    bytes: String,
}

impl Texts {
    /// Adds a text. It is cut at 4 GiB, but no reader lets such a text through.
    pub(crate) fn push(&mut self, text: &str) {
        let row = self.ends.len();
        let has_room = self
            .blocks
            .last()
            .is_some_and(|block| block.bytes.is_empty() || block.bytes.len().saturating_add(text.len()) <= BLOCK_BYTES);
        if !has_room {
            if let Some(full) = self.blocks.last_mut() {
                full.bytes.shrink_to_fit();
            }
            self.blocks.push(Block { first_row: row, bytes: String::new() });
        }
        let Some(block) = self.blocks.last_mut() else { return };
        block.bytes.push_str(text);
        self.ends.push(u32::try_from(block.bytes.len()).unwrap_or(u32::MAX));
    }

    /// Adds empty texts until there are `rows` of them.
    pub(crate) fn pad(&mut self, rows: usize) {
        while self.ends.len() < rows {
            self.push("");
        }
    }

    /// A row's text; empty past the last row.
    pub(crate) fn get(&self, row: usize) -> &str {
        let at = self.blocks.partition_point(|block| block.first_row <= row);
        let Some(block) = at.checked_sub(1).and_then(|at| self.blocks.get(at)) else { return "" };
        self.in_block(block, row)
    }

    fn in_block<'a>(&self, block: &'a Block, row: usize) -> &'a str {
        let start = if row == block.first_row { 0 } else { self.ends.get(row - 1).copied().unwrap_or(0) };
        let end = self.ends.get(row).copied().unwrap_or(start);
        block.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Whether every text is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.iter().all(|block| block.bytes.is_empty())
    }
}

/// A numeric column. Records after its last entry are null.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a>(&'a [Score]);

impl<'a> Column<'a> {
    pub(super) const fn new(values: &'a [Score]) -> Self {
        Self(values)
    }

    /// One record's value.
    #[must_use]
    pub fn get(&self, record: usize) -> Score {
        self.0.get(record).copied().unwrap_or(Score::NULL)
    }
}

/// A text column. Records after its last entry are empty.
#[derive(Debug, Clone, Copy)]
pub struct TextColumn<'a>(&'a Texts);

impl<'a> TextColumn<'a> {
    pub(super) const fn new(texts: &'a Texts) -> Self {
        Self(texts)
    }

    /// One record's text. Untrusted: shown as text only.
    #[must_use]
    pub fn get(&self, record: usize) -> &'a str {
        self.0.get(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_come_back(lens in proptest::collection::vec(prop_oneof![Just(0usize), 1usize..9, Just(BLOCK_BYTES / 2 + 1), Just(BLOCK_BYTES + 7)], 0..12)) {
            let texts: Vec<String> = lens.iter().zip('a'..).map(|(&len, c)| c.to_string().repeat(len)).collect();
            let mut column = Texts::default();
            for text in &texts {
                column.push(text);
            }
            for (row, text) in texts.iter().enumerate() {
                prop_assert_eq!(column.get(row), text.as_str());
            }
            prop_assert_eq!(column.get(texts.len()), "");
            prop_assert_eq!(column.is_empty(), lens.iter().all(|&len| len == 0));
        }
    }
}
