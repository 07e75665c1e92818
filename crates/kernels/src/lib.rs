//! What a forward pass on a CPU spends its time on, in 128-bit SIMD.
//!
//! Weights stay about as small as in the file, in tiles of four rows ([`tile`]); what they are multiplied by is rounded to
//! 16-bit integers, one scale for 32 of them ([`input`]). Plain simd128 multiplies integers as 16-bit pairs only, so
//! 8 bits would save nothing and cost accuracy. The same code runs natively and in wasm, with the same result to the bit:
//! no operation here is left to a machine's own mathematics library, or fused where another machine would not.
//!
//! This is a package of its own because a cargo profile sets the optimisation for whole packages: the page's code is
//! compiled for size, which makes these loops nineteen times slower.

mod attention;
mod dot;
mod floats;
mod gate;
pub mod input;
mod k;
mod lanes;
mod matrix;
mod q4;
mod q5;
mod q6_k;
mod q8;
pub mod tile;

pub use attention::{Attention, attention};
pub use dot::dot;
pub use gate::{Activation, gate};
pub use input::Input;
use matrix::Kernel;
pub use matrix::{BlockFormat, OutOfMemory, TiledMatrix};
