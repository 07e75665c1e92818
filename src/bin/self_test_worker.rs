//! The self-test worker: compares kernels and models on the reader's GPU with the CPU.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::web::self_test_worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
