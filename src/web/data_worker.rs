//! The data workers: they connect [`DataEngine`] to the page's messages and load the shipped figures.
//!
//! There are two data workers. The first screen needs only the shipped figures, so its worker reads no other format.
//! When the reader opens files, the worker that reads every format (`files_worker`) replaces it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_net::http::Request;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use super::port;
use crate::domain::rows::dataset::Dataset;
use crate::explorer::data_engine::{DataEngine, read_collections, read_files, read_findings, read_stated};
use crate::explorer::protocol::{DataEvent, DataRequest, Refused};
use crate::formats::aggregate;
use crate::formats::error::FormatError;
use crate::formats::report::Outcome;

/// Folder of the shipped figures, relative to the worker's own address.
const PUBLISHED: &str = "data/published";

/// Handles the requests that only the files worker can answer. Takes the worker, the request and its attachments.
pub(super) type Further = fn(Rc<Worker>, DataRequest, Vec<JsValue>);

/// The state of a running data worker.
pub(super) struct Worker {
    pub(super) scope: DedicatedWorkerGlobalScope,
    pub(super) engine: RefCell<DataEngine>,
    /// Number of the newest opening. An older opening that is still reading stops when it sees a newer number.
    opening: Cell<u64>,
    /// Absent in the worker that reads only the shipped figures.
    further: Option<Further>,
}

/// Starts the worker that reads only the shipped figures.
pub fn start() {
    start_with(None);
}

/// Starts a data worker, which handles messages until the page terminates it.
pub(super) fn start_with(further: Option<Further>) {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let worker =
        Rc::new(Worker { scope: scope.clone(), engine: RefCell::default(), opening: Cell::default(), further });
    let receiver = Rc::clone(&worker);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event| Worker::receive(&receiver, &event));
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The handler must live as long as the worker.
    on_message.forget();
    if let Err(error) = port::announce(&scope) {
        web_sys::console::error_1(&error.to_string().into());
    }
}

impl Worker {
    /// Whether the opening with this number is still the newest one.
    pub(super) fn is_newest(&self, number: u64) -> bool {
        self.opening.get() == number
    }

    /// Gives the opened data to the engine and reports to the page.
    pub(super) fn opened(&self, data: Dataset, outcomes: Vec<Outcome>) {
        let event = self.engine.borrow_mut().open(data, outcomes);
        self.send(&event);
    }

    pub(super) fn send(&self, event: &DataEvent) {
        if let Err(error) = port::post(&self.scope, event, &[]) {
            web_sys::console::error_1(&error.to_string().into());
        }
    }

    fn receive(this: &Rc<Self>, event: &MessageEvent) {
        match port::open::<DataRequest>(event) {
            Err(error) => this.send(&DataEvent::Failed { ticket: None, message: error.to_string() }),
            Ok((DataRequest::Ask { ticket, query }, _)) => this.send(&this.engine.borrow().ask(ticket, &query)),
            Ok((DataRequest::Read { ticket, query, group, part, seed, offset, limit }, _)) => {
                this.send(&this.engine.borrow().read(ticket, &query, &group, (part, seed), (offset, limit)));
            }
            Ok((DataRequest::ListPublished, _)) => {
                let this = Rc::clone(this);
                spawn_local(async move { this.send(&list_published().await) });
            }
            Ok((DataRequest::OpenPublished { id }, _)) => {
                let this = Rc::clone(this);
                spawn_local(async move { this.open_published(&id).await });
            }
            Ok((request, attachments)) => match this.further {
                Some(answer) => answer(Rc::clone(this), request, attachments),
                // The page starts the files worker before it sends such a request. If one arrives here, the page and
                // this script are from different builds.
                None => this.send(&DataEvent::Failed { ticket: None, message: "reload the page".to_owned() }),
            },
        }
    }

    /// Starts a new opening and returns its number. All earlier openings stop.
    pub(super) fn begin(&self) -> u64 {
        self.opening.set(self.opening.get() + 1);
        self.opening.get()
    }

    async fn open_published(&self, id: &str) {
        let number = self.begin();
        let bytes = fetch(&format!("{PUBLISHED}/{id}.csv")).await.map_err(FormatError::Unreadable);
        let (data, result) = match bytes.and_then(|bytes| aggregate::read(id, &bytes)) {
            Ok((data, report)) => (data, Ok(report)),
            Err(error) => (Dataset::of_counts(), Err(error)),
        };
        if self.is_newest(number) {
            self.opened(data, vec![(id.to_owned(), result)]);
        }
    }
}

async fn list_published() -> DataEvent {
    let list = async {
        let collections = read_collections(&fetch(&format!("{PUBLISHED}/collections.csv")).await?)?;
        let stated = read_stated(&fetch(&format!("{PUBLISHED}/stated.csv")).await?)?;
        let files = read_files(&fetch(&format!("{PUBLISHED}/files.csv")).await?, &collections)?;
        let findings = read_findings(&fetch(&format!("{PUBLISHED}/findings.csv")).await?)?;
        Ok::<_, String>(DataEvent::Published { collections, stated, files, findings })
    };
    match list.await {
        Ok(event) => event,
        Err(message) => {
            DataEvent::NotOpened { refused: vec![Refused { file: "published figures".to_owned(), message }] }
        }
    }
}

/// Fetches a file that ships with the page, or returns the reason why it cannot be loaded.
async fn fetch(path: &str) -> Result<Vec<u8>, String> {
    let response = Request::get(path).send().await.map_err(|error| format!("could not be loaded ({error})"))?;
    if !response.ok() {
        return Err(format!("could not be loaded (the server answers {})", response.status()));
    }
    response.binary().await.map_err(|error| format!("could not be loaded ({error})"))
}
