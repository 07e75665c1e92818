//! The browser processes: one for the whole test run, and one without WebGPU for the tests that ask for it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::cdp::{Connection, lock};

/// Longest wait for the browser to start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// WebGPU on a machine without a GPU.
const WEBGPU_FLAGS: [&str; 2] = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/// No request that the page did not make.
const FLAGS: [&str; 13] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-quic",
    "--disable-dev-shm-usage",
    // A page in the background would have its timers and frames slowed.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--remote-debugging-port=0",
];

/// A temporary folder, removed when dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    /// Makes an empty folder.
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("askew-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{} cannot be made: {error}", path.display()));
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file of the folder and gives its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // The browser may still be writing its last files: a leftover in the temporary folder is no failure.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

struct Process {
    child: Child,
    connection: Connection,
    /// Held for its drop, after the browser is gone.
    _profile: TempDir,
}

/// What a browser can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// WebGPU, in software.
    WebGpu,
    /// What the browser's own defaults give on this machine: no WebGPU, where it has no GPU.
    Plain,
}

/// By [`Kind`].
static RUNNING: Mutex<[Option<Process>; 2]> = Mutex::new([None, None]);

/// The browser's program: `CHROME`, or what is on `PATH`. `None` where there is none.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROME") {
        return Some(PathBuf::from(path));
    }
    let folders = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>())?;
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome.exe"];
    names.iter().find_map(|name| folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file()))
}

/// The connection to a browser, which is started on the first call.
pub(crate) fn connection(kind: Kind) -> Connection {
    let mut running = lock(&RUNNING);
    running[kind as usize].get_or_insert_with(|| start(kind)).connection.clone()
}

/// Ends the browsers.
pub(crate) fn close() {
    lock(&RUNNING).iter_mut().filter_map(Option::take).for_each(end);
}

fn end(mut process: Process) {
    // It takes its helper processes with it when asked; a browser that does not listen is killed.
    if process.connection.call("", "Browser.close", serde_json::json!({})).is_err() {
        process.child.kill().expect("an own child can be killed");
    }
    for _ in 0..50 {
        if process.child.try_wait().expect("an own child can be waited for").is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    process.child.kill().expect("an own child can be killed");
    process.child.wait().expect("an own child can be waited for");
}

fn start(kind: Kind) -> Process {
    let program = program().expect("no browser: install chromium, or set CHROME to its program");
    let profile = TempDir::new("profile");
    let mut child = Command::new(&program)
        .args(FLAGS)
        .args(if kind == Kind::WebGpu { &WEBGPU_FLAGS[..] } else { &[] })
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("about:blank")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Read to the end: a full pipe would stop the browser.
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("DevTools listening on ") {
                drop(sender.send(address.trim().to_owned()));
            } else if std::env::var_os("ASKEW_BROWSER_LOG").is_some() {
                eprintln!("browser: {line}");
            }
        }
    });
    let Ok(address) = receiver.recv_timeout(START_LIMIT) else {
        child.kill().expect("an own child can be killed");
        panic!("{} printed no DevTools address in {START_LIMIT:?}", program.display());
    };
    Process { child, connection: Connection::open(&address), _profile: profile }
}
