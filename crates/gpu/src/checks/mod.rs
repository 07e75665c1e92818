//! Every kernel against its CPU twin, on the device at hand: the self-test page runs [`all`], tests run the same cases over
//! property-tested shapes.
//!
//! Limits are ENGINE's: a normalised mean square error of 1e-7 for element-wise operations, 1e-6 for exact quantized
//! products.

mod choices;
pub mod data;
mod list;
mod products;
mod rows;

use std::rc::Rc;

use super::kernel::Dispatch;
use super::{Gpu, GpuError};

pub use choices::{ChoiceCase, choices};
pub use list::{Case, Check, all};
pub use products::{GatedCase, JoinCase, ProductCase, StackedCase, gated, joins, product, seen, stacked, upload};
pub use rows::{AttentionCase, EmbedCase, GateCase, RopeCase, attention, embed, gate, rope_cache};

/// Limit of element-wise operations.
pub const ELEMENTWISE_NMSE: f64 = 1e-7;
/// Limit of exact quantized products.
pub const PRODUCT_NMSE: f64 = 1e-6;
/// Limit of looking weights up, which is but for the flushing of tiny numbers exact.
pub const LOOKUP_NMSE: f64 = 1e-12;

/// How far a kernel's results lie from its twin's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    /// Normalised mean square error; for choices, the share of wrong ones.
    pub error: f64,
    /// The most that it may be.
    pub limit: f64,
}

impl Parity {
    /// Compares results with a twin's.
    #[must_use]
    pub fn of(found: &[f32], expected: &[f32], limit: f64) -> Self {
        Self { error: nmse(found, expected), limit }
    }

    /// Whether the error is within its limit; one that is no number is not.
    #[must_use]
    pub fn holds(self) -> bool {
        self.error <= self.limit
    }

    /// The one that lies further beyond its limit, or is nearer to it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let share = |parity: Self| if parity.error == 0.0 { 0.0 } else { parity.error / parity.limit };
        // A share that is no number is the worst of all.
        if share(self).is_nan() || share(self) >= share(other) { self } else { other }
    }
}

/// Normalised mean square error: sum (found - expected)^2 / sum expected^2. Infinite where the lengths differ.
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

/// Runs dispatches and reads `len` values of a buffer. Nothing dispatched is an error: a check that did not use the GPU
/// would prove nothing.
async fn run(gpu: &Gpu, dispatches: &[Dispatch], out: &wgpu::Buffer, len: usize) -> Result<Vec<f32>, GpuError> {
    let before = gpu.counts().dispatches;
    gpu.submit(&[dispatches], None);
    let result = gpu.download(out, len).await?;
    if gpu.counts().dispatches == before {
        return Err(GpuError::Refused("nothing was dispatched".to_owned()));
    }
    Ok(result)
}

/// Lanes of column 0 at successive positions.
fn lanes(gpu: &Rc<Gpu>, position: usize, tokens: &[u32]) -> wgpu::Buffer {
    let lane =
        |(token, position): (&u32, usize)| super::Lane { token: *token, position: small(position), column: 0, step: 0 };
    gpu.upload("lanes", &tokens.iter().zip(position..).map(lane).collect::<Vec<_>>())
}

/// Shapes of checks are small.
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
