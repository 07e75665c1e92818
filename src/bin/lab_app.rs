//! The Lab and the self-test, downloaded when one of them is opened.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::ui::lab::app::mount();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
