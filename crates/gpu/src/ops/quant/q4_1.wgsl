// Weight = nibble times d, plus m.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let at = block * TILE_ROWS + lane;
    let q = weights[at];
    let dm = scale_pair(scales[at]);
    return Packed(low_nibbles(q), high_nibbles(q), dm.xx, dm.yy);
}
