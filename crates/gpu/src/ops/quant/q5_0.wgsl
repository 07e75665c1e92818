// Nibbles below a fifth bit, less 16, times d. Of a block's 48 words: fifth bits, then d.
const CENTRED: bool = false;

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let h = scales[block * 48u + lane];
    let d = row_scale(block * 48u + 32u, lane);
    return Packed(
        low_nibbles(q) | fifth_bits(h), high_nibbles(q) | fifth_bits(h >> 4u), vec2<f32>(d), vec2<f32>(-16.0 * d),
    );
}
