//! Lanes: the tokens of one step.

/// One token of a step: 16 bytes, with the same layout as in `ops/lanes.wgsl`.
///
/// While a prompt is read, the lanes are its tokens in order. In decoding, each column has one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Lane {
    /// Its number in the vocabulary.
    pub token: u32,
    /// Position in the column's context.
    pub position: u32,
    /// The column (sequence) that the token belongs to, or [`Lane::NO_COLUMN`].
    pub column: u32,
    /// Number of steps since the host wrote the lane. It determines where the result is stored.
    pub step: u32,
}

impl Lane {
    /// Column of a padding lane. Its results are discarded.
    pub const NO_COLUMN: u32 = u32::MAX;
    /// A padding lane.
    pub const NONE: Self = Self { token: 0, position: 0, column: Self::NO_COLUMN, step: 0 };
}
