//! Requests to the data worker, and how its replies reach the caller.

use std::collections::HashMap;

use futures_channel::oneshot;
use leptos::prelude::*;

use super::{DataState, PAGE};
use crate::domain::query::{GroupKey, Outcome, Query, Row};
use crate::domain::view::{Source, View};
use crate::explorer::opening::Openings;
use crate::explorer::protocol::DataRequest;
use crate::explorer::question::{Explore, Explored, Packed};
use crate::formats::preview::Preview;
use crate::formats::roles::Mapping;
use crate::ui::text;

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

/// Requests that wait for a reply.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requests {
    pub(super) tickets: StoredValue<Tickets>,
    /// Answers stay packed until [`DataState::explore`] reads them: the first screen's app does not contain that code.
    pub(super) explores: Waiting<Packed>,
    pub(super) peeks: Waiting<Preview>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            tickets: StoredValue::default(),
            explores: StoredValue::new_local(HashMap::new()),
            peeks: StoredValue::new_local(HashMap::new()),
        }
    }
}

impl DataState {
    /// Asks the explorer. The worker must hold the data set ([`DataState::can_explore`]).
    ///
    /// # Errors
    /// A sentence that says why there is no reply.
    pub async fn explore(self, question: Explore) -> Result<Explored, String> {
        let question = Packed::new(&question)?;
        let Some(opening) = self.shown() else { return Err(text::open::NO_DATA.to_owned()) };
        let ticket = self.ticket(|_, _| {});
        let (sender, receiver) = oneshot::channel();
        self.requests.explores.update_value(|waiting| {
            waiting.insert(ticket, sender);
        });
        self.send(&DataRequest::Explore { ticket, opening, question }, &[]);
        receiver.await.unwrap_or_else(|_dropped| Err(text::open::DATA_WORKER_STOPPED.to_owned()))?.open()
    }

    /// The first rows of a file as a table.
    ///
    /// # Errors
    /// A sentence that says why the file cannot be read as a table.
    pub async fn peek(self, name: String, file: web_sys::File, mapping: Mapping) -> Result<Preview, String> {
        let ticket = self.ticket(|_, _| {});
        let (sender, receiver) = oneshot::channel();
        self.requests.peeks.update_value(|waiting| {
            waiting.insert(ticket, sender);
        });
        self.send(&DataRequest::Peek { ticket, name, mapping }, &[file.into()]);
        receiver.await.unwrap_or_else(|_dropped| Err(text::open::DATA_WORKER_STOPPED.to_owned()))
    }

    /// The model for the chart by question: that of the open mark, or the first of the chart.
    pub(super) fn focus_of(self, view: RwSignal<View>) -> Option<GroupKey> {
        let open = view.with(|view| view.selection.as_ref().map(|open| open.group.clone()));
        let known = |models: &Option<Outcome>| models.as_ref().map(|models| models.rows.clone()).unwrap_or_default();
        let rows = self.drawn.models.with(known);
        let by_model = |group: &GroupKey| GroupKey { question: None, group: None, ..group.clone() };
        let open = open.map(|group| by_model(&group)).filter(|group| rows.iter().any(|row| row.key == *group));
        let first = || {
            let highest = |a: &&Row, b: &&Row| a.value.unwrap_or(-1.0).total_cmp(&b.value.unwrap_or(-1.0));
            // Among equal values, the last row is the one that the chart shows first: it sorts stably, highest first.
            rows.iter().rev().max_by(highest).map(|row| row.key.clone())
        };
        open.or_else(first)
    }

    pub(super) fn ticket(self, set: impl FnOnce(&mut Tickets, u64)) -> u64 {
        self.requests.tickets.update_value(|tickets| {
            tickets.last += 1;
            let last = tickets.last;
            set(tickets, last);
        });
        self.requests.tickets.get_value().last
    }

    /// The source that is being opened.
    pub fn pending(self) -> Option<Source> {
        self.reading.openings.with_value(|openings| openings.pending().cloned())
    }

    /// Number of the data set that the page shows.
    pub(super) fn shown(self) -> Option<u64> {
        self.reading.openings.with_value(Openings::shown)
    }

    /// Drops the replies under way, because the page shows other data now.
    pub(super) fn drop_replies(self) {
        self.ticket(|tickets, ticket| {
            *tickets = Tickets { last: tickets.last, models: ticket, questions: ticket, answers: ticket };
        });
    }

    pub(super) fn ask_models(self, query: Query) {
        let Some(opening) = self.shown() else { return };
        let ticket = self.ticket(|tickets, ticket| tickets.models = ticket);
        self.send(&DataRequest::Ask { ticket, opening, query: Box::new(query) }, &[]);
    }

    pub(super) fn ask_questions(self, query: Query) {
        let Some(opening) = self.shown() else { return };
        let ticket = self.ticket(|tickets, ticket| tickets.questions = ticket);
        self.send(&DataRequest::Ask { ticket, opening, query: Box::new(query) }, &[]);
    }

    pub(super) fn ask_answers(self, view: RwSignal<View>) {
        let Some((open, query)) = view.with(|view| view.selection.clone().map(|open| (open, Box::new(view.query()))))
        else {
            self.drawn.answers.set(None);
            return;
        };
        let Some(opening) = self.shown() else { return };
        let ticket = self.ticket(|tickets, ticket| tickets.answers = ticket);
        let (group, part, seed, offset) = (Box::new(open.group), open.part, open.seed, open.offset);
        self.send(&DataRequest::Read { ticket, opening, query, group, part, seed, offset, limit: PAGE }, &[]);
    }
}

pub(super) fn is_waiting<T: 'static>(waiting: Waiting<T>, ticket: u64) -> bool {
    waiting.with_value(|waiting| waiting.contains_key(&ticket))
}

pub(super) fn answer<T: 'static>(waiting: Waiting<T>, ticket: u64, result: Result<T, String>) {
    let sender = waiting.try_update_value(|waiting| waiting.remove(&ticket)).flatten();
    // The caller may be gone, with the figure that it belonged to.
    let _is_heard = sender.map(|sender| sender.send(result).is_ok());
}
