//! Build tools that their projects publish as binaries: downloaded with curl, compared with a pinned SHA-256, unpacked.
//!
//! If a download fails, it is not an error: cargo builds the tool instead. If a file has another SHA-256, the command
//! stops with an error and does not use the file.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::bufread::{DeflateDecoder, GzDecoder};
use rawzip::{CompressionMethod, ZipArchive};

use crate::Failure;
use crate::command::find;
use crate::models::sha256;
use crate::pins::{Archive, CONNECT_SECONDS, CargoTool, MAX_TOOL_BYTES, SILENT_SECONDS, WHOLE_DOWNLOAD_SECONDS};

/// The result of a download.
#[derive(Debug, PartialEq, Eq)]
enum Download {
    /// The bytes. Their SHA-256 is the pinned one.
    Whole(Vec<u8>),
    /// Why the file could not be downloaded.
    Unavailable(String),
}

impl CargoTool {
    /// The published file for an operating system and a processor, if its SHA-256 is pinned for the tool's version.
    fn archive(&self, os: &str, arch: &str) -> Option<&'static Archive> {
        let archives = if self.release.version == self.version { self.release.archives } else { &[] };
        archives.iter().find(|archive| archive.os == os && archive.arch == arch)
    }

    /// The published file for this machine.
    pub(crate) fn archive_here(&self) -> Option<&'static Archive> {
        self.archive(std::env::consts::OS, std::env::consts::ARCH)
    }

    /// Downloads a published file and unpacks the tool's binaries into `folder`. Returns the reason if the file could
    /// not be downloaded.
    ///
    /// # Errors
    /// If the file has another SHA-256 or lacks a binary, or if the folder cannot be written.
    pub(crate) fn download(&self, archive: &Archive, folder: &Path) -> Result<Option<String>, Failure> {
        let Some(client) = Client::new() else { return Ok(Some(NO_CURL.to_owned())) };
        std::fs::create_dir_all(folder)?;
        let url = self.release.url.replace("{version}", self.version).replace("{file}", archive.file);
        match client.download(&url, archive.sha256)? {
            Download::Unavailable(reason) => Ok(Some(reason)),
            Download::Whole(bytes) => unpack(archive.file, &bytes, self.binaries, folder).map(|()| None),
        }
    }
}

/// The reason where this machine has no curl.
const NO_CURL: &str = "curl is not installed";

/// This machine's curl. An HTTP library would make the build of xtask a quarter longer: see docs/adr/026.
#[derive(Clone)]
struct Client {
    program: PathBuf,
    /// Options that say where it may connect.
    network: &'static [&'static str],
    /// Seconds without a byte after which a transfer is given up.
    silent_seconds: u64,
    /// The largest file, in bytes.
    max_bytes: u64,
}

impl Client {
    /// A client for https only, or `None` if there is no curl on PATH.
    fn new() -> Option<Self> {
        Some(Self {
            program: find("curl")?,
            // This holds for redirects too.
            network: &["--proto", "=https"],
            silent_seconds: SILENT_SECONDS,
            max_bytes: MAX_TOOL_BYTES,
        })
    }

    /// The command that writes a file to its standard output. It follows redirects, and fails unless the whole file
    /// came.
    fn command(&self, url: &str) -> Command {
        let mut curl = Command::new(&self.program);
        // A user's .curlrc could add response headers to the file. `--disable` must be the first option.
        curl.args(["--disable", "--silent", "--show-error", "--fail", "--location"]).args(self.network);
        for (option, value) in [
            ("--connect-timeout", CONNECT_SECONDS),
            ("--speed-time", self.silent_seconds),
            ("--speed-limit", 1),
            ("--max-time", WHOLE_DOWNLOAD_SECONDS),
            ("--max-filesize", self.max_bytes),
        ] {
            curl.arg(option).arg(value.to_string());
        }
        curl.arg(url).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        curl
    }

