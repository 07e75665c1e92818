//! What the engine worker said, folded into a status, and what is asked of it.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::lab_pocket;
use super::lab_run::RunState;
use crate::runtime::protocol::{
    Column, Command, Event, FailedStep, Failure, LoadProgress, Math, Place, Probe, Prompt, Sampling, Source,
};
use crate::runtime::status::EngineStatus;
use crate::runtime::web::client::{Notice, WorkerClient};

/// The worker's script, beside the page. Chart readers never download it.
const SCRIPT: &str = "worker_loader.js?engine_worker";

/// The one model that the Lab shows.
pub const SLOT: u32 = 0;

/// Handles to everything about the engine.
#[derive(Debug, Clone, Copy)]
pub struct LabState {
    /// The fold of the worker's events.
    pub status: RwSignal<EngineStatus>,
    /// Whether a prompt was sent of which the engine has said nothing yet: it is reading it.
    pub is_reading: RwSignal<bool>,
    /// Whether to keep what is downloaded.
    pub keeps_downloads: RwSignal<bool>,
    /// Whether to keep what was chosen from this machine.
    pub keeps_files: RwSignal<bool>,
    /// Whether there is a load to repeat.
    pub has_loaded: RwSignal<bool>,
    /// Whether the latest load is of the model that ships with the page.
    pub is_pocket: RwSignal<bool>,
    /// The experiment that is run.
    pub experiment: RunState,
    last_load: StoredValue<Option<LastLoad>, LocalStorage>,
    num_answers: StoredValue<u32>,
    client: StoredValue<Option<WorkerClient<Command, Event>>, LocalStorage>,
}

/// The latest load, to repeat.
#[derive(Debug, Clone)]
struct LastLoad {
    source: Source,
    name: String,
    keep: bool,
    file: Option<JsValue>,
}

