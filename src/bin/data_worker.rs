//! The data worker: loads the shipped figures and answers queries about them.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::web::data_worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
