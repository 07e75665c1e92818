
// Decodes the four weights of a word.
fn weights_of(word: u32, d: f32, m: f32) -> vec4<f32> {
    let q = vec4<f32>(signed_bytes(word)) * d;
    if CENTRED {
        return q;
    }
    return q + m;
}

// Decodes a packed block.
fn load_block(block: u32, lane: u32) -> Block {
    let p = load_packed(block, lane);
    return Block(
        weights_of(p.low.x, p.d.x, p.m.x), weights_of(p.low.y, p.d.x, p.m.x),
        weights_of(p.low.z, p.d.x, p.m.x), weights_of(p.low.w, p.d.x, p.m.x),
        weights_of(p.high.x, p.d.y, p.m.y), weights_of(p.high.y, p.d.y, p.m.y),
        weights_of(p.high.z, p.d.y, p.m.y), weights_of(p.high.w, p.d.y, p.m.y),
    );
}
