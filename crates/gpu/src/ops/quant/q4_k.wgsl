// Weight = nibble times x, minus y. The 160 words of a super-block: d and dmin; for each run, a byte of scale and one
// of minimum.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let group = (block >> 3u) * 160u;
    let s = row_half(group + 32u + (block & 7u) * 16u, lane);
    let dm = scale_pair(scales[group + lane]) * vec2<f32>(vec2<u32>(s & 0xFFu, s >> 8u));
    return Packed(low_nibbles(q), high_nibbles(q), dm.xx, -dm.yy);
}
