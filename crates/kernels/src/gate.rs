//! The gate of the feed-forward part (its non-linearity, times the up projection), four values at a time.

use wide::f32x4;

/// The non-linearity of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x sigmoid(x).
    Silu,
    /// 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), the tanh approximation of GELU.
    GeluTanh,
}

/// act(g) * u -> out (d,), where `gate_up` is (2 d,): first g, then u. d is a multiple of four.
pub fn gate(gate_up: &[f32], activation: Activation, out: &mut [f32]) {
    let (g, u) = gate_up.split_at(gate_up.len() / 2);
    let quads = out.as_chunks_mut::<4>().0.iter_mut().zip(g.as_chunks::<4>().0).zip(u.as_chunks::<4>().0);
    for ((out, g), u) in quads {
        *out = (activate(f32x4::new(*g), activation) * f32x4::new(*u)).to_array();
    }
}

#[inline]
fn activate(x: f32x4, activation: Activation) -> f32x4 {
    // tanh(z) = 1 - 2 / (1 + exp(2 z)), so 0.5 x (1 + tanh(z)) = x / (1 + exp(-2 z)).
    let z = match activation {
        Activation::Silu => x,
        Activation::GeluTanh => f32x4::splat(2.0 * 0.797_884_6) * (x + f32x4::splat(0.044_715) * x * x * x),
    };
    x / (f32x4::ONE + (-z).exp())
}
