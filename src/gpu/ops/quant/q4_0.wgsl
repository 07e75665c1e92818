const PIECES: u32 = 1u;

// The four low nibbles of a word's bytes, less 8, times d.
fn nibbles(word: u32, d: f32) -> vec4<f32> {
    return (vec4<f32>(unpack4xU8(word & 0x0F0F0F0Fu)) - 8.0) * d;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let at = block * TILE_ROWS + lane;
    let q = weights[at];
    let d = row_scale(block * 16u, lane);
    return Block(
        nibbles(q.x, d), nibbles(q.y, d), nibbles(q.z, d), nibbles(q.w, d),
        nibbles(q.x >> 4u, d), nibbles(q.y >> 4u, d), nibbles(q.z >> 4u, d), nibbles(q.w >> 4u, d),
    );
}
