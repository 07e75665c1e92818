//! The worker that reads files of any format. Tables and JSON are read in chunks from start to end; archives and other
//! packed files are read at the positions of their members.

use std::cell::Cell;
use std::rc::Rc;

use data_encoding::HEXLOWER;
use js_sys::Uint8Array;
use sha2::{Digest, Sha256};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, Blob, File, ReferrerPolicy, RequestInit};

use super::data_worker::{self, Worker};
use super::unpack_part;
use super::values::{from_u64, message, to_u64};
use crate::domain::query::{Query, run};
use crate::domain::text::words::size_text;
use crate::explorer::protocol::{DataEvent, DataRequest, Opening};
use crate::formats::error::FormatError;
use crate::formats::members::{Members, Unpacked};
use crate::formats::options::Options;
use crate::formats::reader::{FileReader, Loader, preview};
use crate::formats::roles::{Mapping, Need};
use crate::formats::sniff::{HEAD_BYTES, Kind, kind_of};

/// Bytes read between two progress reports to the page. The worker also handles messages in between.
const CHUNK_BYTES: f64 = (2 << 20) as f64;
/// The longest file that is downloaded, in bytes. A download is in memory as a whole.
const MAX_DOWNLOAD: u64 = 512 << 20;

/// Starts the worker.
pub fn start() {
    data_worker::start_with(Some(further));
}

/// Handles the requests that concern the reader's own files.
fn further(worker: Rc<Worker>, request: DataRequest, handles: Vec<JsValue>) {
    match request {
        DataRequest::OpenFiles { opening: number, files, mappings, query } => {
            worker.begin(number);
            let options = Options { remembered: mappings.into(), ..Need::Any.into() };
            let opening = Reading { worker, number, options, query, next_partial: Cell::new(1) };
            spawn_local(async move { opening.open(files, handles).await });
        }
        DataRequest::Peek { ticket, name, mapping } => {
            spawn_local(async move { worker.send(&peek(ticket, &name, mapping, handles).await) });
        }
        DataRequest::Explore { ticket, question, .. } => {
            let event = worker.engine.borrow_mut().explore(ticket, &question);
            worker.send(&event);
        }
        // `data_worker` answers these itself.
        DataRequest::ListPublished
        | DataRequest::OpenPublished { .. }
        | DataRequest::Ask { .. }
        | DataRequest::Read { .. }
        | DataRequest::Cancel => {}
    }
}

/// An opening that is being read.
struct Reading {
    worker: Rc<Worker>,
    /// Number of this opening; it stops when a newer one starts.
    number: u64,
    options: Options,
    /// The query that is answered for the rows so far.
    query: Box<Query>,
    /// Number of rows at which the next partial rates are sent. It doubles each time, so the total cost is small.
    next_partial: Cell<u64>,
}

/// The first 2 MiB of a file as a table.
async fn peek(ticket: u64, name: &str, mapping: Mapping, handles: Vec<JsValue>) -> DataEvent {
    let head = async {
        let file = handles.into_iter().next().and_then(|handle| handle.dyn_into::<File>().ok());
        let file = file.ok_or_else(|| FormatError::Unreadable("the page sent no file".to_owned()))?;
        let bytes = read_slice(&file, 0.0, file.size().min(CHUNK_BYTES)).await?;
        preview(name, &bytes, mapping)
    };
    match head.await {
        Ok(preview) => DataEvent::Peeked { ticket, preview },
        Err(error) => DataEvent::Failed { ticket: Some(ticket), message: error.to_string() },
    }
}

