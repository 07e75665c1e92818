//! Tools that their projects publish as binaries: downloaded, compared with a pinned SHA-256, and unpacked.
//!
//! A download that does not come is not an error: the tool is built instead. A file with another sum is one, and nothing of
//! it is used.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::time::Duration;

use flate2::bufread::{DeflateDecoder, GzDecoder};
use rawzip::{CompressionMethod, ZipArchive};
use ureq::Agent;
use ureq::config::Config;

use crate::Failure;
use crate::models::sha256;
use crate::pins::{Archive, CargoTool, DOWNLOAD_SECONDS, MAX_TOOL_BYTES, WHOLE_DOWNLOAD_SECONDS};

/// What came of a download.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Download {
    /// The bytes, with the pinned sum.
    Whole(Vec<u8>),
    /// Why they did not come.
    Unavailable(String),
}

impl CargoTool {
    /// The published file for a machine, if its sum is pinned for this very version.
    fn archive(&self, os: &str, arch: &str) -> Option<&'static Archive> {
        let archives = if self.release.version == self.version { self.release.archives } else { &[] };
        archives.iter().find(|archive| archive.os == os && archive.arch == arch)
    }

    /// The published file for this machine.
    pub(crate) fn archive_here(&self) -> Option<&'static Archive> {
        self.archive(std::env::consts::OS, std::env::consts::ARCH)
    }

    /// Downloads a published file and puts the tool's binaries into a folder. Gives the reason where the file does not come.
    ///
    /// # Errors
    /// When the file is not the pinned one, does not hold the binaries, or the folder cannot be written.
    pub(crate) fn download(&self, archive: &Archive, folder: &Path) -> Result<Option<String>, Failure> {
        let url = self.release.url.replace("{version}", self.version).replace("{file}", archive.file);
        match download(&agent(), &url, archive.sha256)? {
            Download::Unavailable(reason) => Ok(Some(reason)),
            Download::Whole(bytes) => {
                std::fs::create_dir_all(folder)?;
                unpack(archive.file, &bytes, self.binaries, folder)?;
                Ok(None)
            }
        }
    }
}

/// Asks over https alone, and waits for seconds at most.
fn agent() -> Agent {
    let [resolve, connect, answer, more] = DOWNLOAD_SECONDS.map(|seconds| Some(Duration::from_secs(seconds)));
    let config = Config::builder()
        .https_only(true)
        .timeout_resolve(resolve)
        .timeout_connect(connect)
        .timeout_recv_response(answer)
        .timeout_per_read(more)
        .timeout_global(Some(Duration::from_secs(WHOLE_DOWNLOAD_SECONDS)));
    config.build().new_agent()
}

/// Downloads a file of a known sum.
///
/// # Errors
/// When the file has another sum.
fn download(agent: &Agent, url: &str, pinned: &str) -> Result<Download, Failure> {
    let bytes = agent
        .get(url)
        .call()
        .and_then(|mut answer| answer.body_mut().with_config().limit(MAX_TOOL_BYTES).read_to_vec());
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => return Ok(Download::Unavailable(format!("{url}: {error}"))),
    };
    let found = sha256(&mut bytes.as_slice())?;
    if found == pinned {
        Ok(Download::Whole(bytes))
    } else {
        Err(format!("{url} has SHA-256 {found}, but {pinned} is pinned: the file was not used").into())
    }
}

/// Takes binaries out of an archive, from whichever folder they are in, into a folder of this machine.
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
            other => return Err(format!("{path} is compressed in a way that is not read here ({other:?})").into()),
        }
    }
    Ok(())
}

