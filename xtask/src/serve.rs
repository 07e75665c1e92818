//! Serves the release app over loopback.
//!
//! `trunk serve` would watch the sources and add a reloading script to the page; this serves the very files that a
//! static host gets, so that what is seen here is what readers see.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tiny_http::{Header, Request, Response, Server, StatusCode};

use crate::{Failure, bundle};

/// Requests answered at once: a page asks for a few files together.
const NUM_THREADS: usize = 4;

/// Builds, then serves `dist/` until the program is ended.
///
/// # Errors
/// When the app cannot be built, or no port can be had.
pub(crate) fn run(root: &Path, port: u16) -> Result<(), Failure> {
    bundle::run(root)?;
    let folder = root.join("dist");
    // Where the port is taken, the system chooses another.
    let server = Server::http(("127.0.0.1", port))
        .or_else(|_taken| Server::http(("127.0.0.1", 0)))
        .map_err(|error| format!("no port to listen on: {error}"))?;
    let address = server.server_addr().to_ip().ok_or("the server has no address")?;
    println!("Askew is at http://{address}/  (Ctrl-C ends it)");
    let server = Arc::new(server);
    let threads: Vec<_> = (0..NUM_THREADS)
        .map(|_| {
            let (server, folder) = (Arc::clone(&server), folder.clone());
            std::thread::spawn(move || answer_all(&server, &folder))
        })
        .collect();
    for thread in threads {
        if thread.join().is_err() {
            return Err("the server ended by a panic".into());
        }
    }
    Ok(())
}

fn answer_all(server: &Server, folder: &Path) {
    for request in server.incoming_requests() {
        let path = file_of(folder, request.url());
        let asked = header(&request, "Range").and_then(|range| parse_range(&range));
        let result = match path.and_then(|path| part(&path, asked).ok()) {
            Some(part) => request.respond(part),
            None => request.respond(Response::from_string("not found").with_status_code(404).boxed()),
        };
        if let Err(error) = result {
            // The reader closed the page: the next request is not concerned.
            eprintln!("serve: {error}");
        }
    }
}

fn header(request: &Request, name: &'static str) -> Option<String> {
    let found = request.headers().iter().find(|header| header.field.equiv(name))?;
    Some(found.value.as_str().to_owned())
}

/// What `Range: bytes=...` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Range {
    /// From a byte to another, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

/// One range. Several at once, and other units, are ignored, as the standard allows: the whole file is sent.
fn parse_range(text: &str) -> Option<Range> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", last) => Some(Range::Last(number(last)?)),
        (first, "") => Some(Range::From(number(first)?, None)),
        (first, last) => Some(Range::From(number(first)?, Some(number(last)?))).filter(|range| match range {
            Range::From(first, Some(last)) => first <= last,
            Range::From(..) | Range::Last(_) => true,
        }),
    }
}

/// The bytes `first .. first + length` that a range means in a file of `size`; none where there are no such bytes.
fn resolve(range: Range, size: u64) -> Option<(u64, u64)> {
    let (first, end) = match range {
        Range::From(first, last) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
        Range::Last(num) => (size.saturating_sub(num), size),
    };
    (first < end).then(|| (first, end - first))
}

/// A file, or the part of it that was asked for. An interrupted download of a model goes on by this, and knows by the tag
/// that the file is the same.
fn part(path: &Path, asked: Option<Range>) -> Result<Response<Box<dyn Read + Send>>, Failure> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.len();
    let changed = metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos();
    let mut headers = vec![
        ("Content-Type", mime(path).to_owned()),
        // A rebuilt page must not meet the old files in the browser's cache.
        ("Cache-Control", "no-cache".to_owned()),
        ("Accept-Ranges", "bytes".to_owned()),
        ("ETag", format!("\"{size:x}-{changed:x}\"")),
    ];
    let (status, first, length) = match asked.map(|range| resolve(range, size)) {
        None => (200, 0, size),
        Some(Some((first, length))) => {
            headers.push(("Content-Range", format!("bytes {first}-{}/{size}", first + length - 1)));
            (206, first, length)
        }
        Some(None) => {
            headers.push(("Content-Range", format!("bytes */{size}")));
            (416, 0, 0)
        }
    };
    file.seek(SeekFrom::Start(first))?;
    let headers = headers.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok()).collect();
    let body: Box<dyn Read + Send> = Box::new(file.take(length));
    // A length above the threshold would be sent in chunks, without being told.
    let length = usize::try_from(length)?;
    Ok(Response::new(StatusCode(status), headers, body, Some(length), None).with_chunked_threshold(usize::MAX))
}

