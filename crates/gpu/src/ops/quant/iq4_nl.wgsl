// Weight = value selected by a nibble, times d.
const CENTRED: bool = true;
// The sixteen values, four signed bytes per word: -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89,
// 113.
const STEPS: vec4<u32> = vec4<u32>(0xBFAD9881u, 0xF6EADDCFu, 0x26190D01u, 0x71594535u);

// The values for four nibbles of a word, one byte each.
fn steps(nibbles: u32) -> u32 {
    let i = unsigned_bytes(nibbles);
    let low = select(vec4<u32>(STEPS.x), vec4<u32>(STEPS.y), i >= vec4<u32>(4u));
    let high = select(vec4<u32>(STEPS.z), vec4<u32>(STEPS.w), i >= vec4<u32>(12u));
    let found = select(low, high, i >= vec4<u32>(8u)) >> ((i & vec4<u32>(3u)) * 8u);
    let bytes = (found & vec4<u32>(0xFFu)) << vec4<u32>(0u, 8u, 16u, 24u);
    return bytes.x | bytes.y | bytes.z | bytes.w;
}

fn all_steps(nibbles: vec4<u32>) -> vec4<u32> {
    return vec4<u32>(steps(nibbles.x), steps(nibbles.y), steps(nibbles.z), steps(nibbles.w));
}

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_packed(block: u32, lane: u32) -> Packed {
    let q = weights[block * TILE_ROWS + lane];
    let d = row_scale(block * 16u, lane);
    return Packed(all_steps(low_nibbles(q)), all_steps(high_nibbles(q)), vec2<f32>(d), vec2<f32>(0.0));
}
