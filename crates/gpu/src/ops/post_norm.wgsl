// x += weight * t / rms(t), the residual stream, then x * gain with its sums of squares -> h. This is the norm after
// attention or the feed-forward part and the preparation of the next norm. t, x and h are (lanes, WIDTH_IN). A
// workgroup computes 32 values of one lane.

const TILE_ROWS: u32 = 32u;
const THREADS: u32 = TILE_ROWS;
const SQUARES_AT: u32 = 1024u;
const SQUARES: u32 = 4u;
// Steering: the entries of z that are used, their position, and the entries of z per lane.
const RANK: u32 = 0u;
const Z_AT: u32 = 0u;
const Z_STRIDE: u32 = 0u;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> residual: array<f32>;
@group(0) @binding(2) var<storage, read_write> h: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> gain: array<f32>;
// Steering vectors as pairs of 16-bit floats, (RANK / 2, WIDTH_IN).
@group(0) @binding(5) var<storage, read> side: array<u32>;
@group(0) @binding(6) var<storage, read> z: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, place: Place) {
    let thread = place.thread;
    let row = workgroup.x * TILE_ROWS + thread;
    let lane = workgroup.y;
    let at = lane * WIDTH_IN + row;
    let t = x[at / 4u][at % 4u];
    var sum = residual[at] + t * inverse_rms(lane) * weight[row];
    for (var i = 0u; i < RANK / 4u; i++) {
        let low = unpack2x16float(side[2u * i * WIDTH_IN + row]);
        let high = unpack2x16float(side[(2u * i + 1u) * WIDTH_IN + row]);
        sum += dot(z[(lane * Z_STRIDE + Z_AT) / 4u + i], vec4<f32>(low, high));
    }
    residual[at] = sum;
    h[at] = sum * gain[row];
    let total = sum_of(place, sum * sum);
    if thread == 0u {
        h[SQUARES_AT + lane * SQUARES + workgroup.x] = total;
    }
}
