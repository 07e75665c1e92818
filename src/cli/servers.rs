//! An experiment's servers on the command line: their keys, and requests that run on threads of their own.

use std::collections::HashMap;
use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use ureq::Agent;

use super::Failure;
use crate::lab::experiment::Experiment;
use crate::lab::server::{Errand, Key, Reading, Reply, ServerError};

/// Bytes per read of an answer. Of an error's body, reading stops after this many bytes.
const CHUNK_BYTES: usize = 1 << 14;

/// Seconds after the deadline of an answer until its connection is closed.
const GRACE_SECS: u64 = 60;

/// An errand's number, and the server's reply or the error.
pub(super) type Answered = (u32, Result<Reply, ServerError>);

/// Flags that name the servers' keys.
#[derive(Debug, clap::Args)]
pub(super) struct KeyArgs {
    /// Environment variable that holds the servers' API key; `URL=VARIABLE` gives the key of one of several servers
    #[arg(long, value_name = "[URL=]VARIABLE")]
    key_env: Vec<String>,
}

/// Sends requests to an experiment's servers and collects the replies.
#[derive(Debug)]
pub(super) struct Servers {
    agent: Agent,
    keys: HashMap<String, Key>,
    sender: Sender<Answered>,
    receiver: Receiver<Answered>,
}

impl Servers {
    /// Reads the keys for the servers of an experiment.
    ///
    /// # Errors
    /// A [`Failure`] when a variable is not set or does not hold a key, or the experiment does not name the server.
    pub(super) fn new(experiment: &Experiment, args: &KeyArgs) -> Result<Self, Failure> {
        let mut keys = HashMap::new();
        for named in &args.key_env {
            let (url, variable) = named.rsplit_once('=').map_or((None, named.as_str()), |(url, it)| (Some(url), it));
            let key = std::env::var(variable).ok().and_then(|key| Key::new(&key));
            let key = key.ok_or_else(|| Failure::usage(format!("the variable {variable} holds no key: set it")))?;
            let is_meant = |server: &str| url.is_none_or(|url| url.trim_end_matches('/') == server);
            let servers: Vec<_> = experiment.servers().into_iter().filter(|server| is_meant(&server.url)).collect();
            if servers.is_empty() {
                return Err(Failure::usage(format!("--key-env {named}: the experiment names no such server")));
            }
            keys.extend(servers.into_iter().map(|server| (server.url.clone(), key.clone())));
        }
        // Redirects are not followed: a key must reach only its own server.
        let config = Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
        let (sender, receiver) = channel();
        Ok(Self { agent: config.into(), keys, sender, receiver })
    }

    /// Sends an errand on a new thread. [`Self::next`] returns its answer.
    pub(super) fn send(&self, errand: Errand) {
        let key = self.keys.get(&errand.server.url).cloned();
        let (agent, sender) = (self.agent.clone(), self.sender.clone());
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(errand.wait_ms.into()));
            let (id, reply) = (errand.id, carry_out(&agent, errand, key));
            // The receiver is gone when the command has ended.
            sender.send((id, reply)).ok();
        });
    }

    /// The next answer. With `waits` it blocks until one arrives; otherwise it returns `None` when there is none yet.
    pub(super) fn next(&self, waits: bool) -> Option<Answered> {
        if waits { self.receiver.recv().ok() } else { self.receiver.try_recv().ok() }
    }
}

/// The parts of a response, in order of arrival.
enum Part {
    /// The status code and the `Retry-After` header.
    Begun(u16, Option<String>),
    Bytes(Vec<u8>),
}

/// Sends a request and reads its answer. It fails when the server is silent for longer than its timeout, or has not
/// answered at its deadline.
fn carry_out(agent: &Agent, errand: Errand, key: Option<Key>) -> Result<Reply, ServerError> {
    let (sender, receiver) = channel();
    let (agent, used) = (agent.clone(), key.clone());
    let (server, begun) = (errand.server.clone(), Instant::now());
    std::thread::spawn(move || exchange(&agent, &errand, used.as_ref(), &sender));
    let next = || {
        let elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (wait_ms, late) = server.patience(elapsed_ms)?;
        match receiver.recv_timeout(Duration::from_millis(wait_ms.into())) {
            Ok(part) => part.map(Some),
            Err(RecvTimeoutError::Timeout) => Err(late),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
        }
    };
    let Some(Part::Begun(status, retry_after)) = next()? else { return Err(ServerError::Cut) };
    let is_ok = (200..300).contains(&status);
    let (mut reading, mut refusal) = (Reading::new(key.clone()), Vec::new());
    while let Some(part) = next()? {
        match part {
            Part::Bytes(bytes) if is_ok => reading.push(&bytes)?,
            Part::Bytes(bytes) if refusal.len() < CHUNK_BYTES => refusal.extend(bytes),
            Part::Bytes(_) => break,
            Part::Begun(..) => {}
        }
    }
    if is_ok {
        return reading.finish();
    }
    Err(ServerError::of_status(status, retry_after.as_deref(), &refusal, key.as_ref()))
}

fn exchange(agent: &Agent, errand: &Errand, key: Option<&Key>, sender: &Sender<Result<Part, ServerError>>) {
    if let Err(error) = tell(agent, errand, key, sender) {
        sender.send(Err(error)).ok();
    }
}

/// Sends a request and passes the parts of the response to `sender`. Stops when the receiver is gone.
fn tell(
    agent: &Agent,
    errand: &Errand,
    key: Option<&Key>,
    sender: &Sender<Result<Part, ServerError>>,
) -> Result<(), ServerError> {
    // Ends this thread if nobody waits any more. The receiver's own deadline comes first.
    let most = Duration::from_secs(u64::from(errand.server.deadline) + GRACE_SECS);
    let request = agent.post(&errand.request.address).config().timeout_global(Some(most)).build();
    let mut request = request.header("Content-Type", "application/json");
    if let Some(key) = key {
        request = request.header("Authorization", key.header());
    }
    let mut response = request.send(&errand.request.body).map_err(unreachable)?;
    let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut is_heard = sender.send(Ok(Part::Begun(response.status().as_u16(), retry_after))).is_ok();
    let mut body = response.body_mut().as_reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    while is_heard {
        let len = body.read(&mut chunk).map_err(|error| broken(&error))?;
        if len == 0 {
            return Ok(());
        }
        is_heard = sender.send(Ok(Part::Bytes(chunk[..len].to_vec()))).is_ok();
    }
    Ok(())
}

fn broken(_: &std::io::Error) -> ServerError {
    ServerError::Cut
}

/// The error for a request without any answer.
fn unreachable(error: ureq::Error) -> ServerError {
    match error {
        // The server was reached, and closed the connection.
        ureq::Error::Io(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe
            ) =>
        {
            broken(&error)
        }
        ureq::Error::Protocol(error) => ServerError::Foreign(format!(" ({error})")),
        error => ServerError::Unreachable(format!(" ({error})")),
    }
}
