// Weight = (nibble below two upper bits, minus 32) times d. The 656 words of a super-block: d; for each run, two bytes
// of scales; for each run, 2 x 32 words of upper bits.
const CENTRED: bool = false;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let group = (block >> 3u) * 656u;
    let run = block & 7u;
    let d = row_scale(group, lane) * signed_pair(row_half(group + 16u + run * 16u, lane));
    let at = group + 144u + run * 64u + lane;
    let low = low_nibbles(q) | (two_bits(scales[at]) << vec4<u32>(4u));
    let high = high_nibbles(q) | (two_bits(scales[at + 32u]) << vec4<u32>(4u));
    return Packed(low, high, d, -32.0 * d);
}
