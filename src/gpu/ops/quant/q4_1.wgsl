const PIECES: u32 = 1u;

// The four low nibbles of a word's bytes, times d plus m.
fn nibbles(word: u32, dm: vec2<f32>) -> vec4<f32> {
    return vec4<f32>(unpack4xU8(word & 0x0F0F0F0Fu)) * dm.x + dm.y;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let at = block * TILE_ROWS + lane;
    let q = weights[at];
    let dm = scale_pair(scales[at]);
    return Block(
        nibbles(q.x, dm), nibbles(q.y, dm), nibbles(q.z, dm), nibbles(q.w, dm),
        nibbles(q.x >> 4u, dm), nibbles(q.y >> 4u, dm), nibbles(q.z >> 4u, dm), nibbles(q.w >> 4u, dm),
    );
}
