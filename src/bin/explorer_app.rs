//! The whole page but the Lab: downloaded when the first screen is not enough.

#[cfg(target_arch = "wasm32")]
fn main() {
    askew::ui::app::mount(Some(askew::ui::parts::Parts::ALL));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
