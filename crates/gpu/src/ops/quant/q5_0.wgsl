// Weight = (nibble below a fifth bit, minus 16) times d. The 48 words of a block: fifth bits, then d.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let h = scales[block * 48u + lane];
    let d = row_scale(block * 48u + 32u, lane);
    return Packed(
        low_nibbles(q) | fifth_bits(h), high_nibbles(q) | fifth_bits(h >> 4u), vec2<f32>(d), vec2<f32>(-16.0 * d),
    );
}
