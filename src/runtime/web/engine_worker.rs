//! The engine worker's shell: messages, files, downloads and the GPU around [`engine::serve`].

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, ReadableStreamDefaultReader, Response};

use super::port;
use crate::gpu::{Gpu, GpuError, GpuOptions};
use crate::runtime::engine::{self, Host};
use crate::runtime::protocol::{Command, Event, FailedStep, Failure, Source};
use crate::runtime::{ByteSource, RuntimeError};

/// Bytes read of a file at once.
const CHUNK_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

/// Starts the worker: takes commands until the page ends it.
pub fn start() {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let bell = MessageChannel::new().ok();
    let host = Rc::new(WebHost { scope: scope.clone(), queue: RefCell::default(), waiting: RefCell::default(), bell });
    let receiver = Rc::clone(&host);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event| receiver.receive(&event));
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker's whole life needs it.
    on_message.forget();
    if let Err(error) = port::announce(&scope) {
        web_sys::console::error_1(&error.to_string().into());
    }
    spawn_local(async move { engine::serve(&*host).await });
}

struct WebHost {
    scope: DedicatedWorkerGlobalScope,
    queue: RefCell<VecDeque<(Command, Option<JsValue>)>>,
    /// Woken by the next message.
    waiting: RefCell<Option<oneshot::Sender<()>>>,
    /// Messages to itself stand in line with those of the page; timers would wait some milliseconds.
    bell: Option<MessageChannel>,
}

impl WebHost {
    fn receive(&self, event: &MessageEvent) {
        match port::open::<Command>(event) {
            Ok((command, attachments)) => {
                self.queue.borrow_mut().push_back((command, attachments.into_iter().next()));
                if let Some(sender) = self.waiting.borrow_mut().take() {
                    // The receiver is gone only when nobody waits.
                    sender.send(()).ok();
                }
            }
            Err(error) => {
                let failure = Failure { what: FailedStep::Message, message: error.to_string(), model_lost: false };
                self.emit(Event::Failed(failure));
            }
        }
    }
}

impl Host for WebHost {
    type Attachment = JsValue;
    type Source = WebSource;

    fn emit(&self, event: Event) {
        if let Err(error) = port::post(&self.scope, &event, &[]) {
            web_sys::console::error_1(&error.to_string().into());
        }
    }

    fn now_ms(&self) -> f64 {
        self.scope.performance().map_or_else(js_sys::Date::now, |performance| performance.now())
    }

    async fn next_command(&self) -> Option<(Command, Option<JsValue>)> {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            if next.is_some() {
                return next;
            }
            let (sender, receiver) = oneshot::channel();
            self.waiting.replace(Some(sender));
            receiver.await.ok()?;
        }
    }

    async fn rest(&self) {
        let Some(bell) = &self.bell else { return };
        let rung = Promise::new(&mut |resolve, _| bell.port1().set_onmessage(Some(&resolve)));
        if bell.port2().post_message(&JsValue::NULL).is_ok() {
            JsFuture::from(rung).await.ok();
        }
    }

    fn is_interrupted(&self) -> bool {
        engine::interrupts(&self.queue.borrow())
    }

    async fn open(&self, source: &Source, attachment: Option<JsValue>) -> Result<WebSource, RuntimeError> {
        match source {
            Source::Disk => {
                let blob = attachment.and_then(|value| value.dyn_into::<Blob>().ok());
                let blob = blob.ok_or_else(|| RuntimeError::Source("the page sent no file".to_owned()))?;
                Ok(WebSource::File { blob, at: 0.0 })
            }
            Source::Url(address) => WebSource::fetch(&self.scope, address).await,
        }
    }

    async fn open_gpu(&self) -> Result<Rc<Gpu>, GpuError> {
        let gpu = Reflect::get(&self.scope.navigator(), &"gpu".into()).unwrap_or(JsValue::UNDEFINED);
        if gpu.is_undefined() || gpu.is_null() {
            let reason = if self.scope.is_secure_context() {
                "this browser has no WebGPU: use a current Chrome, Edge, Safari or Firefox"
            } else {
                "browsers give WebGPU only to secure pages: open this page over https, or from localhost"
            };
            return Err(GpuError::NoWebGpu(reason.to_owned()));
        }
        Gpu::new(GpuOptions::default()).await
    }
}

/// A model's bytes in a browser.
pub enum WebSource {
    /// A file from disk, read in slices.
    File {
        /// The file.
        blob: Blob,
        /// Bytes read.
        at: f64,
    },
    /// A download, read as it comes: the server needs to know nothing but GET.
    Download {
        /// The response's body.
        reader: ReadableStreamDefaultReader,
        /// What the server says the length is.
        total_bytes: Option<u64>,
    },
}

impl WebSource {
    async fn fetch(scope: &DedicatedWorkerGlobalScope, address: &str) -> Result<Self, RuntimeError> {
        let failed = |error: JsValue| RuntimeError::Source(format!("{address}: {}", message(&error)));
        let response = JsFuture::from(scope.fetch_with_str(address)).await.map_err(failed)?;
        let response: Response = response.dyn_into().map_err(failed)?;
        if !response.ok() {
            let status = format!("{address}: the server answers {} {}", response.status(), response.status_text());
            return Err(RuntimeError::Source(status));
        }
        let body = response.body().ok_or_else(|| RuntimeError::Source(format!("{address}: the answer is empty")))?;
        let length = response.headers().get("content-length").ok().flatten();
        let reader = body.get_reader().dyn_into().map_err(|other| failed(other.into()))?;
        Ok(Self::Download { reader, total_bytes: length.and_then(|length| length.parse().ok()) })
    }
}

impl Drop for WebSource {
    fn drop(&mut self) {
        if let Self::Download { reader, .. } = self {
            // Ends a download that was stopped; whether the server hears of it does not matter.
            let cancelled = JsFuture::from(reader.cancel());
            spawn_local(async move {
                cancelled.await.ok();
            });
        }
    }
}

impl ByteSource for WebSource {
    fn total_bytes(&self) -> Option<u64> {
        match self {
            Self::File { blob, .. } => Some(to_u64(blob.size())),
            Self::Download { total_bytes, .. } => *total_bytes,
        }
    }

    /// A server that compresses on the way states the compressed length.
    fn is_total_exact(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let failed = |error: JsValue| RuntimeError::Source(message(&error));
        match self {
            Self::File { blob, at } => {
                let end = (*at + CHUNK_BYTES).min(blob.size());
                if *at >= end {
                    return Ok(None);
                }
                let slice = blob.slice_with_f64_and_f64(*at, end).map_err(failed)?;
                let buffer = JsFuture::from(slice.array_buffer()).await.map_err(failed)?;
                *at = end;
                Ok(Some(Uint8Array::new(&buffer).to_vec()))
            }
            Self::Download { reader, .. } => {
                let step = JsFuture::from(reader.read()).await.map_err(failed)?;
                let value = Reflect::get(&step, &"value".into()).map_err(failed)?;
                Ok(value.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec()))
            }
        }
    }
}

/// A thrown value's own words.
fn message(error: &JsValue) -> String {
    let text = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    text.or_else(|| error.as_string()).unwrap_or_else(|| "no reason given".to_owned())
}

/// JavaScript counts bytes in doubles, exact to 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole and not negative")]
fn to_u64(bytes: f64) -> u64 {
    bytes as u64
}
