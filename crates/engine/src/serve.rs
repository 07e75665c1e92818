//! The engine's state machine: commands in, events out. [`Host`] lists what a shell must provide. The browser's worker
//! and the native tests implement it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::card::{self, narrow};
use super::commands::{Generate, Judge, LayOut, Load};
use super::generate::{Generation, Step};
use super::host::Interruptible;
pub use super::host::{Host, interrupts, take_scales, unless_interrupted};
use super::judge::Judging;
use super::load::{Processor, load_with};
use super::{ByteSource, Ending, LoadedModel, RuntimeError};
use crate::add_ons::{only, read_add_ons};
use askew_domain::text::words::sentence;
use askew_gpu::{Gpu, GpuError};
use askew_model::Config;
use askew_protocol::{
    AddOnKind, Command, Cost, Event, FailedStep, Failure, LoadProgress, LoadStage, Loaded, Passage, Place, Probe,
    Prompt, ReadSpeed, Source,
};

/// Runs commands until there are no more.
pub async fn serve(host: &impl Host) {
    let mut engine = Engine { host, gpu: None, models: BTreeMap::new(), judged: None };
    loop {
        match engine.next().await {
            Next::Command(Some((command, attachments))) => engine.obey(command, attachments).await,
            Next::Command(None) => return,
            Next::GpuLost => engine.notice_loss(),
        }
    }
}

/// How a [`Passage`] is read.
enum Reading {
    /// As [`Command::Score`] says.
    Score,
    /// As [`Command::Lens`] says.
    Lens,
}

/// What happens while the engine waits.
enum Next<T> {
    /// A command, or `None` when there will be no more.
    Command(Option<(Command, Vec<T>)>),
    /// The GPU was lost.
    GpuLost,
}

/// A model that has just been loaded.
struct Ready {
    model: LoadedModel,
    /// Names of its adapters, then of its steering vectors.
    add_ons: Vec<String>,
    /// SHA-256 of its bytes in hexadecimal, or empty if it was not computed.
    sha256: String,
    /// Where the bytes came from, in a sentence.
    note: String,
}

struct Engine<'a, H> {
    host: &'a H,
    gpu: Option<Rc<Gpu>>,
    /// Loaded models by slot.
    models: BTreeMap<u32, LoadedModel>,
    /// Slot and prompt of the last judgement, if the last command was a judgement and nothing else followed.
    judged: Option<(u32, Vec<u32>)>,
}

