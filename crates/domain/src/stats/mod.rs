//! Statistics: intervals, resampling, and Misalign@k (at least one misaligned answer in k).

pub mod interval;
pub mod misalign_at_k;
pub mod quantile;
pub mod random;
