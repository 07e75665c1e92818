//! The data workers: they connect [`DataEngine`] to the page's messages and load the shipped figures.
//!
//! There are two data workers. The first screen needs only the shipped figures, so its worker reads no other format.
//! When the reader opens files, the worker that reads every format (`files_worker`) replaces it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_net::http::Request;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, DedicatedWorkerGlobalScope, MessageEvent};

use super::port;
use crate::domain::rows::dataset::Dataset;
use crate::explorer::data_engine::{DataEngine, read_collections, read_files, read_findings, read_stated};
use crate::explorer::protocol::{DataEvent, DataRequest, Refused};
use crate::formats::aggregate;
use crate::formats::error::FormatError;
use crate::formats::report::Outcome;

/// Folder of the shipped figures, relative to the worker's own address.
const PUBLISHED: &str = "data/published";

/// Error if the data changed while the page asked about them.
const OTHER_DATA: &str = "other data were opened in the meantime: try again";

/// Handles the requests that only the files worker can answer. Takes the worker, the request and its attachments.
pub(super) type Further = fn(Rc<Worker>, DataRequest, Vec<JsValue>);

/// The state of a running data worker.
pub(super) struct Worker {
    pub(super) scope: DedicatedWorkerGlobalScope,
    pub(super) engine: RefCell<DataEngine>,
    /// Number of the newest opening, 0 after it was stopped. An older opening that is still reading stops when it sees
    /// another number.
    opening: Cell<u64>,
    /// Ends the download of the newest opening.
    download: RefCell<Option<AbortController>>,
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
    let worker = Rc::new(Worker {
        scope: scope.clone(),
        engine: RefCell::default(),
        opening: Cell::default(),
        download: RefCell::default(),
        further,
    });
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
    pub(super) fn opened(&self, opening: u64, data: Dataset, outcomes: Vec<Outcome>) {
        let event = self.engine.borrow_mut().open(opening, data, outcomes);
        self.send(&event);
    }

    /// Lets the next opening end a download.
    pub(super) fn abort_with(&self, download: AbortController) {
        self.download.replace(Some(download));
    }

    pub(super) fn send(&self, event: &DataEvent) {
        if let Err(error) = port::post(&self.scope, event, &[]) {
            web_sys::console::error_1(&error.to_string().into());
        }
    }

    fn receive(this: &Rc<Self>, event: &MessageEvent) {
        match port::open::<DataRequest>(event) {
            Err(error) => this.send(&DataEvent::Failed { ticket: None, message: error.to_string() }),
            // The page asks again when it shows another data set.
            Ok((DataRequest::Ask { opening, .. } | DataRequest::Read { opening, .. }, _)) if !this.holds(opening) => {}
            Ok((DataRequest::Explore { ticket, opening, .. }, _)) if !this.holds(opening) => {
                this.send(&DataEvent::Failed { ticket: Some(ticket), message: OTHER_DATA.to_owned() });
            }
            Ok((DataRequest::Ask { ticket, query, .. }, _)) => this.send(&this.engine.borrow().ask(ticket, &query)),
            Ok((DataRequest::Read { ticket, query, group, part, seed, offset, limit, .. }, _)) => {
                this.send(&this.engine.borrow().read(ticket, &query, &group, (part, seed), (offset, limit)));
            }
            Ok((DataRequest::ListPublished, _)) => {
                let this = Rc::clone(this);
                spawn_local(async move { this.send(&list_published().await) });
            }
            Ok((DataRequest::OpenPublished { opening, id }, _)) => {
                this.begin(opening);
                let this = Rc::clone(this);
                spawn_local(async move { this.open_published(opening, &id).await });
            }
            // The current reading stops, and the data stay as they were.
            Ok((DataRequest::Cancel, _)) => this.begin(0),
            Ok((request, attachments)) => match this.further {
                Some(answer) => answer(Rc::clone(this), request, attachments),
                // The page starts the files worker before it sends such a request. If one arrives here, the page and
                // this script are from different builds.
                None => this.send(&DataEvent::Failed { ticket: None, message: "reload the page".to_owned() }),
            },
        }
    }

    fn holds(&self, opening: u64) -> bool {
        self.engine.borrow().holds(opening)
    }

    /// Starts a new opening. All earlier ones stop.
    pub(super) fn begin(&self, opening: u64) {
        self.opening.set(opening);
        if let Some(download) = self.download.take() {
            download.abort();
        }
    }

    async fn open_published(&self, opening: u64, id: &str) {
        let bytes = match is_id(id) {
            true => fetch(&format!("{PUBLISHED}/{id}.csv")).await.map_err(FormatError::Unreadable),
            false => Err(FormatError::Unreadable("this is not the name of published figures".to_owned())),
        };
        let (data, result) = match bytes.and_then(|bytes| aggregate::read(id, &bytes)) {
            Ok((data, report)) => (data, Ok(report)),
            Err(error) => (Dataset::of_counts(), Err(error)),
        };
        if self.is_newest(opening) {
            self.opened(opening, data, vec![(id.to_owned(), result)]);
        }
    }
}

/// Whether a link's id can only be a file in the folder of the shipped figures.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
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
        Err(message) => DataEvent::NotOpened {
            opening: 0,
            refused: vec![Refused { file: "published figures".to_owned(), message }],
        },
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
