//! The browser's shell: channels to workers, and the workers' own ends.

pub mod client;
pub mod data_worker;
pub mod engine_worker;
mod http;
mod opfs;
pub mod port;
pub mod self_test_worker;
mod values;
