//! Cuts one row out of a document.

use memchr::memchr2;

use super::place::Place;

/// A row that is being cut out.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) place: Place,
    pub(super) line: u64,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
}

impl Cut {
    /// A row that begins with the next byte, a bracket.
    pub(super) const fn new(place: Place, line: u64) -> Self {
        Self { place, line, depth: 0, is_text: false, is_escaped: false }
    }

    /// Continues reading a row. Returns where it stopped and whether the row ends there.
    pub(super) fn read_on(&mut self, chunk: &[u8], mut at: usize) -> (usize, bool) {
        while at < chunk.len() {
            if self.is_text {
                if std::mem::take(&mut self.is_escaped) {
                    at += 1;
                    continue;
                }
                match memchr2(b'"', b'\\', &chunk[at..]) {
                    None => at = chunk.len(),
                    Some(offset) => {
                        at += offset;
                        if chunk[at] == b'"' {
                            self.is_text = false
                        } else {
                            self.is_escaped = true
                        }
                        at += 1;
                    }
                }
                continue;
            }
            match chunk[at] {
                b'"' => self.is_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        (at, false)
    }
}
