//! The engine's state machine: commands in, events out. What a shell must provide is in [`Host`]; the browser's worker
//! and the native tests fill it.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::generate::{Generation, Step};
use super::load::{self, Processor, load};
use super::protocol::{
    Column, Command, Cost, Event, FailedStep, Failure, Math, Place, Probe, Prompt, Sampling, Source, StopReason,
};
use super::{ByteSource, LoadedModel, RuntimeError};
use crate::gpu::{Gpu, GpuError};

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
    fn next_command(&self) -> impl Future<Output = Option<(Command, Option<Self::Attachment>)>>;

    /// Whether a command is waiting that ends an answer or a load: any but [`Command::Probe`].
    fn is_interrupted(&self) -> bool;

    /// Opens a model's bytes.
    ///
    /// # Errors
    /// [`RuntimeError::Source`].
    fn open(
        &self,
        source: &Source,
        attachment: Option<Self::Attachment>,
    ) -> impl Future<Output = Result<Self::Source, RuntimeError>>;

    /// Lets messages come in. A model on the CPU never waits for anything, so without this no word would reach it.
    fn rest(&self) -> impl Future<Output = ()> {
        async {}
    }

    /// Opens the GPU.
    ///
    /// # Errors
    /// Why there is none.
    fn open_gpu(&self) -> impl Future<Output = Result<Rc<Gpu>, GpuError>>;
}

/// Whether commands of this queue end an answer or a load: for hosts' [`Host::is_interrupted`].
pub fn interrupts<T>(queue: &VecDeque<(Command, T)>) -> bool {
    queue.iter().any(|(command, _)| *command != Command::Probe)
}

/// Obeys commands until there are no more.
pub async fn serve(host: &impl Host) {
    let mut engine = Engine { host, gpu: None, model: None };
    while let Some((command, attachment)) = host.next_command().await {
        engine.obey(command, attachment).await;
    }
}

struct Engine<'a, H> {
    host: &'a H,
    gpu: Option<Rc<Gpu>>,
    model: Option<LoadedModel>,
}

impl<H: Host> Engine<'_, H> {
    async fn obey(&mut self, command: Command, attachment: Option<H::Attachment>) {
        match command {
            Command::Probe => self.probe().await,
            Command::Load { source, name, place } => self.load(&source, &name, place, attachment).await,
            Command::Generate { id, prompt, sampling } => self.answer(id, &prompt, &sampling).await,
            // What it was meant to stop has ended already.
            Command::Stop => {}
            Command::Unload => {
                self.model = None;
                self.host.emit(Event::Unloaded);
            }
        }
    }

    async fn gpu(&mut self) -> Result<Rc<Gpu>, GpuError> {
        if let Some(gpu) = &self.gpu
            && gpu.check().is_ok()
        {
            return Ok(Rc::clone(gpu));
        }
        let gpu = self.host.open_gpu().await?;
        self.gpu = Some(Rc::clone(&gpu));
        Ok(gpu)
    }

    async fn probe(&mut self) {
        let probe = match self.gpu().await {
            Ok(gpu) => Probe::Ready(load::device(gpu.caps())),
            Err(error) => Probe::Missing(sentence(&error)),
        };
        self.host.emit(Event::Probed(probe));
    }

    async fn load(&mut self, source: &Source, name: &str, place: Place, attachment: Option<H::Attachment>) {
        self.model = None;
        match self.try_load(source, name, place, attachment).await {
            Ok(model) => {
                self.host.emit(Event::Loaded(model.card.clone()));
                self.model = Some(model);
            }
            Err(RuntimeError::Stopped) => self.host.emit(Event::Unloaded),
            Err(error) => self.fail(FailedStep::Load, &error),
        }
    }

    async fn try_load(
        &mut self,
        source: &Source,
        name: &str,
        place: Place,
        attachment: Option<H::Attachment>,
    ) -> Result<LoadedModel, RuntimeError> {
        let processor = match place {
            Place::Gpu => Processor::Gpu(self.gpu().await?),
            Place::Cpu => Processor::Cpu(Math::Fast),
        };
        let host = self.host;
        let mut bytes = host.open(source, attachment).await?;
        let progress = |progress| {
            host.emit(Event::LoadProgress(progress));
            if host.is_interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        load(&mut bytes, name, &processor, progress).await
    }

    async fn answer(&mut self, id: u32, prompt: &Prompt, sampling: &Sampling) {
        if let Err(error) = self.try_answer(id, prompt, sampling).await {
            self.fail(FailedStep::Generate(id), &error);
        }
    }

    async fn try_answer(&mut self, id: u32, prompt: &Prompt, sampling: &Sampling) -> Result<(), RuntimeError> {
        let host = self.host;
        let model = self.model.as_mut().ok_or(RuntimeError::NoModel)?;
        let start = host.now_ms();
        let mut generation = Generation::new(model, prompt, sampling, &[Column::default()])?;
        let prompt_tokens = u32::try_from(generation.prompt().len()).unwrap_or(u32::MAX);
        let mut cost = Cost {
            prefill_tokens: prompt_tokens,
            dispatches_per_token: model.dispatches_per_token(),
            device: model.device(),
            ..Cost::default()
        };
        loop {
            let steps = if host.is_interrupted() { generation.stop() } else { generation.advance(model).await? };
            let elapsed = host.now_ms() - start;
            if model.gpu().is_none() {
                host.rest().await;
            }
            for step in steps {
                match step {
                    Step::Reading => {}
                    Step::Prefilled => {
                        cost.prefill_ms = elapsed;
                        host.emit(Event::Prefilled { id, prompt_tokens, prefill_ms: elapsed });
                    }
                    Step::Token { token, piece, .. } => {
                        cost.decode_ms = elapsed - cost.prefill_ms;
                        let (index, at_ms) = (cost.decode_tokens, cost.decode_ms);
                        cost.decode_tokens += 1;
                        host.emit(Event::Token { id, index, token, piece, at_ms });
                    }
                    Step::Ended { reason, tail, .. } => {
                        if reason == StopReason::Asked && cost.prefill_ms == 0.0 {
                            // Stopped while reading: the page learns of the answer and of its end at once.
                            cost.prefill_ms = elapsed;
                            host.emit(Event::Prefilled { id, prompt_tokens, prefill_ms: elapsed });
                        }
                        host.emit(Event::Finished { id, tail, reason, cost });
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reports a failure; a GPU that failed is given up together with the model on it.
    fn fail(&mut self, what: FailedStep, error: &RuntimeError) {
        let model_lost = error.loses_model();
        if model_lost {
            self.model = None;
            self.gpu = None;
        }
        self.host.emit(Event::Failed(Failure { what, message: sentence(error), model_lost }));
    }
}

/// An error's words as a sentence.
fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}
