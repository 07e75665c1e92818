//! The answers of the local server: files of a folder, compressed or in parts, with the headers of a careful host.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, empty};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tiny_http::{Header, Method, Request, Response, ResponseBox, Server, StatusCode};

use crate::compress::{Encoding, Stamp, Store, is_compressible};
use crate::files::files_below;
use crate::headers::{HEADERS, mime};
use crate::range::{parse_range, resolve};
use crate::{Failure, size};

fn plain(status: u16, words: &str) -> ResponseBox {
    Response::from_string(words).with_status_code(status).boxed()
}

fn header(request: &Request, name: &'static str) -> Option<String> {
    let found = request.headers().iter().find(|header| header.field.equiv(name))?;
    Some(found.value.as_str().to_owned())
}

/// A folder of files, and their compressed forms.
pub(crate) struct Site {
    folder: PathBuf,
    store: Store,
}

impl Site {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, store: Store::default() }
    }

    /// Answers requests until the server is unblocked. Every answer has the headers that a host should send.
    pub(crate) fn answer_all(&self, server: &Server) {
        for request in server.incoming_requests() {
            let answer = self.answer(&request).unwrap_or_else(|error| {
                eprintln!("serve: {}: {error}", request.url());
                plain(500, "the file could not be read")
            });
            let headers = HEADERS.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok());
            if let Err(error) = request.respond(headers.fold(answer, Response::with_header)) {
                // The reader closed the page. Other requests are not affected.
                eprintln!("serve: {error}");
            }
        }
    }

    /// Compresses every file in advance, the first screen's files first, so that readers need not wait. A file
    /// requested earlier is compressed for that request.
    pub(crate) fn compress_all(&self) {
        let mut files = files_below(&self.folder);
        files.retain(|path| is_compressible(path));
        files.sort_by_key(|path| {
            let name = path.strip_prefix(&self.folder).unwrap_or(path).to_string_lossy().into_owned();
            (name.contains(std::path::MAIN_SEPARATOR) || size::is_lazy(&name), name)
        });
        for path in files {
            // A file that cannot be read is reported when it is requested.
            let opened = File::open(&path).map_err(Failure::from).and_then(|file| Ok((stamp(&file)?, file)));
            if let Ok((stamp, mut file)) = opened {
                drop(self.store.get(&path, stamp, Encoding::Brotli, &mut file));
            }
        }
    }

    /// The answer to a request: a file, a part of it, or an error.
    fn answer(&self, request: &Request) -> Result<ResponseBox, Failure> {
        if !matches!(request.method(), Method::Get | Method::Head) {
            let mut refusal = plain(405, "only GET and HEAD");
            refusal.add_header(Header::from_bytes("Allow", "GET, HEAD").map_err(|()| "a header is wrong")?);
            return Ok(refusal);
        }
        let Some(path) = file_of(&self.folder, request.url()) else { return Ok(plain(404, "not found")) };
        let mut file = File::open(&path)?;
        let stamp = stamp(&file)?;
        // An interrupted download is resumed where it stopped, if the file is unchanged.
        let is_same = header(request, "If-Range").is_none_or(|tag| tag.trim() == self::tag(stamp, Encoding::Identity));
        let range = header(request, "Range").filter(|_| *request.method() == Method::Get && is_same);
        let range = range.and_then(|range| parse_range(&range));
        let may_compress = is_compressible(&path);
        let mut form = Form { encoding: Encoding::Identity, bytes: None };
        // A part is always a part of the uncompressed file, because a compressed form may be made again with other
        // bytes.
        if may_compress && range.is_none() {
            let encoding = Encoding::negotiate(&header(request, "Accept-Encoding").unwrap_or_default());
            if encoding != Encoding::Identity
                && let Some(bytes) = self.store.get(&path, stamp, encoding, &mut file)?
            {
                form = Form { encoding, bytes: Some(bytes) };
            }
        }
        let tag = self::tag(stamp, form.encoding);
        let mut headers = vec![
            ("Content-Type", mime(&path).to_owned()),
            // A rebuilt page must not use old files from the browser's cache.
            ("Cache-Control", "no-cache".to_owned()),
            ("Accept-Ranges", "bytes".to_owned()),
            ("ETag", tag.clone()),
        ];
        if may_compress {
            headers.push(("Vary", "Accept-Encoding".to_owned()));
        }
        if form.encoding != Encoding::Identity {
            headers.push(("Content-Encoding", form.encoding.name().to_owned()));
        }
        let size = form.bytes.as_ref().map_or(stamp.size, |bytes| bytes.len() as u64);
        if header(request, "If-None-Match").is_some_and(|tags| has_tag(&tags, &tag)) {
            // The length is the whole file's. This status never has a body.
            return response(304, headers, Box::new(empty()), size);
        }
        if let Some(bytes) = form.bytes {
            return response(200, headers, Box::new(Cursor::new(bytes)), size);
        }
        let (status, first, length) = match range.map(|range| resolve(range, size)) {
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
        // The compressed form is not smaller, and the file has already been read to its end for it.
        file.seek(SeekFrom::Start(first))?;
        response(status, headers, Box::new(file.take(length)), length)
    }
}

