// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let at = block * PIECES * TILE_ROWS + lane;
    let p = weights[at];
    let q = weights[at + 32u];
    let r = weights[at + 64u];
    let s = weights[at + 96u];
    return Block(
        halves(p.x, p.y), halves(p.z, p.w), halves(q.x, q.y), halves(q.z, q.w),
        halves(r.x, r.y), halves(r.z, r.w), halves(s.x, s.y), halves(s.z, s.w),
    );
}
