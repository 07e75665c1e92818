//! Reads result files and folders of them from disk.

use std::cell::RefCell;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::domain::rows::dataset::Dataset;
use crate::formats::error::FormatError;
use crate::formats::heavy::source::{self, At, Source};
use crate::formats::heavy::unpack;
use crate::formats::members::Unpacked;
use crate::formats::reader::{FileReader, Loader};
use crate::formats::report::Outcome;
use crate::formats::roles::Need;
use crate::formats::sniff::{Kind, kind_of};

/// Bytes per read.
const CHUNK_BYTES: usize = 1 << 20;

/// The rows that were read, and a report or an error for each file.
#[derive(Debug)]
pub struct Loaded {
    /// The rows of all files.
    pub data: Dataset,
    /// Files named on the command line, and files in folders that could be read.
    pub outcomes: Vec<Outcome>,
    /// Archive members and files in folders that could not be read. These are not failures: a folder may hold anything.
    pub passed_over: Vec<(String, FormatError)>,
}

/// Reads files, and all files in folders.
#[must_use]
pub fn load(paths: &[String], need: Need) -> Loaded {
    let mut loader = Loader::default();
    for path in paths {
        if Path::new(path).is_dir() {
            files_of(path).iter().for_each(|file| load_file(&mut loader, file, need));
        } else {
            load_file(&mut loader, path, need);
        }
    }
    let (data, all) = loader.finish();
    let (mut outcomes, mut passed_over) = (Vec::new(), Vec::new());
    for (file, result) in all {
        match result {
            Err(error) if !paths.contains(&file) => passed_over.push((file, error)),
            result => outcomes.push((file, result)),
        }
    }
    Loaded { data, outcomes, passed_over }
}

/// The files in a folder and its subfolders, sorted by path. Names that start with a dot are skipped.
fn files_of(folder: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if Path::new(&path).is_dir() { files_of(&path) } else { vec![path] }).collect()
}

fn load_file(loader: &mut Loader, path: &str, need: Need) {
    if let Err(error) = try_load(loader, path, need) {
        loader.refuse(path, error);
    }
}

fn try_load(loader: &mut Loader, path: &str, need: Need) -> Result<(), FormatError> {
    let unreadable = |error: std::io::Error| FormatError::Unreadable(error.to_string());
    let file = OnDisk::open(path).map_err(unreadable)?;
    if matches!(kind_of(&source::head(&file)?)?, Kind::Packed(_)) {
        return unpack(path, &file, &mut Unpacked::new(loader, need));
    }
    let mut reader = FileReader::new(path, need);
    let mut from = At::new(&file);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(len) if reader.feed(loader, &chunk[..len]) => {}
            Ok(_) => break,
            Err(error) => {
                reader.fail(unreadable(error));
                break;
            }
        }
    }
    loader.close(reader);
    Ok(())
}

/// A file on disk, read at any position without loading the rest.
struct OnDisk {
    file: RefCell<std::fs::File>,
    num_bytes: u64,
}

impl OnDisk {
    fn open(path: &str) -> std::io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let num_bytes = file.metadata()?.len();
        Ok(Self { file: RefCell::new(file), num_bytes })
    }
}

impl Source for OnDisk {
    fn len(&self) -> u64 {
        self.num_bytes
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> std::io::Result<usize> {
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(at))?;
        file.read(into)
    }
}
