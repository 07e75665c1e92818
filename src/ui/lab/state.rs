//! What the engine worker said, folded into a status, and what is asked of it.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::beside::{Side, attachments};
use super::columns::Columns;
use super::consent::Consent;
use super::pocket;
use super::run::RunState;
use super::tokens::Insight;
use crate::runtime::hub::is_base;
use crate::runtime::protocol::{
    Command, Event, FailedStep, Failure, LoadProgress, Math, Place, Probe, Prompt, Sampling, SideFile, SideKind, Source,
};
use crate::runtime::status::EngineStatus;
use crate::runtime::web::client::{Notice, WorkerClient};

/// The worker's script, beside the page. Chart readers never download it.
const SCRIPT: &str = "worker_loader.js?engine_worker";

/// The one model that the Lab shows.
pub const SLOT: u32 = 0;

/// Columns that a model is laid out for where something stands beside it: as many as a reader can compare at a look.
pub(super) const COLUMNS: u32 = 4;

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
    /// What stands beside the model.
    pub sides: RwSignal<Vec<Side>, LocalStorage>,
    /// Whether the model is being laid out for it.
    pub is_laying_out: RwSignal<bool>,
    /// What would be downloaded, once it is agreed to.
    pub consent: Consent,
    /// The columns that answer.
    pub columns: Columns,
    /// What was found out about the latest answer.
    pub insight: Insight,
    /// The experiment that is run.
    pub experiment: RunState,
    /// What stood beside the model when it was last laid out.
    laid_out: StoredValue<Vec<Side>, LocalStorage>,
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
    sha256: Option<[u8; 32]>,
    file: Option<JsValue>,
}

impl LastLoad {
    fn new(source: Source, name: &str, keep: bool) -> Self {
        Self { source, name: name.to_owned(), keep, sha256: None, file: None }
    }
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
            sides: RwSignal::new_local(Vec::new()),
            is_laying_out: RwSignal::default(),
            consent: Consent::new(),
            columns: Columns::default(),
            insight: Insight::default(),
            experiment: RunState::default(),
            laid_out: StoredValue::new_local(Vec::new()),
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
        if self.insight.take(&event) {
            return;
        }
        self.follow_layout(&event);
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

    /// The columns are those of the layout that is there; a layout that failed leaves the one before.
    fn follow_layout(self, event: &Event) {
        match event {
            Event::Loaded(loaded) => {
                self.columns.lay_out(&loaded.sides);
                let sides = self.sides.get_untracked();
                // What is made of texts needs the model, so it could not come with it.
                if sides.len() > loaded.sides.len() {
                    self.lay_out(sides);
                }
            }
            Event::LaidOut { sides, .. } => {
                self.is_laying_out.set(false);
                self.laid_out.set_value(self.sides.get_untracked());
                self.columns.lay_out(sides);
            }
            Event::Failed(failure) if matches!(failure.what, FailedStep::LayOut(_)) || failure.model_lost => {
                self.is_laying_out.set(false);
                if !failure.model_lost {
                    self.sides.set(self.laid_out.get_value());
                }
            }
            _ => {}
        }
    }

    /// Whether a prompt is being read or answered, or the model is busy otherwise.
    #[must_use]
    pub fn is_busy(self) -> bool {
        self.is_reading.get()
            || self.is_laying_out.get()
            || self.insight.is_pending()
            || self.experiment.is_going.get()
            || self.status.with(EngineStatus::is_answering)
    }

    /// [`LabState::is_busy`], for whoever acts on it once.
    #[must_use]
    pub fn is_busy_untracked(self) -> bool {
        untrack(|| self.is_busy())
    }

    /// A number for a command that is answered by it.
    pub(super) fn next_id(self) -> u32 {
        let id = self.num_answers.get_value() + 1;
        self.num_answers.set_value(id);
        id
    }

    /// Lays the model out for what stands beside it.
    pub fn lay_out(self, sides: Vec<Side>) {
        let files = sides.iter().map(|side| side.file.clone()).collect();
        let columns = if sides.is_empty() { 1 } else { COLUMNS };
        let attached = attachments(&sides);
        self.sides.set(sides);
        self.is_laying_out.set(true);
        self.send(&Command::LayOut { slot: SLOT, columns, sides: files }, &attached);
    }

    /// Tells an answer under way of a column's scales.
    pub(super) fn set_scales(self, column: usize, scales: Vec<f32>) {
        let is_answering = self.is_reading.get_untracked() || self.status.with_untracked(EngineStatus::is_answering);
        if let (true, Ok(column)) = (is_answering, u32::try_from(column)) {
            self.send(&Command::SetScales { column, scales }, &[]);
        }
    }

