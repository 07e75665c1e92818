// Nibbles below a fifth bit, times d plus m. Of a block's 64 words: d and m, then fifth bits.
const CENTRED: bool = false;

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let dm = scale_pair(scales[block * 64u + lane]);
    let h = scales[block * 64u + 32u + lane];
    return Packed(low_nibbles(q) | fifth_bits(h), high_nibbles(q) | fifth_bits(h >> 4u), dm.xx, dm.yy);
}