/// The file that a URL names, or `None` for what is outside the folder.
fn file_of(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    Some(folder.join(path)).filter(|file| is_inside && file.is_file())
}

/// The content type of a file by its ending; a browser compiles wasm while it loads only under the right one.
fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serves_only_what_is_inside() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(file_of(folder, "/Cargo.toml?a=1#b"), Some(folder.join("Cargo.toml")));
        assert_eq!(file_of(folder, "/src/main.rs"), Some(folder.join("src/main.rs")));
        for url in ["/../Cargo.toml", "//etc/hostname/../hostname", "/src/../../Cargo.toml", "/absent", "/src", "/"] {
            assert_eq!(file_of(folder, url), None, "{url}");
        }
    }

    #[test]
    fn ranges_are_parsed_and_resolved() {
        let cases = [
            ("bytes=0-99", Some(Range::From(0, Some(99))), Some((0, 10))),
            ("bytes=4-", Some(Range::From(4, None)), Some((4, 6))),
            ("bytes=2-3", Some(Range::From(2, Some(3))), Some((2, 2))),
            ("bytes=-3", Some(Range::Last(3)), Some((7, 3))),
            ("bytes=-30", Some(Range::Last(30)), Some((0, 10))),
            ("bytes=10-", Some(Range::From(10, None)), None),
            ("bytes=-0", Some(Range::Last(0)), None),
            ("bytes=5-18446744073709551615", Some(Range::From(5, Some(u64::MAX))), Some((5, 5))),
        ];
        for (text, parsed, resolved) in cases {
            assert_eq!(parse_range(text), parsed, "{text}");
            assert_eq!(parsed.and_then(|range| resolve(range, 10)), resolved, "{text}");
        }
        for text in ["bytes=3-2", "bytes=-", "bytes=a-", "bytes=0-1,4-5", "items=0-1", ""] {
            assert_eq!(parse_range(text), None, "{text}");
        }
        assert_eq!(resolve(Range::From(0, None), 0), None);
    }

    /// Over a real connection: whole, in part, beyond the end.
    #[test]
    fn serves_parts_of_files() {
        let folder = std::env::temp_dir().join(format!("askew-serve-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        // Above the size from which bodies would be chunked.
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        std::fs::write(folder.join("a.gguf"), &bytes).unwrap();
        let server = Arc::new(Server::http(("127.0.0.1", 0)).unwrap());
        let address = server.server_addr().to_ip().unwrap();
        let (serving, root) = (Arc::clone(&server), folder.clone());
        let thread = std::thread::spawn(move || answer_all(&serving, &root));
        let ask = |range: &str| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let request = format!("GET /a.gguf HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{range}\r\n");
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            let at = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
            (String::from_utf8(answer[..at].to_vec()).unwrap(), answer[at + 4..].to_vec())
        };
        let (head, body) = ask("");
        assert!(
            head.contains(" 200 ") && head.contains("Content-Length: 100000") && head.contains("ETag: \""),
            "{head}"
        );
        assert_eq!(body, bytes);
        let (head, body) = ask("Range: bytes=50000-\r\n");
        assert!(head.contains(" 206 ") && head.contains("Content-Range: bytes 50000-99999/100000"), "{head}");
        assert_eq!(body, bytes[50_000..]);
        let (head, body) = ask("Range: bytes=100000-\r\n");
        assert!(head.contains(" 416 ") && head.contains("bytes */100000") && body.is_empty(), "{head}");
        server.unblock();
        thread.join().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn names_the_types_that_browsers_insist_on() {
        assert_eq!(mime(Path::new("a_bg.wasm")), "application/wasm");
        assert_eq!(mime(Path::new("a.js")), "text/javascript; charset=utf-8");
    }
}