/// How a file is sent: uncompressed, or as the bytes of a compressed form.
struct Form {
    encoding: Encoding,
    bytes: Option<Arc<[u8]>>,
}

fn stamp(file: &File) -> Result<Stamp, Failure> {
    let metadata = file.metadata()?;
    Ok(Stamp { size: metadata.len(), changed: metadata.modified()?.duration_since(UNIX_EPOCH)?.as_nanos() })
}

/// The ETag of a form of a file. Different bytes have different ETags.
fn tag(stamp: Stamp, encoding: Encoding) -> String {
    let Stamp { size, changed } = stamp;
    match encoding {
        Encoding::Identity => format!("\"{size:x}-{changed:x}\""),
        _ => format!("\"{size:x}-{changed:x}-{}\"", encoding.name()),
    }
}

/// Whether `If-None-Match` contains a tag. Our tags have no commas.
fn has_tag(tags: &str, tag: &str) -> bool {
    tags.trim() == "*" || tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)
}

fn response(
    status: u16,
    headers: Vec<(&str, String)>,
    body: Box<dyn Read + Send>,
    length: u64,
) -> Result<ResponseBox, Failure> {
    let headers = headers.into_iter().filter_map(|(name, value)| Header::from_bytes(name, value).ok()).collect();
    // A body above the threshold would be sent in chunks, without its length.
    let length = usize::try_from(length)?;
    Ok(Response::new(StatusCode(status), headers, body, Some(length), None).with_chunked_threshold(usize::MAX))
}

