// Of a block's 64 words: d and m, then fifth bits.

// Four low nibbles, each below its fifth bit of `high`, times d plus m.
fn fives(word: u32, high: u32, dm: vec2<f32>) -> vec4<f32> {
    let q = (word & 0x0F0F0F0Fu) | ((high & 0x01010101u) << 4u);
    return vec4<f32>(unpack4xU8(q)) * dm.x + dm.y;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let q = weights[block * TILE_ROWS + lane];
    let dm = scale_pair(scales[block * 64u + lane]);
    let h = scales[block * 64u + 32u + lane];
    return Block(
        fives(q.x, h, dm), fives(q.y, h >> 1u, dm), fives(q.z, h >> 2u, dm), fives(q.w, h >> 3u, dm),
        fives(q.x >> 4u, h >> 4u, dm), fives(q.y >> 4u, h >> 5u, dm),
        fives(q.z >> 4u, h >> 6u, dm), fives(q.w >> 4u, h >> 7u, dm),
    );
}
