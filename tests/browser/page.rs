//! The page that a test drives, in its own browser context and with its own server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::cdp::{Connection, lock};
use crate::chrome::{self, Kind};
use crate::server::Server;
use crate::watch::{self, SharedLog, StandIn};

/// Time limit for something to appear.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_secs(30);
/// Time between two checks of a condition.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// Number of characters of the page's text in a failure message.
const SHOWN_CHARS: usize = 2_500;

/// A script that records tasks over 50 ms from the page's start.
const COUNT_LONG_TASKS: &str = "
    window.__longTasks = [];
    new PerformanceObserver((list) => {
        for (const task of list.getEntries()) window.__longTasks.push([task.startTime, task.duration]);
    }).observe({ type: 'longtask', buffered: true });";

/// A script that keeps downloads instead of saving them.
const CATCH_DOWNLOADS: &str = "void (() => {
    window.taken = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => { blob.text().then(text => window.taken.push(text)); return make.call(URL, blob); };
    HTMLAnchorElement.prototype.click = function () { window.last = [this.download, this.href]; };
})()";

/// A page under test.
pub(crate) struct Page {
    connection: Connection,
    context: Arc<Context>,
    session: String,
    log: SharedLog,
    server: Arc<Server>,
    name: String,
    allowed: Vec<String>,
}

/// A browser's storage and cache, which the tabs of a test share.
struct Context {
    connection: Connection,
    id: String,
}

impl Drop for Context {
    fn drop(&mut self) {
        self.connection.tell("", "Target.disposeBrowserContext", json!({ "browserContextId": self.id }));
    }
}

/// A task that kept the page's main thread busy for over 50 ms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LongTask {
    /// Start of the task, in milliseconds since the page's start.
    pub(crate) start_ms: f64,
    /// Duration of the task in milliseconds.
    pub(crate) duration_ms: f64,
}

impl Page {
    /// An empty page in a browser, and a server for a folder. `name` names the test in messages and pictures.
    pub(crate) fn in_browser(name: &str, root: &Path, kind: Kind) -> Self {
        let connection = chrome::connection(kind);
        let context = connection.call("", "Target.createBrowserContext", json!({ "disposeOnDetach": true }));
        let context = context.unwrap_or_else(|error| panic!("{name}: {error}"));
        let context = Context { connection, id: id(&context, "browserContextId") };
        Self::tab(name, Arc::new(context), Arc::new(Server::start(root)))
    }

    /// Another tab of the same browser, with the same storage and server.
    pub(crate) fn another_tab(&self) -> Self {
        Self::tab(&self.name, Arc::clone(&self.context), Arc::clone(&self.server))
    }

    fn tab(name: &str, context: Arc<Context>, server: Arc<Server>) -> Self {
        let connection = context.connection.clone();
        let call = |session: &str, method: &str, params| {
            connection.call(session, method, params).unwrap_or_else(|error| panic!("{name}: {error}"))
        };
        let target = call("", "Target.createTarget", json!({ "url": "about:blank", "browserContextId": context.id }));
        let target = id(&target, "targetId");
        let attached = call("", "Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        let session = id(&attached, "sessionId");
        let log = SharedLog::default();
        watch::watch(&connection, &session, &log).unwrap_or_else(|error| panic!("{name}: {error}"));
        let page = Self { connection, context, session, log, server, name: name.to_owned(), allowed: Vec::new() };
        page.must("Page.addScriptToEvaluateOnNewDocument", json!({ "source": COUNT_LONG_TASKS }));
        // A classic scroll bar would make the page narrower, unlike on a phone.
        page.must("Emulation.setScrollbarsHidden", json!({ "hidden": true }));
        page.set_viewport(1280, 900);
        page
    }

    /// The page's server.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Sends a command to the page's session and returns its result.
    pub(crate) fn call(&self, method: &str, params: Value) -> Result<Value, String> {
        self.connection.call(&self.session, method, params)
    }

    /// Sends a command to the page's session. The test fails if the command fails.
    pub(crate) fn must(&self, method: &str, params: Value) -> Value {
        self.call(method, params).unwrap_or_else(|error| self.fail(&error))
    }

    /// Opens an address, or a path of the page's server, and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) {
        let url = if url.starts_with('/') { format!("{}{url}", self.server.origin()) } else { url.to_owned() };
        let reply = self.must("Page.navigate", json!({ "url": url }));
        if let Some(error) = reply["errorText"].as_str() {
            self.fail(&format!("{url} cannot be opened: {error}"));
        }
        self.wait_until("document.readyState === 'complete'", "the page is loaded");
    }

