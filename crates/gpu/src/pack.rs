//! Packs weights in the order in which kernels read them: tiles of 32 rows and blocks of 32 weights. Within a block,
//! the same 16 bytes of all 32 rows are next to each other. Neighbouring threads work on neighbouring rows, so each
//! load of a workgroup is contiguous. Scales are stored separately, so that blocks of 18 or 210 bytes need no unaligned
//! reads.
//!
//! With B blocks per row and V = 16-byte pieces per block, piece v of block b of row r is at
//! `((r / 32 * B + b) * V + v) * 32 + r % 32` in `weights`. Everything else is in `scales`, ordered by groups. A group
//! is the unit that shares a scale in the file: one block, or a super-block of eight. With G blocks per group and W
//! words per group, group g of B / G begins at word `(r / 32 * (B / G) + g) * W`. Within the group, each quantity has a
//! word (or half a word) for each of the 32 rows. The functions at the end of this file define the positions, and the
//! shaders of the same names read from them.
//!
//! Packing is lossless. Sub-scales of six bits become bytes. Bits above a nibble are put into the order of the words
//! that hold the nibbles: byte k of a word has, from its lowest bit up, the bits of weights k, 4 + k, 8 + k, ...

use askew_model::quant::{BLOCK_LEN, Quant, SUPER_LEN, q3_k, q4_k};

pub const TILE_ROWS: usize = 32;
/// Bytes of a piece: one `vec4<u32>`.
const PIECE_BYTES: usize = 16;
/// Blocks of 32 weights in a super-block.
const RUNS: usize = SUPER_LEN / BLOCK_LEN;
/// Words of a quantity with 16 bits per row, for one tile.
const HALVES: usize = TILE_ROWS / 2;

/// Sizes of packed weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// 16-byte pieces per block of one row: V.
    pub pieces: usize,
    /// Blocks per group: G.
    pub blocks: usize,
    /// Words in `scales` per group, for all rows of a tile: W.
    pub words: usize,
}

/// The sizes for a format.
pub fn layout(quant: Quant) -> Layout {
    let (pieces, blocks, words) = match quant {
        Quant::F32 => (8, 1, 0),
        Quant::F16 | Quant::BF16 => (4, 1, 0),
        Quant::Q4_0 | Quant::Iq4Nl => (1, 1, HALVES),
        Quant::Q4_1 => (1, 1, TILE_ROWS),
        Quant::Q5_0 => (1, 1, TILE_ROWS + HALVES),
        Quant::Q5_1 => (1, 1, 2 * TILE_ROWS),
        Quant::Q8_0 => (2, 1, HALVES),
        Quant::Q2K => (0, RUNS, TILE_ROWS + RUNS * (HALVES + 2 * TILE_ROWS)),
        Quant::Q3K => (0, RUNS, HALVES + RUNS * (HALVES + 3 * TILE_ROWS)),
        Quant::Q4K => (1, RUNS, TILE_ROWS + RUNS * HALVES),
        Quant::Q5K => (1, RUNS, TILE_ROWS + RUNS * (HALVES + TILE_ROWS)),
        Quant::Q6K => (1, RUNS, HALVES + RUNS * (HALVES + 2 * TILE_ROWS)),
    };
    Layout { pieces, blocks, words }
}

impl Layout {
    /// Weights per row in a group.
    fn group_len(self) -> usize {
        self.blocks * BLOCK_LEN
    }

    /// Bytes per group for all rows of a tile: in `weights` and in `scales`.
    fn group_bytes(self) -> (usize, usize) {
        (self.blocks * self.pieces * PIECE_BYTES * TILE_ROWS, self.words * 4)
    }
}

/// Bytes of one tile in `weights` and in `scales`, for rows of `row_len` weights.
pub fn tile_bytes(quant: Quant, row_len: usize) -> (usize, usize) {
    let layout = layout(quant);
    let groups = row_len / layout.group_len();
    let (weights, scales) = layout.group_bytes();
    (groups * weights, groups * scales)
}

/// Packs whole rows. The first row is the start of a tile. If the last tile is not full, it is filled with zeros.
pub fn pack(quant: Quant, row_len: usize, rows: &[u8], weights: &mut Vec<u8>, scales: &mut Vec<u8>) {
    let layout = layout(quant);
    let file_group = quant.row_bytes(layout.group_len());
    let file_row = quant.row_bytes(row_len);
    let (group_weights, group_scales) = layout.group_bytes();
    let (tile_weights, tile_scales) = tile_bytes(quant, row_len);
    let num_tiles = rows.len().div_ceil(file_row * TILE_ROWS);
    weights.clear();
    weights.resize(num_tiles * tile_weights, 0);
    scales.clear();
    scales.resize(num_tiles * tile_scales, 0);

    let place = place(quant);
    for (index, row) in rows.chunks_exact(file_row).enumerate() {
        let (tile, lane) = (index / TILE_ROWS, index % TILE_ROWS);
        let weights = &mut weights[tile * tile_weights..][..tile_weights];
        let scales = &mut scales[tile * tile_scales..][..tile_scales];
        for (group, bytes) in row.chunks_exact(file_group).enumerate() {
            let weights = &mut weights[group * group_weights..][..group_weights];
            let scales = &mut scales[group * group_scales..][..group_scales];
            place(bytes, &mut Slot { lane, weights, scales });
        }
    }
}

