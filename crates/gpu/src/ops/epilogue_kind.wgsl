// What is done with the results of a product. The numbers are those of `Epilogue` in matmul.rs.

// Replaces out.
const STORE: u32 = 0u;
// Is added to out, which is the residual stream. The sum times gain is stored in h with its sums of squares.
const RESIDUAL: u32 = 1u;
// Is stored in h with its sums of squares.
const NORMED: u32 = 2u;
// act(first part) * second part replaces out.
const GATE: u32 = 3u;
const EPILOGUE: u32 = STORE;
