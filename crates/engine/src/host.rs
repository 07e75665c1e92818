//! What the engine needs from its host. The browser's worker and the native tests implement it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::{ByteSource, Ending, RuntimeError, chat};
use askew_gpu::{Gpu, GpuError};
use askew_model::Chat;
use askew_protocol::{Command, Event, Sha256Sum, Shelf, Source};

/// The services that the engine needs from its host.
pub trait Host {
    /// What a command carries in addition to its fields: in a browser, the file.
    type Attachment;
    /// The byte source that [`Host::open`] returns.
    type Source: ByteSource;

    /// Sends an event to the page.
    fn emit(&self, event: Event);

    /// A clock in milliseconds. Only differences are meaningful.
    fn now_ms(&self) -> f64;

    /// The next command, or `None` when there will be no more.
    fn next_command(&self) -> impl Future<Output = Option<(Command, Vec<Self::Attachment>)>>;

    /// Removes the next change of scales from the command queue. See [`take_scales`].
    fn next_scales(&self) -> Option<(u32, Vec<f32>)>;

    /// Whether a command that ends the current work is waiting: see [`Command::interrupts`].
    fn is_interrupted(&self) -> bool;

    /// Completes once [`Host::is_interrupted`], or never. A server that stops sending must not keep the engine from
    /// reacting to the user.
    fn interruption(&self) -> impl Future<Output = ()> {
        std::future::pending()
    }

    /// Opens a model's bytes. If the first part of `keep` is true, the bytes are saved for the next time while they are
    /// read. The other part is the SHA-256 that they must have, if known.
    ///
    /// # Errors
    /// [`RuntimeError::Source`].
    fn open(
        &self,
        source: &Source,
        name: &str,
        keep: (bool, Option<Sha256Sum>),
        attachment: Option<Self::Attachment>,
    ) -> impl Future<Output = Result<Self::Source, RuntimeError>>;

    /// Yields, so that messages can arrive. A model on the CPU never waits for anything, so without this no message
    /// would reach the engine.
    fn rest(&self) -> impl Future<Output = ()> {
        async {}
    }

    /// The models that can be loaded without choosing a file.
    fn shelf(&self) -> impl Future<Output = Shelf> {
        async { Shelf::default() }
    }

    /// Deletes a saved model.
    ///
    /// # Errors
    /// [`RuntimeError::Kept`].
    fn forget(&self, _key: &str) -> impl Future<Output = Result<(), RuntimeError>> {
        async { Ok(()) }
    }

    /// Size of the engine's own memory in bytes, or 0 if unknown.
    fn engine_bytes(&self) -> u64 {
        0
    }

    /// Renders a chat into text.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] if the chat template rejects it.
    fn render(&self, chat: Chat) -> impl Future<Output = Result<String, RuntimeError>> {
        async move { Ok(chat::render(&chat)?) }
    }

    /// Opens the GPU.
    ///
    /// # Errors
    /// Why the GPU cannot be opened.
    fn open_gpu(&self) -> impl Future<Output = Result<Rc<Gpu>, GpuError>>;
}

/// The future's output, unless the user interrupts first.
///
/// # Errors
/// [`RuntimeError::Stopped`], or the future's own error.
pub async fn unless_interrupted<T>(
    host: &impl Host,
    coming: impl Future<Output = Result<T, RuntimeError>>,
) -> Result<T, RuntimeError> {
    let (mut interruption, mut coming) = (pin!(host.interruption()), pin!(coming));
    poll_fn(|context| match coming.as_mut().poll(context) {
        Poll::Ready(came) => Poll::Ready(came),
        Poll::Pending => interruption.as_mut().poll(context).map(|()| Err(RuntimeError::Stopped)),
    })
    .await
}

/// A source that stops when the user interrupts, even while no bytes arrive.
pub(super) struct Interruptible<'a, H, S> {
    pub(super) host: &'a H,
    pub(super) source: S,
}

impl<H: Host, S: ByteSource> ByteSource for Interruptible<'_, H, S> {
    fn total_bytes(&self) -> Option<u64> {
        self.source.total_bytes()
    }

    fn is_total_exact(&self) -> bool {
        self.source.is_total_exact()
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        unless_interrupted(self.host, self.source.next_chunk()).await
    }

    fn sha256(&self) -> Option<String> {
        self.source.sha256()
    }

    async fn close(&mut self, ending: Ending) -> Result<String, RuntimeError> {
        self.source.close(ending).await
    }
}

/// Whether this queue has commands that end an answer or a load. For implementations of [`Host::is_interrupted`].
pub fn interrupts<T>(queue: &VecDeque<(Command, T)>) -> bool {
    queue.iter().any(|(command, _)| command.interrupts())
}

/// Removes the first change of scales from a command queue, unless a command that ends the answer comes before it. For
/// implementations of [`Host::next_scales`].
pub fn take_scales<T>(queue: &mut VecDeque<(Command, T)>) -> Option<(u32, Vec<f32>)> {
    let at = queue.iter().position(|(command, _)| matches!(command, Command::SetScales { .. }))?;
    if queue.iter().take(at).any(|(command, _)| command.interrupts()) {
        return None;
    }
    match queue.remove(at)?.0 {
        Command::SetScales { column, scales } => Some((column, scales)),
        _ => None,
    }
}
