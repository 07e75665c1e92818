//! The tokens of a step.

/// One token of a step: 16 bytes, as `ops/lanes.wgsl` has them.
///
/// While a prompt is read the lanes are its tokens, one after the other; in decoding every column has a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Lane {
    /// Its number in the vocabulary.
    pub token: u32,
    /// Its place in the context.
    pub position: u32,
    /// The sequence that it belongs to, or [`Lane::NO_COLUMN`].
    pub column: u32,
    /// Steps taken since the host wrote it: where its result goes.
    pub step: u32,
}

impl Lane {
    /// The column of a lane that is padding: nothing of it is kept.
    pub const NO_COLUMN: u32 = u32::MAX;
    /// A lane of padding.
    pub const NONE: Self = Self { token: 0, position: 0, column: Self::NO_COLUMN, step: 0 };
}
