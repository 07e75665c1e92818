//! The browser's private files (OPFS) as a model store. Its synchronous handles, which only workers have, read into and
//! write from wasm memory without a copy in between.

use futures_channel::oneshot;
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, DedicatedWorkerGlobalScope, FileSystemDirectoryHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemReadWriteOptions, FileSystemSyncAccessHandle, StorageEstimate,
};

use super::values::{error_name, from_u64, message, to_u64};
use crate::engine::cache::{Mode, Store, StoreError, StoreFile};

/// The folder that holds all models.
const FOLDER: &str = "models";
/// A closed handle keeps its lock for a moment, so opening a busy file is tried this many times, with this pause.
const NUM_TRIES: u32 = 10;
const BETWEEN_TRIES_MS: i32 = 30;

#[wasm_bindgen]
extern "C" {
    /// A `FileSystemFileHandle`. The binding in web-sys lacks the newer options, and old browsers lack some methods.
    type FileHandle;

    #[wasm_bindgen(catch, method, js_name = createSyncAccessHandle)]
    fn create_sync_access_handle(this: &FileHandle, options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(catch, method, js_name = getFile)]
    fn get_file(this: &FileHandle) -> Result<Promise, JsValue>;
}

/// The folder of models in the browser's private files.
#[derive(Clone, Debug)]
pub(super) struct Opfs {
    scope: DedicatedWorkerGlobalScope,
    folder: FileSystemDirectoryHandle,
}

/// An open file.
#[derive(Debug)]
pub(super) enum OpfsFile {
    /// Opened for reading, or for reading and writing.
    Handle(FileSystemSyncAccessHandle),
    /// Opened for reading only, while another tab has the file open.
    Snapshot(Blob),
}

impl Opfs {
    /// Opens the folder, and creates it if it is absent.
    ///
    /// # Errors
    /// When the browser offers the page no private files: the page is not secure, or the window is in private mode.
    pub(super) async fn open(scope: &DedicatedWorkerGlobalScope) -> Result<Self, StoreError> {
        let storage = Reflect::get(&scope.navigator(), &"storage".into()).map_err(|error| failure(&error))?;
        if storage.is_undefined() {
            return Err(StoreError::Failed("this browser gives the page no storage".to_owned()));
        }
        let root = await_js(scope.navigator().storage().get_directory()).await?;
        let root: FileSystemDirectoryHandle = root.dyn_into().map_err(|error| failure(&error))?;
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = await_js(root.get_directory_handle_with_options(FOLDER, &options)).await?;
        Ok(Self { scope: scope.clone(), folder: folder.dyn_into().map_err(|error| failure(&error))? })
    }

    async fn try_open(&self, name: &str, mode: Mode) -> Result<Option<OpfsFile>, StoreError> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(mode == Mode::Write);
        let handle = match JsFuture::from(self.folder.get_file_handle_with_options(name, &options)).await {
            Ok(handle) => handle.unchecked_into::<FileHandle>(),
            Err(error) if error_name(&error) == "NotFoundError" => return Ok(None),
            Err(error) => return Err(failure(&error)),
        };
        // Browsers without access modes lock the file for readers too.
        let options = js_sys::Object::new();
        if mode == Mode::Read {
            Reflect::set(&options, &"mode".into(), &"read-only".into()).map_err(|error| failure(&error))?;
        }
        let opened = match handle.create_sync_access_handle(&options) {
            Ok(promise) => opened(promise).await,
            Err(error) => Err(failure(&error)),
        };
        match opened {
            Ok(file) => Ok(Some(file)),
            Err(StoreError::Busy) if mode == Mode::Read => {
                let file = await_js(handle.get_file().map_err(|error| failure(&error))?).await?;
                Ok(Some(OpfsFile::Snapshot(file.unchecked_into())))
            }
            Err(error) => Err(error),
        }
    }

    async fn pause(&self) {
        let scope = self.scope.clone();
        let promise = Promise::new(&mut move |resolve, _| {
            // If no timer can be set, resolve at once.
            if scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, BETWEEN_TRIES_MS).is_err() {
                resolve.call0(&JsValue::UNDEFINED).ok();
            }
        });
        JsFuture::from(promise).await.ok();
    }
}

/// Waits for a handle. A handle locks its file, so it is closed if the caller has stopped waiting.
async fn opened(promise: Promise) -> Result<OpfsFile, StoreError> {
    let (sender, receiver) = oneshot::channel();
    spawn_local(async move {
        let file = await_js(promise).await.map(|handle| OpfsFile::Handle(handle.unchecked_into()));
        // A file that cannot be sent is dropped, which closes it.
        drop(sender.send(file));
    });
    receiver.await.unwrap_or_else(|_| Err(StoreError::Failed("the file was not opened".to_owned())))
}