/// The destination of one row within a group.
struct Slot<'a> {
    lane: usize,
    weights: &'a mut [u8],
    scales: &'a mut [u8],
}

impl Slot<'_> {
    fn piece(&mut self, index: usize, bytes: &[u8]) {
        self.weights[(index * TILE_ROWS + self.lane) * PIECE_BYTES..][..PIECE_BYTES].copy_from_slice(bytes);
    }

    fn pieces(&mut self, bytes: &[u8]) {
        for (index, piece) in bytes.chunks_exact(PIECE_BYTES).enumerate() {
            self.piece(index, piece);
        }
    }

    /// Writes this row's word of a quantity. `start` is the word of the tile's first row.
    fn word(&mut self, start: usize, value: u32) {
        self.scales[(start + self.lane) * 4..][..4].copy_from_slice(&value.to_le_bytes());
    }

    /// Writes this row's half word of a quantity. `start` is the word that the tile's first two rows share.
    fn half(&mut self, start: usize, bytes: [u8; 2]) {
        self.scales[start * 4 + self.lane * 2..][..2].copy_from_slice(&bytes);
    }
}

/// Packs the bytes of one group of one row.
type Place = fn(&[u8], &mut Slot<'_>);

fn place(quant: Quant) -> Place {
    match quant {
        Quant::F32 | Quant::F16 | Quant::BF16 => floats,
        Quant::Q4_0 | Quant::Q8_0 | Quant::Iq4Nl => one_scale,
        Quant::Q4_1 => q4_1,
        Quant::Q5_0 => q5_0,
        Quant::Q5_1 => q5_1,
        Quant::Q2K => q2_k,
        Quant::Q3K => q3_k,
        Quant::Q4K => q4_k,
        Quant::Q5K => q5_k,
        Quant::Q6K => q6_k,
    }
}

fn floats(block: &[u8], slot: &mut Slot<'_>) {
    slot.pieces(block);
}

fn one_scale(block: &[u8], slot: &mut Slot<'_>) {
    slot.half(0, [block[0], block[1]]);
    slot.pieces(&block[2..]);
}

fn q4_1(block: &[u8], slot: &mut Slot<'_>) {
    slot.word(0, word(block, 0));
    slot.pieces(&block[4..]);
}

fn q5_0(block: &[u8], slot: &mut Slot<'_>) {
    slot.word(0, fifth_bits(word(block, 2)));
    slot.half(TILE_ROWS, [block[0], block[1]]);
    slot.pieces(&block[6..]);
}

fn q5_1(block: &[u8], slot: &mut Slot<'_>) {
    slot.word(0, word(block, 0));
    slot.word(TILE_ROWS, fifth_bits(word(block, 4)));
    slot.pieces(&block[8..]);
}

fn q2_k(block: &[u8], slot: &mut Slot<'_>) {
    slot.word(0, word(block, 80));
    for run in 0..RUNS {
        slot.half(TILE_ROWS + run * HALVES, [block[2 * run], block[2 * run + 1]]);
        let bits = TILE_ROWS + RUNS * HALVES + 2 * run * TILE_ROWS;
        two_bits(&block[16 + run / 4 * 32..], run, bits, slot);
    }
}

fn q3_k(block: &[u8], slot: &mut Slot<'_>) {
    let scales = q3_k::scales(&block[96..108]).map(i8::cast_unsigned);
    slot.half(0, [block[108], block[109]]);
    for run in 0..RUNS {
        slot.half(HALVES + run * HALVES, [scales[2 * run], scales[2 * run + 1]]);
        let bits = HALVES + RUNS * HALVES + 2 * run * TILE_ROWS;
        two_bits(&block[32 + run / 4 * 32..], run, bits, slot);
        let mask = HALVES + RUNS * (HALVES + 2 * TILE_ROWS) + run * TILE_ROWS;
        slot.word(mask, fields(&block[..32], run, 0x0101_0101, 1));
    }
}

fn q4_k(block: &[u8], slot: &mut Slot<'_>) {
    scales_and_mins(block, slot);
    for run in 0..RUNS {
        slot.piece(run, &nibbles(&block[16 + run / 2 * 32..], run % 2 == 1));
    }
}

fn q5_k(block: &[u8], slot: &mut Slot<'_>) {
    scales_and_mins(block, slot);
    for run in 0..RUNS {
        slot.piece(run, &nibbles(&block[48 + run / 2 * 32..], run % 2 == 1));
        let bits = TILE_ROWS + RUNS * HALVES + run * TILE_ROWS;
        slot.word(bits, fields(&block[16..48], run, 0x0101_0101, 1));
    }
}

fn q6_k(block: &[u8], slot: &mut Slot<'_>) {
    slot.half(0, [block[208], block[209]]);
    for run in 0..RUNS {
        slot.piece(run, &nibbles(&block[run / 4 * 64 + run % 2 * 32..], run % 4 > 1));
        slot.half(HALVES + run * HALVES, [block[192 + 2 * run], block[193 + 2 * run]]);
        let bits = HALVES + RUNS * HALVES + 2 * run * TILE_ROWS;
        two_bits(&block[128 + run / 4 * 32..], run, bits, slot);
    }
}

/// Packs the scales of Q4_K and Q5_K: d and dmin, then scale and minimum of each run as bytes.
fn scales_and_mins(block: &[u8], slot: &mut Slot<'_>) {
    slot.word(0, word(block, 0));
    for run in 0..RUNS {
        slot.half(TILE_ROWS + run * HALVES, q4_k::scale_min(&block[4..16], run).into());
    }
}

/// Packs two bits per weight of a run into two words at `start`. Four runs share 32 bytes.
fn two_bits(bytes: &[u8], run: usize, start: usize, slot: &mut Slot<'_>) {
    let shift = run % 4 * 2;
    slot.word(start, fields(&bytes[..16], shift, 0x0303_0303, 2));
    slot.word(start + TILE_ROWS, fields(&bytes[16..32], shift, 0x0303_0303, 2));
}

/// Collects a field of `width` bits from every byte in one word. Byte k of the word has those of bytes k, 4 + k, 8 + k,
/// ...
fn fields(bytes: &[u8], shift: usize, mask: u32, width: usize) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    let fields = words.iter().enumerate().map(|(i, word)| ((u32::from_le_bytes(*word) >> shift) & mask) << (i * width));
    fields.sum()
}

