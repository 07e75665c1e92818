//! Compressed forms of files: chooses the form for a browser, and stores each form so that it is made only once.

use std::collections::HashMap;
use std::io::{Read, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Brotli's quality for files served from this machine. 1.5 MB of code take half a second on a small machine. The
/// slowest quality, 11, takes ten times as long and saves a tenth of the size.
const SERVED_QUALITY: i32 = 9;
/// Brotli's largest window.
const WINDOW: i32 = 22;

/// A way to send a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The encoding's name in HTTP and in ETags.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// The encoding that a browser prefers by its `Accept-Encoding`, and the smallest one if it has no preference. A
    /// refused encoding is never chosen. If no other encoding is possible, the file is sent uncompressed.
    pub(crate) fn negotiate(accepted: &str) -> Self {
        let mut best = (Self::Identity, 0.0);
        for encoding in [Self::Brotli, Self::Gzip, Self::Identity] {
            let weight = weight(accepted, encoding);
            if weight > best.1 {
                best = (encoding, weight);
            }
        }
        best.0
    }
}

/// A browser's preference for an encoding, from 0 (refused) to 1.
fn weight(accepted: &str, encoding: Encoding) -> f64 {
    let mut any = None;
    for item in accepted.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let name = name.trim();
        // A weight that is not a number counts as a refusal.
        let weight = match parameters.trim() {
            "" => 1.0,
            text => {
                text.strip_prefix(['q', 'Q']).and_then(|text| text.trim_start().strip_prefix('=')).map_or(0.0, |text| {
                    text.trim().parse::<f64>().ok().filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(0.0)
                })
            }
        };
        let is_named = name.eq_ignore_ascii_case(encoding.name())
            || encoding == Encoding::Gzip && name.eq_ignore_ascii_case("x-gzip");
        if is_named {
            return weight;
        }
        if name == "*" {
            any = Some(weight);
        }
    }
    match (any, encoding) {
        (Some(weight), _) => weight,
        // Always acceptable, but the last choice.
        (None, Encoding::Identity) => f64::MIN_POSITIVE,
        (None, _) => 0.0,
    }
}

/// Whether compression makes a file smaller: true for text and code, false for pictures, archives and models.
pub(crate) fn is_compressible(path: &Path) -> bool {
    const ENDINGS: [&str; 10] = ["html", "js", "css", "wasm", "json", "jsonl", "csv", "svg", "md", "txt"];
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
}

/// Brotli, from quality 0 (fast) to 11 (small).
///
/// # Errors
/// When the encoder fails.
pub(crate) fn brotli(bytes: &[u8], quality: i32) -> Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin: WINDOW, size_hint: bytes.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The state of a file: its size, and the time of its last change in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    pub(crate) changed: u128,
}

/// Which file, in which form.
type Key = (PathBuf, Encoding);

/// One compressed form of one file. The outer `None` means that it is not made yet, the inner one that it would not be
/// smaller than the file.
type Slot = Option<(Stamp, Option<Arc<[u8]>>)>;

/// The compressed forms of files. Each is made when it is first requested, and again when the file has changed.
#[derive(Default)]
pub(crate) struct Store {
    slots: Mutex<HashMap<Key, Arc<Mutex<Slot>>>>,
}

impl Store {
    /// A form of a file in a given state, or `None` if it would not be smaller. A request for a form that is being made
    /// waits for it; requests for other files do not wait.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn get(
        &self,
        path: &Path,
        stamp: Stamp,
        encoding: Encoding,
        file: &mut impl Read,
    ) -> Result<Option<Arc<[u8]>>> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry((path.to_path_buf(), encoding)).or_default())
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((found, bytes)) = &*slot
            && *found == stamp
        {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let compressed = match encoding {
            Encoding::Brotli => brotli(&bytes, SERVED_QUALITY)?,
            Encoding::Gzip => gzip(&bytes)?,
            Encoding::Identity => return Ok(None),
        };
        let compressed = (compressed.len() < bytes.len()).then(|| Arc::from(compressed));
        *slot = Some((stamp, compressed.clone()));
        Ok(compressed)
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_best_accepted_encoding_is_chosen() {
        use Encoding::{Brotli, Gzip, Identity};
        for (accepted, chosen) in [
            ("", Identity),
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip", Gzip),
            ("x-gzip", Gzip),
            ("GZIP;Q=0.5", Gzip),
            ("br;q=0.5, gzip;q=0.9", Gzip),
            ("br;q=0, gzip", Gzip),
            ("br;q=0, gzip;q=0", Identity),
            ("*", Brotli),
            ("*;q=0.5, br;q=0", Gzip),
            ("*;q=0, gzip", Gzip),
            ("identity, br;q=0.5", Identity),
            ("br ; q = 1.0", Brotli),
            ("br;q=2, gzip;q=x, deflate", Identity),
            ("identity;q=0", Identity),
            ("zstd", Identity),
        ] {
            assert_eq!(Encoding::negotiate(accepted), chosen, "{accepted:?}");
        }
    }

    #[test]
    fn only_what_shrinks_is_compressed() {
        for name in ["a.html", "a.js", "a_bg.wasm", "a.css", "a.json", "a.jsonl", "a.csv", "a.svg", "a.md", "a.txt"] {
            assert!(is_compressible(Path::new(name)), "{name}");
        }
        for name in ["a.gguf", "a.csv.gz", "a.zip", "a.png", "a", "a.safetensors"] {
            assert!(!is_compressible(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn forms_are_made_once_for_each_state_of_a_file() {
        let (store, path) = (Store::default(), Path::new("a.json"));
        let stamp = |changed| Stamp { size: 10_000, changed };
        let (old, new) = (vec![b'a'; 10_000], vec![b'b'; 10_000]);
        let first = store.get(path, stamp(1), Encoding::Gzip, &mut &old[..]).unwrap().unwrap();
        let mut text = Vec::new();
        GzDecoder::new(&*first).read_to_end(&mut text).unwrap();
        assert_eq!(text, old);
        // The file is not read a second time.
        let again = store.get(path, stamp(1), Encoding::Gzip, &mut &new[..]).unwrap().unwrap();
        assert!(Arc::ptr_eq(&first, &again));
        let brotli = store.get(path, stamp(1), Encoding::Brotli, &mut &old[..]).unwrap().unwrap();
        assert_ne!(brotli, first, "a form for each encoding");
        let changed = store.get(path, stamp(2), Encoding::Gzip, &mut &new[..]).unwrap().unwrap();
        text.clear();
        GzDecoder::new(&*changed).read_to_end(&mut text).unwrap();
        assert_eq!(text, new);
        assert_eq!(store.get(Path::new("b.json"), stamp(1), Encoding::Brotli, &mut &b"x"[..]).unwrap(), None);
    }
}
