//! What the engine worker said, folded into a status, and what is asked of it.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::runtime::protocol::{
    Command, EngineStatus, Event, FailedStep, Failure, LoadProgress, LoadStage, ModelStatus, Place, Probe, Prompt,
    Sampling, Source,
};
use crate::runtime::web::client::{Notice, WorkerClient};

/// The worker's script, beside the page. Chart readers never download it.
const SCRIPT: &str = "engine_worker_loader.js";

/// Handles to everything about the engine.
#[derive(Debug, Clone, Copy)]
pub struct LabState {
    /// The fold of the worker's events.
    pub status: RwSignal<EngineStatus>,
    /// Whether a prompt was sent of which the engine has said nothing yet: it is reading it.
    pub is_reading: RwSignal<bool>,
    num_answers: StoredValue<u32>,
    client: StoredValue<Option<WorkerClient<Command, Event>>, LocalStorage>,
}

impl LabState {
    /// Nothing started yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            status: RwSignal::default(),
            is_reading: RwSignal::default(),
            num_answers: StoredValue::default(),
            client: StoredValue::new_local(None),
        }
    }

    /// Starts the worker, once, and asks it what this machine can do.
    pub fn start(self) {
        if self.client.with_value(Option::is_some) {
            return;
        }
        let started = WorkerClient::start(SCRIPT, move |notice| match notice {
            Notice::Event(event) => self.take(event),
            Notice::Died(why) => self.bury(&why),
        });
        match started {
            Ok(client) => {
                self.client.set_value(Some(client));
                self.send(&Command::Probe, &[]);
            }
            Err(message) => self.fail(FailedStep::Device, message, true),
        }
    }

    fn take(self, event: Event) {
        if matches!(event, Event::Prefilled { .. } | Event::Finished { .. } | Event::Failed(_) | Event::Unloaded) {
            self.is_reading.set(false);
        }
        self.status.update(|status| status.apply(event));
    }

    /// Whether a prompt is being read or answered.
    #[must_use]
    pub fn is_busy(self) -> bool {
        self.is_reading.get() || self.status.with(EngineStatus::is_answering)
    }

    /// Loads a model from the disk.
    pub fn load_file(self, file: &web_sys::File) {
        self.begin_loading();
        self.send(&Command::Load { source: Source::Disk, name: file.name(), place: self.place() }, &[file.into()]);
    }

    /// Loads a model from an address.
    pub fn load_url(self, url: &str) {
        self.begin_loading();
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        self.send(&Command::Load { source: Source::Url(url.to_owned()), name, place: self.place() }, &[]);
    }

    /// Answers a prompt.
    pub fn generate(self, prompt: Prompt, sampling: Sampling) {
        let id = self.num_answers.get_value() + 1;
        self.num_answers.set_value(id);
        self.is_reading.set(true);
        self.send(&Command::Generate { id, prompt, sampling }, &[]);
    }

    /// Stops the answer or the load that is under way.
    pub fn stop(self) {
        self.send(&Command::Stop, &[]);
    }

    /// Where the next model runs: on the GPU, unless none is to be had.
    fn place(self) -> Place {
        let is_missing = self.status.with_untracked(|status| matches!(status.probe, Some(Probe::Missing(_))));
        if is_missing { Place::Cpu } else { Place::Gpu }
    }

    fn begin_loading(self) {
        self.start();
        let progress = LoadProgress { bytes: 0, total: None, stage: LoadStage::Headers };
        self.take(Event::LoadProgress(progress));
    }

    fn send(self, command: &Command, attachments: &[JsValue]) {
        let sent = self.client.with_value(|client| client.as_ref().map(|client| client.send(command, attachments)));
        if let Some(Err(message)) = sent {
            self.fail(FailedStep::Message, message, false);
        }
    }

    /// The worker died: the next load starts another. Text that came is kept.
    fn bury(self, why: &str) {
        self.client.set_value(None);
        let had_model = self.status.with_untracked(|status| status.model != ModelStatus::Absent);
        let advice = if had_model { "load the model again" } else { "reload the page, or try another browser" };
        self.fail(FailedStep::Device, format!("The engine stopped ({why}): {advice}."), true);
    }

    fn fail(self, what: FailedStep, message: String, model_lost: bool) {
        self.take(Event::Failed(Failure { what, message, model_lost }));
    }
}

impl Default for LabState {
    fn default() -> Self {
        Self::new()
    }
}
