//! State of the data worker, and the requests that follow from the view.

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

/// Script of the worker that holds the shipped figures, relative to the page.
const FIGURES_SCRIPT: &str = "worker_loader.js?data_worker";
/// Script of the worker that also reads files and draws any figure. It replaces the other one when it is needed.
const FILES_SCRIPT: &str = "worker_loader.js?files_worker";
/// Answers on a page.
pub const PAGE: usize = 10;
/// After this many deaths in a row, the worker is not restarted.
const MAX_DEATHS: u32 = 3;

/// The open data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Its source.
    pub source: Source,
    /// Its models, questions, columns and other names.
    pub summary: Summary,
    /// A report on each of its files.
    pub reports: Vec<FileReport>,
}

/// Progress of reading a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The file's name.
    pub file: String,
    /// Share that is read, 0 to 1. `None` while the file is unpacked.
    pub share: Option<f64>,
    /// Rows read so far.
    pub rows: u64,
}

/// One page of the open mark's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerPage {
    /// Number of rows in all.
    pub total: usize,
    /// Number of different answers among them.
    pub num_distinct: usize,
    /// Number of different answers before this page.
    pub offset: usize,
    /// The answers of this page.
    pub answers: Vec<Answer>,
}

/// Numbers of the newest request of each kind. Replies to older requests are dropped.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tickets {
    pub(super) last: u64,
    pub(super) models: u64,
    pub(super) questions: u64,
    pub(super) answers: u64,
}

/// Callers that wait for a reply, by ticket.
pub(super) type Waiting<T> = StoredValue<HashMap<u64, oneshot::Sender<Result<T, String>>>, LocalStorage>;

/// Handles to all state of the data.
#[derive(Debug, Clone, Copy)]
pub struct DataState {
    /// Collections that ship with the page.
    pub collections: RwSignal<Vec<Collection>>,
    /// Figures that sources state.
    pub stated: RwSignal<Vec<Stated>>,
    /// Findings of the literature.
    pub findings: RwSignal<Vec<Finding>>,
    /// Files from which the collections were counted.
    pub published_files: RwSignal<Vec<PublishedFile>>,
    /// The open data set.
    pub opened: RwSignal<Option<Opened>>,
    /// Progress of the file that is being read.
    pub progress: RwSignal<Option<Progress>>,
    /// Files that failed, and other failures.
    pub refused: RwSignal<Vec<Refused>>,
    /// Rates by model.
    pub models: RwSignal<Option<Outcome>>,
    /// Rates by question, of the model in `focus`.
    pub questions: RwSignal<Option<Outcome>>,
    /// The model for the chart by question.
    pub focus: RwSignal<Option<GroupKey>>,
    /// Answers of the open mark.
    pub answers: RwSignal<Option<AnswerPage>>,
    /// Number of rows that the shown rates cover, while the rest is being read.
    pub partial: RwSignal<Option<u64>>,
    /// Whether the worker that draws any figure holds the open data set.
    pub can_explore: RwSignal<bool>,
    /// Counts changes of the reader's labels. Rates are requested again after each.
    pub label_changes: RwSignal<u32>,
    /// Roles that the reader gave to columns, by the header's fingerprint.
    pub mappings: RwSignal<Vec<(u64, Mapping)>>,
    pub(super) explores: Waiting<Explored>,
    pub(super) peeks: Waiting<Preview>,
    pub(super) files: StoredValue<Vec<(Opening, Option<web_sys::File>)>, LocalStorage>,
    /// Files of the open data set. `files` may be a newer choice that is cancelled.
    pub(super) held_files: StoredValue<Vec<(Opening, Option<web_sys::File>)>, LocalStorage>,
    pub(super) pending: StoredValue<Option<Source>>,
    pub(super) keeps_selection: StoredValue<bool>,
    pub(super) tickets: StoredValue<Tickets>,
    num_deaths: StoredValue<u32>,
    /// Whether this is the explorer's app: the first screen's app opens no files.
    pub(super) has_explorer: bool,
    /// Whether the running worker can read files.
    pub(super) reads_files: StoredValue<bool>,
    client: StoredValue<Option<WorkerClient<DataRequest, DataEvent>>, LocalStorage>,
}

impl DataState {
    /// Empty state, for the explorer's app or the first screen's app.
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

    /// Starts the worker and requests what the view shows.
    pub fn start(self, view: RwSignal<View>) {
        self.start_worker(view);
        Effect::new(move |before: Option<Source>| {
            let source = view.with(|view| view.source.clone());
            // A link may name only a lesson's step; the step then names the data.
            if view.with(|view| view.screen == Screen::Learn && view.step.is_some()) && source == Source::default() {
                return before.unwrap_or_default();
            }
            // The reader went to another source and straight back: the right data are open, but others are being
            // opened.
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

    /// Whether the view's files have to be chosen again: a link holds only their names.
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
        // The old worker will not reply to them any more.
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
        // The previous worker may have ended before it listed what ships with the page.
        if self.collections.with_untracked(Vec::is_empty) {
            self.send(&DataRequest::ListPublished, &[]);
        }
    }

    /// After the worker died: starts another and opens the same data again.
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
                // A file that is being read sends rates of its own.
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
        // A notice that the worker was restarted stays when the files have been read again.
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
            // Rates of the previous data must not be shown under the new name.
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
