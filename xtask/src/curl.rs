//! Downloads of files with a pinned SHA-256, by this machine's curl.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::command::find;
use crate::models::sha256;
use crate::pins::{CONNECT_SECONDS, MAX_TOOL_BYTES, SILENT_SECONDS, WHOLE_DOWNLOAD_SECONDS};

/// The result of a download.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Download {
    /// The bytes. Their SHA-256 is the pinned one.
    Whole(Vec<u8>),
    /// Why the file could not be downloaded.
    Unavailable(String),
}

/// The reason where this machine has no curl.
pub(crate) const NO_CURL: &str = "curl is not installed";

/// This machine's curl. An HTTP library would make the build of xtask a quarter longer: see docs/adr/026.
#[derive(Clone)]
pub(crate) struct Client {
    program: PathBuf,
    /// Options that say where it may connect.
    network: &'static [&'static str],
    /// Seconds without a byte after which a transfer is given up.
    silent_seconds: u64,
    /// The largest file, in bytes.
    max_bytes: u64,
}

impl Client {
    /// A client for https only, or `None` if curl is not on PATH.
    pub(crate) fn new() -> Option<Self> {
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
    pub(crate) fn download(&self, url: &str, pinned: &str) -> Result<Download, Failure> {
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

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{SocketAddr, TcpListener};
    use std::sync::mpsc;

    use super::*;
    use crate::lack::Lack;

    const BYTES: &[u8] = b"the bytes of an archive";

    /// As the real client, but over http to this machine. Without curl it notes that the test is skipped.
    fn client(test: &str, silent_seconds: u64) -> Option<Client> {
        let network = &["--proto", "=https,http", "--noproxy", "127.0.0.1"];
        let client = Client::new().map(|real| Client { network, silent_seconds, ..real });
        if client.is_none() {
            Lack::Tool.note(test, NO_CURL).unwrap();
        }
        client
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

    #[test]
    fn a_file_with_the_pinned_sum_is_used() {
        let Some(client) = client("a_file_with_the_pinned_sum_is_used", PATIENCE) else { return };
        let archive = BYTES.to_vec();
        let got = ask(&client, answer("200 OK", &archive), &sum(&archive)).unwrap();
        assert_eq!(got, Download::Whole(archive));
    }

    #[test]
    fn a_wrong_sum_is_an_error_that_names_both() {
        let Some(client) = client("a_wrong_sum_is_an_error_that_names_both", PATIENCE) else { return };
        let (archive, pinned) = (BYTES.to_vec(), sum(b"another file"));
        let error = ask(&client, answer("200 OK", &archive), &pinned).unwrap_err().to_string();
        assert!(error.contains(&pinned) && error.contains(&sum(&archive)), "{error}");
    }

    #[test]
    fn what_does_not_come_is_unavailable() {
        let Some(client) = client("what_does_not_come_is_unavailable", PATIENCE) else { return };
        let archive = BYTES.to_vec();
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
        let archive = BYTES.to_vec();
        let got = ask(&client, answer("200 OK", &archive), &sum(&archive)).unwrap();
        // Exit code 1 of curl: a protocol that is not supported or not allowed.
        assert!(matches!(&got, Download::Unavailable(reason) if reason.contains("(1)")), "{got:?}");
    }

    #[test]
    fn a_machine_without_a_network_loses_seconds() {
        const { assert!(CONNECT_SECONDS <= 10 && SILENT_SECONDS <= 10 && WHOLE_DOWNLOAD_SECONDS <= 300) };
    }
}
