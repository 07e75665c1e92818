
// One block at a time: [quarter of the block][row or lane].
var<workgroup> w_tile: array<vec4<f32>, 8u * TILE_ROWS>;
var<workgroup> x_tile: array<vec4<f32>, 8u * LANES>;

// Computes the products of rows `row` .. `row + 4` with lanes `lane` .. `lane + 4`. Each vector has four lanes of one
// row, and each part has four rows.
fn products(tile: u32, row: u32, lane: u32, thread: u32) -> array<vec4<f32>, 4u * PARTS> {
    var sums: array<vec4<f32>, 4u * PARTS>;
    for (var block = 0u; block < BLOCKS; block++) {
        for (var part = 0u; part < PARTS; part++) {
            workgroupBarrier();
            if thread < TILE_ROWS {
                let w = load_block((part * TILES + tile) * BLOCKS + block, thread);
                w_tile[thread] = w.a;
                w_tile[thread + 32u] = w.b;
                w_tile[thread + 64u] = w.c;
                w_tile[thread + 96u] = w.d;
                w_tile[thread + 128u] = w.e;
                w_tile[thread + 160u] = w.f;
                w_tile[thread + 192u] = w.g;
                w_tile[thread + 224u] = w.h;
            } else if part == 0u {
                let mine = thread - TILE_ROWS;
                let from_x = (mine * BLOCKS + block) * 8u;
                for (var i = 0u; i < 8u; i++) {
                    x_tile[i * LANES + mine] = x[from_x + i];
                }
            }
            workgroupBarrier();
            for (var i = 0u; i < 8u; i++) {
                let a = x_tile[i * LANES + lane];
                let b = x_tile[i * LANES + lane + 1u];
                let c = x_tile[i * LANES + lane + 2u];
                let d = x_tile[i * LANES + lane + 3u];
                for (var r = 0u; r < 4u; r++) {
                    let w = w_tile[i * TILE_ROWS + row + r];
                    sums[part * 4u + r] += vec4<f32>(dot(w, a), dot(w, b), dot(w, c), dot(w, d));
                }
            }
        }
    }
    return sums;
}

