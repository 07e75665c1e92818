//! The part of the engine worker that renders chat templates, downloaded with the first chat.

/// Renders a chat; see `askew::web::chat_part`.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn render(chat: &[u8]) -> Vec<u8> {
    askew::web::chat_part::rendered(chat)
}

fn main() {}