/// Puts a word in which bit i belongs to weight i into the same order.
fn fifth_bits(word: u32) -> u32 {
    // The product distributes the four lowest bits to four bytes.
    (0..8).map(|i| (((word >> (4 * i)) & 0xF).wrapping_mul(0x0020_4081) & 0x0101_0101) << i).sum()
}

/// Repacks the low or the high nibbles of 32 bytes in the order of Q4_0: the first 16 as low nibbles, the last 16 as
/// high nibbles.
fn nibbles(bytes: &[u8], are_high: bool) -> [u8; PIECE_BYTES] {
    const LOW: u128 = u128::from_le_bytes([0x0F; PIECE_BYTES]);
    let (halves, _) = bytes.as_chunks::<PIECE_BYTES>();
    let (first, last) = (u128::from_le_bytes(halves[0]), u128::from_le_bytes(halves[1]));
    let packed = if are_high { (first >> 4) & LOW | last & !LOW } else { first & LOW | (last & LOW) << 4 };
    packed.to_le_bytes()
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(quant: Quant, row_len: usize, rows: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let (mut weights, mut scales) = (Vec::new(), Vec::new());
        pack(quant, row_len, rows, &mut weights, &mut scales);
        (weights, scales)
    }

    /// Every bit of a row in the second tile changes the packed rows, and only within its own group.
    #[test]
    fn no_bit_is_lost() {
        for quant in Quant::all() {
            let (row_len, num_rows) = (512, 34);
            let row_bytes = quant.row_bytes(row_len);
            let rows: Vec<u8> = (0..num_rows * row_bytes).map(|i| (i * 31 % 251).to_le_bytes()[0]).collect();
            let before = packed(quant, row_len, &rows);
            let (tile_weights, tile_scales) = tile_bytes(quant, row_len);
            assert_eq!((before.0.len(), before.1.len()), (2 * tile_weights, 2 * tile_scales));
            let group = quant.row_bytes(layout(quant).group_len());
            let (weights, scales) = layout(quant).group_bytes();
            for bit in 0..group * 8 {
                let mut spoilt = rows.clone();
                spoilt[33 * row_bytes + group + bit / 8] ^= 1 << (bit % 8);
                let after = packed(quant, row_len, &spoilt);
                let moved = |before: &[u8], after: &[u8]| (0..before.len()).find(|&i| before[i] != after[i]);
                let (w, s) = (moved(&before.0, &after.0), moved(&before.1, &after.1));
                assert!(w.is_some() != s.is_some(), "{quant:?}, bit {bit}");
                assert!(w.is_none_or(|at| (at - tile_weights) / weights == 1), "{quant:?}, bit {bit}");
                assert!(s.is_none_or(|at| (at - tile_scales) / scales == 1), "{quant:?}, bit {bit}");
            }
        }
    }

    /// Bytes read on the GPU compared with bytes in the file. Decoding is limited by these reads.
    #[test]
    fn packing_grows_files_little() {
        for quant in Quant::all() {
            let (weights, scales) = tile_bytes(quant, SUPER_LEN);
            let ratio = (weights + scales) as f64 / (quant.row_bytes(SUPER_LEN) * TILE_ROWS) as f64;
            let expected = match quant {
                Quant::Q3K => 114.0 / 110.0,
                Quant::Q4K => 148.0 / 144.0,
                Quant::Q5K => 180.0 / 176.0,
                _ => 1.0,
            };
            assert!((ratio - expected).abs() < 1e-9, "{quant:?}: {ratio}");
        }
    }
}
