
// 0: SiLU. 1: the tanh approximation of GELU.
const ACTIVATION: u32 = 0u;

fn activate(v: f32) -> f32 {
    if ACTIVATION == 0u {
        return v / (1.0 + exp(-v));
    }
    // In some drivers, tanh overflows to NaN for large arguments.
    return 0.5 * v * (1.0 + tanh(clamp(0.7978846 * (v + 0.044715 * v * v * v), -15.0, 15.0)));
}

