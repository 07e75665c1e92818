//! The experiments: stages that train, and measurements of what came out.

pub mod measure;
pub mod pretrain;
pub mod tune;
