
// Number of blocks per lane that are rounded together: first all threads round, then all threads multiply.
const RUN: u32 = 8u;

var<workgroup> rounded: array<Rounded, LANES * RUN>;

// Computes this thread's part of its row's products.
fn products(tile: u32, row: u32, split: u32) -> array<f32, LANES * PARTS> {
    var sums: array<f32, LANES * PARTS>;
    for (var first = 0u; first < BLOCKS; first += RUN) {
        workgroupBarrier();
        for (var i = split * TILE_ROWS + row; i < LANES * RUN; i += SPLIT * TILE_ROWS) {
            let block = first + i % RUN;
            if block < BLOCKS {
                rounded[i] = round_block((i / RUN * BLOCKS + block) * 8u);
            }
        }
        workgroupBarrier();
        for (var i = split; i < min(RUN, BLOCKS - first); i += SPLIT) {
            for (var part = 0u; part < PARTS; part++) {
                let w = load_packed((part * TILES + tile) * BLOCKS + first + i, row);
                for (var lane = 0u; lane < LANES; lane++) {
                    sums[part * LANES + lane] += dot_rounded(w, rounded[lane * RUN + i]);
                }
            }
        }
    }
    return sums;
}

