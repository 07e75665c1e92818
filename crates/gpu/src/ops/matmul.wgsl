// W (ROWS, BLOCKS * 32) @ x (32 lanes, BLOCKS * 32), for a long step of a prompt. A workgroup computes a tile of 32
// rows for all lanes, a thread 4 rows for 4 lanes. PARTS and TILES are explained in matvec.wgsl. `products` is in
// exact_matmul.wgsl or fast_matmul.wgsl.

const ROWS: u32 = 64u;
const TILES: u32 = 2u;
const PARTS: u32 = 1u;
const BLOCKS: u32 = 4u;

const LANES: u32 = 32u;

var<workgroup> inverses: array<f32, LANES>;
var<workgroup> squares: array<f32, 8u * LANES>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tile = workgroup.x;
    let row = thread % 8u * 4u;
    let lane = thread / 8u * 4u;
    var sums = products(tile, row, lane, thread);
    if thread < LANES {
        inverses[thread] = inverse_rms(thread);
    }
    workgroupBarrier();
    for (var l = 0u; l < 4u; l++) {
        var sum = 0.0;
        for (var r = 0u; r < 4u; r++) {
            let first = sums[r][l];
            let second = sums[(PARTS - 1u) * 4u + r][l];
            let value = finish(tile * TILE_ROWS + row + r, lane + l, first, second, inverses[lane + l]);
            sum += value * value;
        }
        squares[thread % 8u * LANES + lane + l] = sum;
    }
    if EPILOGUE == RESIDUAL || EPILOGUE == NORMED {
        workgroupBarrier();
        if thread < LANES {
            var sum = 0.0;
            for (var i = 0u; i < 8u; i++) {
                sum += squares[i * LANES + thread];
            }
            finish_squares(tile, thread, sum);
        }
    }
}
