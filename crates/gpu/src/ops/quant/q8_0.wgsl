// Weight = signed byte times d.
const CENTRED: bool = true;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let at = block * 2u * TILE_ROWS + lane;
    return Packed(weights[at], weights[at + 32u], vec2<f32>(row_scale(block * 16u, lane)), vec2<f32>(0.0));
}
