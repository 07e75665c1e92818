// Of a super-block's 656 words: d; for each run two bytes of scales; for each run 2 x 32 words of upper bits.

// Four low nibbles, each below its upper two bits of `high`, less 32, times d.
fn sixes(word: u32, high: u32, d: f32) -> vec4<f32> {
    let q = (word & 0x0F0F0F0Fu) | ((high & 0x03030303u) << 4u);
    return (vec4<f32>(unpack4xU8(q)) - 32.0) * d;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let q = weights[block * TILE_ROWS + lane];
    let group = (block >> 3u) * 656u;
    let run = block & 7u;
    let s = row_half(group + 16u + run * 16u, lane);
    let d = row_scale(group, lane) * vec2<f32>(unpack4xI8(s).xy);
    let at = group + 144u + run * 64u + lane;
    let g = scales[at];
    let h = scales[at + 32u];
    return Block(
        sixes(q.x, g, d.x), sixes(q.y, g >> 2u, d.x), sixes(q.z, g >> 4u, d.x), sixes(q.w, g >> 6u, d.x),
        sixes(q.x >> 4u, h, d.y), sixes(q.y >> 4u, h >> 2u, d.y),
        sixes(q.z >> 4u, h >> 4u, d.y), sixes(q.w >> 4u, h >> 6u, d.y),
    );
}
