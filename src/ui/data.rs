//! What the data worker said, and what is asked of it: derived from the view.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::domain::answers::Answer;
use crate::domain::query::{GroupKey, Outcome, Query};
use crate::domain::view::{Source, View};
use crate::formats::report::FileReport;
use crate::runtime::data_protocol::{Collection, DataEvent, DataRequest, Refused, Stated, Summary};
use crate::runtime::web::client::{Notice, WorkerClient};

/// The worker's script, beside the page.
const SCRIPT: &str = "worker_loader.js?data_worker";
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
    /// Share read, 0 to 1.
    pub share: f64,
    /// Rows read.
    pub rows: u64,
}

/// Answers of the open mark.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerPage {
    /// How many there are in all.
    pub total: usize,
    /// How many were passed over.
    pub offset: usize,
    /// The answers.
    pub answers: Vec<Answer>,
}

/// Numbers of the newest question of each kind: older answers are dropped.
#[derive(Debug, Clone, Copy, Default)]
struct Tickets {
    last: u64,
    models: u64,
    questions: u64,
    answers: u64,
}

/// Handles to everything about the data.
#[derive(Debug, Clone, Copy)]
pub struct DataState {
    /// Collections that ship with the page.
    pub collections: RwSignal<Vec<Collection>>,
    /// Figures that sources state.
    pub stated: RwSignal<Vec<Stated>>,
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
    files: StoredValue<Vec<(String, web_sys::File)>, LocalStorage>,
    pending: StoredValue<Option<Source>>,
    tickets: StoredValue<Tickets>,
    num_deaths: StoredValue<u32>,
    client: StoredValue<Option<WorkerClient<DataRequest, DataEvent>>, LocalStorage>,
}

