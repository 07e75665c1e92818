//! Helpers of the engine's tests: the GPU adapter, files in memory, and the real model.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::Rc;

use askew::engine::{ByteSource, RuntimeError};
use askew::gpu::{Gpu, GpuOptions};

use super::{Lack, skip};

/// A part of the name of the GPU adapter to test on, from `ASKEW_ADAPTER`. `None` means the best one.
pub(crate) fn adapter() -> Option<String> {
    std::env::var("ASKEW_ADAPTER").ok()
}

/// Opens the adapter under test and prints its name. Returns `None`, and notes the skip, if there is no adapter.
pub(crate) fn open_gpu(test: &str, options: GpuOptions<'_>) -> Option<Rc<Gpu>> {
    let name = adapter();
    let options = GpuOptions { adapter: options.adapter.or(name.as_deref()), ..options };
    match pollster::block_on(Gpu::new(options)) {
        Ok(gpu) => {
            println!("{test}: {} ({})", gpu.caps().adapter, gpu.caps().backend);
            Some(gpu)
        }
        Err(error) => {
            skip(test, Lack::Adapter, &format!("{error} (on Debian: apt-get install mesa-vulkan-drivers)"));
            None
        }
    }
}

/// A file in memory. Its exact size is known only at its end.
pub(crate) struct Memory {
    chunks: VecDeque<Vec<u8>>,
}

impl Memory {
    /// The file in one chunk.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { chunks: VecDeque::from([bytes]) }
    }

    /// The file in chunks of 10 000 bytes, as a network delivers it.
    pub(crate) fn in_chunks(bytes: &[u8]) -> Self {
        Self { chunks: bytes.chunks(10_000).map(<[u8]>::to_vec).collect() }
    }
}

impl ByteSource for Memory {
    fn total_bytes(&self) -> Option<u64> {
        Some(self.chunks.iter().map(|chunk| chunk.len() as u64).sum())
    }

    fn is_total_exact(&self) -> bool {
        false
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        Ok(self.chunks.pop_front())
    }
}

/// The folder of models if it holds this file; otherwise `None`, and the skip is noted.
pub(crate) fn models_with(test: &str, file: &str) -> Option<PathBuf> {
    let folder = super::cache().join("models");
    if folder.join(file).is_file() {
        return Some(folder);
    }
    skip(test, Lack::Model, &format!("{} is absent", folder.join(file).display()));
    None
}

/// SmolLM2-135M-Instruct Q4_1; if it was not fetched, `None`, and the skip is noted.
pub(crate) fn smollm(test: &str) -> Option<PathBuf> {
    let path = super::cache().join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    if path.is_file() {
        return Some(path);
    }
    skip(test, Lack::Model, &format!("{} is absent: cargo xtask test fetches it", path.display()));
    None
}
