// Of a block's 48 words: fifth bits, then d.

// Four low nibbles, each below its fifth bit of `high`, less 16, times d.
fn fives(word: u32, high: u32, d: f32) -> vec4<f32> {
    let q = (word & 0x0F0F0F0Fu) | ((high & 0x01010101u) << 4u);
    return (vec4<f32>(unpack4xU8(q)) - 16.0) * d;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let q = weights[block * TILE_ROWS + lane];
    let h = scales[block * 48u + lane];
    let d = row_scale(block * 48u + 32u, lane);
    return Block(
        fives(q.x, h, d), fives(q.y, h >> 1u, d), fives(q.z, h >> 2u, d), fives(q.w, h >> 3u, d),
        fives(q.x >> 4u, h >> 4u, d), fives(q.y >> 4u, h >> 5u, d),
        fives(q.z >> 4u, h >> 6u, d), fives(q.w >> 4u, h >> 7u, d),
    );
}
