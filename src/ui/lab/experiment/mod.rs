//! Experiments: runs, judges, servers and stored runs.

pub mod judge;
pub mod keep;
pub mod panel;
pub mod run;
pub mod server;
