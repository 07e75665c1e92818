
// 0: silu; 1: tanh approximation of gelu.
const ACTIVATION: u32 = 0u;

fn activate(v: f32) -> f32 {
    if ACTIVATION == 0u {
        return v / (1.0 + exp(-v));
    }
    // tanh overflows to NaN in some drivers beyond its saturation.
    return 0.5 * v * (1.0 + tanh(clamp(0.7978846 * (v + 0.044715 * v * v * v), -15.0, 15.0)));
}

