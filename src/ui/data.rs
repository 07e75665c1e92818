//! What the data worker said, and what is asked of it: derived from the view.

use std::collections::HashMap;

use futures_channel::oneshot;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::asking::{answer, is_waiting};
use super::text;
use crate::domain::answers::Answer;
use crate::domain::query::{GroupKey, Outcome};
use crate::domain::view::{Screen, Source, View};
use crate::explorer::protocol::{
    Collection, DataEvent, DataRequest, Finding, Opening, PublishedFile, Refused, Stated, Summary,
};
use crate::explorer::question::Explored;
use crate::formats::preview::Preview;
use crate::formats::report::FileReport;
use crate::formats::roles::Mapping;
use crate::web::client::{Notice, WorkerClient};

/// The script of the worker that knows the shipped figures, beside the page.
const FIGURES_SCRIPT: &str = "worker_loader.js?data_worker";
/// The script of the worker that also reads files and draws any figure: it takes the other's place when it is wanted.
const FILES_SCRIPT: &str = "worker_loader.js?files_worker";
/// Answers shown at once.
pub const PAGE: usize = 10;
/// Deaths of the worker in a row after which it is not started again.
const MAX_DEATHS: u32 = 3;

/// The open dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Where it comes from.
    pub source: Source,
    /// What it holds.
    pub summary: Summary,
    /// What became of its files.
    pub reports: Vec<FileReport>,
}

/// How far a file has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Its name.
    pub file: String,
    /// Share read, 0 to 1; unknown while a file is unpacked.
    pub share: Option<f64>,
    /// Rows read.
    pub rows: u64,
}

/// Answers of the open mark.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerPage {
    /// How many rows there are in all.
    pub total: usize,
    /// How many different answers they give.
    pub num_distinct: usize,
    /// How many of those were passed over.
    pub offset: usize,
    /// The answers.
    pub answers: Vec<Answer>,
}

/// Numbers of the newest question of each kind: older answers are dropped.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tickets {
    pub(super) last: u64,
    pub(super) models: u64,
    pub(super) questions: u64,
    pub(super) answers: u64,
}

/// Who waits for an answer of the explorer, by ticket.
pub(super) type Waiting<T> = StoredValue<HashMap<u64, oneshot::Sender<Result<T, String>>>, LocalStorage>;

/// Handles to everything about the data.
#[derive(Debug, Clone, Copy)]
pub struct DataState {
    /// Collections that ship with the page.
    pub collections: RwSignal<Vec<Collection>>,
    /// Figures that sources state.
    pub stated: RwSignal<Vec<Stated>>,
    /// What the literature found.
    pub findings: RwSignal<Vec<Finding>>,
    /// The files behind the collections.
    pub published_files: RwSignal<Vec<PublishedFile>>,
    /// The open dataset.
    pub opened: RwSignal<Option<Opened>>,
    /// The file that is being read.
    pub progress: RwSignal<Option<Progress>>,
    /// Files that were refused, or another sentence about something that failed.
    pub refused: RwSignal<Vec<Refused>>,
    /// Rates by model.
    pub models: RwSignal<Option<Outcome>>,
    /// Rates by question, of one model.
    pub questions: RwSignal<Option<Outcome>>,
    /// The model whose questions are shown.
    pub focus: RwSignal<Option<GroupKey>>,
    /// Answers of the open mark.
    pub answers: RwSignal<Option<AnswerPage>>,
    /// Rows that the rates shown are of, while the rest is being read.
    pub partial: RwSignal<Option<u64>>,
    /// Whether the open dataset lies with the worker that draws any figure.
    pub can_explore: RwSignal<bool>,
    /// Counts changes of the reader's labels, after which rates are asked for again.
    pub label_changes: RwSignal<u32>,
    /// Parts that the reader gave to columns, by the header's fingerprint.
    pub mappings: RwSignal<Vec<(u64, Mapping)>>,
    pub(super) explores: Waiting<Explored>,
    pub(super) peeks: Waiting<Preview>,
    pub(super) files: StoredValue<Vec<(Opening, Option<web_sys::File>)>, LocalStorage>,
    /// Those of the dataset that is open: newer ones may be given up.
    pub(super) held_files: StoredValue<Vec<(Opening, Option<web_sys::File>)>, LocalStorage>,
    pub(super) pending: StoredValue<Option<Source>>,
    pub(super) keeps_selection: StoredValue<bool>,
    pub(super) tickets: StoredValue<Tickets>,
    num_deaths: StoredValue<u32>,
    /// Whether the explorer's app runs: the first screen's opens no files.
    pub(super) has_explorer: bool,
    /// Whether the worker is the one that reads files.
    pub(super) reads_files: StoredValue<bool>,
    client: StoredValue<Option<WorkerClient<DataRequest, DataEvent>>, LocalStorage>,
}

