//! The engine worker: runs a model on the reader's GPU.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::web::engine_worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
