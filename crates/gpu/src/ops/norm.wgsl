
// Number of sums of squares per lane at the end of `x`, one per 32 values: see gpu/fused_norm.rs. 0 means that the
// input is not normalised.
const SQUARES_IN: u32 = 0u;
const SQUARES_IN_AT: u32 = 0u;
const WIDTH_IN: u32 = 64u;
const EPS: f32 = 1e-5f;

// 1 / root mean square of a lane's input.
fn inverse_rms(lane: u32) -> f32 {
    if SQUARES_IN == 0u {
        return 1.0;
    }
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < SQUARES_IN / 4u; i++) {
        sum += x[(SQUARES_IN_AT + lane * SQUARES_IN) / 4u + i];
    }
    return 1.0 / sqrt((sum.x + sum.y + sum.z + sum.w) / f32(WIDTH_IN) + EPS);
}

