//! A static file server on a loopback port. Each test has its own server, so that it has its own origin.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::cdp::lock;

/// The served folders, by the path of each; the longest matching path is used.
type Mounts = Vec<(String, PathBuf)>;

/// A server that runs until it is dropped.
pub(crate) struct Server {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    mounts: Mutex<Mounts>,
    requests: Mutex<BTreeMap<String, u32>>,
    faults: Mutex<Vec<(String, Fault)>>,
    sent: Mutex<Vec<Sent>>,
    is_over: AtomicBool,
}

/// A fault of the next answer for a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection is closed after this many bytes of the body.
    Cut(u64),
    /// The server sends nothing more after this many bytes of the body.
    Stall(u64),
    /// The answer has no `Content-Length`.
    NoLength,
    /// The server sends nothing at all, not even a status.
    Silence,
}

/// A body that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The requested path.
    pub(crate) path: String,
    /// The first byte of the requested range, if there was one.
    pub(crate) from: Option<u64>,
    /// Bytes passed to the system, sent or not.
    pub(crate) num_bytes: u64,
}

impl Server {
    /// Serves a folder at `/`.
    pub(crate) fn start(root: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let shared = Arc::new(Shared {
            mounts: Mutex::new(vec![("/".to_owned(), root.to_owned())]),
            requests: Mutex::default(),
            faults: Mutex::default(),
            sent: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let serving = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = serving.clone();
                // The browser drops connections when a page is left. That is not a failure.
                std::thread::spawn(move || drop(serve(&stream, &shared)));
            }
        });
        Self { port, shared }
    }

    /// Also serves another folder, under a path such as `/models/`.
    pub(crate) fn mount(&self, path: &str, folder: &Path) {
        lock(&self.shared.mounts).push((path.to_owned(), folder.to_owned()));
    }

    /// The origin: `http://127.0.0.1:PORT`.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sets a fault for the next answer for a path.
    pub(crate) fn spoil(&self, path: &str, fault: Fault) {
        lock(&self.shared.faults).push((path.to_owned(), fault));
    }

    /// The bodies sent for a path so far, in order, without any that is still being sent.
    pub(crate) fn sent(&self, path: &str) -> Vec<Sent> {
        lock(&self.shared.sent).iter().filter(|sent| sent.path == path).cloned().collect()
    }

    /// The number of requests of each path so far.
    pub(crate) fn requests(&self) -> BTreeMap<String, u32> {
        lock(&self.shared.requests).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // Wakes the listener, which then sees that it must end.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

/// Answers the requests of one connection.
fn serve(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut parts = line.split_whitespace();
        let (method, target) = (parts.next().unwrap_or_default().to_owned(), parts.next().unwrap_or("/").to_owned());
        let mut range = None;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 {
                return Ok(());
            }
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(bytes) = header.strip_prefix("range:") {
                range = parse_range(bytes.trim());
            }
        }
        let path = target.split(['?', '#']).next().unwrap_or("/").to_owned();
        *lock(&shared.requests).entry(path.clone()).or_default() += 1;
        let fault = take_fault(shared, &path);
        let mut num_bytes = 0;
        if fault == Some(Fault::Silence) {
            wait_for_the_end(shared);
            return Ok(());
        }
        let answered = answer(stream, &method, find(shared, &path).as_deref(), range, fault, &mut num_bytes);
        lock(&shared.sent).push(Sent { path, from: range.map(|range| range.0), num_bytes });
        answered?;
        match fault {
            Some(Fault::Stall(_)) => {
                wait_for_the_end(shared);
                return Ok(());
            }
            Some(Fault::Cut(_) | Fault::NoLength | Fault::Silence) => return Ok(()),
            None => {}
        }
    }
}

fn wait_for_the_end(shared: &Shared) {
    while !shared.is_over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn take_fault(shared: &Shared, path: &str) -> Option<Fault> {
    let mut faults = lock(&shared.faults);
    let at = faults.iter().position(|(wanted, _)| wanted == path)?;
    Some(faults.remove(at).1)
}

/// The first and last byte of `bytes=FIRST-` or `bytes=FIRST-LAST`.
fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()))
}

/// The file for a path; for a folder, its index.html.
fn find(shared: &Shared, path: &str) -> Option<PathBuf> {
    let mounts = lock(&shared.mounts);
    let (prefix, folder) = mounts.iter().filter(|(prefix, _)| path.starts_with(prefix)).max_by_key(|(p, _)| p.len())?;
    let relative = PathBuf::from(decode(&path[prefix.len()..]));
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = folder.join(relative);
    let file = if file.is_dir() { file.join("index.html") } else { file };
    file.is_file().then_some(file)
}

/// Decodes percent-encoding such as `%20`.
fn decode(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]).1,
            None => (bytes.push(first), rest = tail).1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(
    mut stream: &TcpStream,
    method: &str,
    file: Option<&Path>,
    range: Option<(u64, Option<u64>)>,
    fault: Option<Fault>,
    num_bytes: &mut u64,
) -> std::io::Result<()> {
    let Some(path) = file else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let mut file = std::fs::File::open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.len();
    let changed = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let (first, last) = range.map_or((0, size.saturating_sub(1)), |(first, last)| {
        (first, last.unwrap_or(u64::MAX).min(size.saturating_sub(1)))
    });
    if range.is_some() && first >= size {
        let head =
            format!("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n\r\n");
        return stream.write_all(head.as_bytes());
    }
    let length = if size == 0 { 0 } else { last + 1 - first };
    let status = match range {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {first}-{last}/{size}"),
        None => "200 OK".to_owned(),
    };
    let told_length = match fault {
        Some(Fault::NoLength) => "Connection: close".to_owned(),
        _ => format!("Content-Length: {length}"),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {}\r\n{told_length}\r\nAccept-Ranges: bytes\r\n\
         ETag: \"{size:x}-{changed:x}\"\r\nCache-Control: no-store\r\n\r\n",
        media_type(path)
    );
    stream.write_all(head.as_bytes())?;
    if method == "HEAD" {
        return Ok(());
    }
    let length = match fault {
        Some(Fault::Cut(most) | Fault::Stall(most)) => length.min(most),
        Some(Fault::NoLength | Fault::Silence) | None => length,
    };
    file.seek(SeekFrom::Start(first))?;
    let mut file = file.take(length);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let len = file.read(&mut buffer)?;
        if len == 0 {
            return stream.flush();
        }
        stream.write_all(&buffer[..len])?;
        *num_bytes += len as u64;
    }
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
