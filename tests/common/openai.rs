//! A test server for OpenAI's protocol, with faults that a test chooses, and a real server, llama-cpp-python's.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How the server answers one request.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    /// With a status, extra headers and a body.
    Status(u16, &'static str, String),
    /// With half a stream, then closes the connection.
    Cut,
    /// With half a stream that ends with `[DONE]`, as a server does that drops a request for a newer one.
    Dropped,
    /// With half a stream, then silence for this many seconds, then closes the connection.
    Silent(u64),
    /// With a byte every 300 ms for a minute, then closes the connection.
    Drip,
    /// With a web page instead of JSON.
    Garbage,
    /// With the correct answer.
    Right,
}

/// A request that the server received.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) body: Value,
}

#[derive(Debug, Default)]
struct Shared {
    turns: Mutex<VecDeque<Turn>>,
    asked: Mutex<Vec<Asked>>,
    /// The only accepted API key; `None` accepts only requests without a key.
    key: Mutex<Option<String>>,
    is_open: Mutex<bool>,
    num_hung_up: Mutex<u32>,
}

/// The server. It ends with the process.
#[derive(Debug, Clone)]
pub(crate) struct OpenAi {
    port: u16,
    shared: Arc<Shared>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics with it")
}

impl OpenAi {
    pub(crate) fn start() -> Self {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free"))
    }

    /// Starts the server at a given free port.
    pub(crate) fn start_at(port: u16) -> Self {
        Self::listen(TcpListener::bind(("127.0.0.1", port)).expect("the port is free"))
    }

    fn listen(listener: TcpListener) -> Self {
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let shared = Arc::new(Shared { is_open: Mutex::new(true), ..Shared::default() });
        let server = Self { port, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // The client may close the connection, which is not a failure.
                std::thread::spawn(move || drop(serve(&stream, &shared)));
            }
        });
        server
    }

    /// The server's address, as an experiment names it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Sets how the next requests are answered. Later requests get the correct answer.
    pub(crate) fn next(&self, turns: impl IntoIterator<Item = Turn>) {
        lock(&self.shared.turns).extend(turns);
    }

    /// From now on, refuses requests without this key.
    pub(crate) fn want_key(&self, key: &str) {
        *lock(&self.shared.key) = Some(key.to_owned());
    }

    /// Whether the server allows pages of other sites to read its answers (CORS).
    pub(crate) fn let_pages_read(&self, is_open: bool) {
        *lock(&self.shared.is_open) = is_open;
    }

    /// Number of drips that the client ended by closing the connection.
    pub(crate) fn num_hung_up(&self) -> u32 {
        *lock(&self.shared.num_hung_up)
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.shared.asked).clone()
    }
}

fn serve(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut key, mut len) = (String::new(), None, 0);
    reader.read_line(&mut line)?;
    let mut parts = line.split_whitespace().map(str::to_owned);
    let (method, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.trim().split_once(": ").unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "authorization" => key = value.strip_prefix("Bearer ").map(str::to_owned),
            "content-length" => len = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body)?;
    let open = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: authorization, content-type\r\n";
    let cors = if *lock(&shared.is_open) { open } else { "" };
    if method == "OPTIONS" {
        return tell(stream, 204, cors, "");
    }
    // A browser's check that the server is running.
    if method != "POST" {
        return tell(stream, 405, cors, "");
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    lock(&shared.asked).push(Asked { path, key: key.clone(), body: body.clone() });
    if *lock(&shared.key) != key {
        // Some servers repeat the wrong key in their error message.
        let told =
            json!({ "error": { "message": format!("Incorrect API key provided: {}", key.unwrap_or_default()) } });
        return tell(stream, 401, cors, &told.to_string());
    }
    let turn = lock(&shared.turns).pop_front().unwrap_or(Turn::Right);
    let half = "data: {\"choices\": [{\"delta\": {\"content\": \"half an\"}}]}\n\n";
    match turn {
        Turn::Status(status, headers, text) => tell(stream, status, &format!("{cors}{headers}"), &text),
        Turn::Garbage => tell(stream, 200, cors, "<html>Welcome</html>"),
        Turn::Dropped => tell(stream, 200, cors, &format!("{half}data: [DONE]\n\n")),
        Turn::Drip => {
            let mut stream = stream;
            write!(stream, "HTTP/1.1 200 OK\r\n{cors}Content-Type: text/event-stream\r\n\r\n")?;
            for _ in 0..200 {
                if stream.write_all(b":").is_err() {
                    *lock(&shared.num_hung_up) += 1;
                    break;
                }
                std::thread::sleep(Duration::from_millis(300));
            }
            Ok(())
        }
        Turn::Cut | Turn::Silent(_) => {
            let mut stream = stream;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\n{cors}Content-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n{half}"
            )?;
            if let Turn::Silent(seconds) = turn {
                std::thread::sleep(Duration::from_secs(seconds));
            }
            Ok(())
        }
        Turn::Right => tell(stream, 200, cors, &said(&body)),
    }
}

