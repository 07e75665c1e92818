
// Multiplies a decoded block with the 32 activations from x[at] on.
fn dot_block(w: Block, at: u32) -> f32 {
    return dot(w.a, x[at]) + dot(w.b, x[at + 1u]) + dot(w.c, x[at + 2u]) + dot(w.d, x[at + 3u])
        + dot(w.e, x[at + 4u]) + dot(w.f, x[at + 5u]) + dot(w.g, x[at + 6u]) + dot(w.h, x[at + 7u]);
}

// Computes this thread's part of its row's products.
fn products(tile: u32, row: u32, split: u32) -> array<f32, LANES * PARTS> {
    var sums: array<f32, LANES * PARTS>;
    for (var block = split; block < BLOCKS; block += SPLIT) {
        for (var part = 0u; part < PARTS; part++) {
            let w = load_block((part * TILES + tile) * BLOCKS + block, row);
            for (var lane = 0u; lane < LANES; lane++) {
                sums[part * LANES + lane] += dot_block(w, (lane * BLOCKS + block) * 8u);
            }
        }
    }
    return sums;
}

