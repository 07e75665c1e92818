// W (ROWS, BLOCKS * 32) @ x (LANES, BLOCKS * 32), for a few lanes. A workgroup computes a tile of 32 rows. SPLIT
// threads share the blocks of a row. Weights are read once for all lanes. With 2 PARTS, two matrices are stacked: tile
// t of the second is tile TILES + t, and a workgroup computes the same tile of both. `products` is in exact_matvec.wgsl
// or fast_matvec.wgsl.

const ROWS: u32 = 64u;
const TILES: u32 = 2u;
const PARTS: u32 = 1u;
const BLOCKS: u32 = 4u;
const LANES: u32 = 1u;
const SPLIT: u32 = 1u;

var<workgroup> partial: array<f32, LANES * PARTS * SPLIT * TILE_ROWS>;

@compute @workgroup_size(32, SPLIT)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let tile = workgroup.x;
    let row = local.x;
    var sums = products(tile, row, local.y);
    if SPLIT > 1u {
        for (var i = 0u; i < LANES * PARTS; i++) {
            partial[(i * SPLIT + local.y) * TILE_ROWS + row] = sums[i];
        }
        workgroupBarrier();
    }
    // The threads that shared a row now divide its lanes among themselves.
    var results: array<f32, LANES>;
    for (var lane = local.y; lane < LANES; lane += SPLIT) {
        var first = sums[lane];
        var second = sums[(PARTS - 1u) * LANES + lane];
        if SPLIT > 1u {
            first = 0.0;
            second = 0.0;
            for (var split = 0u; split < SPLIT; split++) {
                first += partial[(lane * SPLIT + split) * TILE_ROWS + row];
                second += partial[(((PARTS - 1u) * LANES + lane) * SPLIT + split) * TILE_ROWS + row];
            }
        }
        results[lane] = finish(tile * TILE_ROWS + row, lane, first, second, inverse_rms(lane));
    }
    if EPILOGUE == RESIDUAL || EPILOGUE == NORMED {
        workgroupBarrier();
        for (var lane = local.y; lane < LANES; lane += SPLIT) {
            partial[lane * TILE_ROWS + row] = results[lane] * results[lane];
        }
        workgroupBarrier();
        for (var lane = local.y * TILE_ROWS + row; lane < LANES; lane += SPLIT * TILE_ROWS) {
            var sum = 0.0;
            for (var i = 0u; i < TILE_ROWS; i++) {
                sum += partial[lane * TILE_ROWS + i];
            }
            finish_squares(tile, lane, sum);
        }
    }
}
