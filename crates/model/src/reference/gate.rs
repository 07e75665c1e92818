//! The gate of the feed-forward part: its non-linearity, and the product with the up projection.

use crate::config::Activation;

/// act(g) * u -> out (d,), where `gate_up` is (2 d,): g, then u.
pub fn gate(gate_up: &[f32], activation: Activation, out: &mut [f32]) {
    let (g, u) = gate_up.split_at(gate_up.len() / 2);
    for ((out, &g), u) in out.iter_mut().zip(g).zip(u) {
        *out = activate(g, activation) * u;
    }
}

/// The gate's non-linearity.
pub fn activate(x: f32, activation: Activation) -> f32 {
    match activation {
        Activation::Silu => x / (1.0 + (-x).exp()),
        // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) (Hendrycks and Gimpel 2016, arXiv:1606.08415).
        Activation::GeluTanh => 0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044_715 * x * x * x)).tanh()),
    }
}
