// Weight = (nibble below a fifth bit) times d, plus m. The 64 words of a block: d and m, then fifth bits.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let dm = scale_pair(scales[block * 64u + lane]);
    let h = scales[block * 64u + 32u + lane];
    return Packed(low_nibbles(q) | fifth_bits(h), high_nibbles(q) | fifth_bits(h >> 4u), dm.xx, dm.yy);
}
