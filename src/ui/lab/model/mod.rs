//! Choosing a model, what it costs, loading it, and what is kept in this browser.

pub mod bring;
pub mod cost;
pub mod load;
pub mod shelf;
