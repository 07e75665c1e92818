// Weight = (two bits below a third bit, minus 4) times d. The 912 words of a super-block: d; for each run, two bytes of
// scales; for each run, 2 x 32 words of low bits; for each run, third bits.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let group = (block >> 3u) * 912u;
    let run = block & 7u;
    let d = row_scale(group, lane) * signed_pair(row_half(group + 16u + run * 16u, lane));
    let at = group + 144u + run * 64u + lane;
    let h = scales[group + 656u + run * 32u + lane];
    let low = two_bits(scales[at]) | (one_bits(h) << vec4<u32>(2u));
    let high = two_bits(scales[at + 32u]) | (one_bits(h >> 4u) << vec4<u32>(2u));
    return Packed(low, high, d, -4.0 * d);
}
