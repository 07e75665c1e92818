//! The size gate: limits the code that a reader downloads before the first chart is drawn, compressed as by a static
//! host.

use std::path::Path;

use crate::Failure;
use crate::compress::brotli;
use crate::pins::{FIRST_SCREEN_KB, LAZY_PART_KB};

/// Brotli's slowest quality, which static hosts use for files that never change.
const QUALITY: i32 = 11;
const KB: usize = 1000;

/// Parts that a reader of charts never downloads, by the prefix of their files' names.
const LAZY: [(&str, &str); 7] = [
    ("explorer_app", "explorer, loaded when the first screen is not enough"),
    ("lab_app", "Lab, loaded when it or the self-test is opened"),
    ("files_worker", "formats, loaded when a file is opened"),
    ("unpack_part", "packed formats, loaded when such a file is opened"),
    ("chat_part", "chat templates, loaded with the first chat"),
    ("engine_worker", "engine, loaded when the Lab is opened"),
    ("self_test_worker", "self-test, loaded when it is run"),
];

/// A file of the app and its sizes.
struct Part {
    name: String,
    bytes: usize,
    compressed: usize,
}

/// Prints a table of the code in `dist`, and returns whether the limits are met.
///
/// # Errors
/// When the app is not built, or a part of it is absent.
pub(crate) fn run(dist: &Path) -> Result<bool, Failure> {
    let mut first = Vec::new();
    let mut lazy: [Vec<Part>; LAZY.len()] = Default::default();
    let mut names: Vec<String> = Vec::new();
    let folder = std::fs::read_dir(dist)
        .map_err(|error| format!("{}: {error}; run `cargo xtask build` first", dist.display()))?;
    for entry in folder {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    for name in names {
        if !is_code(&name) {
            continue;
        }
        let bytes = std::fs::read(dist.join(&name))?;
        let part = Part { bytes: bytes.len(), compressed: brotli(&bytes, QUALITY)?.len(), name };
        match lazy_part(&part.name) {
            Some(at) => lazy[at].push(part),
            None => first.push(part),
        }
    }
    for needed in ["index.html", "app-", "data_worker.js", "data_worker_bg.wasm", "app_loader.js", "worker_loader.js"] {
        if !first.iter().any(|part| part.name.starts_with(needed)) {
            return Err(format!("dist/ holds no {needed}: run `cargo xtask build` first").into());
        }
    }
    let mut is_ok = print("first screen, all code", &first, FIRST_SCREEN_KB);
    for ((_, title), parts) in LAZY.iter().zip(&lazy) {
        is_ok &= print(title, parts, LAZY_PART_KB);
    }
    Ok(is_ok)
}

/// The lazy part that a file belongs to.
fn lazy_part(name: &str) -> Option<usize> {
    LAZY.iter().position(|(prefix, _)| name.starts_with(prefix))
}

/// Whether a file belongs to a part that loads later.
pub(crate) fn is_lazy(name: &str) -> bool {
    lazy_part(name).is_some()
}

fn is_code(name: &str) -> bool {
    [".html", ".css", ".js", ".wasm"].iter().any(|ending| name.ends_with(ending))
}

fn print(title: &str, parts: &[Part], limit: usize) -> bool {
    println!("\n{:<44}{:>12}{:>12}", title, "bytes", "brotli");
    for part in parts {
        println!("  {:<42}{:>12}{:>12}", part.name, part.bytes, part.compressed);
    }
    let bytes: usize = parts.iter().map(|part| part.bytes).sum();
    let compressed: usize = parts.iter().map(|part| part.compressed).sum();
    let is_ok = fits(compressed, limit);
    let verdict = if is_ok { "within" } else { "OVER" };
    println!("  {:<42}{bytes:>12}{compressed:>12}  {verdict} the limit of {limit} KB", "sum");
    is_ok
}

const fn fits(compressed: usize, limit: usize) -> bool {
    compressed <= limit * KB
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_at_the_limit() {
        assert!(fits(350_000, 350));
        assert!(!fits(350_001, 350));
    }

    #[test]
    fn an_absent_part_is_an_error_and_sizes_are_brotli_sizes() {
        let folder = std::env::temp_dir().join(format!("askew-size-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("index.html"), "<p>").unwrap();
        assert!(run(&folder).is_err());
        for name in ["app-1.js", "data_worker.js", "data_worker_bg.wasm", "app_loader.js", "worker_loader.js"] {
            std::fs::write(folder.join(name), "x".repeat(10_000)).unwrap();
        }
        assert!(run(&folder).unwrap());
        // Incompressible bytes are over any limit.
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..400_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        std::fs::write(folder.join("app-1_bg.wasm"), noise).unwrap();
        assert!(!run(&folder).unwrap());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
