//! Experiments: their runs, judges, servers and what is kept of them.

pub mod judge;
pub mod keep;
pub mod panel;
pub mod run;
pub mod server;
