//! What the engine needs of the place it runs in: the browser's worker and the native tests fill it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::{ByteSource, Ending, RuntimeError, chat};
use askew_gpu::{Gpu, GpuError};
use askew_model::Chat;
use askew_protocol::Sha256Sum;
use askew_protocol::{Command, Event, Shelf, Source};

/// What the engine needs from the place it runs in.
pub trait Host {
    /// What comes with a command besides its words: the file, in a browser.
    type Attachment;
    /// What [`Host::open`] gives.
    type Source: ByteSource;

    /// Tells the page.
    fn emit(&self, event: Event);

    /// A clock in milliseconds; only differences count.
    fn now_ms(&self) -> f64;

    /// The next command, or none when no more will come.
    fn next_command(&self) -> impl Future<Output = Option<(Command, Vec<Self::Attachment>)>>;

    /// Takes the next change of scales out of the line of commands: [`take_scales`].
    fn next_scales(&self) -> Option<(u32, Vec<f32>)>;

    /// Whether a command is waiting that ends what is under way: see [`Command::interrupts`].
    fn is_interrupted(&self) -> bool;

    /// Ends once [`Host::is_interrupted`], or never: a server that says nothing more must not keep the engine from
    /// hearing the reader.
    fn interruption(&self) -> impl Future<Output = ()> {
        std::future::pending()
    }

    /// Opens a model's bytes. Where `keep` says so they are kept for the next time as they pass; its other part is the
    /// SHA-256 that they must have, where that is known.
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

    /// Lets messages come in. A model on the CPU never waits for anything, so without this no word would reach it.
    fn rest(&self) -> impl Future<Output = ()> {
        async {}
    }

    /// What can be loaded without a file at hand.
    fn shelf(&self) -> impl Future<Output = Shelf> {
        async { Shelf::default() }
    }

    /// Deletes a kept model.
    ///
    /// # Errors
    /// [`RuntimeError::Kept`].
    fn forget(&self, _key: &str) -> impl Future<Output = Result<(), RuntimeError>> {
        async { Ok(()) }
    }

    /// Size of the engine's own memory in bytes, where that is known.
    fn engine_bytes(&self) -> u64 {
        0
    }

    /// The text of a chat.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] where its template refuses it.
    fn render(&self, chat: Chat) -> impl Future<Output = Result<String, RuntimeError>> {
        async move { Ok(chat::render(&chat)?) }
    }

    /// Opens the GPU.
    ///
    /// # Errors
    /// Why there is none.
    fn open_gpu(&self) -> impl Future<Output = Result<Rc<Gpu>, GpuError>>;
}

/// What comes, unless the reader wants something else before.
///
/// # Errors
/// [`RuntimeError::Stopped`], or what it comes with.
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

/// A source that stops when the reader wants something else, even while no bytes come.
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

/// Whether commands of this queue end an answer or a load: for hosts' [`Host::is_interrupted`].
pub fn interrupts<T>(queue: &VecDeque<(Command, T)>) -> bool {
    queue.iter().any(|(command, _)| command.interrupts())
}

/// Takes the first change of scales out of a line of commands, unless something that ends the answer stands before it: for
/// hosts' [`Host::next_scales`].
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
