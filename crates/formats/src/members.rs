//! The receiver of unpacked members.

use crate::error::FormatError;
use crate::options::Options;
use crate::reader::{FileReader, Loader};

/// Receives members, one after the other.
pub trait Members {
    /// A member with this name begins. The name is a path: the archive's, then the member's inside it.
    fn begin(&mut self, name: &str);

    /// Receives the member's next bytes. Returns whether more of them are wanted.
    fn chunk(&mut self, bytes: &[u8]) -> bool;

    /// The member ends, complete or broken.
    fn end(&mut self, result: Result<(), FormatError>);

    /// Reports a member that could not be unpacked at all.
    fn refuse(&mut self, name: &str, error: FormatError);
}

/// Reads unpacked members into a loader.
#[derive(Debug)]
pub struct Unpacked<'a> {
    loader: &'a mut Loader,
    options: Options,
    reader: Option<FileReader>,
}

impl<'a> Unpacked<'a> {
    /// A receiver that reads members with these options.
    pub fn new(loader: &'a mut Loader, options: impl Into<Options>) -> Self {
        Self { loader, options: options.into(), reader: None }
    }

    /// Number of rows read so far from the current member.
    #[must_use]
    pub fn num_rows(&self) -> u64 {
        self.reader.as_ref().map_or(0, FileReader::num_rows)
    }

    /// The loader that receives the rows.
    #[must_use]
    pub const fn loader(&self) -> &Loader {
        self.loader
    }
}

impl Members for Unpacked<'_> {
    fn begin(&mut self, name: &str) {
        self.reader = Some(FileReader::new(name, self.options.clone()));
    }

    fn chunk(&mut self, bytes: &[u8]) -> bool {
        self.reader.as_mut().is_some_and(|reader| reader.feed(self.loader, bytes))
    }

    fn end(&mut self, result: Result<(), FormatError>) {
        let Some(mut reader) = self.reader.take() else { return };
        if let Err(error) = result {
            reader.fail(error);
        }
        self.loader.close(reader);
    }

    fn refuse(&mut self, name: &str, error: FormatError) {
        self.loader.refuse(name, error);
    }
}
