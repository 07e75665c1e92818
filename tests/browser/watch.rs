//! What happens in a page and its workers while a test runs: requests, errors, targets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::cdp::{Connection, Listener, lock};

/// What has been seen so far.
#[derive(Default)]
pub(crate) struct Log {
    /// Addresses that the page and its workers asked for.
    pub(crate) requests: Vec<String>,
    /// Errors on the console and exceptions that nobody caught.
    pub(crate) problems: Vec<String>,
    /// Whatever was written to the console, for a failure's message.
    pub(crate) console: Vec<String>,
    /// Running workers: session to address.
    pub(crate) workers: HashMap<String, String>,
    /// Whose requests are answered here, and what they are told.
    pub(crate) stand_in: Option<StandIn>,
}

/// Answers in the place of another site.
pub(crate) struct StandIn {
    /// Its origin: every request there is answered here.
    pub(crate) origin: String,
    /// By address: a status with a body, or none for a connection that fails. What is not here is a 404.
    pub(crate) answers: HashMap<String, Option<(u16, Vec<u8>)>>,
}

impl StandIn {
    /// Has the requests of a session held for an answer.
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

/// Workers are stopped at their first line until they are watched.
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

/// A worker starts: watch it too, then let it run.
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

/// A value as the console shows it.
fn shown(value: &Value) -> String {
    match &value["value"] {
        Value::String(text) => text.clone(),
        Value::Null => value["description"].as_str().map_or_else(|| text(&value["type"]), ToOwned::to_owned),
        other => other.to_string(),
    }
}

/// An exception's words.
pub(crate) fn exception(details: &Value) -> String {
    let thrown = &details["exception"];
    let words = thrown["description"].as_str().map_or_else(|| shown(thrown), ToOwned::to_owned);
    format!("{} {words}", text(&details["text"]))
}
