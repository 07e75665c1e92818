//! State of the data worker, and the requests that follow from the view.

mod asking;
mod drawn;
mod files;
mod opening;
mod reading;
mod shipped;
mod worker;

use leptos::prelude::*;

use self::asking::{Requests, answer, is_waiting};
pub use self::drawn::{AnswerPage, Drawn};
use self::files::Files;
pub use self::reading::{Opened, Progress, Reading};
pub use self::shipped::Shipped;
use self::worker::Worker;
use super::text;
use crate::domain::view::{Screen, Source, View};
use crate::explorer::protocol::DataEvent;

/// Answers on a page.
pub const PAGE: usize = 10;

/// Handles to all state of the data.
#[derive(Debug, Clone, Copy)]
pub struct DataState {
    /// What ships with the page.
    pub shipped: Shipped,
    /// The open data set, and the reading of others.
    pub reading: Reading,
    /// The worker's results that the page draws.
    pub drawn: Drawn,
    files: Files,
    requests: Requests,
    worker: Worker,
}

impl DataState {
    /// Empty state, for the explorer's app or the first screen's app.
    #[must_use]
    pub fn new(has_explorer: bool) -> Self {
        Self {
            shipped: Shipped::default(),
            reading: Reading::default(),
            drawn: Drawn::default(),
            files: Files::default(),
            requests: Requests::default(),
            worker: Worker::new(has_explorer),
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
            if before.as_ref() != Some(&source) {
                let is_shown = |opened: &Option<Opened>| opened.as_ref().is_some_and(|open| open.source == source);
                if before.is_some() && !self.reading.opened.with_untracked(is_shown) {
                    self.keep_worker_errors();
                }
                self.follow_source(view);
            }
            source
        });
        Effect::new(move || {
            self.drawn.label_changes.track();
            if self.reading.opened.with(Option::is_some) {
                self.ask_models(view.with(View::by_model));
            }
        });
        Effect::new(move || {
            let focus = self.focus_of(view);
            if self.drawn.focus.with_untracked(|before| *before != focus) {
                self.drawn.focus.set(focus);
            }
        });
        Effect::new(move || {
            self.drawn.label_changes.track();
            let opened = self.reading.opened.with(Option::is_some);
            if let Some(group) = self.drawn.focus.get().filter(|_| opened) {
                self.ask_questions(view.with(|view| view.by_question(&group)));
            }
        });
        Effect::new(move || {
            let has_answers =
                self.reading.opened.with(|opened| opened.as_ref().is_some_and(|data| data.summary.has_answers));
            self.drawn.label_changes.track();
            if has_answers {
                self.ask_answers(view);
            }
        });
    }

    /// Whether the page shows other data than at the last call with `last`. What a component has drawn of the data before
    /// must not stay under the new name.
    pub fn is_other(self, last: StoredValue<Option<Source>>) -> bool {
        let now = self.reading.opened.with(|opened| opened.as_ref().map(|opened| opened.source.clone()));
        let is_other = last.with_value(|last| *last != now);
        last.set_value(now);
        is_other
    }

    /// Whether the view's files have to be chosen again: a link holds only their names.
    #[must_use]
    pub fn is_waiting_for_files(self, view: RwSignal<View>) -> bool {
        let source = view.with(|view| view.source.clone());
        !matches!(source, Source::Published(_))
            && self.reading.opened.with(|opened| opened.as_ref().is_none_or(|opened| opened.source != source))
            && self.reading.progress.with(Option::is_none)
    }

    fn take(self, view: RwSignal<View>, event: DataEvent) {
        let tickets = self.requests.tickets.get_value();
        let is_newest = |opening| self.reading.openings.with_value(|openings| openings.is_newest(opening));
        match event {
            DataEvent::Published { collections, stated, files, findings } => {
                self.shipped.findings.set(findings);
                self.shipped.files.set(files);
                self.shipped.collections.set(collections);
                self.shipped.stated.set(stated);
            }
            DataEvent::Progress { opening, file, bytes, total_bytes, rows } if is_newest(opening) => {
                let share = (total_bytes > 0).then(|| to_real(bytes) / to_real(total_bytes));
                self.reading.progress.set(Some(Progress { file, share, rows }));
            }
            DataEvent::Opened { opening, summary, reports, refused } => {
                self.worker.num_deaths.set_value(0);
                self.take_opened(view, opening, (summary, reports), refused);
            }
            DataEvent::Partial { opening, outcome, rows } if is_newest(opening) => {
                batch(|| {
                    self.reading.partial.set(Some(rows));
                    self.drawn.models.set(Some(outcome));
                });
            }
            DataEvent::Explored { ticket, result } => answer(self.requests.explores, ticket, Ok(result)),
            DataEvent::Peeked { ticket, preview } => answer(self.requests.peeks, ticket, Ok(preview)),
            DataEvent::Failed { ticket: Some(ticket), message } if is_waiting(self.requests.explores, ticket) => {
                answer(self.requests.explores, ticket, Err(message));
            }
            DataEvent::Failed { ticket: Some(ticket), message } if is_waiting(self.requests.peeks, ticket) => {
                answer(self.requests.peeks, ticket, Err(message));
            }
            DataEvent::NotOpened { opening, refused } => self.take_refused(view, opening, refused),
            DataEvent::Answered { ticket, outcome } if ticket == tickets.models => {
                // A file that is being read sends rates of its own.
                if self.reading.partial.get_untracked().is_none() {
                    self.drawn.models.set(Some(outcome));
                }
            }
            DataEvent::Answered { ticket, outcome } if ticket == tickets.questions => {
                self.drawn.questions.set(Some(outcome));
            }
            DataEvent::Read { ticket, total, num_distinct, offset, answers } if ticket == tickets.answers => {
                self.drawn.answers.set(Some(AnswerPage { total, num_distinct, offset, answers }));
            }
            DataEvent::Failed { message, .. } => self.tell(text::open::THIS_VIEW, message),
            DataEvent::Progress { .. }
            | DataEvent::Partial { .. }
            | DataEvent::Answered { .. }
            | DataEvent::Read { .. } => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes of a file, for a progress bar")]
const fn to_real(bytes: u64) -> f64 {
    bytes as f64
}
