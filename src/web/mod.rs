//! The browser-specific code around the other crates: the page's channels to its workers, and the workers themselves.

pub mod chat_part;
pub mod client;
pub mod data_worker;
pub mod engine_worker;
pub mod files_worker;
mod http;
pub mod locks;
mod opfs;
mod part;
pub mod port;
pub mod self_test_worker;
pub mod unpack_part;
mod values;
