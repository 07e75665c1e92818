// The first half of low-rank side paths: scale A x -> z (lanes, Z_STRIDE). A stacks, for each of the matrices that share the
// input, A of every adapter, ADAPTER_RANK rows each.

const ENDING: u32 = 0u;
const ADAPTERS: u32 = 1u;
const ADAPTER_RANK: u32 = 4u;
const Z_STRIDE: u32 = 32u;
// Scales that a column has.
const SCALES: u32 = 1u;

@group(0) @binding(3) var<storage, read_write> z: array<f32>;
@group(0) @binding(4) var<storage, read> lanes: array<Lane>;
@group(0) @binding(5) var<storage, read> column_scales: array<f32>;
// By row of A: the adapter's own scale, and what A and B were divided by.
@group(0) @binding(6) var<storage, read> gains: array<f32>;

fn finish(row: u32, lane: u32, first: f32, second: f32, inverse: f32) -> f32 {
    let column = lanes[lane].column;
    if row < ROWS && column != NO_COLUMN {
        let scale = column_scales[column * SCALES + row / ADAPTER_RANK % ADAPTERS];
        // A scale of nothing gives exactly nothing, whatever A x is.
        z[lane * Z_STRIDE + row] = select(first * inverse * scale * gains[row], 0.0, scale == 0.0);
    }
    return 0.0;
}

fn finish_squares(tile: u32, lane: u32, sum: f32) {}

