// Weight = (nibble - 8) times d.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let d = row_scale(block * 16u, lane);
    return Packed(low_nibbles(q), high_nibbles(q), vec2<f32>(d), vec2<f32>(-8.0 * d));
}
