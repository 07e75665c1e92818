//! Experiments: their panel, judges and servers.

pub mod judge;
pub mod panel;
pub mod server;
