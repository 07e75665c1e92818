//! Models: loading, the copies in this browser, downloads and their cost, adapters and steering vectors.

pub mod add_ons;
pub mod load;
pub mod proposed;
pub mod shelf;
