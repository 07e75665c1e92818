//! A connection to a browser's DevTools.
//!
//! This is our own small client, because the tests use only a dozen methods. The existing crates generate the types of
//! the whole protocol and need an async runtime, which takes minutes to compile on two cores.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes};

/// Time limit for the browser's reply to one command.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// A command's result, or the browser's error message.
pub(crate) type Reply = Result<Value, String>;

/// Called with every event of a session: its name, its parameters, and the session.
pub(crate) type Listener = Arc<dyn Fn(&Connection, &str, &Value, &str) + Send + Sync>;

/// A connection, shared by all pages.
#[derive(Clone)]
pub(crate) struct Connection {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Mutex<WebSocket<TcpStream>>,
    last_id: AtomicU64,
    waiting: Mutex<HashMap<u64, Sender<Reply>>>,
    /// The listener of each session.
    listeners: Mutex<HashMap<String, Listener>>,
}

/// Locks a mutex even if it is poisoned: a test that fails while it holds a lock must not fail the others.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Connects to the address that the browser printed: `ws://127.0.0.1:PORT/PATH`.
    pub(crate) fn open(address: &str) -> Self {
        let host = address.trim_start_matches("ws://").split('/').next().unwrap_or_default();
        let stream = TcpStream::connect(host).unwrap_or_else(|error| panic!("no connection to {address}: {error}"));
        stream.set_nodelay(true).expect("a loopback socket takes options");
        let reading = stream.try_clone().expect("a socket can be cloned");
        // Screenshots and traces are long messages.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (writer, _) = tungstenite::client::client_with_config(address, stream, Some(config))
            .unwrap_or_else(|error| panic!("no DevTools at {address}: {error}"));
        // Two handles for one socket: one thread reads, any thread may write.
        let mut reader = WebSocket::from_raw_socket(reading, Role::Client, Some(config));
        let connection = Self {
            inner: Arc::new(Inner {
                writer: Mutex::new(writer),
                last_id: AtomicU64::new(0),
                waiting: Mutex::default(),
                listeners: Mutex::default(),
            }),
        };
        let handler = connection.clone();
        std::thread::spawn(move || {
            while let Ok(message) = reader.read() {
                if let Message::Text(text) = message {
                    handler.take(&text);
                }
            }
            // The connection has ended. Dropping the senders wakes all callers that wait for a reply.
            lock(&handler.inner.waiting).clear();
        });
        connection
    }

    /// Sends a command and waits for its result. `session` is empty for the browser itself.
    pub(crate) fn call(&self, session: &str, method: &str, params: Value) -> Reply {
        let receiver = self.start(session, method, params)?;
        match receiver.recv_timeout(COMMAND_LIMIT) {
            Ok(reply) => reply.map_err(|message| format!("{method}: {message}")),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("{method}: no reply in {COMMAND_LIMIT:?}")),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(format!("{method}: the browser is gone")),
        }
    }

    /// Sends a command and drops its reply. The reading thread must use this, because it cannot wait for itself.
    pub(crate) fn tell(&self, session: &str, method: &str, params: Value) {
        if let Err(message) = self.start(session, method, params) {
            eprintln!("browser: {method}: {message}");
        }
    }

    /// Passes the events of a session to `listener` from now on.
    pub(crate) fn listen(&self, session: &str, listener: Listener) {
        lock(&self.inner.listeners).insert(session.to_owned(), listener);
    }

    /// Removes the listener of a session.
    pub(crate) fn forget(&self, session: &str) {
        lock(&self.inner.listeners).remove(session);
    }

    fn start(&self, session: &str, method: &str, params: Value) -> Result<Receiver<Reply>, String> {
        let id = self.inner.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !session.is_empty() {
            message["sessionId"] = session.into();
        }
        let (sender, receiver) = mpsc::channel();
        lock(&self.inner.waiting).insert(id, sender);
        let text = Utf8Bytes::from(message.to_string());
        lock(&self.inner.writer).send(Message::Text(text)).map_err(|error| error.to_string())?;
        Ok(receiver)
    }

    fn take(&self, text: &str) {
        let message: Value = serde_json::from_str(text).expect("DevTools speaks JSON");
        if let Some(id) = message["id"].as_u64() {
            let Some(sender) = lock(&self.inner.waiting).remove(&id) else { return };
            let reply = match message["error"]["message"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => Ok(message["result"].clone()),
            };
            // If the caller no longer waits, the reply is dropped.
            drop(sender.send(reply));
            return;
        }
        let session = message["sessionId"].as_str().unwrap_or_default();
        let listener = lock(&self.inner.listeners).get(session).cloned();
        if let (Some(listener), Some(method)) = (listener, message["method"].as_str()) {
            listener(self, method, &message["params"], session);
        }
    }
}
