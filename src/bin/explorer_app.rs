//! The whole page except the Lab, downloaded when the reader needs more than the first screen.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::ui::app::mount(Some(askew::ui::explorer::EXPLORER));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
