//! Compressed streams: gzip and Zstandard. A stream may consist of several parts.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Most memory that a frame may ask for. The default levels of common programs ask for at most 8 MiB.
const MAX_WINDOW_BYTES: u64 = 32 << 20;

/// Unpacks gzip.
pub fn gzip<R: Read>(from: R) -> MultiGzDecoder<R> {
    MultiGzDecoder::new(from)
}

/// Unpacks Zstandard: all frames in order.
pub struct Zstd<R> {
    from: Counted<R>,
    decoder: FrameDecoder,
    is_in_frame: bool,
    num_frames: u64,
}

impl<R: Read> Zstd<R> {
    /// Unpacks the bytes of `from`.
    pub fn new(from: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW_BYTES);
        Self { from: Counted { from, num_bytes: 0 }, decoder, is_in_frame: false, num_frames: 0 }
    }

    /// Starts the next frame. Returns whether there is one.
    fn next_frame(&mut self) -> io::Result<bool> {
        loop {
            let before = self.from.num_bytes;
            match self.decoder.init(&mut self.from) {
                Ok(()) => {
                    self.num_frames += 1;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.from).take(u64::from(length)), &mut io::sink())?;
                }
                // The end of the stream.
                Err(_) if self.from.num_bytes == before => return Ok(false),
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
        }
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
                self.decoder
                    .decode_blocks(&mut self.from, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| io::Error::other(error.to_string()))?;
            }
            let len = self.decoder.read(into)?;
            if len > 0 {
                return Ok(len);
            }
            if !into.is_empty() && self.decoder.is_finished() {
                let (stated, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
                if stated.is_some() && stated != found {
                    return Err(io::Error::other("a checksum is wrong: the file is damaged"));
                }
                self.is_in_frame = false;
            }
        }
    }
}

/// Counts the bytes read, to distinguish the end of the stream from damage.
struct Counted<R> {
    from: R,
    num_bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.from.read(into)?;
        self.num_bytes += len as u64;
        Ok(len)
    }
}
