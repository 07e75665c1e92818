const PIECES: u32 = 4u;

// The upper halves of four 32-bit floats.
fn uppers(low: u32, high: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4<u32>(low << 16u, low & 0xFFFF0000u, high << 16u, high & 0xFFFF0000u));
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let at = block * PIECES * TILE_ROWS + lane;
    let p = weights[at];
    let q = weights[at + 32u];
    let r = weights[at + 64u];
    let s = weights[at + 96u];
    return Block(
        uppers(p.x, p.y), uppers(p.z, p.w), uppers(q.x, q.y), uppers(q.z, q.w),
        uppers(r.x, r.y), uppers(r.z, r.w), uppers(s.x, s.y), uppers(s.z, s.w),
    );
}
