// The first half of low-rank paths: scale A x -> z (lanes, Z_STRIDE). A is a stack: for each of the matrices that
// share the input, it has the A of every adapter, with ADAPTER_RANK rows each.

const ADAPTERS: u32 = 1u;
const ADAPTER_RANK: u32 = 4u;
const Z_STRIDE: u32 = 32u;
// Number of scales per column.
const SCALES: u32 = 1u;

@group(0) @binding(3) var<storage, read_write> z: array<f32>;
@group(0) @binding(4) var<storage, read> lanes: array<Lane>;
@group(0) @binding(5) var<storage, read> column_scales: array<f32>;
// For each row of A: the adapter's own scale times the divisors of A and B.
@group(0) @binding(6) var<storage, read> gains: array<f32>;

fn finish(row: u32, lane: u32, first: f32, second: f32, inverse: f32) -> f32 {
    let column = lanes[lane].column;
    if row < ROWS && column != NO_COLUMN {
        let scale = column_scales[column * SCALES + row / ADAPTER_RANK % ADAPTERS];
        // With a scale of 0, the result is exactly 0, even if A x is not finite.
        z[lane * Z_STRIDE + row] = select(first * inverse * scale * gains[row], 0.0, scale == 0.0);
    }
    return 0.0;
}

fn finish_squares(tile: u32, lane: u32, sum: f32) {}

