const PIECES: u32 = 8u;

// Reads block number `block` (tile * blocks per row + block within the row) of row `lane` of its tile.
fn load_block(block: u32, lane: u32) -> Block {
    let at = block * PIECES * TILE_ROWS + lane;
    return Block(
        bitcast<vec4<f32>>(weights[at]), bitcast<vec4<f32>>(weights[at + 32u]),
        bitcast<vec4<f32>>(weights[at + 64u]), bitcast<vec4<f32>>(weights[at + 96u]),
        bitcast<vec4<f32>>(weights[at + 128u]), bitcast<vec4<f32>>(weights[at + 160u]),
        bitcast<vec4<f32>>(weights[at + 192u]), bitcast<vec4<f32>>(weights[at + 224u]),
    );
}
