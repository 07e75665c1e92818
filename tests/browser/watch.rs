//! Records what happens in a page and its workers during a test: requests, errors, workers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::cdp::{Connection, Listener, lock};

/// Everything recorded so far.
#[derive(Default)]
pub(crate) struct Log {
    /// Addresses that the page and its workers requested.
    pub(crate) requests: Vec<String>,
    /// Errors on the console and uncaught exceptions.
    pub(crate) problems: Vec<String>,
    /// All console output, for failure messages.
    pub(crate) console: Vec<String>,
    /// Addresses of running workers, by session.
    pub(crate) workers: HashMap<String, String>,
    /// The site that the test replaces, and its answers.
    pub(crate) stand_in: Option<StandIn>,
}

/// Answers that replace those of another site.
pub(crate) struct StandIn {
    /// The site's origin. The test answers all requests to it.
    pub(crate) origin: String,
    /// By address: a status with a body, or `None` for a failed connection. Any other address gives a 404.
    pub(crate) answers: HashMap<String, Option<(u16, Vec<u8>)>>,
}

impl StandIn {
    /// Parameters that make the browser hold the session's requests until they are answered.
    pub(crate) fn hold(&self) -> Value {
        json!({ "patterns": [{ "urlPattern": format!("{}/*", self.origin) }] })
    }

    fn answer(&self, connection: &Connection, session: &str, request: &Value) {
        let nothing = Some((404, Vec::new()));
        let url = request["request"]["url"].as_str().unwrap_or_default();
        match self.answers.get(url).unwrap_or(&nothing) {
            Some((status, body)) => {
                let headers = json!([
                    { "name": "Access-Control-Allow-Origin", "value": "*" },
                    { "name": "Content-Length", "value": body.len().to_string() },
                ]);
                let told = json!({
                    "requestId": request["requestId"], "responseCode": status, "responseHeaders": headers,
                    "body": BASE64.encode(body),
                });
                connection.tell(session, "Fetch.fulfillRequest", told);
            }
            None => {
                let told = json!({ "requestId": request["requestId"], "errorReason": "ConnectionFailed" });
                connection.tell(session, "Fetch.failRequest", told);
            }
        }
    }
}

/// A log that the reading thread fills.
pub(crate) type SharedLog = Arc<Mutex<Log>>;

/// Starts watching a page's session.
pub(crate) fn watch(connection: &Connection, session: &str, log: &SharedLog) -> Result<(), String> {
    connection.listen(session, listener(log.clone()));
    for method in ["Runtime.enable", "Network.enable", "Log.enable", "Page.enable", "Inspector.enable"] {
        connection.call(session, method, json!({}))?;
    }
    connection.call(session, "Target.setAutoAttach", auto_attach())?;
    Ok(())
}

/// Parameters that stop new workers before their first line until they are watched.
fn auto_attach() -> Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true })
}

fn listener(log: SharedLog) -> Listener {
    Arc::new(move |connection, method, params, session| match method {
        "Target.attachedToTarget" => attached(connection, params, &log),
        "Target.detachedFromTarget" => {
            let gone = params["sessionId"].as_str().unwrap_or_default();
            connection.forget(gone);
            lock(&log).workers.remove(gone);
        }
        "Network.requestWillBeSent" => {
            lock(&log).requests.push(text(&params["request"]["url"]));
        }
        "Fetch.requestPaused" => {
            if let Some(stand_in) = &lock(&log).stand_in {
                stand_in.answer(connection, session, params);
            }
        }
        "Runtime.exceptionThrown" => {
            let message = exception(&params["exceptionDetails"]);
            let mut log = lock(&log);
            let place = log.workers.get(session).map_or("page", String::as_str);
            let problem = format!("uncaught in {place}: {message}");
            log.problems.push(problem);
        }
        "Runtime.consoleAPICalled" => {
            let words = params["args"].as_array().map(Vec::as_slice).unwrap_or_default().iter().map(shown);
            let line = words.collect::<Vec<_>>().join(" ");
            let kind = text(&params["type"]);
            let mut log = lock(&log);
            if kind == "error" || kind == "assert" {
                log.problems.push(format!("console.{kind}: {line}"));
            }
            log.console.push(format!("{kind}: {line}"));
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            let entry = &params["entry"];
            let problem = format!("{}: {} ({})", text(&entry["source"]), text(&entry["text"]), text(&entry["url"]));
            lock(&log).problems.push(problem);
        }
        "Inspector.targetCrashed" => lock(&log).problems.push("the page crashed".to_owned()),
        _ => {}
    })
}

/// Handles the start of a worker: watches it too, then lets it run.
fn attached(connection: &Connection, params: &Value, log: &SharedLog) {
    let session = text(&params["sessionId"]);
    lock(log).workers.insert(session.clone(), text(&params["targetInfo"]["url"]));
    connection.listen(&session, listener(log.clone()));
    for method in ["Runtime.enable", "Network.enable", "Log.enable"] {
        connection.tell(&session, method, json!({}));
    }
    if let Some(stand_in) = &lock(log).stand_in {
        connection.tell(&session, "Fetch.enable", stand_in.hold());
    }
    connection.tell(&session, "Target.setAutoAttach", auto_attach());
    connection.tell(&session, "Runtime.runIfWaitingForDebugger", json!({}));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A value as the browser's console shows it.
fn shown(value: &Value) -> String {
    match &value["value"] {
        Value::String(text) => text.clone(),
        Value::Null => value["description"].as_str().map_or_else(|| text(&value["type"]), ToOwned::to_owned),
        other => other.to_string(),
    }
}

/// The message of an exception.
pub(crate) fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let words = thrown["description"].as_str().map_or_else(|| shown(thrown), ToOwned::to_owned);
    format!("{} {words}", text(&details["text"]))
}
