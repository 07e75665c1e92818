//! The product of gate and up projection. The CPU version is `reference::gate`.

use super::wgsl::wgsl;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::{Gpu, GpuError};
use askew_model::config::Activation;

/// The shader.
pub const SOURCE: &str = wgsl!("activate.wgsl", "gate.wgsl");

/// The number that means an activation in the shaders.
pub(super) fn activation_number(activation: Activation) -> u32 {
    match activation {
        Activation::Silu => 0,
        Activation::GeluTanh => 1,
    }
}

/// act(g) * u -> out (lanes, width), where `gate_up` is (lanes, 2 width): first g, then u.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn gate(
    gpu: &Gpu,
    width: usize,
    lanes: usize,
    gate_up: &wgpu::Buffer,
    activation: Activation,
    out: &wgpu::Buffer,
) -> Result<Dispatch, GpuError> {
    let constants = [("WIDTH", width.try_into()?), ("ACTIVATION", activation_number(activation).into())];
    let shader = Shader { label: "gate", source: SOURCE, constants: &constants };
    let buffers = [(gate_up, Access::Read), (out, Access::Write)];
    gpu.dispatch(shader, &buffers, [word(width.div_ceil(64))?, word(lanes)?])
}
