//! The data worker's shell: messages, files and the ships' figures around [`DataEngine`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_net::http::Request;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

use super::port;
use crate::formats::error::FormatError;
use crate::formats::reader::{FileReader, Loader};
use crate::formats::roles::Need;
use crate::runtime::data_engine::{DataEngine, read_collections, read_stated};
use crate::runtime::data_protocol::{DataEvent, DataRequest, Refused};

/// Bytes read of a file before the page hears of its progress and the worker looks at its messages.
const CHUNK_BYTES: u32 = 2 << 20;

/// Where the shipped figures stand, from the worker's own address.
const PUBLISHED: &str = "data/published";

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    engine: RefCell<DataEngine>,
    /// Number of the newest opening: an older one that is still reading stops.
    opening: Cell<u64>,
}

/// Starts the worker: takes messages until the page ends it.
pub fn start() {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let worker = Rc::new(Worker { scope: scope.clone(), engine: RefCell::default(), opening: Cell::default() });
    let receiver = Rc::clone(&worker);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event| Worker::receive(&receiver, &event));
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker's whole life needs it.
    on_message.forget();
    if let Err(error) = port::announce(&scope) {
        web_sys::console::error_1(&error.to_string().into());
    }
}

impl Worker {
    fn send(&self, event: &DataEvent) {
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
            Ok((DataRequest::OpenFiles { names }, attachments)) => {
                let this = Rc::clone(this);
                spawn_local(async move { this.open_files(&names, attachments).await });
            }
        }
    }

    /// Numbers a new opening, which outdates every other.
    fn begin(&self) -> u64 {
        self.opening.set(self.opening.get() + 1);
        self.opening.get()
    }

    async fn open_published(&self, id: &str) {
        let number = self.begin();
        let mut files = Loader::default();
        let mut reader = FileReader::new(id, Need::Judged);
        match fetch(&format!("{PUBLISHED}/{id}.csv")).await {
            Ok(bytes) => {
                reader.feed(&mut files, &bytes);
            }
            Err(message) => reader.fail(FormatError::Unreadable(message)),
        }
        files.close(reader);
        if self.opening.get() == number {
            let event = self.engine.borrow_mut().open(files);
            self.send(&event);
        }
    }

    async fn open_files(&self, names: &[String], attachments: Vec<JsValue>) {
        let number = self.begin();
        let mut files = Loader::default();
        for (name, attachment) in names.iter().zip(attachments) {
            let mut reader = FileReader::new(name, Need::Any);
            if !self.read_file(number, name, attachment, &mut files, &mut reader).await {
                return;
            }
            files.close(reader);
        }
        let event = self.engine.borrow_mut().open(files);
        self.send(&event);
    }

    /// Reads one file; false when a newer opening has begun.
    async fn read_file(
        &self,
        number: u64,
        name: &str,
        attachment: JsValue,
        files: &mut Loader,
        reader: &mut FileReader,
    ) -> bool {
        let Ok(file) = attachment.dyn_into::<File>() else {
            reader.fail(FormatError::Unreadable("the page sent no file".to_owned()));
            return true;
        };
        let size = file.size();
        let mut at = 0.0;
        while at < size {
            let end = (at + f64::from(CHUNK_BYTES)).min(size);
            let bytes = match read_slice(&file, at, end).await {
                Ok(bytes) => bytes,
                Err(error) => {
                    reader.fail(error);
                    return true;
                }
            };
            if self.opening.get() != number {
                return false;
            }
            if !reader.feed(files, &bytes) {
                return true;
            }
            at = end;
            let rows = reader.num_rows();
            self.send(&DataEvent::Progress {
                file: name.to_owned(),
                bytes: to_u64(at),
                total_bytes: to_u64(size),
                rows,
            });
        }
        true
    }
}

/// Bytes `from..to` of a file.
async fn read_slice(file: &File, from: f64, to: f64) -> Result<Vec<u8>, FormatError> {
    let unreadable = |error: JsValue| {
        // A file that was changed, moved or deleted since it was chosen fails here.
        FormatError::Unreadable(format!("the browser says {}; choose the file again", describe(&error)))
    };
    let slice = file.slice_with_f64_and_f64(from, to).map_err(unreadable)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(unreadable)?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

fn describe(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a file's size is a whole number below 2^53"
)]
const fn to_u64(size: f64) -> u64 {
    size as u64
}

async fn list_published() -> DataEvent {
    let list = async {
        let collections = read_collections(&fetch(&format!("{PUBLISHED}/collections.csv")).await?)?;
        let stated = read_stated(&fetch(&format!("{PUBLISHED}/stated.csv")).await?)?;
        Ok::<_, String>(DataEvent::Published { collections, stated })
    };
    match list.await {
        Ok(event) => event,
        Err(message) => {
            DataEvent::NotOpened { refused: vec![Refused { file: "published figures".to_owned(), message }] }
        }
    }
}

/// Fetches a file that ships with the page.
async fn fetch(path: &str) -> Result<Vec<u8>, String> {
    let response = Request::get(path).send().await.map_err(|error| format!("could not be loaded ({error})"))?;
    if !response.ok() {
        return Err(format!("could not be loaded (the server answers {})", response.status()));
    }
    response.binary().await.map_err(|error| format!("could not be loaded ({error})"))
}
