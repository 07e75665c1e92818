const PIECES: u32 = 2u;

fn bytes(word: u32, d: f32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word)) * d;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let at = block * PIECES * TILE_ROWS + lane;
    let p = weights[at];
    let q = weights[at + 32u];
    let d = row_scale(block * 16u, lane);
    return Block(
        bytes(p.x, d), bytes(p.y, d), bytes(p.z, d), bytes(p.w, d),
        bytes(q.x, d), bytes(q.y, d), bytes(q.z, d), bytes(q.w, d),
    );
}
