//! The files worker: reads the reader's own files, in any format.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::web::files_worker::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