impl DataState {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            collections: RwSignal::default(),
            stated: RwSignal::default(),
            opened: RwSignal::default(),
            progress: RwSignal::default(),
            refused: RwSignal::default(),
            models: RwSignal::default(),
            questions: RwSignal::default(),
            focus: RwSignal::default(),
            answers: RwSignal::default(),
            files: StoredValue::new_local(Vec::new()),
            pending: StoredValue::default(),
            tickets: StoredValue::default(),
            num_deaths: StoredValue::default(),
            client: StoredValue::new_local(None),
        }
    }

    /// Starts the worker and asks it whatever the view shows.
    pub fn start(self, view: RwSignal<View>) {
        self.start_worker(view);
        self.send(&DataRequest::ListPublished, &[]);
        Effect::new(move || self.follow_source(&view.with(|view| view.source.clone())));
        Effect::new(move || {
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
            let opened = self.opened.with(Option::is_some);
            if let Some(group) = self.focus.get().filter(|_| opened) {
                self.ask_questions(view.with(|view| view.by_question(&group)));
            }
        });
        Effect::new(move || {
            let has_answers = self.opened.with(|opened| opened.as_ref().is_some_and(|data| data.summary.has_answers));
            if has_answers {
                self.ask_answers(view);
            }
        });
    }

    /// Whether the view's files must be chosen again: a link holds their names only.
    #[must_use]
    pub fn is_waiting_for_files(self, view: RwSignal<View>) -> bool {
        let source = view.with(|view| view.source.clone());
        matches!(source, Source::Files(_))
            && self.opened.with(|opened| opened.as_ref().is_none_or(|opened| opened.source != source))
            && self.progress.with(Option::is_none)
    }

    /// Opens files of the reader's.
    pub fn open_files(self, view: RwSignal<View>, files: Vec<web_sys::File>) {
        if files.is_empty() {
            return;
        }
        let mut named = distinct_names(files);
        // The files of a link come back as its view, in whatever order they are chosen.
        if let Source::Files(names) = view.with_untracked(|view| view.source.clone()) {
            let place = |name: &String| names.iter().position(|known| known == name);
            if names.len() == named.len() && named.iter().all(|(name, _)| place(name).is_some()) {
                named.sort_by_key(|(name, _)| place(name));
            }
        }
        self.refused.set(Vec::new());
        self.send_files(&named);
        self.files.set_value(named);
    }

    fn send_files(self, files: &[(String, web_sys::File)]) {
        let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
        let handles: Vec<JsValue> = files.iter().map(|(_, file)| file.into()).collect();
        self.pending.set_value(Some(Source::Files(names.clone())));
        self.progress.set(names.first().map(|file| Progress { file: file.clone(), share: 0.0, rows: 0 }));
        self.send(&DataRequest::OpenFiles { names }, &handles);
    }

    /// Opens what the view names, where it is not open yet.
    fn follow_source(self, source: &Source) {
        let is_open = self.opened.with_untracked(|opened| opened.as_ref().is_some_and(|open| open.source == *source));
        if is_open {
            return;
        }
        match source {
            Source::Published(id) => {
                self.pending.set_value(Some(source.clone()));
                self.send(&DataRequest::OpenPublished { id: id.clone() }, &[]);
            }
            Source::Files(names) => {
                let held = self.files.with_value(|files| {
                    let is_held = files.iter().map(|(name, _)| name).eq(names);
                    is_held.then(|| files.clone())
                });
                match held {
                    Some(files) => self.send_files(&files),
                    // The chart of another dataset must not stand under this link's name.
                    None => {
                        self.opened.set(None);
                        self.models.set(None);
                        self.questions.set(None);
                        self.answers.set(None);
                    }
                }
            }
        }
    }

    fn start_worker(self, view: RwSignal<View>) {
        let started = WorkerClient::start(SCRIPT, move |notice| match notice {
            Notice::Event(event) => self.take(view, event),
            Notice::Died(why) => self.bury(view, &why),
        });
        match started {
            Ok(client) => self.client.set_value(Some(client)),
            Err(message) => self.tell("the data worker", message),
        }
    }

    /// The worker died: starts another and opens the same data again.
    fn bury(self, view: RwSignal<View>, why: &str) {
        self.client.set_value(None);
        self.progress.set(None);
        let num_deaths = self.num_deaths.get_value() + 1;
        self.num_deaths.set_value(num_deaths);
        if num_deaths > MAX_DEATHS {
            self.tell("the data worker", format!("it stopped again and again ({why}); reload the page"));
            return;
        }
        self.tell("the data worker", format!("it stopped ({why}) and was started again; your view is kept"));
        self.opened.set(None);
        self.start_worker(view);
        self.send(&DataRequest::ListPublished, &[]);
        self.follow_source(&view.with_untracked(|view| view.source.clone()));
    }

    fn send(self, request: &DataRequest, attachments: &[JsValue]) {
        let sent = self.client.with_value(|client| client.as_ref().map(|client| client.send(request, attachments)));
        if let Some(Err(message)) = sent {
            self.tell("the data worker", message);
        }
    }

    fn tell(self, file: &str, message: String) {
        self.refused.update(|refused| refused.push(Refused { file: file.to_owned(), message }));
    }

    fn take(self, view: RwSignal<View>, event: DataEvent) {
        let tickets = self.tickets.get_value();
        match event {
            DataEvent::Published { collections, stated } => {
                self.collections.set(collections);
                self.stated.set(stated);
            }
            DataEvent::Progress { file, bytes, total_bytes, rows } => {
                let share = if total_bytes == 0 { 0.0 } else { to_real(bytes) / to_real(total_bytes) };
                self.progress.set(Some(Progress { file, share, rows }));
            }
            DataEvent::Opened { summary, reports, refused } => {
                self.num_deaths.set_value(0);
                self.take_opened(view, summary, reports, refused);
            }
            DataEvent::NotOpened { refused } => {
                self.progress.set(None);
                self.refused.update(|list| list.extend(refused));
            }
            DataEvent::Answered { ticket, outcome } if ticket == tickets.models => self.models.set(Some(outcome)),
            DataEvent::Answered { ticket, outcome } if ticket == tickets.questions => self.questions.set(Some(outcome)),
            DataEvent::Read { ticket, total, offset, answers } if ticket == tickets.answers => {
                self.answers.set(Some(AnswerPage { total, offset, answers }));
            }
            DataEvent::Failed { message, .. } => self.tell("this view", message),
            DataEvent::Answered { .. } | DataEvent::Read { .. } => {}
        }
    }

    fn take_opened(self, view: RwSignal<View>, summary: Summary, reports: Vec<FileReport>, refused: Vec<Refused>) {
        let Some(source) = self.pending.get_value() else { return };
        self.progress.set(None);
        self.refused.set(refused);
        batch(|| {
            // Rates of the data before must not be shown under the new data's name.
            self.models.set(None);
            self.questions.set(None);
            self.answers.set(None);
            self.focus.set(None);
            self.opened.set(Some(Opened { source: source.clone(), summary, reports }));
            if view.with_untracked(|view| view.source != source) {
                view.update(|view| {
                    *view = View { source, rule: view.rule.clone(), interval: view.interval, ..View::default() };
                });
            }
        });
    }

    /// The model whose questions are shown: the open mark's, or the first of the chart.
    fn focus_of(self, view: RwSignal<View>) -> Option<GroupKey> {
        let open = view.with(|view| view.selection.as_ref().map(|open| open.group.clone()));
        let known = |models: &Option<Outcome>| models.as_ref().map(|models| models.rows.clone()).unwrap_or_default();
        let rows = self.models.with(known);
        let by_model = |group: &GroupKey| GroupKey { question: None, group: None, ..group.clone() };
        let open = open.map(|group| by_model(&group)).filter(|group| rows.iter().any(|row| row.key == *group));
        let first = || {
            let highest = |a: &&crate::domain::query::Row, b: &&crate::domain::query::Row| {
                a.value.unwrap_or(-1.0).total_cmp(&b.value.unwrap_or(-1.0))
            };
            // The last of equals is what the chart, sorted stably from the highest, shows first of them when reversed.
            rows.iter().rev().max_by(highest).map(|row| row.key.clone())
        };
        open.or_else(first)
    }

    fn ticket(self, set: impl FnOnce(&mut Tickets, u64)) -> u64 {
        self.tickets.update_value(|tickets| {
            tickets.last += 1;
            let last = tickets.last;
            set(tickets, last);
        });
        self.tickets.get_value().last
    }

    fn ask_models(self, query: Query) {
        let ticket = self.ticket(|tickets, ticket| tickets.models = ticket);
        self.send(&DataRequest::Ask { ticket, query: Box::new(query) }, &[]);
    }

    fn ask_questions(self, query: Query) {
        let ticket = self.ticket(|tickets, ticket| tickets.questions = ticket);
        self.send(&DataRequest::Ask { ticket, query: Box::new(query) }, &[]);
    }

    fn ask_answers(self, view: RwSignal<View>) {
        let Some((open, query)) = view.with(|view| view.selection.clone().map(|open| (open, Box::new(view.query()))))
        else {
            self.answers.set(None);
            return;
        };
        let ticket = self.ticket(|tickets, ticket| tickets.answers = ticket);
        let (group, part, seed, offset) = (open.group, open.part, open.seed, open.offset);
        self.send(&DataRequest::Read { ticket, query, group: Box::new(group), part, seed, offset, limit: PAGE }, &[]);
    }
}

impl Default for DataState {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a file, for a progress bar")]
const fn to_real(bytes: u64) -> f64 {
    bytes as f64
}

/// Names of files, with their folder where there is one, made different where two are the same.
fn distinct_names(files: Vec<web_sys::File>) -> Vec<(String, web_sys::File)> {
    let mut named: Vec<(String, web_sys::File)> = Vec::new();
    for file in files {
        let path = js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        let base = path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name());
        let is_taken = |name: &str| named.iter().any(|(known, _)| known == name);
        let mut name = base.clone();
        let mut number = 2;
        while is_taken(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        named.push((name, file));
    }
    named
}
