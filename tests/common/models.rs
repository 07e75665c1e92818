//! Real models in the cache of downloaded files.

use std::path::PathBuf;

use super::{Lack, skip};

/// The model that continuous integration fetches.
pub(crate) const SMOLLM: &str = "SmolLM2-135M-Instruct.Q4_1";
/// The two larger models.
pub(crate) const GEMMA: &str = "gemma-3-270m.Q4_K_M";
pub(crate) const QWEN: &str = "qwen2.5-coder-0.5b-instruct.Q4_K_M";

/// The path of a model in the cache; if it is absent, `None`, and the skip is noted.
pub(crate) fn cached(test: &str, name: &str) -> Option<PathBuf> {
    if name == SMOLLM {
        return super::engine::smollm(test);
    }
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("ASKEW_CACHE").map_or_else(|| home.join(".cache/askew"), PathBuf::from);
    let path = cache.join("models").join(format!("{name}.gguf"));
    if path.is_file() {
        return Some(path);
    }
    skip(test, Lack::Model, &format!("{} is absent", path.display()));
    None
}
