//! The cache of models, with a store and a server in memory that fail on demand. `tests/browser/` tests the real ones.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use askew::engine::cache::{
    Answer, Body, Cache, Entry, Http, KeptSource, Mode, Store, StoreError, StoreFile, Wanted, open,
};
use askew::engine::{ByteSource, Ending, RuntimeError};
use pollster::block_on;
use sha2::{Digest, Sha256};

const ADDRESS: &str = "https://example.org/model.gguf";
/// More than one checkpoint.
const NUM_BYTES: usize = 20 << 20;
const CHECKPOINT: u64 = 16 << 20;

type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// Files in memory. At most `room` bytes can be written, and `busy` files cannot be opened.
#[derive(Clone, Default)]
struct Disk {
    files: Files,
    room: Rc<Cell<Option<u64>>>,
    quota: Rc<Cell<Option<u64>>>,
    busy: Rc<Cell<bool>>,
}

struct OpenFile {
    name: String,
    disk: Disk,
}

impl Store for Disk {
    type File = OpenFile;

    async fn open(&self, name: &str, mode: Mode) -> Result<Option<OpenFile>, StoreError> {
        if self.busy.get() && name.ends_with(".gguf") {
            return Err(StoreError::Busy);
        }
        let mut files = self.files.borrow_mut();
        if mode == Mode::Write {
            files.entry(name.to_owned()).or_default();
        }
        Ok(files.contains_key(name).then(|| OpenFile { name: name.to_owned(), disk: self.clone() }))
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        if self.busy.get() {
            return Err(StoreError::Busy);
        }
        self.files.borrow_mut().remove(name);
        Ok(())
    }

    async fn names(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.files.borrow().keys().cloned().collect())
    }

    async fn room(&self) -> Option<u64> {
        self.room.get()
    }

    fn now_ms(&self) -> f64 {
        1e12
    }
}