impl Reading {
    async fn open(&self, files: Vec<Opening>, handles: Vec<JsValue>) {
        let (mut loader, mut handles) = (Loader::default(), handles.into_iter());
        for file in files {
            let found = match &file.address {
                Some(address) => self.download(&file, address).await,
                None => handles
                    .next()
                    .and_then(|handle| handle.dyn_into::<File>().ok())
                    .map(Blob::from)
                    .ok_or_else(|| FormatError::Unreadable("the page sent no file".to_owned())),
            };
            if !self.is_newest() {
                return;
            }
            match found {
                Err(error) => loader.refuse(&file.name, error),
                Ok(blob) => self.read((&file.name, &blob), &mut loader).await,
            }
            if !self.is_newest() {
                return;
            }
        }
        let (data, outcomes) = loader.finish();
        self.worker.opened(self.number, data, outcomes);
    }

    fn is_newest(&self) -> bool {
        self.worker.is_newest(self.number)
    }

    /// Reports progress to the page.
    fn tell(&self, name: &str, at: f64, size: f64, rows: u64) {
        let (file, bytes, total_bytes) = (name.to_owned(), to_u64(at), to_u64(size));
        self.worker.send(&DataEvent::Progress { opening: self.number, file, bytes, total_bytes, rows });
    }

    /// Sends the page the rates of the rows so far, if there are enough new rows.
    fn tell_partial(&self, loader: &Loader) {
        let rows = loader.data.num_rows();
        if rows < self.next_partial.get() {
            return;
        }
        self.next_partial.set(rows * 2);
        // A query that fails now may have an answer when all rows are read.
        if let Ok(outcome) = run(&loader.data, &self.query) {
            self.worker.send(&DataEvent::Partial { opening: self.number, outcome, rows });
        }
    }

    /// Loads a file from an address that the reader gave. This is a plain GET without extra headers: they could need a
    /// CORS preflight, and some servers fail on range requests after a redirect.
    async fn download(&self, file: &Opening, address: &str) -> Result<Blob, FormatError> {
        let blocked = || {
            FormatError::Unreadable(
                "the browser could not load the address: it may not exist, or its site does not let pages of other sites read it \
                 (no CORS header); download the file and drop it here"
                    .to_owned(),
            )
        };
        let abort = AbortController::new().map_err(|error| unreadable(&error))?;
        let init = RequestInit::new();
        init.set_signal(Some(&abort.signal()));
        init.set_referrer_policy(ReferrerPolicy::NoReferrer);
        self.worker.abort_with(abort.clone());
        let asked = self.worker.scope.fetch_with_str_and_init(address, &init);
        let response = JsFuture::from(asked).await.map_err(|_thrown| blocked())?;
        let response: web_sys::Response = response.dyn_into().map_err(|_other| blocked())?;
        if !response.ok() {
            let status = response.status();
            return Err(FormatError::Unreadable(format!("the server answers {status}: check the address")));
        }
        let total = response.headers().get("content-length").ok().flatten().and_then(|length| length.parse().ok());
        let too_large = || {
            // Nothing else of the file is received.
            abort.abort();
            FormatError::Unreadable(format!(
                "it is larger than {}, the most that the page downloads: download it yourself and drop it here",
                size_text(MAX_DOWNLOAD)
            ))
        };
        if total.is_some_and(|total| total > from_u64(MAX_DOWNLOAD)) {
            return Err(too_large());
        }
        let body = response.body().ok_or_else(blocked)?;
        let reader: web_sys::ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let (parts, mut at, mut sum) = (js_sys::Array::new(), 0.0, Sha256::new());
        loop {
            let step = JsFuture::from(reader.read()).await.map_err(|error| unreadable(&error))?;
            if !self.is_newest() {
                return Err(FormatError::Unreadable("it was cancelled".to_owned()));
            }
            let value = js_sys::Reflect::get(&step, &"value".into()).map_err(|error| unreadable(&error))?;
            let Ok(bytes) = value.dyn_into::<Uint8Array>() else { break };
            at += f64::from(bytes.length());
            if at > from_u64(MAX_DOWNLOAD) {
                return Err(too_large());
            }
            if file.sha256.is_some() {
                sum.update(bytes.to_vec());
            }
            parts.push(&bytes);
            self.tell(&file.name, at, total.unwrap_or(0.0), 0);
        }
        let found = HEXLOWER.encode(&sum.finalize());
        if let Some(wanted) = file.sha256.as_ref().filter(|wanted| !wanted.eq_ignore_ascii_case(&found)) {
            return Err(FormatError::Unreadable(format!(
                "the file has changed since it was listed (SHA-256 {found}, listed as {wanted}), so it was not opened: to read it \
                 anyway, download it and drop it here"
            )));
        }
        Blob::new_with_u8_array_sequence(&parts).map_err(|error| unreadable(&error))
    }