fn write_program(path: &Path, content: &mut dyn Read) -> Result<(), Failure> {
    let mut file = File::create_new(path)?;
    let written = std::io::copy(&mut content.take(MAX_TOOL_BYTES), &mut file)?;
    if written == MAX_TOOL_BYTES {
        return Err(format!("{} is too large for a tool", path.display()).into());
    }
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{SocketAddr, TcpListener};
    use std::path::PathBuf;
    use std::sync::mpsc;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder};

    use super::*;
    use crate::pins::{TRUNK, WASM_BINDGEN};

    const PROGRAM: &[u8] = b"#!/bin/sh\necho tool 1.2.3\n";

    /// As the real agent, but over http to this machine.
    fn agent_here(patience: Duration) -> Agent {
        Config::builder().proxy(None).timeout_recv_response(Some(patience)).build().new_agent()
    }

    /// Waits for an answer for as long as a busy machine may need.
    fn patient() -> Agent {
        agent_here(Duration::from_secs(60))
    }

    /// Answers one request with these bytes, and closes. Without an answer the connection stays open and silent until the other
    /// end of the channel is dropped.
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

    fn ask(answer: Vec<u8>, pinned: &str) -> Result<Download, Failure> {
        let (address, _end) = server(Some(answer));
        download(&patient(), &format!("http://{address}/tool.tar.gz"), pinned)
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
        let archive = tar_gz("a");
        let got = ask(answer("200 OK", &archive), &sum(&archive)).unwrap();
        assert_eq!(got, Download::Whole(archive));
    }

    #[test]
    fn a_wrong_sum_is_an_error_that_names_both() {
        let (archive, pinned) = (tar_gz("a"), sum(b"another file"));
        let error = ask(answer("200 OK", &archive), &pinned).unwrap_err().to_string();
        assert!(error.contains(&pinned) && error.contains(&sum(&archive)), "{error}");
    }

    #[test]
    fn what_does_not_come_is_unavailable() {
        let archive = tar_gz("a");
        let whole = answer("200 OK", &archive);
        let truncated = whole[..whole.len() - 10].to_vec();
        let cases = [
            ("truncated", truncated),
            ("not found", answer("404 Not Found", &archive)),
            ("a server error", answer("503 Service Unavailable", &archive)),
            ("no HTTP", b"hello\r\n\r\n".to_vec()),
            ("closed", Vec::new()),
        ];
        for (name, answer) in cases {
            let got = ask(answer, &sum(&archive)).unwrap();
            assert!(
                matches!(&got, Download::Unavailable(reason) if reason.contains("/tool.tar.gz")),
                "{name}: {got:?}"
            );
        }
        // Nobody listens there any more.
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let got = download(&patient(), &format!("http://{address}/tool.tar.gz"), &sum(&archive)).unwrap();
        assert!(matches!(got, Download::Unavailable(_)), "{got:?}");
    }

    #[test]
    fn a_silent_server_is_given_up() {
        let (address, end) = server(None);
        let agent = agent_here(Duration::from_millis(50));
        let got = download(&agent, &format!("http://{address}/tool.tar.gz"), "a sum").unwrap();
        assert!(matches!(&got, Download::Unavailable(reason) if reason.contains("timeout")), "{got:?}");
        // It was silent until here.
        end.send(()).unwrap();
    }

    #[test]
    fn the_real_agent_waits_for_seconds() {
        let agent = agent();
        let times = agent.config().timeouts();
        for (name, time) in [
            ("an address", times.resolve),
            ("a connection", times.connect),
            ("an answer", times.recv_response),
            ("more bytes", agent.config().timeout_per_read()),
        ] {
            assert!(time.is_some_and(|time| time <= Duration::from_secs(10)), "{name}: {time:?}");
        }
        assert!(times.global.is_some() && agent.config().https_only());
    }

    #[test]
    fn the_real_agent_refuses_plain_http() {
        let archive = tar_gz("a");
        let (address, _end) = server(Some(answer("200 OK", &archive)));
        let got = download(&agent(), &format!("http://{address}/tool.tar.gz"), &sum(&archive)).unwrap();
        assert!(matches!(got, Download::Unavailable(_)), "{got:?}");
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