    /// The bytes of a file, or the reason why they could not be downloaded.
    fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let started = self.command(url).spawn();
        let mut curl = started.map_err(|error| format!("curl could not be started: {error}"))?;
        let mut bytes = Vec::new();
        let read = match curl.stdout.take() {
            Some(output) => output.take(self.max_bytes + 1).read_to_end(&mut bytes),
            None => Ok(0),
        };
        // If the file is too large, curl has lost its reader here and ends. Its one line of errors fits into the pipe.
        let end = curl.wait_with_output().map_err(|error| error.to_string())?;
        match read {
            Err(error) => Err(error.to_string()),
            // Before version 8.4, curl enforces `--max-filesize` only if the server announces the size.
            Ok(len) if len as u64 > self.max_bytes => Err(format!("{url}: larger than {} bytes", self.max_bytes)),
            Ok(_) if end.status.success() => Ok(bytes),
            Ok(_) => Err(format!("{url}: {}", String::from_utf8_lossy(&end.stderr).trim())),
        }
    }

    /// Downloads a file and compares its SHA-256 with the pinned one.
    ///
    /// # Errors
    /// If they differ.
    fn download(&self, url: &str, pinned: &str) -> Result<Download, Failure> {
        let bytes = match self.get(url) {
            Ok(bytes) => bytes,
            Err(reason) => return Ok(Download::Unavailable(reason)),
        };
        let found = sha256(&mut bytes.as_slice())?;
        if found == pinned {
            Ok(Download::Whole(bytes))
        } else {
            Err(format!("{url} has SHA-256 {found}, but {pinned} is pinned: the file was not used").into())
        }
    }
}

/// Unpacks the named binaries, from any folder of the archive, into `folder`.
fn unpack(name: &str, bytes: &[u8], binaries: &[&str], folder: &Path) -> Result<(), Failure> {
    let wanted: Vec<String> = binaries.iter().map(|name| format!("{name}{}", std::env::consts::EXE_SUFFIX)).collect();
    let mut found = Vec::new();
    let mut take = |path: &Path, content: &mut dyn Read| -> Result<(), Failure> {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if wanted.iter().any(|name| name == file) && !found.iter().any(|name| name == file) {
            write_program(&folder.join(file), content)?;
            found.push(file.to_owned());
        }
        Ok(())
    };
    if Path::new(name).extension().is_some_and(|ending| ending == "zip") {
        each_in_zip(bytes, &mut take)?;
    } else {
        for entry in tar::Archive::new(GzDecoder::new(bytes)).entries()? {
            let mut entry = entry?;
            if entry.header().entry_type().is_file() {
                let path = entry.path()?.into_owned();
                take(&path, &mut entry)?;
            }
        }
    }
    match wanted.iter().find(|name| !found.contains(name)) {
        None => Ok(()),
        Some(missing) => Err(format!("{name} does not hold {missing}").into()),
    }
}

/// Calls `take` with the path and the unpacked bytes of each file in a zip archive. Their CRC-32 is checked.
fn each_in_zip(bytes: &[u8], take: &mut dyn FnMut(&Path, &mut dyn Read) -> Result<(), Failure>) -> Result<(), Failure> {
    let archive = ZipArchive::from_slice(bytes)?;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry()? {
        if entry.is_dir() {
            continue;
        }
        let path = entry.file_path().try_normalize()?.as_ref().to_owned();
        let content = archive.get_entry(entry.wayfinder())?;
        match entry.compression_method() {
            CompressionMethod::STORE => take(Path::new(&path), &mut content.verifying_reader(content.data()))?,
            CompressionMethod::DEFLATE => {
                let inflated = DeflateDecoder::new(Cursor::new(content.data()));
                take(Path::new(&path), &mut content.verifying_reader(inflated))?;
            }
            other => return Err(format!("{path} is compressed with an unsupported method ({other:?})").into()),
        }
    }
    Ok(())
}