    /// Reloads the page and waits until it is loaded again.
    pub(crate) fn reload(&self) {
        self.eval("void (window.__isOld = true)");
        self.must("Page.reload", json!({}));
        self.wait_until("!window.__isOld && document.readyState === 'complete'", "the page is loaded again");
    }

    /// From now on, keeps the texts of downloads in order in `window.taken`, and name and address of the latest in
    /// `window.last`.
    pub(crate) fn catch_downloads(&self) {
        self.eval(CATCH_DOWNLOADS);
    }

    /// Waits for this number of downloads and returns their texts.
    pub(crate) fn downloads(&self, number: usize) -> Vec<String> {
        self.wait_until(&format!("window.taken.length >= {number}"), "what is downloaded is made");
        let taken = self.eval("window.taken");
        let texts = taken.as_array().into_iter().flatten();
        texts.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The value of an expression; a promise is awaited. An exception fails the test.
    pub(crate) fn eval(&self, js: &str) -> Value {
        self.try_eval(js).unwrap_or_else(|error| self.fail(&format!("{error}\nin: {js}")))
    }

    /// The value of an expression, or the error message.
    pub(crate) fn try_eval(&self, js: &str) -> Result<Value, String> {
        let params = json!({ "expression": js, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let reply = self.call("Runtime.evaluate", params)?;
        match &reply["exceptionDetails"] {
            Value::Null => Ok(reply["result"]["value"].clone()),
            details => Err(watch::exception(details)),
        }
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_until(&self, js: &str, what: &str) {
        self.wait_for_long(js, what, WAIT_LIMIT);
    }

    /// Waits until an expression is true, for at most `limit`.
    pub(crate) fn wait_for_long(&self, js: &str, what: &str, limit: Duration) {
        let begun = Instant::now();
        // While one page is replaced by another, no expression can be evaluated. That is not a failure yet.
        let mut last;
        loop {
            match self.try_eval(&format!("!!({js})")) {
                Ok(Value::Bool(true)) => return,
                Ok(_) => last = "it is false".to_owned(),
                Err(error) => last = error,
            }
            if begun.elapsed() > limit {
                self.fail(&format!("not within {limit:?}: {what}\nin: {js}\nlast: {last}"));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits for an element.
    pub(crate) fn wait_for(&self, css: &str) {
        self.wait_until(&format!("document.querySelector({})", quote(css)), &format!("{css} is there"));
    }

    /// Waits until no element matches.
    pub(crate) fn wait_gone(&self, css: &str) {
        self.wait_until(&format!("!document.querySelector({})", quote(css)), &format!("{css} is gone"));
    }

    /// Waits until an element's text contains `text`.
    pub(crate) fn wait_text(&self, css: &str, text: &str) {
        let js = format!(
            "[...document.querySelectorAll({})].some(e => e.textContent.includes({}))",
            quote(css),
            quote(text)
        );
        self.wait_until(&js, &format!("{css} says {text:?}"));
    }

    /// The visible text of an element.
    pub(crate) fn text(&self, css: &str) -> String {
        let js = format!("document.querySelector({0}) && document.querySelector({0}).innerText", quote(css));
        self.eval(&js).as_str().unwrap_or_else(|| self.fail(&format!("nothing matches {css}"))).to_owned()
    }

    /// The texts of all matching elements, visible or not.
    pub(crate) fn texts(&self, css: &str) -> Vec<String> {
        strings(&self.eval(&format!("[...document.querySelectorAll({})].map(e => e.textContent)", quote(css))))
    }

    /// The number of matching elements.
    pub(crate) fn count(&self, css: &str) -> u64 {
        self.eval(&format!("document.querySelectorAll({}).length", quote(css))).as_u64().unwrap_or_default()
    }

    /// An attribute of an element; `None` without it.
    pub(crate) fn attr(&self, css: &str, name: &str) -> Option<String> {
        self.wait_for(css);
        let js = format!("document.querySelector({}).getAttribute({})", quote(css), quote(name));
        self.eval(&js).as_str().map(ToOwned::to_owned)
    }

    /// The part of the address after `#`.
    pub(crate) fn hash(&self) -> String {
        self.eval("location.hash").as_str().unwrap_or_default().to_owned()
    }

    /// Sets the size of the viewport in pixels.
    pub(crate) fn set_viewport(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.must("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Sets the system's preference: dark or light.
    pub(crate) fn set_dark(&self, is_dark: bool) {
        self.set_media(&[("prefers-color-scheme", if is_dark { "dark" } else { "light" })]);
    }

    /// Sets the system's preferences by the names of media features. Others get their defaults.
    pub(crate) fn set_media(&self, features: &[(&str, &str)]) {
        let features: Vec<Value> =
            features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.must("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Disconnects the page and its workers from the network, or reconnects them.
    pub(crate) fn set_offline(&self, is_offline: bool) {
        let conditions =
            json!({ "offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.must("Network.emulateNetworkConditions", conditions);
    }

    /// Saves a picture of the whole page as `target/screenshots/NAME.png`.
    pub(crate) fn screenshot(&self, name: &str) -> PathBuf {
        self.try_screenshot(name).unwrap_or_else(|error| panic!("{}: no picture: {error}", self.name))
    }

    fn try_screenshot(&self, name: &str) -> Result<PathBuf, String> {
        let metrics = self.call("Page.getLayoutMetrics", json!({}))?;
        let size = &metrics["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.call("Page.captureScreenshot", params)?;
        let picture =
            BASE64.decode(picture["data"].as_str().unwrap_or_default().as_bytes()).map_err(|e| e.to_string())?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots").join(format!("{name}.png"));
        let folder = path.parent().expect("a picture has a folder");
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, picture)).map_err(|e| e.to_string())?;
        Ok(path)
    }

    /// Answers requests to another site, from the next page on.
    pub(crate) fn stand_in(&self, stand_in: StandIn) {
        self.must("Fetch.enable", stand_in.hold());
        lock(&self.log).stand_in = Some(stand_in);
    }

    /// Addresses that the page and its workers requested.
    pub(crate) fn requests(&self) -> Vec<String> {
        lock(&self.log).requests.clone()
    }

    /// Requests to other servers than the page's own.
    pub(crate) fn third_party_requests(&self) -> Vec<String> {
        let own = format!("{}/", self.server.origin());
        let is_own = |url: &String| url.starts_with(&own) || url.starts_with("data:") || url.starts_with("blob:");
        self.requests().into_iter().filter(|url| !is_own(url) && url != "about:blank").collect()
    }

    /// Errors on the console and uncaught exceptions, in the page or its workers.
    pub(crate) fn problems(&self) -> Vec<String> {
        lock(&self.log).problems.clone()
    }

    /// Waits for a problem that contains these words. DevTools reports it independently of the page.
    pub(crate) fn wait_problem(&self, words: &str) {
        let begun = std::time::Instant::now();
        while !self.problems().iter().any(|problem| problem.contains(words)) {
            if begun.elapsed() > std::time::Duration::from_secs(10) {
                self.fail(&format!("no problem says {words:?}: {:?}", self.problems()));
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Allows problems that contain these words, because the test causes them on purpose.
    pub(crate) fn allow_problem(&mut self, words: &str) {
        self.allowed.push(words.to_owned());
    }

    /// Fails the test on any problem that it did not allow.
    pub(crate) fn assert_no_problems(&self) {
        let mut problems = self.problems();
        problems.retain(|problem| !self.allowed.iter().any(|words| problem.contains(words)));
        if !problems.is_empty() {
            self.fail(&format!("the page had problems:\n{}", problems.join("\n")));
        }
    }

    /// Waits until the Lab's model is loaded. An earlier model may stay until the weights of the new one arrive.
    pub(crate) fn wait_for_model(&self, patience: Duration) {
        let js = "!document.querySelector('#loading') && document.querySelector('#model-card, #lab-problem')";
        self.wait_for_long(js, "the model is loaded", patience);
        if self.count("#lab-problem") > 0 {
            self.fail(&format!("the model does not load: {}", self.text("#lab-problem")));
        }
    }

    /// Addresses of the running workers.
    pub(crate) fn workers(&self) -> Vec<String> {
        lock(&self.log).workers.values().cloned().collect()
    }

    /// Ends a worker by an uncaught exception.
    pub(crate) fn kill_worker(&self, url_part: &str) {
        let throw = json!({ "expression": "void setTimeout(() => { throw new Error('killed by the test'); })" });
        self.call_worker(url_part, "Runtime.evaluate", throw);
    }

    /// Sends a command to a worker's session and returns its result.
    pub(crate) fn call_worker(&self, url_part: &str, method: &str, params: Value) -> Value {
        let found = lock(&self.log).workers.iter().find(|(_, url)| url.contains(url_part)).map(|(id, _)| id.clone());
        let Some(session) = found else { self.fail(&format!("no worker's address holds {url_part:?}")) };
        self.connection.call(&session, method, params).unwrap_or_else(|error| self.fail(&error))
    }

    /// Sends a command to the browser and returns its result.
    pub(crate) fn call_browser(&self, method: &str) -> Value {
        self.connection.call("", method, json!({})).unwrap_or_else(|error| self.fail(&error))
    }

    /// Milliseconds since the page's start.
    pub(crate) fn now_ms(&self) -> f64 {
        self.eval("performance.now()").as_f64().unwrap_or_default()
    }

    /// Tasks over 50 ms that started after `since_ms`, a time from [`Page::now_ms`].
    pub(crate) fn long_tasks(&self, since_ms: f64) -> Vec<LongTask> {
        // The browser delivers the entries when the thread is idle.
        let js = "new Promise(done => setTimeout(() => requestAnimationFrame(() => done(window.__longTasks)), 100))";
        let all = self.eval(js);
        let tasks = all.as_array().unwrap_or_else(|| self.fail("long tasks are not counted"));
        let task = |task: &Value| {
            let number = |at: usize| task[at].as_f64().unwrap_or_default();
            LongTask { start_ms: number(0), duration_ms: number(1) }
        };
        tasks.iter().map(task).filter(|task| task.start_ms >= since_ms).collect()
    }

    /// Fails the test with the page's text, and saves a picture of the page.
    pub(crate) fn fail(&self, message: &str) -> ! {
        let shown = match self.try_eval("document.body ? document.body.innerText : ''") {
            Ok(text) => text.as_str().unwrap_or_default().chars().take(SHOWN_CHARS).collect(),
            Err(error) => format!("(its text cannot be read: {error})"),
        };
        let picture = match self.try_screenshot(&format!("failed/{}", self.name.replace("::", "-"))) {
            Ok(path) => path.display().to_string(),
            Err(error) => format!("none: {error}"),
        };
        let (problems, console) = (self.problems(), lock(&self.log).console.clone());
        let address = self.try_eval("location.href").unwrap_or_default();
        panic!(
            "{}: {message}\nat: {address}\npicture: {picture}\nproblems: {problems:#?}\nconsole: {console:#?}\n\
             the page shows:\n{shown}\n",
            self.name
        );
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.connection.forget(&self.session);
    }
}

/// An id in a reply of DevTools.
fn id(reply: &Value, key: &str) -> String {
    reply[key].as_str().expect("DevTools gives an id").to_owned()
}

/// Text as a quoted JavaScript string.
pub(crate) fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// A JSON array of strings as Rust strings.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
}
