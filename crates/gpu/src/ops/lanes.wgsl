// A lane is one token of a step: its number, its position, the column (sequence) it belongs to, and the steps done since
// the host wrote it. A lane without a column is padding: nothing of it is kept.
struct Lane { token: u32, position: u32, column: u32, step: u32 }

const NO_COLUMN: u32 = 0xFFFFFFFFu;

