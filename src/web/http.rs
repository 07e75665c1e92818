//! Downloads, resumed at any byte if the server supports it, and files from disk behind the same trait.
//!
//! A first download is a plain GET, which every server supports and which needs no CORS preflight. The model's headers
//! are read from its first bytes, while the connection holds the rest back. Only an interrupted download is resumed
//! with a `Range` header, which needs no preflight either. `If-Range` would need one, so versions are compared here.

use js_sys::{ArrayBuffer, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Blob, DedicatedWorkerGlobalScope, Headers, ReadableStream, ReadableStreamByobReader,
    ReadableStreamDefaultReader, ReferrerPolicy, RequestInit, Response,
};

use super::values::{from_u64, message, to_u64};
use crate::engine::RuntimeError;
use crate::engine::cache::{Answer, Body, Http};

/// Bytes per read of a file.
const CHUNK_BYTES: u32 = 1 << 20;

const PARTIAL_CONTENT: u16 = 206;
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// Where the bytes come from.
#[derive(Debug)]
pub(super) enum WebHttp {
    /// An address.
    Net(DedicatedWorkerGlobalScope),
    /// A file from disk.
    Disk(Blob),
}

/// A response body, or a file from disk, that is being read.
#[derive(Debug)]
pub(super) enum WebBody {
    /// A file from disk, read in slices.
    Disk {
        /// The file.
        blob: Blob,
        /// Bytes read so far, as a JavaScript number.
        at: f64,
    },
    /// A download, read as its bytes arrive.
    Net(Reader),
}

/// The browser's stream reader of a download.
#[derive(Debug)]
pub(super) enum Reader {
    /// Fills the same buffer again and again. Without it, bytes that were already read waited for the garbage
    /// collector: 48 MiB of them during a download of 98 MB.
    Byob {
        /// The browser's reader.
        reader: ReadableStreamByobReader,
        /// The buffer; it is detached while a read is pending.
        buffer: ArrayBuffer,
    },
    /// The default reader, for browsers without byte streams.
    Plain(ReadableStreamDefaultReader),
}

#[wasm_bindgen]
extern "C" {
    /// A `ReadableStream`. Its `getReader` can throw, which the binding in web-sys does not report.
    type Stream;

    #[wasm_bindgen(catch, method, js_name = getReader)]
    fn get_reader(this: &Stream, options: &JsValue) -> Result<JsValue, JsValue>;
}

impl Reader {
    fn new(body: &ReadableStream) -> Result<Self, JsValue> {
        let options = js_sys::Object::new();
        Reflect::set(&options, &"mode".into(), &"byob".into())?;
        let body: &Stream = body.unchecked_ref();
        match body.get_reader(&options) {
            Ok(reader) => Ok(Self::Byob { reader: reader.unchecked_into(), buffer: ArrayBuffer::new(CHUNK_BYTES) }),
            Err(_) => Ok(Self::Plain(body.get_reader(&JsValue::UNDEFINED)?.unchecked_into())),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, JsValue> {
        let promise = match self {
            Self::Byob { reader, buffer } => reader.read_with_array_buffer_view(&Uint8Array::new(buffer)),
            Self::Plain(reader) => reader.read(),
        };
        let step = JsFuture::from(promise).await?;
        let Ok(bytes) = Reflect::get(&step, &"value".into())?.dyn_into::<Uint8Array>() else { return Ok(None) };
        if let Self::Byob { buffer, .. } = self {
            *buffer = bytes.buffer();
        }
        // At the end of the stream the view is empty.
        Ok((bytes.length() > 0).then(|| bytes.to_vec()))
    }

    fn cancel(&self) -> Promise {
        match self {
            Self::Byob { reader, .. } => reader.cancel(),
            Self::Plain(reader) => reader.cancel(),
        }
    }
}

impl Http for WebHttp {
    type Body = WebBody;

    async fn get(&self, address: &str, from: u64) -> Result<Option<Answer<WebBody>>, RuntimeError> {
        match self {
            Self::Disk(blob) => {
                let body = WebBody::Disk { blob: blob.clone(), at: from_u64(from) };
                let total = Some(to_u64(blob.size()));
                // For a file from disk the address serves as its version.
                let version = Some(address.to_owned());
                Ok(Some(Answer { first_byte: from, total, is_total_exact: true, version, body }))
            }
            Self::Net(scope) => fetch(scope, address, from).await,
        }
    }
}

/// A request that the server has not answered yet. Dropping it aborts the request.
struct Request(Option<AbortController>);

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
    }
}

