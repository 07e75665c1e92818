//! The part of the files worker that unpacks, loaded when the first packed file is opened (see [`part`]).
//!
//! [`unpack`] runs in the part: it sends each piece as bytes and learns whether more are wanted. [`run`] runs in the
//! worker and gives the pieces to [`Members`]. Each piece is one function call on the same thread, so nothing is queued
//! between them.

use std::io;

use js_sys::{Function, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, DedicatedWorkerGlobalScope, FileReaderSync};

use super::part;
use super::values::{from_u64, message, to_u64};
use crate::formats::error::FormatError;
use crate::formats::heavy::source::Source;
use crate::formats::heavy::unpack as unpack_members;
use crate::formats::members::Members;

/// The base name of the part's files.
const NAME: &str = "unpack_part";

/// A message about a member of the packed file, in order.
#[derive(Debug, Serialize, Deserialize)]
enum Piece<'a> {
    /// A member with this name begins.
    Begin(&'a str),
    /// The member's next bytes.
    Chunk(&'a [u8]),
    /// The member ends, or could not be read to its end.
    End(Result<(), FormatError>),
    /// A member that could not be unpacked.
    Refuse(&'a str, FormatError),
}

#[wasm_bindgen]
extern "C" {
    /// The loaded part: what `src/bin/unpack_part.rs` exports.
    pub(super) type Part;

    #[wasm_bindgen(catch, method)]
    fn unpack(
        this: &Part,
        name: &str,
        file: &Blob,
        take: &mut dyn FnMut(Uint8Array) -> bool,
    ) -> Result<Uint8Array, JsValue>;
}

/// Loads the part. It is downloaded only the first time, from the page's own site.
///
/// # Errors
/// [`FormatError::Unreadable`] when it cannot be loaded.
pub(super) async fn load(scope: &DedicatedWorkerGlobalScope) -> Result<Part, FormatError> {
    let failed = |why: String| {
        FormatError::Unreadable(format!("the part of this page that unpacks files did not arrive ({why}); try again"))
    };
    part::load(scope, NAME).await.map(JsCast::unchecked_into).map_err(failed)
}

/// Unpacks a file with the part and passes its members to `members`.
///
/// # Errors
/// [`FormatError`] when nothing can be unpacked, or the part crashed on the file.
pub(super) fn run(part: &Part, name: &str, file: &Blob, members: &mut dyn Members) -> Result<(), FormatError> {
    let mut take = |bytes: Uint8Array| {
        let bytes = bytes.to_vec();
        match postcard::from_bytes(&bytes) {
            Ok(Piece::Begin(name)) => members.begin(name),
            Ok(Piece::Chunk(bytes)) => return members.chunk(bytes),
            Ok(Piece::End(result)) => members.end(result),
            Ok(Piece::Refuse(name, error)) => members.refuse(name, error),
            Err(_) => return false,
        }
        true
    };
    let end = part.unpack(name, file, &mut take).map_err(|error| {
        let why = message(&error);
        FormatError::Unreadable(format!("unpacking stopped ({why}): unpack the file and open what is inside"))
    })?;
    postcard::from_bytes(&end.to_vec()).unwrap_or_else(|error| Err(FormatError::Unreadable(error.to_string())))
}

/// Runs in the part: unpacks a file, passes its pieces to `take`, and returns the result for the whole file as bytes.
#[must_use]
pub fn unpack(name: &str, file: &Blob, take: &Function) -> Uint8Array {
    let result = OnDisk::new(file).and_then(|source| unpack_members(name, &source, &mut Said { take }));
    Uint8Array::from(packed(&result).as_slice())
}

/// A message as bytes. Writing to memory does not fail; if it did, the receiver would refuse the empty bytes.
fn packed(message: &impl Serialize) -> Vec<u8> {
    postcard::to_allocvec(message).unwrap_or_default()
}

/// Sends pieces to [`run`].
struct Said<'a> {
    take: &'a Function,
}

impl Said<'_> {
    /// Sends a piece and returns whether more are wanted.
    fn say(&self, piece: &Piece<'_>) -> bool {
        let bytes = Uint8Array::from(packed(piece).as_slice());
        // The call throws when the receiver failed, and then no more pieces are wanted.
        self.take.call1(&JsValue::UNDEFINED, &bytes).is_ok_and(|wants_more| wants_more.is_truthy())
    }
}

impl Members for Said<'_> {
    fn begin(&mut self, name: &str) {
        self.say(&Piece::Begin(name));
    }

    fn chunk(&mut self, bytes: &[u8]) -> bool {
        self.say(&Piece::Chunk(bytes))
    }

    fn end(&mut self, result: Result<(), FormatError>) {
        self.say(&Piece::End(result));
    }

    fn refuse(&mut self, name: &str, error: FormatError) {
        self.say(&Piece::Refuse(name, error));
    }
}

/// A file on disk, read at any position, so that members of an archive are read without the rest.
struct OnDisk {
    file: Blob,
    reader: FileReaderSync,
}

impl OnDisk {
    fn new(file: &Blob) -> Result<Self, FormatError> {
        let reader = FileReaderSync::new().map_err(|error| FormatError::Unreadable(message(&error)))?;
        Ok(Self { file: file.clone(), reader })
    }
}

impl Source for OnDisk {
    fn len(&self) -> u64 {
        to_u64(self.file.size())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let failed = |error: JsValue| io::Error::other(message(&error));
        let (from, to) = (from_u64(at), from_u64(at + into.len() as u64).min(self.file.size()));
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
