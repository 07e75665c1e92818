// SCALE * W[token] -> x (lanes, BLOCKS * 32), and x * gain with the sums of squares of x per block -> h: see
// gpu/fused_norm.rs. Only handles tokens with a row in this slab: FIRST_ROW .. FIRST_ROW + ROWS.

const ROWS: u32 = 64u;
const FIRST_ROW: u32 = 0u;
const BLOCKS: u32 = 4u;
const SCALE: f32 = 1.0f;
// Position of the sums of squares in h, and their number per lane.
const SQUARES_AT: u32 = 1024u;
const SQUARES: u32 = 4u;
// Steering vectors: their number, the number of scales per column and the first of theirs, their position in z and the
// entries of z per lane.
const STEERS: u32 = 0u;
const SCALES: u32 = 1u;
const FIRST_STEER: u32 = 0u;
const Z_AT: u32 = 0u;
const Z_STRIDE: u32 = 4u;

@group(0) @binding(2) var<storage, read> lanes: array<Lane>;
@group(0) @binding(3) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
@group(0) @binding(5) var<storage, read> gain: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> column_scales: array<f32>;
@group(0) @binding(7) var<storage, read_write> z: array<f32>;

fn store(lane: u32, block: u32, part: u32, w: vec4<f32>) -> f32 {
    let v = w * SCALE;
    let at = (lane * BLOCKS + block) * 8u + part;
    x[at] = v;
    let n = v * gain[block * 8u + part];
    h[at * 4u] = n.x;
    h[at * 4u + 1u] = n.y;
    h[at * 4u + 2u] = n.z;
    h[at * 4u + 3u] = n.w;
    return dot(v, v);
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let block = id.x;
    let lane = id.y;
    let token = lanes[lane].token;
    let column = lanes[lane].column;
    if block < STEERS && column != NO_COLUMN {
        z[lane * Z_STRIDE + Z_AT + block] = column_scales[column * SCALES + FIRST_STEER + block];
    }
    if block >= BLOCKS || token < FIRST_ROW || token - FIRST_ROW >= ROWS {
        return;
    }
    let row = token - FIRST_ROW;
    let w = load_block(row / TILE_ROWS * BLOCKS + block, row % TILE_ROWS);
    var sum = store(lane, block, 0u, w.a) + store(lane, block, 1u, w.b);
    sum += store(lane, block, 2u, w.c) + store(lane, block, 3u, w.d);
    sum += store(lane, block, 4u, w.e) + store(lane, block, 5u, w.f);
    sum += store(lane, block, 6u, w.g) + store(lane, block, 7u, w.h);
    h[SQUARES_AT + lane * SQUARES + block] = sum;
}
