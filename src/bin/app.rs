//! The page's first screen.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::ui::app::mount(None);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
