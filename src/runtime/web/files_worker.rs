//! The worker that reads files of any format: tables and JSON in chunks as they come, packed ones from wherever their members
//! lie.

use std::io;
use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File, FileReaderSync};

use super::data_worker::{self, Worker};
use crate::formats::error::FormatError;
use crate::formats::heavy::members::{Members, Unpacked};
use crate::formats::heavy::source::Source;
use crate::formats::heavy::unpack;
use crate::formats::reader::{FileReader, Loader};
use crate::formats::roles::Need;
use crate::formats::sniff::{HEAD_BYTES, Kind, kind_of};
use crate::runtime::data_protocol::DataEvent;

/// Bytes read of a file before the page hears of its progress and the worker looks at its messages.
const CHUNK_BYTES: f64 = (2 << 20) as f64;

/// Starts the worker.
pub fn start() {
    data_worker::start_with(Some(|worker, number, names, handles| {
        spawn_local(async move { open(&worker, number, &names, handles).await });
    }));
}

async fn open(worker: &Rc<Worker>, number: u64, names: &[String], handles: Vec<JsValue>) {
    let mut loader = Loader::default();
    for (name, handle) in names.iter().zip(handles) {
        let Ok(file) = handle.dyn_into::<File>() else {
            loader.refuse(name, FormatError::Unreadable("the page sent no file".to_owned()));
            continue;
        };
        if !read(worker, number, (name, &file), &mut loader).await {
            return;
        }
    }
    let (data, outcomes) = loader.finish();
    worker.opened(data, outcomes);
}

/// Reads one file; false when a newer opening has begun.
async fn read(worker: &Worker, number: u64, (name, file): (&str, &File), loader: &mut Loader) -> bool {
    match is_packed(file).await {
        Err(error) => {
            loader.refuse(name, error);
            return true;
        }
        Ok(true) => {
            tell(worker, name, 0.0, file.size(), 0);
            let unpacked = OnDisk::new(file).and_then(|source| {
                unpack(name, &source, &mut Told { worker, inner: Unpacked::new(loader, Need::Any) })
            });
            if let Err(error) = unpacked {
                loader.refuse(name, error);
            }
            return worker.is_newest(number);
        }
        Ok(false) => {}
    }
    let (mut reader, size, mut at) = (FileReader::new(name, Need::Any), file.size(), 0.0);
    while at < size {
        let end = (at + CHUNK_BYTES).min(size);
        let bytes = read_slice(file, at, end).await;
        if !worker.is_newest(number) {
            return false;
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
        tell(worker, name, at, size, reader.num_rows());
    }
    loader.close(reader);
    true
}

/// Whether a file's first bytes say that others are packed in it.
async fn is_packed(file: &File) -> Result<bool, FormatError> {
    #[expect(clippy::cast_precision_loss, reason = "some thousand bytes")]
    let head = read_slice(file, 0.0, file.size().min(HEAD_BYTES as f64)).await?;
    Ok(matches!(kind_of(&head)?, Kind::Packed(_)))
}

fn tell(worker: &Worker, name: &str, at: f64, size: f64, rows: u64) {
    let (file, bytes, total_bytes) = (name.to_owned(), to_u64(at), to_u64(size));
    worker.send(&DataEvent::Progress { file, bytes, total_bytes, rows });
}

/// Members on their way into the loader: the page hears of each.
struct Told<'a> {
    worker: &'a Worker,
    inner: Unpacked<'a>,
}

impl Members for Told<'_> {
    fn begin(&mut self, name: &str) {
        tell(self.worker, name, 0.0, 0.0, 0);
        self.inner.begin(name);
    }

    fn chunk(&mut self, bytes: &[u8]) -> bool {
        self.inner.chunk(bytes)
    }

    fn end(&mut self, result: Result<(), FormatError>) {
        self.inner.end(result);
    }

    fn refuse(&mut self, name: &str, error: FormatError) {
        self.inner.refuse(name, error);
    }
}

/// Bytes `from..to` of a file.
async fn read_slice(file: &File, from: f64, to: f64) -> Result<Vec<u8>, FormatError> {
    let slice = file.slice_with_f64_and_f64(from, to).map_err(|error| unreadable(&error))?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(|error| unreadable(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// A file that was changed, moved or deleted since it was chosen fails so.
fn unreadable(error: &JsValue) -> FormatError {
    FormatError::Unreadable(format!("the browser says {}; choose the file again", describe(error)))
}

fn describe(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

/// A file that is read where it lies: members of an archive are read without the rest.
struct OnDisk {
    file: Blob,
    reader: FileReaderSync,
}

impl OnDisk {
    fn new(file: &File) -> Result<Self, FormatError> {
        let reader = FileReaderSync::new().map_err(|error| unreadable(&error))?;
        Ok(Self { file: Blob::from(file.clone()), reader })
    }
}

impl Source for OnDisk {
    fn len(&self) -> u64 {
        to_u64(self.file.size())
    }

    #[expect(clippy::cast_precision_loss, reason = "a file's size is a whole number below 2^53")]
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let failed = |error: JsValue| io::Error::other(describe(&error));
        let (from, to) = (at as f64, (at as f64 + into.len() as f64).min(self.file.size()));
        if from >= to {
            return Ok(0);
        }
        let slice = self.file.slice_with_f64_and_f64(from, to).map_err(failed)?;
        let bytes = Uint8Array::new(&self.reader.read_as_array_buffer(&slice).map_err(failed)?.into());
        let found = bytes.to_vec();
        let len = found.len().min(into.len());
        into[..len].copy_from_slice(&found[..len]);
        Ok(len)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a file's size is a whole number below 2^53"
)]
const fn to_u64(size: f64) -> u64 {
    size as u64
}
