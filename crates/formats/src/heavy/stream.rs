//! Compressed streams: gzip and Zstandard. A stream may consist of several parts. Their checksums are compared.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Most memory that a frame may ask for. The default levels of common programs ask for at most 8 MiB.
const MAX_WINDOW_BYTES: u64 = 32 << 20;
/// First byte of each gzip part.
const GZIP_START: u8 = 0x1F;

/// Unpacks gzip: all parts in order.
pub fn gzip<R: Read>(from: R) -> Gzip<R> {
    Gzip { part: Some(GzDecoder::new(BufReader::new(from))) }
}

/// Unpacks gzip. Zeros after the last part are ignored, as `gzip` itself does.
pub struct Gzip<R> {
    part: Option<GzDecoder<BufReader<R>>>,
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = &mut self.part {
            let len = part.read(into)?;
            if len > 0 || into.is_empty() {
                return Ok(len);
            }
            self.part = match self.part.take() {
                Some(part) => next_part(part.into_inner())?,
                None => None,
            };
        }
        Ok(0)
    }
}

/// The part after another one; `None` if there is none.
fn next_part<R: Read>(mut from: BufReader<R>) -> io::Result<Option<GzDecoder<BufReader<R>>>> {
    loop {
        let rest = from.fill_buf()?;
        match rest.first() {
            None => return Ok(None),
            Some(&GZIP_START) => return Ok(Some(GzDecoder::new(from))),
            Some(0) => {
                let num_zeros = rest.iter().take_while(|byte| **byte == 0).count();
                from.consume(num_zeros);
            }
            // What came before is complete, so it is used, as if the file ended too early.
            Some(_) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "bytes follow that are not gzip")),
        }
    }
}

/// Unpacks Zstandard: all frames in order.
pub struct Zstd<R> {
    from: Counted<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
    /// Bytes that came out of the current frame.
    num_out: u64,
}

impl<R: Read> Zstd<R> {
    /// Unpacks the bytes of `from`.
    pub fn new(from: R) -> Self {
        Self::with_window(from, MAX_WINDOW_BYTES)
    }

    /// Unpacks bytes that ask for at most this much memory.
    pub fn with_window(from: R, max_bytes: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(max_bytes.min(MAX_WINDOW_BYTES));
        Self { from: Counted { from, num_bytes: 0, is_at_end: false }, decoder, is_in_frame: false, num_out: 0 }
    }

    /// Starts the next frame. Returns whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let before = self.from.num_bytes;
            match self.decoder.init(&mut self.from) {
                Ok(()) => {
                    self.num_out = 0;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.from).take(u64::from(length)), &mut io::sink())?;
                }
                // The end of the stream.
                Err(_) if self.from.num_bytes == before => return Ok(false),
                Err(error) => return Err(self.from.broken(&error)),
            }
        }
    }

    /// Checks the frame that ended, as far as it states its checksum and its size.
    fn check(&self) -> io::Result<()> {
        let (stated, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        let size = self.decoder.content_size();
        if (stated.is_some() && stated != found) || (size > 0 && size != self.num_out) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a checksum is wrong"));
        }
        Ok(())
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_in_frame {
                self.is_in_frame = self.next_frame()?;
                if !self.is_in_frame {
                    return Ok(0);
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let step = BlockDecodingStrategy::UptoBlocks(1);
                let result = self.decoder.decode_blocks(&mut self.from, step);
                result.map_err(|error| self.from.broken(&error))?;
            }
            let len = self.decoder.read(into)?;
            if len > 0 {
                self.num_out += len as u64;
                return Ok(len);
            }
            if !into.is_empty() && self.decoder.is_finished() {
                self.check()?;
                self.is_in_frame = false;
            }
        }
    }
}

/// Counts the bytes read, to distinguish the end of the stream from damage.
struct Counted<R> {
    from: R,
    num_bytes: u64,
    is_at_end: bool,
}

impl<R> Counted<R> {
    /// The error for a frame that cannot be read: it was cut off if the stream has ended, and is damaged otherwise.
    fn broken(&self, error: &impl ToString) -> io::Error {
        let kind = if self.is_at_end { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
        io::Error::new(kind, error.to_string())
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.from.read(into)?;
        self.num_bytes += len as u64;
        self.is_at_end |= len == 0 && !into.is_empty();
        Ok(len)
    }
}
