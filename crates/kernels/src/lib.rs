//! The operations that take most of the time of a forward pass on a CPU, in 128-bit SIMD.
//!
//! Weights are stored in tiles of four rows ([`tile`]) and take about as much memory as in the file. Their input is
//! rounded to 16-bit integers, with one scale per 32 values ([`input`]). Plain simd128 can only multiply integers as
//! 16-bit pairs, so 8 bits would cost accuracy and save nothing. The same code runs natively and in wasm and gives
//! exactly the same results: no operation uses a machine's own mathematics library, and none is fused on only some
//! machines.
//!
//! ```
//! use askew_kernels::{BlockFormat, Input, TiledMatrix};
//!
//! // One row of 32 weights in Q8_0: the scale 1 as a 16-bit float, then 32 signed bytes.
//! let mut row = vec![0x00, 0x3C];
//! row.extend([2; 32]);
//! let mut w = TiledMatrix::new(BlockFormat::Q8_0, 1, 32)?;
//! w.push(&row);
//!
//! // W @ x for one token.
//! let mut out = [0.0];
//! w.matmul(&Input::new(&[0.5; 32], 1), false, &mut out, 1);
//! assert!((out[0] - 32.0f32).abs() < 1e-3);
//! # Ok::<(), askew_kernels::OutOfMemory>(())
//! ```
//!
//! This is a separate package because a cargo profile sets the optimisation for whole packages. The page's code is
//! compiled for size, which would make these loops nineteen times slower.

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
