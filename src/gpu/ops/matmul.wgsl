// W (ROWS, BLOCKS * 32) @ x (32 lanes, BLOCKS * 32), for a run of a prompt. A workgroup takes a tile of 32 rows and all
// lanes; a thread keeps 4 rows of 4 lanes. PARTS and TILES as in matvec.wgsl.

const ROWS: u32 = 64u;
const TILES: u32 = 2u;
const PARTS: u32 = 1u;
const BLOCKS: u32 = 4u;

const LANES: u32 = 32u;

// Block by block: [quarter of the block][row or lane].
var<workgroup> w_tile: array<vec4<f32>, 8u * TILE_ROWS>;
var<workgroup> x_tile: array<vec4<f32>, 8u * LANES>;
var<workgroup> inverses: array<f32, LANES>;
var<workgroup> squares: array<f32, 8u * LANES>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tile = workgroup.x;
    let row = thread % 8u * 4u;
    let lane = thread / 8u * 4u;
    // Four lanes of a row, four rows of a part.
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
    if ENDING == 1u || ENDING == 2u {
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
