//! State of the engine worker, and the commands that are sent to it. The Lab's views are made of it; no component is
//! here.

pub mod add_ons;
pub mod columns;
pub mod consent;
pub mod insight;
pub mod judge;
pub mod keep;
mod kept_run;
pub mod loads;
pub mod pocket;
pub mod run;
pub mod server;
pub mod session;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use self::add_ons::{AddOn, attachments};
use self::columns::Columns;
use self::consent::Consent;
use self::insight::Insight;
use self::loads::Loads;
use self::run::RunState;
use crate::protocol::pending::Pending;
use crate::protocol::status::EngineStatus;
use crate::protocol::{Command, Event, FailedStep, Failure, Prompt, Sampling};
use crate::ui::text;
use crate::web::client::{Notice, WorkerClient};

/// The worker's script, relative to the page. Readers of charts never download it.
const SCRIPT: &str = "worker_loader.js?engine_worker";

/// Slot of the model that answers.
pub const SLOT: u32 = 0;
/// Slot of a separate judge.
pub const JUDGE_SLOT: u32 = 1;

/// Columns that a model with adapters is prepared for: as many as a reader can compare at a glance.
pub(super) const COLUMNS: u32 = 4;

/// Parts of the Lab that send commands with an id and get the replies to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// The form of the prompt. The status follows the replies.
    Prompt,
    /// Token-by-token results of the latest answer.
    Insight,
    /// The run of an experiment.
    Run,
    /// The trial of a judge.
    Trial,
}

/// Handles to all state of the engine.
#[derive(Debug, Clone, Copy)]
pub struct LabState {
    /// Status after the worker's events.
    pub status: RwSignal<EngineStatus>,
    /// Whether a prompt was sent and the engine is still reading it.
    pub is_reading: RwSignal<bool>,
    /// Whether to store downloads in the browser.
    pub keeps_downloads: RwSignal<bool>,
    /// Whether to store chosen files in the browser.
    pub keeps_files: RwSignal<bool>,
    /// Whether the loaded model, or the loading one if none is loaded, ships with the page.
    pub is_pocket: Memo<bool>,
    /// Adapters and vectors of the model.
    pub add_ons: RwSignal<Vec<AddOn>, LocalStorage>,
    /// Whether the model is being prepared for them.
    pub is_laying_out: RwSignal<bool>,
    /// Proposed download that waits for the reader's consent.
    pub consent: Consent,
    /// The columns that answer.
    pub columns: Columns,
    /// Token-by-token results of the latest answer.
    pub insight: Insight,
    /// The experiment that runs.
    pub experiment: RunState,
    pub(super) model_loads: Loads,
    pub(super) judge_loads: Loads,
    pending: StoredValue<Pending<Sender>>,
    client: StoredValue<Option<WorkerClient<Command, Event>>, LocalStorage>,
}

impl LabState {
    /// State before the worker starts.
    #[must_use]
    pub fn new() -> Self {
        let model_loads = Loads::new(SLOT);
        Self {
            status: RwSignal::default(),
            is_reading: RwSignal::default(),
            keeps_downloads: RwSignal::new(true),
            keeps_files: RwSignal::default(),
            is_pocket: Memo::new(move |_| model_loads.is_pocket()),
            add_ons: RwSignal::new_local(Vec::new()),
            is_laying_out: RwSignal::default(),
            consent: Consent::new(),
            columns: Columns::default(),
            insight: Insight::default(),
            experiment: RunState::default(),
            model_loads,
            judge_loads: Loads::new(JUDGE_SLOT),
            pending: StoredValue::default(),
            client: StoredValue::new_local(None),
        }
    }

    /// Starts the worker once and requests what this machine can do. Returns whether there is a worker.
    pub fn start(self) -> bool {
        if self.client.with_value(Option::is_some) {
            return true;
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
        self.client.with_value(Option::is_some)
    }

    pub(super) fn take(self, event: Event) {
        self.model_loads.take(&event);
        self.judge_loads.take(&event);
        let senders = self.pending.try_update_value(|pending| pending.take(&event)).unwrap_or_default();
        for sender in &senders {
            match sender {
                Sender::Prompt => {}
                Sender::Insight => self.insight.take(&event),
                Sender::Run => self.experiment.take(self, &event),
                Sender::Trial => self.experiment.judge.take(self, &event),
            }
        }
        // The others show the replies to their commands themselves. Failures are also shown here.
        let is_anothers = event.id().is_some() && !senders.contains(&Sender::Prompt);
        if is_anothers && !matches!(event, Event::Failed(_)) {
            return;
        }
        self.follow_layout(&event);
        if matches!(
            event,
            Event::Prefilled { .. } | Event::Finished { .. } | Event::Failed(_) | Event::LoadStopped { .. }
        ) {
            self.is_reading.set(false);
        }
        let is_probed = matches!(event, Event::Probed(_));
        self.status.update(|status| status.apply(event));
        if is_probed && !untrack(|| self.model_loads.can_repeat()) {
            self.load_pocket();
        }
    }

    /// Follows the layout that the engine reports. A layout that failed leaves the previous one.
    fn follow_layout(self, event: &Event) {
        match event {
            Event::Loaded(loaded) if loaded.slot == SLOT => {
                self.columns.lay_out(&loaded.add_ons);
                let add_ons = self.model_loads.add_ons();
                // Vectors made from texts need the loaded model, so they are added after it.
                if add_ons.len() > loaded.add_ons.len() {
                    self.model_loads.lay_out(Vec::new());
                    self.lay_out(add_ons);
                } else {
                    self.add_ons.set(add_ons);
                }
            }
            Event::LaidOut { add_ons, .. } => {
                self.is_laying_out.set(false);
                self.model_loads.lay_out(self.add_ons.get_untracked());
                self.columns.lay_out(add_ons);
            }
            Event::LayOutStopped { .. } => {
                self.is_laying_out.set(false);
                self.add_ons.set(self.model_loads.add_ons());
            }
            Event::Failed(failure) if matches!(failure.what, FailedStep::LayOut(_)) || failure.model_lost => {
                self.is_laying_out.set(false);
                if !failure.model_lost {
                    self.add_ons.set(self.model_loads.add_ons());
                }
            }
            _ => {}
        }
    }

    /// Whether the engine works or loads. Most commands would end that.
    #[must_use]
    pub fn is_busy(self) -> bool {
        self.is_at_work() || self.model_loads.is_loading() || self.judge_loads.is_loading()
    }

    /// Whether a prompt is being read or answered, or the model is busy in another way.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        self.is_reading.get()
            || self.is_laying_out.get()
            || self.insight.is_pending()
            || self.experiment.is_going.get()
            || self.experiment.judge.is_trying()
            || self.status.with(EngineStatus::is_answering)
    }

