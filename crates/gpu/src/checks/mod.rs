//! Compares every kernel with its CPU version on the current device. The self-test page runs [`all`]. Tests run the
//! same checks with property-tested shapes.
//!
//! The limits are those of `docs/engine.md`: a normalised mean square error of 1e-7 for element-wise operations and of
//! 1e-6 for exact quantized products.

mod choices;
pub mod data;
mod list;
mod matmuls;
mod rows;

use std::rc::Rc;

use super::kernel::Dispatch;
use super::{Gpu, GpuError};

pub use choices::{ChoiceCase, choices};
pub use list::{Case, Check, all};
pub use matmuls::{GatedCase, JoinCase, MatmulCase, StackedCase, gated, joins, matmul, seen, stacked, upload};
pub use rows::{AttentionCase, EmbedCase, GateCase, RopeCase, attention, embed, gate, rope_cache};

/// Largest normalised mean square error of element-wise operations.
pub const ELEMENTWISE_NMSE: f64 = 1e-7;
/// Largest normalised mean square error of exact quantized products.
pub const MATMUL_NMSE: f64 = 1e-6;
/// Largest normalised mean square error of weight look-ups. They are exact, except that tiny numbers can be flushed to
/// zero.
pub const LOOKUP_NMSE: f64 = 1e-12;

/// The difference between a kernel's results and the expected ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    /// Normalised mean square error. For choices, the share of wrong ones.
    pub error: f64,
    /// Largest error allowed.
    pub limit: f64,
}

impl Parity {
    /// Compares results with the expected ones.
    #[must_use]
    pub fn of(found: &[f32], expected: &[f32], limit: f64) -> Self {
        Self { error: nmse(found, expected), limit }
    }

    /// Whether the error is within its limit. False if the error is not a number.
    #[must_use]
    pub fn holds(self) -> bool {
        self.error <= self.limit
    }

    /// Returns the worse of two results, relative to their limits.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let share = |parity: Self| if parity.error == 0.0 { 0.0 } else { parity.error / parity.limit };
        // A share that is not a number is the worst of all.
        if share(self).is_nan() || share(self) >= share(other) { self } else { other }
    }
}

/// Normalised mean square error: sum (found - expected)^2 / sum expected^2. Infinite if the lengths differ.
#[must_use]
pub fn nmse(found: &[f32], expected: &[f32]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let square = |x: f64| x * x;
    let error: f64 = found.iter().zip(expected).map(|(f, e)| square(f64::from(*f) - f64::from(*e))).sum();
    let scale: f64 = expected.iter().map(|e| square(f64::from(*e))).sum();
    if error == 0.0 { 0.0 } else { error / scale }
}

/// Runs dispatches and reads `len` values of a buffer. It is an error if nothing was dispatched, because a check that
/// did not use the GPU would prove nothing.
async fn run(gpu: &Gpu, dispatches: &[Dispatch], out: &wgpu::Buffer, len: usize) -> Result<Vec<f32>, GpuError> {
    let before = gpu.counts().dispatches;
    gpu.submit(&[dispatches], None);
    let result = gpu.download(out, len).await?;
    if gpu.counts().dispatches == before {
        return Err(GpuError::Refused("nothing was dispatched".to_owned()));
    }
    Ok(result)
}

/// Creates lanes of column 0 at consecutive positions.
fn lanes(gpu: &Rc<Gpu>, position: usize, tokens: &[u32]) -> wgpu::Buffer {
    let lane =
        |(token, position): (&u32, usize)| super::Lane { token: *token, position: small(position), column: 0, step: 0 };
    gpu.upload("lanes", &tokens.iter().zip(position..).map(lane).collect::<Vec<_>>())
}

/// Converts a size to 32 bits. The shapes of checks are small.
fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_two_is_kept() {
        let parity = |error, limit| Parity { error, limit };
        assert_eq!(parity(1e-9, 1e-6).or(parity(1e-9, 1e-8)), parity(1e-9, 1e-8));
        assert_eq!(parity(0.0, 0.0).or(parity(1e-9, 1e-6)), parity(1e-9, 1e-6));
        assert!(parity(f64::NAN, 1.0).or(parity(2.0, 1.0)).error.is_nan());
        assert!(!parity(f64::NAN, 1.0).holds());
        assert!(!Parity::of(&[1.0], &[1.0, 2.0], 1.0).holds());
    }
}
