// A lane is one token of a step: its number, its position, the column (sequence) that it belongs to, and the number of
// steps since the host wrote it. A lane without a column is padding, and its results are discarded.
struct Lane { token: u32, position: u32, column: u32, step: u32 }

const NO_COLUMN: u32 = 0xFFFFFFFFu;

