//! A worker of a run (the engine or a server), with its remaining tasks and failures.

use std::collections::{BTreeMap, BTreeSet};

use super::run::Task;
use super::server::{Server, ServerError};

/// Attempts before a server is given up. With the waits between them, these take somewhat over a minute.
const MOST_ATTEMPTS: u32 = 7;

/// The engine or a server as a worker.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    url: Option<String>,
    /// Most work in progress at once.
    most: u32,
    num_under_way: u32,
    todo: BTreeSet<Task>,
    /// Tasks that failed: number of attempts, and the wait before the next in milliseconds.
    failed: BTreeMap<Task, (u32, u32)>,
    /// Whether the server is asked for log-probabilities.
    has_logprobs: bool,
    is_given_up: bool,
    trouble: Option<Trouble>,
}

/// A problem with a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The server's address.
    pub url: String,
    /// The last error.
    pub error: ServerError,
    /// Milliseconds until the next attempt. `None` if the server was given up.
    pub wait_ms: Option<u32>,
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}. ", self.url, self.error)?;
        match self.wait_ms {
            Some(wait) => write!(f, "It is asked again after {} s.", wait.div_ceil(1000)),
            None => f.write_str("The answers so far are kept; resume when this is fixed."),
        }
    }
}

impl Lane {
    pub(super) fn engine() -> Self {
        Self {
            url: None,
            most: 1,
            num_under_way: 0,
            todo: BTreeSet::new(),
            failed: BTreeMap::new(),
            has_logprobs: true,
            is_given_up: false,
            trouble: None,
        }
    }

    pub(super) fn server(server: &Server) -> Self {
        Self { url: Some(server.url.clone()), most: server.at_once, ..Self::engine() }
    }

    /// Allows more work at once, because the experiment names the server twice.
    pub(super) fn widen(&mut self, most: u32) {
        self.most = self.most.max(most);
    }

    pub(super) const fn url(&self) -> Option<&String> {
        self.url.as_ref()
    }

    pub(super) const fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    pub(super) const fn has_logprobs(&self) -> bool {
        self.has_logprobs
    }

    pub(super) fn is_free(&self) -> bool {
        !self.is_given_up && self.num_under_way < self.most && !self.todo.is_empty()
    }

    pub(super) fn ask(&mut self, task: Task) {
        self.todo.insert(task);
    }

    pub(super) fn first(&self) -> Option<Task> {
        self.todo.first().copied()
    }

    /// Removes the first task. Also returns how long it must wait, in milliseconds.
    pub(super) fn take_first(&mut self) -> Option<(Task, u32)> {
        let task = self.todo.pop_first()?;
        Some((task, self.failed.get(&task).map_or(0, |(_, wait)| *wait)))
    }

    /// Removes the first tasks, at most `most`, as long as they belong together.
    pub(super) fn take_while(&mut self, most: usize, belongs: impl Fn(&Task) -> bool) -> Vec<Task> {
        let tasks: Vec<Task> = self.todo.iter().copied().take_while(belongs).take(most).collect();
        for task in &tasks {
            self.todo.remove(task);
        }
        tasks
    }

    pub(super) const fn begin(&mut self) {
        self.num_under_way += 1;
    }

    pub(super) const fn end(&mut self) {
        self.num_under_way = self.num_under_way.saturating_sub(1);
    }

    pub(super) fn succeed(&mut self, task: Task) {
        self.failed.remove(&task);
        self.trouble = None;
    }

    pub(super) fn fail(&mut self, task: Task, error: ServerError) {
        self.todo.insert(task);
        if error == ServerError::NoLogprobs && self.has_logprobs {
            self.has_logprobs = false;
            return;
        }
        let attempt = self.failed.get(&task).map_or(0, |(attempts, _)| *attempts) + 1;
        let wait_ms = error.wait_ms(attempt).filter(|_| attempt < MOST_ATTEMPTS);
        self.failed.insert(task, (attempt, wait_ms.unwrap_or(0)));
        self.is_given_up |= wait_ms.is_none();
        self.trouble =
            self.url.clone().map(|url| Trouble { url, error, wait_ms: wait_ms.filter(|_| !self.is_given_up) });
    }

    pub(super) fn resume(&mut self) {
        self.is_given_up = false;
        self.failed.clear();
        self.trouble = None;
    }
}