    /// Loads the model that ships with the page, without keeping it: it is as near as a copy.
    pub fn load_pocket(self) {
        let source = Source::Url(pocket::MODEL.to_owned());
        self.load(LastLoad::new(source, pocket::NAME, false), vec![pocket::adapter()]);
    }

    /// Loads a model from the disk.
    pub fn load_file(self, file: web_sys::File) {
        let (name, keep) = (file.name(), self.keeps_files.get_untracked());
        self.load(LastLoad { file: Some(file.into()), ..LastLoad::new(Source::Disk, &name, keep) }, Vec::new());
    }

    /// Loads a model from an address.
    pub fn load_url(self, url: &str) {
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        self.load_listed(&Source::Url(url.to_owned()), &name);
    }

    /// Loads a model of the shelf.
    pub fn load_listed(self, source: &Source, name: &str) {
        self.load(LastLoad::new(source.clone(), name, self.keeps_downloads.get_untracked()), Vec::new());
    }

    /// Loads a file of the hub that the reader has agreed to, and what is to stand beside it.
    pub(super) fn load_agreed(self, (source, sha256): (Source, Option<[u8; 32]>), name: &str, sides: Vec<Side>) {
        let keep = self.keeps_downloads.get_untracked();
        self.load(LastLoad { sha256, ..LastLoad::new(source, name, keep) }, sides);
    }

    /// Deletes a kept model.
    pub fn forget(self, key: &str) {
        self.start();
        self.send(&Command::Forget { key: key.to_owned() }, &[]);
    }

    /// Whether a model is loaded.
    #[must_use]
    pub fn has_model(self) -> bool {
        self.status.with(|status| status.ready(SLOT).is_some())
    }

    /// Names of what stands beside the model: the order of a column's scales.
    #[must_use]
    pub fn sides_of_model(self) -> Vec<String> {
        self.status.with_untracked(|status| status.ready(SLOT).map(|loaded| loaded.sides.clone())).unwrap_or_default()
    }

    /// Where the latest model's bytes came from.
    #[must_use]
    pub fn source(self) -> Option<Source> {
        self.last_load.with_value(|load| load.as_ref().map(|load| load.source.clone()))
    }

    /// Whether the loaded model says that it is `base`: by its own name, or by what it was loaded as.
    #[must_use]
    pub fn is_model(self, base: &str) -> bool {
        let own = self.status.with(|status| status.ready(SLOT).map(|loaded| loaded.card.name.clone()));
        let address = match self.source() {
            Some(Source::Url(address)) => address,
            Some(Source::Disk | Source::Kept(_)) | None => String::new(),
        };
        let given = self.last_load.with_value(|load| load.as_ref().map(|load| load.name.clone()));
        own.is_some_and(|own| is_base(base, &[&own, &address, given.as_deref().unwrap_or_default()]))
    }

    /// Repeats the latest load.
    pub fn load_again(self) {
        if let Some(LastLoad { source, name, keep, sha256, file }) = self.last_load.get_value() {
            self.start();
            self.take(Event::LoadProgress(LoadProgress { slot: SLOT, ..LoadProgress::default() }));
            let (place, math) = (self.place(), Math::default());
            let mut beside = self.sides.get_untracked();
            if beside.iter().any(|side| matches!(side.file.kind, SideKind::Contrast(_))) {
                beside.clear();
            }
            self.laid_out.set_value(beside.clone());
            let sides: Vec<SideFile> = beside.iter().map(|side| side.file.clone()).collect();
            let columns = if sides.is_empty() { 1 } else { COLUMNS };
            let files: Vec<JsValue> = file.into_iter().chain(attachments(&beside)).collect();
            let load = Command::Load { slot: SLOT, source, name, keep, sha256, place, math, columns, sides };
            self.send(&load, &files);
        }
    }

    fn load(self, load: LastLoad, sides: Vec<Side>) {
        if load.keep {
            persist();
        }
        self.is_pocket.set(load.source == Source::Url(pocket::MODEL.to_owned()));
        self.sides.set(sides);
        self.last_load.set_value(Some(load));
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
        let id = self.next_id();
        self.is_reading.set(true);
        self.insight.forget(prompt.clone());
        let columns = self.columns.asked();
        self.send(&Command::Generate { slot: SLOT, id, prompt, sampling, columns }, &[]);
    }

    /// Stops whatever is under way: a run waits for the reader.
    pub(super) fn halt(self) {
        if self.experiment.is_going.get_untracked() { self.experiment.pause(self) } else { self.stop() }
    }

    /// What failed before is told no more: something else is begun.
    pub(super) fn begin_anew(self) {
        self.status.update(|status| status.failure = None);
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