impl LabState {
    /// Nothing started yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            status: RwSignal::default(),
            is_reading: RwSignal::default(),
            keeps_downloads: RwSignal::new(true),
            keeps_files: RwSignal::default(),
            has_loaded: RwSignal::default(),
            is_pocket: RwSignal::default(),
            experiment: RunState::default(),
            last_load: StoredValue::new_local(None),
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
                self.send(&Command::Shelf, &[]);
            }
            Err(message) => self.fail(FailedStep::Device, message, true),
        }
    }

    fn take(self, event: Event) {
        // A run has its own pane; a failure is told for all.
        if self.experiment.take(self, &event) && !matches!(event, Event::Failed(_)) {
            return;
        }
        if matches!(event, Event::Prefilled { .. } | Event::Finished { .. } | Event::Failed(_) | Event::Unloaded { .. })
        {
            self.is_reading.set(false);
        }
        let is_probed = matches!(event, Event::Probed(_));
        self.status.update(|status| status.apply(event));
        if is_probed && !self.has_loaded.get_untracked() {
            self.load_pocket();
        }
    }

    /// Whether a prompt is being read or answered.
    #[must_use]
    pub fn is_busy(self) -> bool {
        self.is_reading.get() || self.experiment.is_going.get() || self.status.with(EngineStatus::is_answering)
    }

    /// Loads the model that ships with the page, without keeping it: it is as near as a copy.
    pub fn load_pocket(self) {
        self.load(Source::Url(lab_pocket::MODEL.to_owned()), lab_pocket::NAME.to_owned(), false, None);
    }

    /// How many columns answer: two where an adapter stands beside the model.
    #[must_use]
    pub fn num_columns(self) -> usize {
        let has_sides = |loaded: &crate::runtime::protocol::Loaded| !loaded.sides.is_empty();
        if self.status.with(|status| status.ready(SLOT).is_some_and(has_sides)) { 2 } else { 1 }
    }

    /// Loads a model from the disk.
    pub fn load_file(self, file: web_sys::File) {
        let (name, keep) = (file.name(), self.keeps_files.get_untracked());
        self.load(Source::Disk, name, keep, Some(file.into()));
    }

    /// Loads a model from an address.
    pub fn load_url(self, url: &str) {
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        self.load(Source::Url(url.to_owned()), name, self.keeps_downloads.get_untracked(), None);
    }

    /// Loads a model of the shelf.
    pub fn load_listed(self, source: &Source, name: &str) {
        self.load(source.clone(), name.to_owned(), self.keeps_downloads.get_untracked(), None);
    }

    /// Deletes a kept model.
    pub fn forget(self, key: &str) {
        self.start();
        self.send(&Command::Forget { key: key.to_owned() }, &[]);
    }

    /// Repeats the latest load.
    pub fn load_again(self) {
        if let Some(LastLoad { source, name, keep, file }) = self.last_load.get_value() {
            self.start();
            self.take(Event::LoadProgress(LoadProgress { slot: SLOT, ..LoadProgress::default() }));
            let (place, math) = (self.place(), Math::default());
            let (columns, sides) = if self.is_pocket.get_untracked() { lab_pocket::beside() } else { (1, Vec::new()) };
            let load = Command::Load { slot: SLOT, source, name, keep, place, math, columns, sides };
            self.send(&load, file.as_slice());
        }
    }

    fn load(self, source: Source, name: String, keep: bool, file: Option<JsValue>) {
        if keep {
            persist();
        }
        self.is_pocket.set(source == Source::Url(lab_pocket::MODEL.to_owned()));
        self.last_load.set_value(Some(LastLoad { source, name, keep, file }));
        self.has_loaded.set(true);
        self.load_again();
    }

    /// Where the next model runs: on the GPU, unless none is to be had.
    fn place(self) -> Place {
        let is_missing = self.status.with_untracked(|status| matches!(status.probe, Some(Probe::Missing(_))));
        if is_missing { Place::Cpu } else { Place::Gpu }
    }

    /// Answers a prompt.
    pub fn generate(self, prompt: Prompt, sampling: Sampling) {
        let id = self.num_answers.get_value() + 1;
        self.num_answers.set_value(id);
        self.is_reading.set(true);
        // The first is the model alone; columns share their noise, so they differ only through the adapter.
        let columns = match untrack(|| self.num_columns()) {
            2 => [0.0, 1.0].map(|scale| Column { scales: vec![scale], seed: None }).to_vec(),
            _ => vec![Column::default()],
        };
        self.send(&Command::Generate { slot: SLOT, id, prompt, sampling, columns }, &[]);
    }

    /// Stops the answer or the load that is under way.
    pub fn stop(self) {
        self.send(&Command::Stop, &[]);
    }

    pub(super) fn send(self, command: &Command, attachments: &[JsValue]) {
        let sent = self.client.with_value(|client| client.as_ref().map(|client| client.send(command, attachments)));
        if let Some(Err(message)) = sent {
            self.fail(FailedStep::Message, message, false);
        }
    }

    /// The worker died: the next load starts another. Text that came is kept.
    fn bury(self, why: &str) {
        self.client.set_value(None);
        let had_model = self.status.with_untracked(|status| !status.models.is_empty());
        let advice = if had_model { "load the model again" } else { "reload the page, or try another browser" };
        self.fail(FailedStep::Device, format!("The engine stopped ({why}): {advice}."), true);
    }

    fn fail(self, what: FailedStep, message: String, model_lost: bool) {
        self.take(Event::Failed(Failure { what, message, model_lost }));
    }
}

/// Asks the browser not to clear what is kept when it needs room. It may refuse: then copies may go sooner.
fn persist() {
    let asked = web_sys::window().and_then(|window| {
        let storage = js_sys::Reflect::get(&window.navigator(), &"storage".into()).ok()?;
        let persist = js_sys::Reflect::get(&storage, &"persist".into()).ok()?;
        persist.dyn_into::<js_sys::Function>().ok()?.call0(&storage).ok()
    });
    drop(asked);
}

impl Default for LabState {
    fn default() -> Self {
        Self::new()
    }
}