/// Writes an executable file of less than [`MAX_TOOL_BYTES`] bytes. The file must not exist yet.
fn write_program(path: &Path, content: &mut dyn Read) -> Result<(), Failure> {
    let mut file = File::create_new(path)?;
    let written = std::io::copy(&mut content.take(MAX_TOOL_BYTES), &mut file)?;
    if written == MAX_TOOL_BYTES {
        return Err(format!("{} is too large: it has {MAX_TOOL_BYTES} bytes or more", path.display()).into());
    }
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{SocketAddr, TcpListener};
    use std::sync::mpsc;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;
    use crate::pins::{TRUNK, WASM_BINDGEN};

    const PROGRAM: &[u8] = b"#!/bin/sh\necho tool 1.2.3\n";

    /// As the real client, but over http to this machine. Without curl it notes that the test is skipped.
    fn client(test: &str, silent_seconds: u64) -> Option<Client> {
        let network = &["--proto", "=https,http", "--noproxy", "127.0.0.1"];
        let client = Client::new().map(|real| Client { network, silent_seconds, ..real });
        if client.is_none() {
            skip(test, NO_CURL);
        }
        client
    }

    /// Reports a skipped test: one line on stderr, and one in the log (`ASKEW_SKIP_LOG`) that `cargo xtask test` counts.
    fn skip(test: &str, reason: &str) {
        eprintln!("skipped: {test}: {reason}");
        if let Some(path) = std::env::var_os("ASKEW_SKIP_LOG") {
            let mut log = File::options().create(true).append(true).open(path).unwrap();
            writeln!(log, "{test}: {reason}").unwrap();
        }
    }

    /// Seconds that a busy machine may need for an answer.
    const PATIENCE: u64 = 60;

    /// Answers one request with these bytes, and closes. Without an answer, the connection stays open and silent until
    /// the other end of the channel is dropped. A client that never connects is not waited for.
    fn server(answer: Option<Vec<u8>>) -> (SocketAddr, mpsc::Sender<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let mut len = 0;
            while !request[..len].ends_with(b"\r\n\r\n") {
                len += stream.read(&mut request[len..]).unwrap();
            }
            match answer {
                Some(answer) => stream.write_all(&answer).unwrap(),
                None => drop(ended.recv()),
            }
        });
        (address, end)
    }

    fn answer(status: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    /// Downloads from a server on this machine that answers with these bytes.
    fn ask(client: &Client, answer: Vec<u8>, pinned: &str) -> Result<Download, Failure> {
        let (address, _end) = server(Some(answer));
        client.download(&format!("http://{address}/tool.tar.gz"), pinned)
    }

    fn sum(bytes: &[u8]) -> String {
        sha256(&mut &*bytes).unwrap()
    }

    fn tar_gz(path: &str) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in [("tool-1.2.3/README.md", &b"words"[..]), (path, PROGRAM)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, content).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn zip(path: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        let file = archive.new_file(path).compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::fast()));
        writer.write_all(PROGRAM).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
        archive.finish().unwrap();
        bytes
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("askew-prebuilt-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn file(name: &str) -> String {
        format!("{name}{}", std::env::consts::EXE_SUFFIX)
    }

    #[test]
    fn a_file_with_the_pinned_sum_is_used() {
        let Some(client) = client("a_file_with_the_pinned_sum_is_used", PATIENCE) else { return };
        let archive = tar_gz("a");
        let got = ask(&client, answer("200 OK", &archive), &sum(&archive)).unwrap();
        assert_eq!(got, Download::Whole(archive));
    }

    #[test]
    fn a_wrong_sum_is_an_error_that_names_both() {
        let Some(client) = client("a_wrong_sum_is_an_error_that_names_both", PATIENCE) else { return };
        let (archive, pinned) = (tar_gz("a"), sum(b"another file"));
        let error = ask(&client, answer("200 OK", &archive), &pinned).unwrap_err().to_string();
        assert!(error.contains(&pinned) && error.contains(&sum(&archive)), "{error}");
    }

    #[test]
    fn what_does_not_come_is_unavailable() {
        let Some(client) = client("what_does_not_come_is_unavailable", PATIENCE) else { return };
        let archive = tar_gz("a");
        let whole = answer("200 OK", &archive);
        let truncated = whole[..whole.len() - 10].to_vec();
        let large = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_TOOL_BYTES + 1);
        let elsewhere = "HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n";
        let cases = [
            ("truncated", truncated),
            ("not found", answer("404 Not Found", &archive)),
            ("a server error", answer("503 Service Unavailable", &archive)),
            ("too large", large.into_bytes()),
            ("a redirect to another protocol", elsewhere.into()),
            ("no HTTP", b"hello\r\n\r\n".to_vec()),
            ("closed", Vec::new()),
        ];
        for (name, answer) in cases {
            let got = ask(&client, answer, &sum(&archive)).unwrap();
            assert!(
                matches!(&got, Download::Unavailable(reason) if reason.contains("/tool.tar.gz: curl: (")),
                "{name}: {got:?}"
            );
        }
        // Nothing listens there any more.
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let got = client.download(&format!("http://{address}/tool.tar.gz"), &sum(&archive)).unwrap();
        assert!(matches!(got, Download::Unavailable(_)), "{got:?}");
    }

    #[test]
    fn a_file_over_the_limit_is_not_read_to_its_end() {
        let Some(client) = client("a_file_over_the_limit_is_not_read_to_its_end", PATIENCE) else { return };
        let unannounced = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n12345";
        for (max_bytes, is_whole) in [(5, true), (4, false)] {
            let client = Client { max_bytes, ..client.clone() };
            let got = ask(&client, unannounced.to_vec(), &sum(b"12345")).unwrap();
            assert_eq!(matches!(got, Download::Whole(_)), is_whole, "{got:?}");
        }
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let Some(client) = client("a_silent_server_is_given_up", 1) else { return };
        let (address, end) = server(None);
        let got = client.download(&format!("http://{address}/tool.tar.gz"), "a sum").unwrap();
        // Exit code 28 of curl: a time limit.
        assert!(matches!(&got, Download::Unavailable(reason) if reason.contains("(28)")), "{got:?}");
        // It was silent until here.
        end.send(()).unwrap();
    }

    #[test]
    fn without_a_curl_that_starts_nothing_is_downloaded() {
        let client = Client { program: "no-such-curl".into(), network: &[], silent_seconds: 1, max_bytes: 1 };
        let got = client.download("https://localhost/tool.tar.gz", "a sum").unwrap();
        assert!(matches!(&got, Download::Unavailable(reason) if reason.contains("curl")), "{got:?}");
    }

    #[test]
    fn the_real_client_refuses_plain_http() {
        if client("the_real_client_refuses_plain_http", PATIENCE).is_none() {
            return;
        }
        let client = Client::new().unwrap();
        let archive = tar_gz("a");
        let got = ask(&client, answer("200 OK", &archive), &sum(&archive)).unwrap();
        // Exit code 1 of curl: a protocol that is not supported or not allowed.
        assert!(matches!(&got, Download::Unavailable(reason) if reason.contains("(1)")), "{got:?}");
    }

    #[test]
    fn a_machine_without_a_network_loses_seconds() {
        const { assert!(CONNECT_SECONDS <= 10 && SILENT_SECONDS <= 10 && WHOLE_DOWNLOAD_SECONDS <= 300) };
    }

    #[test]
    fn programs_are_unpacked_from_both_kinds_of_archives() {
        let path = format!("tool-1.2.3/{}", file("tool"));
        for (name, bytes) in [("tool.tar.gz", tar_gz(&path)), ("tool.zip", zip(&path))] {
            let folder = folder(name);
            unpack(name, &bytes, &["tool"], &folder).unwrap();
            let program = folder.join(file("tool"));
            assert_eq!(std::fs::read(&program).unwrap(), PROGRAM);
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is unpacked");
            #[cfg(unix)]
            assert_eq!(crate::command::output(&program, &[]).as_deref(), Some("tool 1.2.3\n"));
            let error = unpack(name, &bytes, &["other"], &folder).unwrap_err().to_string();
            assert!(error.contains("other"), "{error}");
            assert!(unpack(name, &bytes[..bytes.len() / 2], &["tool"], &folder).is_err(), "a damaged archive");
            std::fs::remove_dir_all(folder).unwrap();
        }
    }

    #[test]
    fn sums_belong_to_one_version_and_look_like_sums() {
        for tool in [&TRUNK, &WASM_BINDGEN] {
            for archive in tool.release.archives {
                let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                assert!(archive.sha256.len() == 64 && archive.sha256.chars().all(is_hex), "{}", archive.file);
                assert!([".tar.gz", ".zip"].iter().any(|ending| archive.file.ends_with(ending)), "{}", archive.file);
                let found = tool.archive(archive.os, archive.arch).map(|found| found.file);
                assert_eq!(found, (tool.release.version == tool.version).then_some(archive.file));
            }
            assert!(tool.archive("plan9", "x86_64").is_none());
            assert!(tool.release.url.starts_with("https://") && tool.release.url.ends_with("/{file}"));
        }
        let other = CargoTool { version: "0.0.0", ..TRUNK };
        assert!(other.archive("linux", "x86_64").is_none(), "another version is built");
    }
}
