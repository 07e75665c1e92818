// Of a super-block's 912 words: d; for each run two bytes of scales; for each run 2 x 32 words of low bits; for each run
// third bits.

// Two bits of each byte of `word`, each below its third bit of `high`, less 4, times d.
fn threes(word: u32, high: u32, d: f32) -> vec4<f32> {
    let q = (word & 0x03030303u) | ((high & 0x01010101u) << 2u);
    return (vec4<f32>(unpack4xU8(q)) - 4.0) * d;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let group = (block >> 3u) * 912u;
    let run = block & 7u;
    let s = row_half(group + 16u + run * 16u, lane);
    let d = row_scale(group, lane) * vec2<f32>(unpack4xI8(s).xy);
    let at = group + 144u + run * 64u + lane;
    let p = scales[at];
    let q = scales[at + 32u];
    let h = scales[group + 656u + run * 32u + lane];
    return Block(
        threes(p, h, d.x), threes(p >> 2u, h >> 1u, d.x), threes(p >> 4u, h >> 2u, d.x), threes(p >> 6u, h >> 3u, d.x),
        threes(q, h >> 4u, d.y), threes(q >> 2u, h >> 5u, d.y),
        threes(q >> 4u, h >> 6u, d.y), threes(q >> 6u, h >> 7u, d.y),
    );
}