    /// [`LabState::is_busy`] without tracking, for event handlers.
    #[must_use]
    pub fn is_busy_untracked(self) -> bool {
        untrack(|| self.is_busy())
    }

    /// Id for a command, which its replies repeat.
    pub(super) fn new_id(self) -> u32 {
        self.pending.try_update_value(Pending::new_id).unwrap_or_default()
    }

    /// Sends a command with a new id. `sender` gets its replies. Returns whether it was sent.
    pub(super) fn ask(self, sender: Sender, id: u32, command: &Command) -> bool {
        self.pending.update_value(|pending| pending.expect(id, sender));
        self.send(command, &[])
    }

    /// Prepares the model for other adapters and vectors.
    pub fn lay_out(self, add_ons: Vec<AddOn>) {
        let files = add_ons.iter().map(|add_on| add_on.file.clone()).collect();
        let columns = if add_ons.is_empty() { 1 } else { COLUMNS };
        let attached = attachments(&add_ons);
        self.add_ons.set(add_ons);
        self.is_laying_out.set(true);
        if !self.send(&Command::LayOut { slot: SLOT, columns, add_ons: files }, &attached) {
            self.is_laying_out.set(false);
            self.add_ons.set(self.model_loads.add_ons());
        }
    }

    /// Sends a column's new scales to the answer that is under way.
    pub(super) fn set_scales(self, column: usize, scales: Vec<f32>) {
        let is_answering = self.is_reading.get_untracked() || self.status.with_untracked(EngineStatus::is_answering);
        if let (true, Ok(column)) = (is_answering, u32::try_from(column)) {
            self.send(&Command::SetScales { column, scales }, &[]);
        }
    }

    /// Deletes a stored model.
    pub fn forget(self, key: &str) {
        self.start();
        self.send(&Command::Forget { key: key.to_owned() }, &[]);
    }

    /// Whether a model is loaded.
    #[must_use]
    pub fn has_model(self) -> bool {
        self.status.with(|status| status.ready(SLOT).is_some())
    }

    /// Names of the adapters and vectors, in the order of a column's scales.
    #[must_use]
    pub fn add_ons_of_model(self) -> Vec<String> {
        self.status.with_untracked(|status| status.ready(SLOT).map(|loaded| loaded.add_ons.clone())).unwrap_or_default()
    }

    /// Answers a prompt.
    pub fn generate(self, prompt: Prompt, sampling: Sampling) {
        let id = self.new_id();
        self.is_reading.set(true);
        self.insight.forget(prompt.clone());
        let columns = self.columns.asked();
        self.ask(Sender::Prompt, id, &Command::Generate { slot: SLOT, id, prompt, sampling, columns });
    }

    /// Stops what is under way. A run then waits for the reader.
    pub(super) fn halt(self) {
        let (run, judge) = (self.experiment, self.experiment.judge);
        if run.is_going.get_untracked() {
            run.pause(self);
        } else if untrack(|| judge.is_trying()) {
            judge.stop(self);
        } else {
            self.stop();
        }
    }

    /// Clears earlier failures, because something new starts.
    pub(super) fn begin_anew(self) {
        self.status.update(|status| status.failure = None);
    }

    /// Stops the answer or the load that is under way.
    pub fn stop(self) {
        self.send(&Command::Stop, &[]);
    }

    /// Sends a command. Returns whether it was sent.
    pub(super) fn send(self, command: &Command, attachments: &[JsValue]) -> bool {
        let sent = self.client.with_value(|client| client.as_ref().map(|client| client.send(command, attachments)));
        match sent {
            Some(Ok(())) => true,
            Some(Err(message)) => {
                self.fail(FailedStep::Message, message, false);
                false
            }
            None => false,
        }
    }

    /// After the worker died: the next load starts another one. Text that was received stays.
    fn bury(self, why: &str) {
        self.client.set_value(None);
        let had_model = self.status.with_untracked(|status| !status.models.is_empty());
        let advice = if had_model { text::lab::ADVICE_LOAD } else { text::lab::ADVICE_RELOAD };
        self.fail(FailedStep::Device, text::lab::engine_stopped(why, advice), true);
        self.model_loads.abandon();
        self.judge_loads.abandon();
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
