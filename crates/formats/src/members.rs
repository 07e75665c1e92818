//! Where unpacked members go.

use crate::error::FormatError;
use crate::options::Options;
use crate::reader::{FileReader, Loader};

/// Takes members, one after the other.
pub trait Members {
    /// A member of this name begins. Names are paths: the archive's, then the member's in it.
    fn begin(&mut self, name: &str);

    /// Its next bytes; whether more of it are wanted.
    fn chunk(&mut self, bytes: &[u8]) -> bool;

    /// It ends, whole or broken.
    fn end(&mut self, result: Result<(), FormatError>);

    /// A member that could not be unpacked at all.
    fn refuse(&mut self, name: &str, error: FormatError);
}

/// Reads members into a loader.
#[derive(Debug)]
pub struct Unpacked<'a> {
    loader: &'a mut Loader,
    options: Options,
    reader: Option<FileReader>,
}

impl<'a> Unpacked<'a> {
    /// Reads members with these options.
    pub fn new(loader: &'a mut Loader, options: impl Into<Options>) -> Self {
        Self { loader, options: options.into(), reader: None }
    }

    /// Rows of the member that comes, so far.
    #[must_use]
    pub fn num_rows(&self) -> u64 {
        self.reader.as_ref().map_or(0, FileReader::num_rows)
    }

    /// Where its rows go.
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
