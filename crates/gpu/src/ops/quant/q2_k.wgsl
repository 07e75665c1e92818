// Weight = two bits times x, minus y. The 672 words of a super-block: d and dmin; for each run, two bytes of scale and
// minimum; for each run, 2 x 32 words of bits.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let group = (block >> 3u) * 672u;
    let run = block & 7u;
    let dm = scale_pair(scales[group + lane]);
    let s = row_half(group + 32u + run * 16u, lane);
    let d = dm.x * vec2<f32>(vec2<u32>(s & 15u, (s >> 8u) & 15u));
    let m = dm.y * vec2<f32>(vec2<u32>((s >> 4u) & 15u, s >> 12u));
    let at = group + 160u + run * 64u + lane;
    return Packed(two_bits(scales[at]), two_bits(scales[at + 32u]), d, -m);
}