/// The file for a URL, or `None` if it is outside the folder.
fn file_of(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.trim_start_matches('/');
    let path = Path::new(if path.is_empty() { "index.html" } else { path });
    let is_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    Some(folder.join(path)).filter(|file| is_inside && file.is_file())
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

    /// Serves a folder with the given files over a real connection, runs requests, and removes the folder.
    fn serving(name: &str, files: &[(&str, &[u8])], ask: impl FnOnce(&dyn Fn(&str, &str, &str) -> Answer)) {
        let folder = std::env::temp_dir().join(format!("askew-serve-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        let server = Arc::new(Server::http(("127.0.0.1", 0)).unwrap());
        let address = server.server_addr().to_ip().unwrap();
        let site = Site::new(folder.clone());
        let serving = Arc::clone(&server);
        let thread = std::thread::spawn(move || site.answer_all(&serving));
        ask(&|method, path, headers| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
            std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            let at = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
            Answer { head: String::from_utf8(answer[..at].to_vec()).unwrap(), body: answer[at + 4..].to_vec() }
        });
        server.unblock();
        thread.join().unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }

    struct Answer {
        head: String,
        body: Vec<u8>,
    }

    impl Answer {
        fn status(&self) -> &str {
            self.head.split(' ').nth(1).unwrap()
        }

        fn header(&self, name: &str) -> Option<&str> {
            let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
            lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
        }

        /// The body, after a check that its length equals the announced one.
        fn whole(&self) -> &[u8] {
            assert_eq!(self.header("Content-Length"), Some(self.body.len().to_string().as_str()), "{}", self.head);
            &self.body
        }
    }

    #[test]
    fn serves_parts_of_files() {
        // Larger than the size from which bodies would be chunked.
        let bytes: Vec<u8> = (0..100_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        serving("parts", &[("a.gguf", &bytes)], |ask| {
            let whole = ask("GET", "/a.gguf", "Accept-Encoding: br, gzip\r\n");
            assert_eq!((whole.status(), whole.whole()), ("200", &bytes[..]));
            // A model is not compressed.
            assert_eq!((whole.header("Content-Encoding"), whole.header("Vary")), (None, None));
            let part = ask("GET", "/a.gguf", "Range: bytes=50000-\r\n");
            assert_eq!((part.status(), part.whole()), ("206", &bytes[50_000..]));
            assert_eq!(part.header("Content-Range"), Some("bytes 50000-99999/100000"));
            let beyond = ask("GET", "/a.gguf", "Range: bytes=100000-\r\n");
            assert_eq!((beyond.status(), beyond.header("Content-Range")), ("416", Some("bytes */100000")));
            assert!(beyond.whole().is_empty());
            let tag = whole.header("ETag").unwrap();
            let same = ask("GET", "/a.gguf", &format!("Range: bytes=9-9\r\nIf-Range: {tag}\r\n"));
            assert_eq!((same.status(), same.whole()), ("206", &bytes[9..10]));
            let other = ask("GET", "/a.gguf", "Range: bytes=9-9\r\nIf-Range: \"other\"\r\n");
            assert_eq!((other.status(), other.whole()), ("200", &bytes[..]), "the file changed");
        });
    }

    #[test]
    fn serves_the_smallest_form_that_is_accepted() {
        let text = "let answer = 42;\n".repeat(5_000).into_bytes();
        serving("forms", &[("a.js", &text), ("tiny.js", b";")], |ask| {
            let asked = |accepted: &str| ask("GET", "/a.js", &format!("Accept-Encoding: {accepted}\r\n"));
            let (plain, brotli, gzip) = (ask("GET", "/a.js", ""), asked("gzip, deflate, br"), asked("gzip"));
            assert_eq!(plain.whole(), text);
            assert_eq!(plain.header("Content-Encoding"), None);
            let mut unpacked = Vec::new();
            brotli::BrotliDecompress(&mut brotli.whole(), &mut unpacked).unwrap();
            assert_eq!((brotli.header("Content-Encoding"), &unpacked), (Some("br"), &text));
            unpacked.clear();
            flate2::read::GzDecoder::new(gzip.whole()).read_to_end(&mut unpacked).unwrap();
            assert_eq!((gzip.header("Content-Encoding"), &unpacked), (Some("gzip"), &text));
            assert!(asked("br;q=0, gzip;q=0").header("Content-Encoding").is_none());
            let forms = [&plain, &brotli, &gzip];
            for form in forms {
                assert_eq!((form.status(), form.header("Vary")), ("200", Some("Accept-Encoding")), "{}", form.head);
                assert_eq!(form.header("Content-Type"), Some("text/javascript; charset=utf-8"));
                assert!(form.header("ETag").is_some_and(|tag| tag.starts_with('"')), "a strong tag: {}", form.head);
            }
            let [a, b, c] = forms.map(|form| form.header("ETag"));
            assert!(a != b && b != c && a != c, "a tag for each form");
            // The same form a second time, from the store.
            assert_eq!(asked("br").body, brotli.body);
            // A file that would not be smaller is sent uncompressed.
            let tiny = ask("GET", "/tiny.js", "Accept-Encoding: br\r\n");
            assert_eq!((tiny.whole(), tiny.header("Content-Encoding")), (&b";"[..], None));
        });
    }

    #[test]
    fn a_part_is_one_of_the_file_itself() {
        let text = "a,b\n".repeat(9_000).into_bytes();
        serving("range", &[("a.csv", &text)], |ask| {
            let part = ask("GET", "/a.csv", "Range: bytes=4-9\r\nAccept-Encoding: br\r\n");
            assert_eq!((part.status(), part.whole()), ("206", &text[4..10]));
            assert_eq!((part.header("Content-Encoding"), part.header("Vary")), (None, Some("Accept-Encoding")));
            assert_eq!(part.header("ETag"), ask("GET", "/a.csv", "").header("ETag"));
            // The ETag of a compressed form does not match the file's, so the whole form is sent.
            let packed = ask("GET", "/a.csv", "Accept-Encoding: br\r\n");
            let tag = packed.header("ETag").unwrap();
            let whole =
                ask("GET", "/a.csv", &format!("Range: bytes=4-9\r\nIf-Range: {tag}\r\nAccept-Encoding: br\r\n"));
            assert_eq!((whole.status(), &whole.body), ("200", &packed.body));
        });
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let text = "{}".repeat(9_000).into_bytes();
        serving("fresh", &[("a.json", &text)], |ask| {
            let brotli = "Accept-Encoding: br\r\n";
            let packed = ask("GET", "/a.json", brotli);
            let tag = packed.header("ETag").unwrap();
            for tags in [tag.to_owned(), format!("\"other\", W/{tag}"), "*".to_owned()] {
                let fresh = ask("GET", "/a.json", &format!("{brotli}If-None-Match: {tags}\r\n"));
                assert_eq!((fresh.status(), fresh.body.as_slice()), ("304", &b""[..]), "{tags}");
                assert_eq!((fresh.header("ETag"), fresh.header("Vary")), (Some(tag), Some("Accept-Encoding")));
            }
            // A browser that has the brotli form and requests another one gets the other one.
            let other = ask("GET", "/a.json", &format!("If-None-Match: {tag}\r\n"));
            assert_eq!((other.status(), other.whole()), ("200", &text[..]));
        });
    }

    #[test]
    fn heads_have_no_body_and_other_methods_are_refused() {
        let text = "<p>".repeat(9_000).into_bytes();
        serving("methods", &[("index.html", &text)], |ask| {
            for accepted in ["", "Accept-Encoding: br\r\n"] {
                let (get, head) = (ask("GET", "/", accepted), ask("HEAD", "/", accepted));
                assert_eq!((head.status(), head.body.as_slice()), ("200", &b""[..]));
                for name in ["Content-Length", "Content-Encoding", "Content-Type", "ETag", "Vary"] {
                    assert_eq!(head.header(name), get.header(name), "{name}");
                }
                get.whole();
            }
            let post = ask("POST", "/", "Content-Length: 0\r\n");
            assert_eq!((post.status(), post.header("Allow")), ("405", Some("GET, HEAD")));
            assert_eq!(ask("GET", "/absent", "").status(), "404");
        });
    }

    #[test]
    fn every_answer_has_the_headers_for_hosts() {
        serving("headers", &[("a.gguf", b"weights"), ("a.js", b";")], |ask| {
            let tag = ask("GET", "/a.js", "").header("ETag").unwrap().to_owned();
            for (status, method, path, headers) in [
                ("200", "GET", "/a.js", ""),
                ("200", "HEAD", "/a.js", ""),
                ("206", "GET", "/a.gguf", "Range: bytes=1-2\r\n"),
                ("304", "GET", "/a.js", &format!("If-None-Match: {tag}\r\n")),
                ("404", "GET", "/absent", ""),
                ("405", "POST", "/a.js", "Content-Length: 0\r\n"),
                ("416", "GET", "/a.gguf", "Range: bytes=9-\r\n"),
            ] {
                let answer = ask(method, path, headers);
                assert_eq!(answer.status(), status, "{method} {path}");
                for (name, value) in HEADERS {
                    assert_eq!(answer.header(name), Some(value), "{status}: {name}");
                }
            }
        });
    }

    #[test]
    fn every_form_can_be_made_ahead() {
        let folder = std::env::temp_dir().join(format!("askew-ahead-{}", std::process::id()));
        let path = folder.join("data").join("a.json");
        std::fs::create_dir_all(folder.join("data")).unwrap();
        std::fs::write(&path, "[1,2,3]".repeat(1_000)).unwrap();
        let site = Site::new(folder.clone());
        site.compress_all();
        let stamp = stamp(&File::open(&path).unwrap()).unwrap();
        // The file is not read, because the form is stored.
        let form = site.store.get(&path, stamp, Encoding::Brotli, &mut empty()).unwrap();
        assert!(form.is_some_and(|bytes| !bytes.is_empty()));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
