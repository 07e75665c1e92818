// Of a super-block's 672 words: d and dmin; for each run two bytes of scale and minimum; for each run 2 x 32 words of bits.

// Two bits of each byte, times x less y.
fn twos(word: u32, dm: vec2<f32>) -> vec4<f32> {
    return vec4<f32>(unpack4xU8(word & 0x03030303u)) * dm.x - dm.y;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let group = (block >> 3u) * 672u;
    let run = block & 7u;
    let dm = scale_pair(scales[group + lane]);
    let s = row_half(group + 32u + run * 16u, lane);
    let a = dm * vec2<f32>(vec2<u32>(s & 15u, (s >> 4u) & 15u));
    let b = dm * vec2<f32>(vec2<u32>((s >> 8u) & 15u, s >> 12u));
    let at = group + 160u + run * 64u + lane;
    let p = scales[at];
    let q = scales[at + 32u];
    return Block(
        twos(p, a), twos(p >> 2u, a), twos(p >> 4u, a), twos(p >> 6u, a),
        twos(q, b), twos(q >> 2u, b), twos(q >> 4u, b), twos(q >> 6u, b),
    );
}
