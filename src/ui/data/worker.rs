//! The data worker: starting it, restarting it after it died, and sending requests.

use std::collections::HashMap;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::DataState;
use crate::domain::view::View;
use crate::explorer::opening::Openings;
use crate::explorer::protocol::{DataEvent, DataRequest, Refused};
use crate::ui::text;
use crate::web::client::{Notice, WorkerClient};

/// Script of the worker that holds the shipped figures, relative to the page.
const FIGURES_SCRIPT: &str = "worker_loader.js?data_worker";
/// Script of the worker that also reads files and draws any figure. It replaces the other one when it is needed.
const FILES_SCRIPT: &str = "worker_loader.js?files_worker";
/// After this many deaths in a row, the worker is not restarted.
const MAX_DEATHS: u32 = 3;

/// The running worker, and which one it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Worker {
    client: StoredValue<Option<WorkerClient<DataRequest, DataEvent>>, LocalStorage>,
    /// Deaths since it last opened a data set.
    pub(super) num_deaths: StoredValue<u32>,
    /// Whether the running worker can read files.
    pub(super) reads_files: StoredValue<bool>,
    /// Whether this is the explorer's app: the first screen's app opens no files.
    pub(super) has_explorer: bool,
}

impl Worker {
    /// No worker yet.
    pub(super) fn new(has_explorer: bool) -> Self {
        Self {
            client: StoredValue::new_local(None),
            num_deaths: StoredValue::default(),
            reads_files: StoredValue::default(),
            has_explorer,
        }
    }
}

impl DataState {
    pub(super) fn start_worker(self, view: RwSignal<View>) {
        let script = if self.worker.reads_files.get_value() { FILES_SCRIPT } else { FIGURES_SCRIPT };
        self.reading.openings.update_value(Openings::restart);
        self.reading.can_explore.set(false);
        self.drop_replies();
        // The old worker will not reply to them any more.
        self.requests.explores.update_value(HashMap::clear);
        self.requests.peeks.update_value(HashMap::clear);
        let started = WorkerClient::start(script, move |notice| match notice {
            Notice::Event(event) => self.take(view, event),
            Notice::Died(why) => self.bury(view, &why),
        });
        match started {
            Ok(client) => self.worker.client.set_value(Some(client)),
            Err(message) => self.tell(text::open::DATA_WORKER, message),
        }
        // The previous worker may have ended before it listed what ships with the page.
        if self.shipped.collections.with_untracked(Vec::is_empty) {
            self.send(&DataRequest::ListPublished, &[]);
        }
    }

    /// After the worker died: starts another and opens the same data again.
    fn bury(self, view: RwSignal<View>, why: &str) {
        self.worker.client.set_value(None);
        self.reading.progress.set(None);
        let num_deaths = self.worker.num_deaths.get_value() + 1;
        self.worker.num_deaths.set_value(num_deaths);
        if num_deaths > MAX_DEATHS {
            self.tell(text::open::DATA_WORKER, text::open::worker_gave_up(why));
            self.settle(view, Openings::restart);
            return;
        }
        self.tell(text::open::DATA_WORKER, text::open::worker_restarted(why));
        self.start_worker(view);
        self.follow_source(view);
    }

    pub(super) fn send(self, request: &DataRequest, attachments: &[JsValue]) {
        let sent =
            self.worker.client.with_value(|client| client.as_ref().map(|client| client.send(request, attachments)));
        if let Some(Err(message)) = sent {
            self.tell(text::open::DATA_WORKER, message);
        }
    }

    pub(super) fn tell(self, file: &str, message: String) {
        self.reading.refused.update(|refused| refused.push(Refused { file: file.to_owned(), message }));
    }
}