impl StoreFile for OpenFile {
    fn num_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.disk.files.borrow()[&self.name].len() as u64)
    }

    async fn read(&self, at: u64, into: &mut [u8]) -> Result<usize, StoreError> {
        let files = self.disk.files.borrow();
        let rest = files[&self.name].get(place(at)..).unwrap_or_default();
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let end = place(at) + bytes.len();
        if self.disk.quota.get().is_some_and(|quota| end as u64 > quota) {
            return Err(StoreError::Full);
        }
        let mut files = self.disk.files.borrow_mut();
        let file = files.get_mut(&self.name).expect("an open file is there");
        file.resize(file.len().max(end), 0);
        file[end - bytes.len()..end].copy_from_slice(bytes);
        Ok(())
    }

    fn truncate(&self, num_bytes: u64) -> Result<(), StoreError> {
        self.disk.files.borrow_mut().get_mut(&self.name).expect("an open file is there").resize(place(num_bytes), 0);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

fn place(at: u64) -> usize {
    usize::try_from(at).expect("the file is small")
}

/// A server that has one file.
struct Server {
    file: Vec<u8>,
    version: Option<String>,
    sends_parts: bool,
    /// Cuts the connection after this many bytes of each answer.
    cut: Cell<Option<usize>>,
    /// The first byte of each request.
    asked: RefCell<Vec<u64>>,
    sent: Rc<Cell<usize>>,
}

impl Server {
    fn new() -> Self {
        let file = (0..NUM_BYTES).map(|at| (at * 31 + (at >> 11)).to_le_bytes()[0]).collect();
        let version = Some("\"one\"".to_owned());
        Self { file, version, sends_parts: true, cut: Cell::default(), asked: RefCell::default(), sent: Rc::default() }
    }

    fn sum(&self) -> [u8; 32] {
        Sha256::digest(&self.file).into()
    }
}

struct Bytes {
    rest: Vec<u8>,
    cut: Option<usize>,
    sent: Rc<Cell<usize>>,
}

impl Http for Server {
    type Body = Bytes;

    async fn get(&self, _address: &str, from: u64) -> Result<Option<Answer<Bytes>>, RuntimeError> {
        self.asked.borrow_mut().push(from);
        let total = self.file.len() as u64;
        if from >= total {
            return Ok(None);
        }
        let first_byte = if self.sends_parts { from } else { 0 };
        let rest = self.file[place(first_byte)..].to_vec();
        let body = Bytes { rest, cut: self.cut.get(), sent: Rc::clone(&self.sent) };
        let version = self.version.clone();
        Ok(Some(Answer { first_byte, total: Some(total), is_total_exact: false, version, body }))
    }
}

impl Body for Bytes {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let len = self.rest.len().min(700_001).min(self.cut.unwrap_or(usize::MAX));
        if len == 0 && !self.rest.is_empty() {
            return Err(RuntimeError::Source("network error".to_owned()));
        }
        self.cut = self.cut.map(|cut| cut - len);
        self.sent.set(self.sent.get() + len);
        let rest = self.rest.split_off(len);
        let chunk = std::mem::replace(&mut self.rest, rest);
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

fn wanted(keep: bool) -> Wanted {
    Wanted { address: ADDRESS.into(), name: "model.gguf".into(), keep, pin: None }
}

type Source = KeptSource<Disk, Bytes>;

async fn drain(source: &mut Source) -> Result<Vec<u8>, RuntimeError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = source.next_chunk().await? {
        assert!(chunk.len() <= 1 << 20, "chunks stay small");
        bytes.extend(chunk);
    }
    Ok(bytes)
}

/// Loads the file. Returns its bytes and the note for the reader, or the error.
fn load(disk: &Disk, server: &Server, wanted: Wanted) -> Result<(Vec<u8>, String), RuntimeError> {
    block_on(async {
        let mut source = open(Some(disk), Some(server), wanted).await?;
        let bytes = drain(&mut source).await;
        let ending = if bytes.is_ok() { Ending::Loaded } else { Ending::Stopped };
        let note = source.close(ending).await?;
        Ok((bytes?, note))
    })
}

fn kept(disk: &Disk) -> Option<Entry> {
    block_on(Cache::new(disk.clone()).entry(&Entry::key(ADDRESS)))
}

fn flip(disk: &Disk, at: usize) {
    let name = format!("{}.gguf", Entry::key(ADDRESS));
    disk.files.borrow_mut().get_mut(&name).expect("a copy")[at] ^= 1;
}

#[test]
fn a_whole_copy_is_read_without_the_server() {
    let (disk, server) = (Disk::default(), Server::new());
    let (bytes, note) = load(&disk, &server, wanted(true)).unwrap();
    assert!(bytes == server.file);
    assert!(note.contains("21.0 MB were read") && note.contains("a copy is kept"), "{note}");
    let entry = kept(&disk).expect("kept");
    assert!(entry.is_complete && entry.sha256 == server.sum() && entry.num_bytes == NUM_BYTES as u64);
    let (bytes, note) = load(&disk, &server, wanted(false)).unwrap();
    assert!(bytes == server.file);
    assert!(note.contains("from this browser's copy") && note.contains("checked"), "{note}");
    assert_eq!(*server.asked.borrow(), [0], "asked once");
    let list = block_on(Cache::new(disk).list()).unwrap();
    assert_eq!((list.len(), list[0].1.name.as_str(), list[0].1.is_complete), (1, "model.gguf", true));
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    for cut in [1, 700_001, place(CHECKPOINT), NUM_BYTES / 2, NUM_BYTES - 1] {
        let (disk, server) = (Disk::default(), Server::new());
        server.cut.set(Some(cut));
        let error = load(&disk, &server, wanted(true)).expect_err("cut");
        assert!(matches!(error, RuntimeError::Cut { kept, .. } if kept == cut as u64), "{error}");
        assert!(error.to_string().contains("load it again to resume"), "{error}");
        server.cut.set(None);
        let (bytes, note) = load(&disk, &server, wanted(true)).unwrap();
        assert!(bytes == server.file, "cut at {cut}");
        assert!(note.contains("were in this browser already"), "{note}");
        assert_eq!(*server.asked.borrow(), [0, cut as u64]);
        assert_eq!(server.sent.get(), NUM_BYTES, "no byte was sent twice");
        assert_eq!(kept(&disk).map(|entry| (entry.is_complete, entry.sha256)), Some((true, server.sum())));
    }
}

/// A closed tab writes nothing more, so only the data up to the last checkpoint are kept.
#[test]
fn a_killed_load_goes_on_from_its_last_checkpoint() {
    let (disk, server) = (Disk::default(), Server::new());
    let at = block_on(async {
        let mut source = open(Some(&disk), Some(&server), wanted(true)).await.unwrap();
        let mut at = 0;
        while at < 18 << 20 {
            at += source.next_chunk().await.unwrap().expect("more").len() as u64;
        }
        at
    });
    let certain = kept(&disk).expect("a part").num_bytes;
    assert!(certain >= CHECKPOINT && certain < at, "{certain}");
    assert!(load(&disk, &server, wanted(true)).unwrap().0 == server.file);
    assert_eq!(*server.asked.borrow(), [0, certain]);
}

/// A change to a server or a disk, and words that the reader's message must contain.
type Case<T> = (fn(&mut T), &'static str);

#[test]
fn a_download_that_cannot_go_on_begins_again_and_says_why() {
    let cases: [Case<Server>; 3] = [
        (|server| server.version = Some("\"two\"".into()), "the file has changed"),
        (|server| server.sends_parts = false, "does not send parts"),
        (|server| server.version = None, "does not say whether"),
    ];
    for (change, words) in cases {
        let (disk, mut server) = (Disk::default(), Server::new());
        server.cut.set(Some(NUM_BYTES / 2));
        load(&disk, &server, wanted(true)).expect_err("cut");
        server.cut.set(None);
        change(&mut server);
        server.file[7] ^= 1;
        let (bytes, note) = load(&disk, &server, wanted(true)).unwrap();
        assert!(bytes == server.file, "{words}");
        assert!(note.contains(words), "{note}");
        assert_eq!(server.asked.borrow().last(), Some(&0));
        assert_eq!(kept(&disk).map(|entry| entry.sha256), Some(server.sum()));
    }
    // If the checksum of the whole file is known, no version is needed.
    let (disk, mut server) = (Disk::default(), Server::new());
    server.version = None;
    server.cut.set(Some(NUM_BYTES / 2));
    load(&disk, &server, wanted(true)).expect_err("cut");
    server.cut.set(None);
    let pinned = Wanted { pin: Some(server.sum()), ..wanted(true) };
    assert!(load(&disk, &server, pinned).unwrap().1.contains("checked"));
    assert_eq!(*server.asked.borrow(), [0, NUM_BYTES as u64 / 2]);
}

#[test]
fn a_flipped_byte_is_caught_wherever_it_is() {
    for at in [0, 12_345_678, NUM_BYTES - 1] {
        let (disk, server) = (Disk::default(), Server::new());
        load(&disk, &server, wanted(true)).unwrap();
        flip(&disk, at);
        let error = load(&disk, &server, wanted(true)).expect_err("damaged");
        assert_eq!(error, RuntimeError::DamagedCopy("model.gguf".into()));
        assert!(disk.files.borrow().is_empty(), "the copy is gone");
        assert!(load(&disk, &server, wanted(true)).unwrap().0 == server.file);
    }
    // Damage in a partial copy that is resumed, and damage that makes the file look like a model that cannot run.
    for ending in [None, Some(Ending::Refused)] {
        let (disk, server) = (Disk::default(), Server::new());
        server.cut.set(Some(NUM_BYTES / 2));
        load(&disk, &server, wanted(true)).expect_err("cut");
        flip(&disk, 3);
        server.cut.set(None);
        let error = match ending {
            None => load(&disk, &server, wanted(true)).expect_err("damaged"),
            Some(ending) => block_on(async {
                let mut source = open(Some(&disk), Some(&server), wanted(true)).await.unwrap();
                source.next_chunk().await.unwrap();
                source.close(ending).await.expect_err("damaged")
            }),
        };
        assert_eq!(error, RuntimeError::DamagedCopy("model.gguf".into()));
        assert!(kept(&disk).is_none());
    }
}

#[test]
fn without_room_the_load_goes_on_without_a_copy() {
    let cases: [Case<Disk>; 3] = [
        (|disk| disk.quota.set(Some(18 << 20)), "the browser grants no more room"),
        (|disk| disk.room.set(Some(5_000_000)), "it needs 21.0 MB, and the browser grants 5.0 MB more"),
        (|disk| disk.busy.set(true), "another tab is using it"),
    ];
    for (spoil, words) in cases {
        let (mut disk, server) = (Disk::default(), Server::new());
        spoil(&mut disk);
        let (bytes, note) = load(&disk, &server, wanted(true)).unwrap();
        assert!(bytes == server.file);
        assert!(note.contains(&format!("No copy is kept: {words}")), "{note}");
        assert!(disk.files.borrow().is_empty(), "nothing is left behind");
    }
    // A complete copy that another tab has open is downloaded again.
    let (disk, server) = (Disk::default(), Server::new());
    load(&disk, &server, wanted(true)).unwrap();
    disk.busy.set(true);
    assert!(load(&disk, &server, wanted(true)).unwrap().0 == server.file);
    // Without a store at all.
    let note = block_on(async {
        let mut source: Source = open(None, Some(&server), wanted(true)).await.unwrap();
        drain(&mut source).await.unwrap();
        source.close(Ending::Loaded).await.unwrap()
    });
    assert!(note.contains("No copy is kept"), "{note}");
}

#[test]
fn another_file_than_the_pinned_one_is_not_kept() {
    let (disk, server) = (Disk::default(), Server::new());
    let pinned = Wanted { pin: Some([3; 32]), ..wanted(true) };
    let error = load(&disk, &server, pinned.clone()).expect_err("another file");
    assert!(matches!(error, RuntimeError::AnotherFile { .. }), "{error}");
    assert!(disk.files.borrow().is_empty());
    // A copy of another file from the same address is not mistaken for it.
    load(&disk, &server, wanted(true)).unwrap();
    load(&disk, &server, pinned).expect_err("another file");
    assert_eq!(server.asked.borrow().len(), 3);
}

#[test]
fn a_refused_file_leaves_nothing_and_a_stopped_one_its_part() {
    for (ending, num_files) in [(Ending::Refused, 0), (Ending::Stopped, 2)] {
        let (disk, server) = (Disk::default(), Server::new());
        block_on(async {
            let mut source = open(Some(&disk), Some(&server), wanted(true)).await.unwrap();
            source.next_chunk().await.unwrap();
            source.close(ending).await.unwrap();
        });
        assert_eq!(disk.files.borrow().len(), num_files, "{ending:?}");
    }
}

#[test]
fn offline_says_what_is_here_and_lists_are_tidy() {
    let (disk, server) = (Disk::default(), Server::new());
    server.cut.set(Some(1000));
    load(&disk, &server, wanted(true)).expect_err("cut");
    let error = block_on(open::<_, Server>(Some(&disk), None, wanted(true))).err().expect("not here");
    assert!(error.to_string().contains("is not in this browser"), "{error}");
    disk.files.borrow_mut().insert("0123456789abcdef.gguf".into(), vec![1; 10]);
    disk.files.borrow_mut().insert("fedcba9876543210.entry".into(), vec![1; 10]);
    let cache = Cache::new(disk.clone());
    let list = block_on(cache.list()).unwrap();
    assert_eq!((list.len(), list[0].1.num_bytes, list[0].1.is_complete), (1, 1000, false));
    assert!(!disk.files.borrow().contains_key("0123456789abcdef.gguf"), "bytes that belong to nobody go");
    block_on(cache.remove(&list[0].0)).unwrap();
    assert!(block_on(cache.list()).unwrap().is_empty());
}