impl DataState {
    /// Nothing known yet, in the explorer's app or the first screen's.
    #[must_use]
    pub fn new(has_explorer: bool) -> Self {
        Self {
            has_explorer,
            collections: RwSignal::default(),
            stated: RwSignal::default(),
            findings: RwSignal::default(),
            published_files: RwSignal::default(),
            opened: RwSignal::default(),
            progress: RwSignal::default(),
            refused: RwSignal::default(),
            models: RwSignal::default(),
            questions: RwSignal::default(),
            focus: RwSignal::default(),
            answers: RwSignal::default(),
            partial: RwSignal::default(),
            can_explore: RwSignal::default(),
            label_changes: RwSignal::default(),
            mappings: RwSignal::default(),
            explores: StoredValue::new_local(HashMap::new()),
            peeks: StoredValue::new_local(HashMap::new()),
            files: StoredValue::new_local(Vec::new()),
            held_files: StoredValue::new_local(Vec::new()),
            pending: StoredValue::default(),
            keeps_selection: StoredValue::default(),
            tickets: StoredValue::default(),
            num_deaths: StoredValue::default(),
            reads_files: StoredValue::default(),
            client: StoredValue::new_local(None),
        }
    }

    /// Starts the worker and asks it whatever the view shows.
    pub fn start(self, view: RwSignal<View>) {
        self.start_worker(view);
        Effect::new(move |before: Option<Source>| {
            let source = view.with(|view| view.source.clone());
            // A link may name a lesson's step alone: the step says which data it shows.
            if view.with(|view| view.screen == Screen::Learn && view.step.is_some()) && source == Source::default() {
                return before.unwrap_or_default();
            }
            // From one source to another and straight back: what is open is right, but something else is on its way.
            let is_back = before.is_some_and(|before| before != source)
                && self.pending.with_value(|pending| pending.as_ref() != Some(&source));
            if is_back {
                self.open_again(view, &source);
            } else {
                self.follow_source(view, &source);
            }
            source
        });
        Effect::new(move || {
            self.label_changes.track();
            if self.opened.with(Option::is_some) {
                self.ask_models(view.with(View::by_model));
            }
        });
        Effect::new(move || {
            let focus = self.focus_of(view);
            if self.focus.with_untracked(|before| *before != focus) {
                self.focus.set(focus);
            }
        });
        Effect::new(move || {
            self.label_changes.track();
            let opened = self.opened.with(Option::is_some);
            if let Some(group) = self.focus.get().filter(|_| opened) {
                self.ask_questions(view.with(|view| view.by_question(&group)));
            }
        });
        Effect::new(move || {
            let has_answers = self.opened.with(|opened| opened.as_ref().is_some_and(|data| data.summary.has_answers));
            self.label_changes.track();
            if has_answers {
                self.ask_answers(view);
            }
        });
    }

    /// Whether the view's files must be chosen again: a link holds their names only.
    #[must_use]
    pub fn is_waiting_for_files(self, view: RwSignal<View>) -> bool {
        let source = view.with(|view| view.source.clone());
        !matches!(source, Source::Published(_))
            && self.opened.with(|opened| opened.as_ref().is_none_or(|opened| opened.source != source))
            && self.progress.with(Option::is_none)
    }

    pub(super) fn start_worker(self, view: RwSignal<View>) {
        let script = if self.reads_files.get_value() { FILES_SCRIPT } else { FIGURES_SCRIPT };
        self.can_explore.set(false);
        // Nobody is left to answer them.
        self.explores.update_value(HashMap::clear);
        self.peeks.update_value(HashMap::clear);
        let started = WorkerClient::start(script, move |notice| match notice {
            Notice::Event(event) => self.take(view, event),
            Notice::Died(why) => self.bury(view, &why),
        });
        match started {
            Ok(client) => self.client.set_value(Some(client)),
            Err(message) => self.tell(text::open::DATA_WORKER, message),
        }
        // A worker that was replaced may have gone before it said what ships with the page.
        if self.collections.with_untracked(Vec::is_empty) {
            self.send(&DataRequest::ListPublished, &[]);
        }
    }

