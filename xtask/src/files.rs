//! The files of a folder, and how two folders differ.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::models::sha256;

/// All files below a folder. Folders that cannot be read are left out.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// How the files of two folders differ, one line for each file, in the order of their names.
///
/// # Errors
/// If a file cannot be read, or a folder has no files.
pub(crate) fn differences(first: &Path, second: &Path) -> Result<Vec<String>, Failure> {
    let (first, mut second) = (sums(first)?, sums(second)?);
    let mut found = Vec::new();
    for (path, sum) in first {
        match second.remove(&path) {
            None => found.push(format!("{} is only in the first", path.display())),
            Some(other) if other != sum => found.push(format!("{} has other bytes", path.display())),
            Some(_) => {}
        }
    }
    found.extend(second.into_keys().map(|path| format!("{} is only in the second", path.display())));
    Ok(found)
}

/// The SHA-256 of each file below a folder, by its path from there.
fn sums(folder: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut sums = BTreeMap::new();
    for path in files_below(folder) {
        sums.insert(path.strip_prefix(folder)?.to_path_buf(), sha256(&mut File::open(&path)?)?);
    }
    if sums.is_empty() { Err(format!("{} has no files", folder.display()).into()) } else { Ok(sums) }
}

/// The files below a folder that contain some bytes.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn files_with(folder: &Path, bytes: &[u8]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in files_below(folder) {
        if std::fs::read(&path)?.windows(bytes.len().max(1)).any(|window| window == bytes) {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_equal_or_their_differences_are_named() {
        let work = std::env::temp_dir().join(format!("askew-files-{}", std::process::id()));
        let folders = ["a", "b"].map(|name| work.join(name));
        for (at, folder) in folders.iter().enumerate() {
            std::fs::create_dir_all(folder.join("data")).unwrap();
            assert!(sums(folder).is_err(), "an empty build equals nothing");
            std::fs::write(folder.join("same.js"), "x").unwrap();
            std::fs::write(folder.join("data").join("changed.wasm"), [at.to_le_bytes()[0]]).unwrap();
        }
        std::fs::write(folders[0].join("app-1.js"), "x").unwrap();
        std::fs::write(folders[1].join("app-2.js"), "the user's home").unwrap();
        let [first, second] = &folders;
        assert_eq!(differences(first, first).unwrap(), Vec::<String>::new());
        let changed = Path::new("data").join("changed.wasm");
        assert_eq!(
            differences(first, second).unwrap(),
            [
                "app-1.js is only in the first".to_owned(),
                format!("{} has other bytes", changed.display()),
                "app-2.js is only in the second".to_owned(),
            ]
        );
        assert_eq!(files_with(second, b"home").unwrap(), [second.join("app-2.js")]);
        assert_eq!(files_with(first, b"home").unwrap(), Vec::<PathBuf>::new());
        std::fs::remove_dir_all(work).unwrap();
    }
}
