// Weight = (nibble below a fifth bit) times x, minus y. The 416 words of a super-block: d and dmin; for each run, a
// byte of scale and one of minimum; for each run, fifth bits.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let group = (block >> 3u) * 416u;
    let run = block & 7u;
    let s = row_half(group + 32u + run * 16u, lane);
    let dm = scale_pair(scales[group + lane]) * vec2<f32>(vec2<u32>(s & 0xFFu, s >> 8u));
    let h = scales[group + 160u + run * 32u + lane];
    return Packed(low_nibbles(q) | fifth_bits(h), high_nibbles(q) | fifth_bits(h >> 4u), dm.xx, -dm.yy);
}
