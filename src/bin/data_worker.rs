//! The data worker: files to datasets, queries to rates.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::web::data_worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
