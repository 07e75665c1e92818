//! Renders chats into the text that a model reads.

use super::clock;
use askew_model::{Chat, ModelError};

/// Renders a chat with its template and the local date. This pulls in the whole Jinja engine. In the browser the
/// template renderer is a separate part (`web/chat_part.rs`), so the engine's worker must not call this function.
///
/// # Errors
/// [`ModelError::ChatTemplate`].
pub fn render(chat: &Chat) -> Result<String, ModelError> {
    chat.render(clock::now)
}