async fn fetch(
    scope: &DedicatedWorkerGlobalScope,
    address: &str,
    from: u64,
) -> Result<Option<Answer<WebBody>>, RuntimeError> {
    let failed = |error: JsValue| RuntimeError::Source(format!("{address}: {}", message(&error)));
    let init = RequestInit::new();
    // The page's address may name what the reader looks at.
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    if from > 0 {
        let headers = Headers::new().map_err(failed)?;
        headers.append("Range", &format!("bytes={from}-")).map_err(failed)?;
        init.set_headers(&headers);
    }
    let mut request = Request(AbortController::new().ok());
    init.set_signal(request.0.as_ref().map(AbortController::signal).as_ref());
    let response = JsFuture::from(scope.fetch_with_str_and_init(address, &init)).await.map_err(failed)?;
    // From here on, dropping the body cancels the download.
    request.0 = None;
    let response: Response = response.dyn_into().map_err(failed)?;
    if response.status() == RANGE_NOT_SATISFIABLE && from > 0 {
        return Ok(None);
    }
    if !response.ok() {
        let status = format!("{address}: the server answers {} {}", response.status(), response.status_text());
        return Err(RuntimeError::Source(status));
    }
    let header = |name: &str| response.headers().get(name).ok().flatten();
    // With a content encoding, `Content-Length` is the compressed length.
    let length = header("content-length").filter(|_| header("content-encoding").is_none());
    let length = length.and_then(|length| length.parse::<u64>().ok());
    let range = header("content-range");
    let (first_byte, total) = if response.status() == PARTIAL_CONTENT {
        // CORS may hide `Content-Range` from the page; then the body is taken to start at the requested byte.
        let range = range.as_deref().and_then(parse_range);
        let first = range.map_or(from, |range| range.0);
        (first, range.and_then(|range| range.1).or(length.map(|length| first + length)))
    } else {
        (0, length)
    };
    // A weak ETag does not guarantee identical bytes.
    let tag = header("etag").filter(|tag| !tag.starts_with("W/"));
    let version = tag.or_else(|| header("last-modified"));
    let body = response.body().ok_or_else(|| RuntimeError::Source(format!("{address}: the answer is empty")))?;
    let reader = Reader::new(&body).map_err(failed)?;
    Ok(Some(Answer { first_byte, total, is_total_exact: false, version, body: WebBody::Net(reader) }))
}

/// Parses `bytes FIRST-LAST/TOTAL` to the first byte and the total, which is `None` for `*`.
fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _last) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

impl Body for WebBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let failed = |error: JsValue| RuntimeError::Source(message(&error));
        match self {
            Self::Disk { blob, at } => {
                let end = (*at + f64::from(CHUNK_BYTES)).min(blob.size());
                if *at >= end {
                    return Ok(None);
                }
                let slice = blob.slice_with_f64_and_f64(*at, end).map_err(failed)?;
                let buffer = JsFuture::from(slice.array_buffer()).await.map_err(failed)?;
                *at = end;
                Ok(Some(Uint8Array::new(&buffer).to_vec()))
            }
            Self::Net(reader) => reader.next().await.map_err(failed),
        }
    }
}

impl Drop for WebBody {
    fn drop(&mut self) {
        if let Self::Net(reader) = self {
            // Ends a download that was stopped. A failure of the cancellation does not matter.
            let cancelled = JsFuture::from(reader.cancel());
            spawn_local(async move {
                cancelled.await.ok();
            });
        }
    }
}