    /// Reads one file to its end, or until a newer opening starts.
    async fn read(&self, (name, file): (&str, &Blob), loader: &mut Loader) {
        match is_packed(file).await {
            Err(error) => return loader.refuse(name, error),
            Ok(true) => {
                self.tell(name, 0.0, file.size(), 0);
                let unpack = unpack_part::load(&self.worker.scope).await;
                if !self.is_newest() {
                    return;
                }
                let mut members =
                    Told { reading: self, inner: Unpacked::new(loader, self.options.clone()), member: None };
                let unpacked = unpack.and_then(|part| unpack_part::run(&part, name, file, &mut members));
                if let Err(error) = unpacked {
                    loader.refuse(name, error);
                }
                return;
            }
            Ok(false) => {}
        }
        let (mut reader, size, mut at) = (FileReader::new(name, self.options.clone()), file.size(), 0.0);
        while at < size {
            let end = (at + CHUNK_BYTES).min(size);
            let bytes = read_slice(file, at, end).await;
            if !self.is_newest() {
                return;
            }
            match bytes {
                Ok(bytes) if reader.feed(loader, &bytes) => {}
                Ok(_) => break,
                Err(error) => {
                    reader.fail(error);
                    break;
                }
            }
            at = end;
            self.tell(name, at, size, reader.num_rows());
            if at < size {
                self.tell_partial(loader);
            }
        }
        loader.close(reader);
    }
}

/// Whether a file's first bytes show that it holds packed data.
async fn is_packed(file: &Blob) -> Result<bool, FormatError> {
    #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
    let head = read_slice(file, 0.0, file.size().min(HEAD_BYTES as f64)).await?;
    Ok(matches!(kind_of(&head)?, Kind::Packed(_)))
}

/// Passes members on to the loader, and reports their progress and rows to the page.
struct Told<'a> {
    reading: &'a Reading,
    inner: Unpacked<'a>,
    /// The current member's name, its bytes so far, and its bytes at the last report.
    member: Option<(String, f64, f64)>,
}

impl Members for Told<'_> {
    fn begin(&mut self, name: &str) {
        self.reading.tell(name, 0.0, 0.0, 0);
        self.member = Some((name.to_owned(), 0.0, 0.0));
        self.inner.begin(name);
    }

    fn chunk(&mut self, bytes: &[u8]) -> bool {
        let wants_more = self.inner.chunk(bytes);
        if let Some((name, at, told)) = &mut self.member {
            *at += from_u64(bytes.len() as u64);
            if *at - *told >= CHUNK_BYTES {
                *told = *at;
                self.reading.tell(name, *at, 0.0, self.inner.num_rows());
                self.reading.tell_partial(self.inner.loader());
            }
        }
        wants_more
    }

    fn end(&mut self, result: Result<(), FormatError>) {
        self.inner.end(result);
    }

    fn refuse(&mut self, name: &str, error: FormatError) {
        self.inner.refuse(name, error);
    }
}

/// The bytes `from..to` of a file.
async fn read_slice(file: &Blob, from: f64, to: f64) -> Result<Vec<u8>, FormatError> {
    let slice = file.slice_with_f64_and_f64(from, to).map_err(|error| unreadable(&error))?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(|error| unreadable(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// The error for a file that was changed, moved or deleted after it was chosen.
fn unreadable(error: &JsValue) -> FormatError {
    FormatError::Unreadable(format!("the browser says {}; choose the file again", message(error)))
}