impl<H: Host> Engine<'_, H> {
    async fn obey(&mut self, command: Command, attachments: Vec<H::Attachment>) {
        let judged = self.judged.take();
        match command {
            Command::Probe => self.probe().await,
            Command::Load { slot, source, name, keep, sha256, place, math, columns, add_ons } => {
                let load = Load { slot, source, name, keep, sha256, place, math, columns, add_ons };
                self.load(load, attachments).await;
            }
            Command::Generate { slot, id, prompt, sampling, columns } => {
                if let Err(error) = self.answer(Generate { slot, id, prompt, sampling, columns }).await {
                    self.fail(FailedStep::Generate(id), &error);
                }
            }
            Command::LayOut { slot, columns, add_ons } => {
                match self.lay_out(LayOut { slot, columns, add_ons }, attachments).await {
                    Ok(()) => {}
                    Err(RuntimeError::Stopped) => self.host.emit(Event::LayOutStopped { slot }),
                    Err(error) => self.fail(FailedStep::LayOut(slot), &error),
                }
            }
            Command::Score(passage) => self.read(passage, Reading::Score).await,
            Command::Lens(passage) => self.read(passage, Reading::Lens).await,
            Command::Judge { slot, id, prompt } => {
                if let Err(error) = self.judge(Judge { slot, id, prompt }, judged).await {
                    self.fail(FailedStep::Generate(id), &error);
                }
            }
            // The answer that they were meant for has ended already.
            Command::Stop | Command::SetScales { .. } => {}
            Command::Unload { slot } => {
                self.models.remove(&slot);
                self.host.emit(Event::Unloaded { slot });
            }
            Command::Shelf => self.show_shelf().await,
            Command::Measure => self.measure().await,
            Command::Forget { key } => {
                if let Err(error) = self.host.forget(&key).await {
                    self.fail(FailedStep::Shelf, &error);
                }
                self.show_shelf().await;
            }
        }
    }

    async fn show_shelf(&self) {
        self.host.emit(Event::Shelf(self.host.shelf().await));
    }

    async fn next(&self) -> Next<H::Attachment> {
        let mut command = pin!(self.host.next_command());
        let mut lost = pin!(async {
            match &self.gpu {
                Some(gpu) => gpu.lost().await,
                None => std::future::pending().await,
            }
        });
        poll_fn(|context| match command.as_mut().poll(context) {
            Poll::Ready(command) => Poll::Ready(Next::Command(command)),
            Poll::Pending => lost.as_mut().poll(context).map(|()| Next::GpuLost),
        })
        .await
    }

    /// Reports the loss at once if a model was on the GPU. Otherwise the next command opens the GPU again.
    fn notice_loss(&mut self) {
        let lost = self.gpu.take().and_then(|gpu| gpu.check().err());
        if let Some(error) = lost.filter(|_| !self.models.is_empty()) {
            self.fail(FailedStep::Device, &error.into());
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
            Ok(gpu) => Probe::Ready(card::device(gpu.caps())),
            Err(error) => Probe::Missing(sentence(&error)),
        };
        self.host.emit(Event::Probed(probe));
    }

    async fn measure(&mut self) {
        let Ok(gpu) = self.gpu().await else { return self.host.emit(Event::Measured(None)) };
        let measured = gpu.read_speed(|| self.host.now_ms()).await;
        self.host.emit(Event::Measured(measured.ok().map(|(small, large)| ReadSpeed { small, large })));
    }

    async fn load(&mut self, load: Load, attachments: Vec<H::Attachment>) {
        let slot = load.slot;
        let loaded = self.try_load(load, attachments).await;
        // The shelf first: the part of the page below it must not move once the reader has seen that the model is
        // ready.
        self.show_shelf().await;
        match loaded {
            Ok(Ready { model, add_ons, sha256, note }) => {
                let (card, gpu_bytes, columns) = (model.card.clone(), model.gpu_bytes(), narrow(model.columns));
                self.models.insert(slot, model);
                let engine_bytes = self.host.engine_bytes();
                self.host.emit(Event::Loaded(Loaded {
                    slot,
                    card,
                    sha256,
                    note,
                    gpu_bytes,
                    columns,
                    add_ons,
                    engine_bytes,
                }));
            }
            Err(RuntimeError::Stopped) => self.host.emit(Event::LoadStopped { slot }),
            Err(error) => self.fail(FailedStep::Load(slot), &error),
        }
    }

    async fn try_load(&mut self, load: Load, attachments: Vec<H::Attachment>) -> Result<Ready, RuntimeError> {
        let Load { slot, source, name, keep, sha256, place, math, columns, add_ons } = load;
        let processor = match place {
            Place::Gpu => Processor::Gpu(self.gpu().await?, math),
            Place::Cpu => Processor::CPU_FAST,
        };
        let (host, models) = (self.host, &mut self.models);
        let mut attachments = attachments.into_iter();
        let file = if source == Source::Disk { attachments.next() } else { None };
        let mut bytes = Interruptible { host, source: host.open(&source, &name, (keep, sha256), file).await? };
        let mut names = Vec::new();
        let add_ons = async |config: &Config| {
            let add_ons = read_add_ons(host, columns, &add_ons, config, attachments).await?;
            names = add_ons.names();
            Ok(add_ons)
        };
        let progress = |progress: LoadProgress| {
            if host.is_interrupted() {
                return ControlFlow::Break(());
            }
            if progress.stage != LoadStage::Headers {
                // Free the memory of the previous model in this slot.
                models.remove(&slot);
            }
            host.emit(Event::LoadProgress(LoadProgress { slot, ..progress }));
            ControlFlow::Continue(())
        };
        let loaded = load_with(&mut bytes, &name, &processor, add_ons, progress).await;
        let ending = match &loaded {
            Ok(_) => Ending::Loaded,
            Err(error) if error.refuses_file() => Ending::Refused,
            Err(_) => Ending::Stopped,
        };
        let sha256 = bytes.sha256().unwrap_or_default();
        // An error from closing is the cause of the load's own error, so it is reported instead.
        let note = bytes.close(ending).await?;
        Ok(Ready { model: loaded?, add_ons: names, sha256, note })
    }

    /// Reads the files of adapters and steering vectors and lays the model out for them.
    async fn lay_out(&mut self, command: LayOut, attachments: Vec<H::Attachment>) -> Result<(), RuntimeError> {
        let LayOut { slot, columns, add_ons: files } = command;
        let host = self.host;
        let model = self.models.get_mut(&slot).ok_or(RuntimeError::NoModel)?;
        let mut add_ons = read_add_ons(host, columns, &files, &model.file.config, attachments.into_iter()).await?;
        for file in &files {
            if let AddOnKind::Contrast(pairs) = &file.kind {
                let is_stopped = async || {
                    host.rest().await;
                    host.is_interrupted()
                };
                let vectors = model.contrast(&file.name, pairs, is_stopped).await?;
                add_ons.steerings.push(only(&file.layers, vectors));
            }
        }
        let names = add_ons.names();
        model.lay_out(add_ons.columns, add_ons.adapters, add_ons.steerings).await?;
        let context_tokens = model.card.context_tokens;
        self.host.emit(Event::LaidOut { slot, columns, add_ons: names, context_tokens });
        Ok(())
    }

    /// Scores a given answer, or runs the logit lens over it.
    async fn read(&mut self, passage: Passage, reading: Reading) {
        let Passage { id, .. } = passage;
        if let Err(error) = self.try_read(passage, reading).await {
            self.fail(FailedStep::Generate(id), &error);
        }
    }

    async fn try_read(&mut self, passage: Passage, reading: Reading) -> Result<(), RuntimeError> {
        let Passage { slot, id, prompt, answer, columns, num_top } = passage;
        let model = self.models.get_mut(&slot).ok_or(RuntimeError::NoModel)?;
        let prompt = tokens(self.host, model, &prompt).await?;
        let num_top = num_top as usize;
        self.host.emit(match reading {
            Reading::Score => Event::Scored { id, tokens: model.score(&prompt, &answer, &columns, num_top).await? },
            Reading::Lens => Event::Lens { id, columns: model.lens(&prompt, &answer, &columns, num_top).await? },
        });
        Ok(())
    }

    async fn judge(&mut self, command: Judge, before: Option<(u32, Vec<u32>)>) -> Result<(), RuntimeError> {
        let Judge { slot, id, prompt } = command;
        let host = self.host;
        let before = before.filter(|(judged, _)| *judged == slot).map(|(_, prompt)| prompt).unwrap_or_default();
        let model = self.models.get_mut(&slot).ok_or(RuntimeError::NoModel)?;
        let prompt = tokens(host, model, &prompt).await?;
        let mut judging = Judging::new(model, prompt, &before)?;
        let mut weights = Vec::new();
        while weights.is_empty() && !host.is_interrupted() {
            if let Some(found) = judging.advance(model).await? {
                weights = found;
            }
            if model.gpu().is_none() {
                host.rest().await;
            }
        }
        if !weights.is_empty() {
            self.judged = Some((slot, judging.into_prompt()));
        }
        self.host.emit(Event::Judged { id, weights });
        Ok(())
    }

    async fn answer(&mut self, command: Generate) -> Result<(), RuntimeError> {
        let Generate { slot, id, prompt, sampling, columns } = command;
        let host = self.host;
        let model = self.models.get_mut(&slot).ok_or(RuntimeError::NoModel)?;
        let prompt = tokens(host, model, &prompt).await?;
        let start = host.now_ms();
        let mut generation = Generation::new(model, prompt, &sampling, &columns)?;
        let prompt_tokens = narrow(generation.prompt().len());
        let (per_layer, per_token) = model.dispatches();
        let mut cost = Cost {
            prefill_tokens: prompt_tokens,
            dispatches_per_token: narrow(per_token),
            dispatches_per_layer: narrow(per_layer),
            device: model.device(),
            ..Cost::default()
        };
        let mut indices = vec![0u32; columns.len()];
        let (mut is_prefilled, mut before) = (false, model.counts());
        while !generation.is_done() {
            while let Some((column, scales)) = host.next_scales() {
                generation.set_scales(model, column as usize, &scales);
            }
            let steps = if host.is_interrupted() { generation.stop() } else { generation.advance(model).await? };
            let elapsed = host.now_ms() - start;
            if model.gpu().is_none() {
                host.rest().await;
            }
            for step in steps {
                if !is_prefilled && step != Step::Reading {
                    // Also if it was stopped while reading: the page then receives the answer's start and its end
                    // together.
                    is_prefilled = true;
                    before = model.counts();
                    cost.prefill_ms = elapsed;
                    host.emit(Event::Prefilled { id, prompt_tokens, prefill_ms: elapsed });
                }
                match step {
                    Step::Reading | Step::Prefilled => {}
                    Step::Token { column, token, piece, logprob, is_changed } => {
                        cost.decode_ms = elapsed - cost.prefill_ms;
                        cost.decode_tokens += 1;
                        let (index, at_ms) = (indices[column], cost.decode_ms);
                        indices[column] += 1;
                        let column = narrow(column);
                        host.emit(Event::Token { id, column, index, token, piece, logprob, is_changed, at_ms });
                    }
                    Step::Ended { column, reason, tail } => {
                        let column = narrow(column);
                        host.emit(Event::Ended { id, column, tail, reason });
                    }
                }
            }
        }
        cost.weight_bytes = model.counts().since(before).weight_bytes;
        host.emit(Event::Finished { id, cost });
        Ok(())
    }

    /// Reports a failure. If the GPU failed, it is dropped together with the models on it. If it only lacked memory for
    /// another model, the models that are loaded stay.
    fn fail(&mut self, what: FailedStep, error: &RuntimeError) {
        let is_sound = self.gpu.as_ref().is_some_and(|gpu| gpu.check().is_ok());
        let lacks_memory = *error == RuntimeError::Gpu(GpuError::OutOfMemory);
        let model_lost = error.loses_model() && !(is_sound && lacks_memory && matches!(what, FailedStep::Load(_)));
        if model_lost {
            self.models.clear();
            self.gpu = None;
        }
        self.host.emit(Event::Failed(Failure { what, message: sentence(error), model_lost }));
    }
}

/// The tokens of a prompt. The host renders chats.
async fn tokens(host: &impl Host, model: &LoadedModel, prompt: &Prompt) -> Result<Vec<u32>, RuntimeError> {
    match prompt {
        Prompt::Raw(text) => Ok(model.encode_text(text)),
        Prompt::Chat(messages) => Ok(model.encode_text(&host.render(model.chat(messages)?).await?)),
    }
}
