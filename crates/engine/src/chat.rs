//! Chats as the text that a model reads.

use super::clock;
use askew_model::{Chat, ModelError};

/// Renders a chat by its template, with the date where the reader is. This brings all of Jinja along: in the browser it is
/// a part of its own (`web/chat_part.rs`), and the engine's worker may not name it.
///
/// # Errors
/// [`ModelError::ChatTemplate`].
pub fn render(chat: &Chat) -> Result<String, ModelError> {
    chat.render(clock::now)
}
