// The sixteen steps, four signed bytes a word: -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113.
const STEPS: vec4<u32> = vec4<u32>(0xBFAD9881u, 0xF6EADDCFu, 0x26190D01u, 0x71594535u);

// The steps that a word's four low nibbles name, times d.
fn steps(word: u32, d: f32) -> vec4<f32> {
    let i = unpack4xU8(word & 0x0F0F0F0Fu);
    let low = select(vec4<u32>(STEPS.x), vec4<u32>(STEPS.y), i >= vec4<u32>(4u));
    let high = select(vec4<u32>(STEPS.z), vec4<u32>(STEPS.w), i >= vec4<u32>(12u));
    let found = select(low, high, i >= vec4<u32>(8u));
    // The byte goes to the top of its word and comes back with its sign.
    let top = bitcast<vec4<i32>>(found << (vec4<u32>(24u) - (i & vec4<u32>(3u)) * 8u));
    return vec4<f32>(top >> vec4<u32>(24u)) * d;
}

// Block number `block` (tile * blocks in a row + block in the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let q = weights[block * TILE_ROWS + lane];
    let d = row_scale(block * 16u, lane);
    return Block(
        steps(q.x, d), steps(q.y, d), steps(q.z, d), steps(q.w, d),
        steps(q.x >> 4u, d), steps(q.y >> 4u, d), steps(q.z >> 4u, d), steps(q.w >> 4u, d),
    );
}