    /// The worker died: starts another and opens the same data again.
    fn bury(self, view: RwSignal<View>, why: &str) {
        self.client.set_value(None);
        self.progress.set(None);
        let num_deaths = self.num_deaths.get_value() + 1;
        self.num_deaths.set_value(num_deaths);
        if num_deaths > MAX_DEATHS {
            self.tell(text::open::DATA_WORKER, text::open::worker_gave_up(why));
            return;
        }
        self.tell(text::open::DATA_WORKER, text::open::worker_restarted(why));
        self.opened.set(None);
        self.start_worker(view);
        self.follow_source(view, &view.with_untracked(|view| view.source.clone()));
    }

    pub(super) fn send(self, request: &DataRequest, attachments: &[JsValue]) {
        let sent = self.client.with_value(|client| client.as_ref().map(|client| client.send(request, attachments)));
        if let Some(Err(message)) = sent {
            self.tell(text::open::DATA_WORKER, message);
        }
    }

    fn tell(self, file: &str, message: String) {
        self.refused.update(|refused| refused.push(Refused { file: file.to_owned(), message }));
    }

    fn take(self, view: RwSignal<View>, event: DataEvent) {
        let tickets = self.tickets.get_value();
        match event {
            DataEvent::Published { collections, stated, files, findings } => {
                self.findings.set(findings);
                self.published_files.set(files);
                self.collections.set(collections);
                self.stated.set(stated);
            }
            DataEvent::Progress { file, bytes, total_bytes, rows } => {
                let share = (total_bytes > 0).then(|| to_real(bytes) / to_real(total_bytes));
                self.progress.set(Some(Progress { file, share, rows }));
            }
            DataEvent::Opened { summary, reports, refused } => {
                self.num_deaths.set_value(0);
                self.take_opened(view, summary, reports, refused);
            }
            DataEvent::Partial { outcome, rows } => {
                if self.progress.with_untracked(Option::is_some) {
                    self.partial.set(Some(rows));
                    self.models.set(Some(outcome));
                }
            }
            DataEvent::Explored { ticket, result } => answer(self.explores, ticket, result.open()),
            DataEvent::Peeked { ticket, preview } => answer(self.peeks, ticket, Ok(preview)),
            DataEvent::Failed { ticket: Some(ticket), message } if is_waiting(self.explores, ticket) => {
                answer(self.explores, ticket, Err(message));
            }
            DataEvent::Failed { ticket: Some(ticket), message } if is_waiting(self.peeks, ticket) => {
                answer(self.peeks, ticket, Err(message));
            }
            DataEvent::NotOpened { refused } => {
                self.stop_waiting();
                self.refused.update(|list| list.extend(refused));
            }
            DataEvent::Answered { ticket, outcome } if ticket == tickets.models => {
                // What is being read has rates of its own.
                if self.partial.get_untracked().is_none() {
                    self.models.set(Some(outcome));
                }
            }
            DataEvent::Answered { ticket, outcome } if ticket == tickets.questions => self.questions.set(Some(outcome)),
            DataEvent::Read { ticket, total, num_distinct, offset, answers } if ticket == tickets.answers => {
                self.answers.set(Some(AnswerPage { total, num_distinct, offset, answers }));
            }
            DataEvent::Failed { message, .. } => self.tell(text::open::THIS_VIEW, message),
            DataEvent::Answered { .. } | DataEvent::Read { .. } => {}
        }
    }

    fn take_opened(self, view: RwSignal<View>, summary: Summary, reports: Vec<FileReport>, refused: Vec<Refused>) {
        let Some(source) = self.pending.get_value() else { return };
        self.progress.set(None);
        self.partial.set(None);
        // That the worker had to be started again is still true when it has read the files again.
        self.refused.update(|list| {
            list.retain(|one| one.file == text::open::DATA_WORKER);
            list.extend(refused);
        });
        let keeps = self.keeps_selection.try_update_value(std::mem::take).unwrap_or_default();
        if !matches!(source, Source::Published(_)) {
            self.held_files.set_value(self.files.get_value());
        }
        batch(|| {
            self.can_explore.set(self.reads_files.get_value());
            // Rates of the data before must not be shown under the new data's name.
            if self.opened.with_untracked(|opened| opened.as_ref().is_none_or(|open| open.source != source)) {
                self.models.set(None);
                self.questions.set(None);
                self.answers.set(None);
                self.focus.set(None);
            }
            self.opened.set(Some(Opened { source: source.clone(), summary, reports }));
            if view.with_untracked(|view| view.source != source) {
                view.update(|view| {
                    let selection = view.selection.take().filter(|_| keeps);
                    let screen = view.screen;
                    let (rule, interval) = (view.rule.clone(), view.interval);
                    *view = View { screen, source, rule, interval, selection, ..View::default() };
                });
            }
        });
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a file, for a progress bar")]
const fn to_real(bytes: u64) -> f64 {
    bytes as f64
}
