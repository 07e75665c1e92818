//! The self-test worker: kernels and models on the reader's GPU beside the CPU.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::web::self_test_worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