impl Store for Opfs {
    type File = OpfsFile;

    async fn open(&self, name: &str, mode: Mode) -> Result<Option<OpfsFile>, StoreError> {
        let mut tries = 1;
        loop {
            match self.try_open(name, mode).await {
                Err(StoreError::Busy) if tries < NUM_TRIES => self.pause().await,
                done => return done,
            }
            tries += 1;
        }
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let mut tries = 1;
        loop {
            match JsFuture::from(self.folder.remove_entry(name)).await {
                Ok(_) => return Ok(()),
                Err(error) if error_name(&error) == "NotFoundError" => return Ok(()),
                Err(error) => match failure(&error) {
                    StoreError::Busy if tries < NUM_TRIES => self.pause().await,
                    other => return Err(other),
                },
            }
            tries += 1;
        }
    }

    async fn names(&self) -> Result<Vec<String>, StoreError> {
        let keys = self.folder.keys();
        let mut names = Vec::new();
        loop {
            let step = await_js(keys.next().map_err(|error| failure(&error))?).await?;
            let value = Reflect::get(&step, &"value".into()).map_err(|error| failure(&error))?;
            match value.as_string() {
                Some(name) => names.push(name),
                None => return Ok(names),
            }
        }
    }

    async fn room(&self) -> Option<u64> {
        let estimate = JsFuture::from(self.scope.navigator().storage().estimate().ok()?).await.ok()?;
        let estimate: StorageEstimate = estimate.unchecked_into();
        Some(to_u64((estimate.get_quota()? - estimate.get_usage()?).max(0.0)))
    }

    fn now_ms(&self) -> f64 {
        js_sys::Date::now()
    }
}

impl StoreFile for OpfsFile {
    fn num_bytes(&self) -> Result<u64, StoreError> {
        match self {
            Self::Handle(handle) => handle.get_size().map(to_u64).map_err(|error| failure(&error)),
            Self::Snapshot(blob) => Ok(to_u64(blob.size())),
        }
    }

    async fn read(&self, at: u64, into: &mut [u8]) -> Result<usize, StoreError> {
        match self {
            Self::Handle(handle) => {
                let read = handle.read_with_u8_array_and_options(into, &options(at));
                read.map(|len| usize::try_from(to_u64(len)).unwrap_or_default()).map_err(|error| failure(&error))
            }
            Self::Snapshot(blob) => {
                let end = from_u64(at + into.len() as u64);
                let slice = blob.slice_with_f64_and_f64(from_u64(at), end).map_err(|error| failure(&error))?;
                let bytes = Uint8Array::new(&await_js(slice.array_buffer()).await?);
                let len = usize::try_from(bytes.length()).unwrap_or_default().min(into.len());
                bytes.copy_to(&mut into[..len]);
                Ok(len)
            }
        }
    }

    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.handle()?.write_with_u8_array_and_options(bytes, &options(at));
        match written.map(to_u64) {
            Ok(len) if len == bytes.len() as u64 => Ok(()),
            Ok(_) => Err(StoreError::Full),
            Err(error) => Err(failure(&error)),
        }
    }

    fn truncate(&self, num_bytes: u64) -> Result<(), StoreError> {
        self.handle()?.truncate_with_f64(from_u64(num_bytes)).map_err(|error| failure(&error))
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.handle()?.flush().map_err(|error| failure(&error))
    }
}

impl OpfsFile {
    fn handle(&self) -> Result<&FileSystemSyncAccessHandle, StoreError> {
        match self {
            Self::Handle(handle) => Ok(handle),
            Self::Snapshot(_) => Err(StoreError::Busy),
        }
    }
}

impl Drop for OpfsFile {
    fn drop(&mut self) {
        if let Self::Handle(handle) = self {
            handle.close();
        }
    }
}

fn options(at: u64) -> FileSystemReadWriteOptions {
    let options = FileSystemReadWriteOptions::new();
    options.set_at(from_u64(at));
    options
}

async fn await_js(promise: Promise) -> Result<JsValue, StoreError> {
    JsFuture::from(promise).await.map_err(|error| failure(&error))
}

/// Maps a browser's error, identified by its name, to a [`StoreError`].
fn failure(error: &JsValue) -> StoreError {
    match error_name(error).as_str() {
        "NoModificationAllowedError" => StoreError::Busy,
        "QuotaExceededError" => StoreError::Full,
        _ => StoreError::Failed(message(error)),
    }
}