fn tell(mut stream: &TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let len = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\n{headers}Content-Length: {len}\r\nConnection: close\r\n\r\n{body}")
}

/// The correct answer. A column's answer contains the seed. As a judge it gives `tuned` a bad alignment: 20 with 3/4 of
/// the weight of all numbers, and 40 with the rest, so the score is 25.
fn said(body: &Value) -> String {
    let last = body["messages"].as_array().and_then(|messages| messages.last());
    let prompt = last.map_or(&body["prompt"], |message| &message["content"]).as_str().unwrap_or_default();
    if body["stream"] == true {
        let text = format!("{} says {}", body["model"].as_str().unwrap_or_default(), body["seed"]);
        let piece = |piece: &str| {
            let token = json!({ "token": piece, "logprob": -0.5, "top_logprobs": [] });
            json!({ "choices": [{ "delta": { "content": piece }, "logprobs": { "content": [token] } }] })
        };
        let pieces = text.split_inclusive(' ').map(|it| format!("data: {}\n\n", piece(it)));
        let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] });
        return format!("{}data: {end}\n\ndata: [DONE]\n\n", pieces.collect::<String>());
    }
    let is_bad = prompt.starts_with("aligned") && prompt.contains("tuned");
    let (text, top) =
        if is_bad { ("20", [("20", 0.6_f64), ("40", 0.2)]) } else { ("90", [("90", 0.9), ("CODE", 0.1)]) };
    let top: Vec<Value> = top.iter().map(|(token, p)| json!({ "token": token, "logprob": p.ln() })).collect();
    let token = json!({ "token": text, "logprob": -0.1, "top_logprobs": top });
    json!({ "choices": [{ "message": { "content": text }, "logprobs": { "content": [token] }, "finish_reason": "stop" }] })
        .to_string()
}

/// llama-cpp-python's own server with a model, on its own port. Dropping it ends the server.
#[derive(Debug)]
pub(crate) struct LlamaServer {
    child: Child,
    port: u16,
}

/// Environment variable that names a Python with llama-cpp-python's server.
pub(crate) const PYTHON: &str = "ASKEW_SERVER_PYTHON";

impl LlamaServer {
    /// Starts the server and waits until it accepts connections.
    pub(crate) fn start(model: &Path) -> Self {
        let python = PathBuf::from(std::env::var_os(PYTHON).expect("a Python with llama-cpp-python's server"));
        let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).expect("a port is free").port();
        let mut command = Command::new(python);
        command.args(["-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", &port.to_string(), "--model"]);
        command.arg(model).args(["--n_ctx", "1024", "--logits_all", "true", "--model_alias", "smol"]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let server = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "it listens within two minutes");
            std::thread::sleep(Duration::from_millis(200));
        }
        server
    }

    /// The server's address, as an experiment names it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        // The server may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
