//! Intervals, resampling and the rate of at least one misaligned answer in k.

pub mod interval;
pub mod misalign_at_k;
pub mod random;
