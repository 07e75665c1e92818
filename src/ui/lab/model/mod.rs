//! Models: choosing, their cost, loading, and the copies in this browser.

pub mod bring;
pub mod cost;
pub mod load;
pub mod shelf;
