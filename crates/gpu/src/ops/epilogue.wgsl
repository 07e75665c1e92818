// What is done with a product: bias, low-rank paths, gate, residual stream.

// Number of rows of the whole matrix, and the first row of this slab.
const OUT_ROWS: u32 = 64u;
const FIRST_ROW: u32 = 0u;
const BIAS: u32 = 0u;
// Position of the sums of squares in h, and their number per lane.
const SQUARES_AT: u32 = 1024u;
const SQUARES: u32 = 4u;
// Low-rank paths: the entries of z that a row uses, the entries of z per lane, and the first rows of the second
// and the third of the stacked matrices. Each matrix has its own run of z.
const RANK: u32 = 0u;
const Z_STRIDE: u32 = 0u;
const SECOND_AT: u32 = 0xFFFFFFFFu;
const THIRD_AT: u32 = 0xFFFFFFFFu;

@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> h: array<f32>;
// The bias, or the gain of the next norm.
@group(0) @binding(5) var<storage, read> vector: array<f32>;
// B of the low-rank paths as pairs of 16-bit floats, (RANK / 2, all rows).
@group(0) @binding(6) var<storage, read> side: array<u32>;
// scale A x, (lanes, Z_STRIDE).
@group(0) @binding(7) var<storage, read> z: array<vec4<f32>>;

// Adds bias and low-rank paths to a product. `row` is a row of the whole stack.
fn linear(row: u32, rows: u32, lane: u32, product: f32) -> f32 {
    var value = product;
    if BIAS == 1u {
        value += vector[row];
    }
    if RANK > 0u {
        let stacked = select(0u, 1u, row >= SECOND_AT) + select(0u, 1u, row >= THIRD_AT);
        let from_z = (lane * Z_STRIDE + stacked * RANK) / 4u;
        var sum = 0.0;
        for (var i = 0u; i < RANK / 4u; i++) {
            let low = unpack2x16float(side[2u * i * rows + row]);
            let high = unpack2x16float(side[(2u * i + 1u) * rows + row]);
            sum += dot(z[from_z + i], vec4<f32>(low, high));
        }
        value += sum;
    }
    return value;
}

// Stores a row's result. Returns the value to be squared for the norm.
fn finish(slab_row: u32, lane: u32, first: f32, second: f32, inverse: f32) -> f32 {
    if slab_row >= ROWS {
        return 0.0;
    }
    let row = FIRST_ROW + slab_row;
    let at = lane * OUT_ROWS + row;
    if EPILOGUE == GATE {
        let gate = linear(row, 2u * OUT_ROWS, lane, first * inverse);
        out[at] = activate(gate) * linear(OUT_ROWS + row, 2u * OUT_ROWS, lane, second * inverse);
        return 0.0;
    }
    let value = linear(row, OUT_ROWS, lane, first * inverse);
    if EPILOGUE == RESIDUAL {
        let sum = out[at] + value;
        out[at] = sum;
        h[at] = sum * vector[row];
        return sum;
    }
    if EPILOGUE == NORMED {
        h[at] = value;
        return value;
    }
    out[at] = value;
    return 0.0;
}

// Stores the sum of squares of this workgroup's rows.
fn finish_squares(tile: u32, lane: u32, sum: f32) {
    h[SQUARES_AT + lane * SQUARES + FIRST_ROW / TILE_ROWS + tile] = sum;
}

