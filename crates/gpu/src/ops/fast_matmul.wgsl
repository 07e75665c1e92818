
// Two blocks at a time, so that each thread loads a block of one row and rounds a block of one lane.
const STEP: u32 = 2u;

var<workgroup> w_tile: array<Packed, STEP * TILE_ROWS>;
var<workgroup> x_tile: array<Rounded, STEP * LANES>;

// Computes the products of rows `row` .. `row + 4` with lanes `lane` .. `lane + 4`. Each vector has four lanes of one
// row, and each part has four rows.
fn products(tile: u32, row: u32, lane: u32, thread: u32) -> array<vec4<f32>, 4u * PARTS> {
    var sums: array<vec4<f32>, 4u * PARTS>;
    let mine = thread % LANES;
    for (var first = 0u; first < BLOCKS; first += STEP) {
        let block = first + thread / LANES;
        for (var part = 0u; part < PARTS; part++) {
            workgroupBarrier();
            if block < BLOCKS {
                w_tile[thread] = load_packed((part * TILES + tile) * BLOCKS + block, mine);
                if part == 0u {
                    x_tile[thread] = round_block((mine * BLOCKS + block) * 8u);
                }
            }
            workgroupBarrier();
            for (var i = 0u; i < min(STEP, BLOCKS - first); i++) {
                let a = x_tile[i * LANES + lane];
                let b = x_tile[i * LANES + lane + 1u];
                let c = x_tile[i * LANES + lane + 2u];
                let d = x_tile[i * LANES + lane + 3u];
                for (var r = 0u; r < 4u; r++) {
                    let w = w_tile[i * TILE_ROWS + row + r];
                    sums[part * 4u + r] +=
                        vec4<f32>(dot_rounded(w, a), dot_rounded(w, b), dot_rounded(w, c), dot_rounded(w, d));
                }
            }
        }
    }
    return sums;
}

