//! The browser processes: one for the whole test run, and one without WebGPU for the tests that need that.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use crate::cdp::{Connection, lock};

/// Time limit for the browser's start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Flags for WebGPU on a machine without a GPU.
const WEBGPU_FLAGS: [&str; 2] = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/// Flags that stop every request that the page does not make itself.
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
    // Otherwise the timers and frames of a page in the background would be slowed down.
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

    /// Writes a file in the folder and returns its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // The browser may still write its last files. A leftover in the temporary folder is not a failure.
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
    /// The profile's folder, removed when this is dropped after the browser has ended.
    _profile: TempDir,
}

/// The kind of a browser process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// With WebGPU, in software.
    WebGpu,
    /// With the browser's defaults on this machine, so without WebGPU if there is no GPU.
    Plain,
}

/// The running browsers, indexed by [`Kind`].
static RUNNING: Mutex<[Option<Process>; 2]> = Mutex::new([None, None]);

/// The browser's program: `CHROME`, or the first on `PATH`; `None` if there is none.
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
    // On this command the browser also ends its helper processes. If it does not react, it is killed.
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
        // Read stderr to its end, because a full pipe would stop the browser.
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
