//! Servers of an experiment, asked from the page: the reader's permission, keys and requests.
//!
//! Nothing is sent before the reader permits each address. A key is held in this page's memory and sent to its server
//! only.

use std::collections::BTreeMap;

use js_sys::{Array, Promise, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCredentials, RequestInit,
    RequestRedirect, Response,
};

use crate::domain::text::plain::visible;
use crate::lab::experiment::Draft;
use crate::lab::run::Run;
use crate::lab::server::{Errand, Key, Reading, Reply, Server, ServerError, is_in_reach};
use crate::ui::text;

/// Bytes that are read of an error's body.
const REFUSAL_BYTES: usize = 1 << 14;

/// Handles to the state of the servers.
#[derive(Debug, Clone, Copy)]
pub struct ServerState {
    /// API keys by address, until the page is left.
    pub(crate) keys: StoredValue<BTreeMap<String, Key>, LocalStorage>,
    /// An experiment that names servers, until the reader permits it.
    pub(crate) waiting: StoredValue<Option<Draft>, LocalStorage>,
    /// The servers that it names, each with its models.
    pub(crate) named: RwSignal<Vec<(String, String)>>,
    /// Current errors of the servers.
    pub(crate) troubles: RwSignal<Vec<String>>,
    /// Number of the run. Replies to an older run are dropped.
    run: StoredValue<u32>,
    /// Open requests by their errands' ids.
    open: StoredValue<BTreeMap<u32, AbortController>, LocalStorage>,
}

impl Default for ServerState {
    fn default() -> Self {
        Self {
            keys: StoredValue::new_local(BTreeMap::new()),
            waiting: StoredValue::new_local(None),
            named: RwSignal::default(),
            troubles: RwSignal::default(),
            run: StoredValue::default(),
            open: StoredValue::new_local(BTreeMap::new()),
        }
    }
}

impl ServerState {
    /// Returns an experiment that names no servers. Otherwise stores it and asks the reader for permission.
    pub fn let_pass(self, draft: Draft) -> Option<Draft> {
        let mut named: Vec<(String, String)> = Vec::new();
        for Server { url, model, .. } in draft.experiment.servers() {
            let model = visible(model);
            match named.iter_mut().find(|(known, _)| known == url) {
                Some((_, models)) => *models = format!("{models}, {model}"),
                None => named.push((url.clone(), model.into_owned())),
            }
        }
        let is_none = named.is_empty();
        self.named.set(named);
        if is_none {
            return Some(draft);
        }
        self.waiting.set_value(Some(draft));
        None
    }

    /// Counts a run that starts.
    pub fn begin(self) {
        self.run.update_value(|run| *run += 1);
        self.troubles.set(Vec::new());
    }

    /// Shows the errors of a run's servers.
    pub fn look(self, run: &Run) {
        self.troubles.set(run.troubles().map(ToString::to_string).collect());
    }

    /// Sends a request. `take` gets the reply if the same run is still current and did not abort the request.
    pub fn send(self, errand: Errand, take: impl FnOnce(u32, Result<Reply, ServerError>) + 'static) {
        let (run, id) = (self.run.get_value(), errand.id);
        let key = self.keys.with_value(|keys| keys.get(&errand.server.url).cloned());
        // Every browser with the needed features has it.
        let Ok(controller) = AbortController::new() else { return };
        self.open.update_value(|open| drop(open.insert(id, controller.clone())));
        spawn_local(async move {
            sleep(errand.wait_ms).await;
            // A request that was aborted while it waited is not sent.
            if controller.signal().aborted() {
                return;
            }
            let reply = carry_out(&errand, key, &controller).await;
            let is_open = self.open.try_update_value(|open| open.remove(&id)).flatten().is_some();
            if is_open && self.run.try_get_value() == Some(run) {
                take(id, reply);
            }
        });
    }

    /// Ends requests at once, also those that wait to be sent. Their replies are dropped.
    pub fn abort(self, ids: &[u32]) {
        for id in ids {
            if let Some(controller) = self.open.try_update_value(|open| open.remove(id)).flatten() {
                controller.abort();
            }
        }
    }
}

/// Sends a request and reads the reply. Fails if the server sends nothing for longer than its timeout, or has not
/// answered at its deadline.
async fn carry_out(errand: &Errand, key: Option<Key>, controller: &AbortController) -> Result<Reply, ServerError> {
    let Ok(origin) = window().location().origin() else { return Err(ServerError::OutOfReach) };
    let address = errand.request.address.as_str();
    if !is_in_reach(address, &origin) {
        return Err(ServerError::OutOfReach);
    }
    let done = exchange(errand, key, controller).await;
    if done.is_err() {
        // What is still on its way is not needed.
        controller.abort();
    }
    match done {
        // Browsers do not say why. A second request could find out, but it would follow redirects to other hosts: with
        // `no-cors`, browsers allow no other redirect mode.
        Err(ServerError::Unreachable(_)) => Err(ServerError::Unreachable(text::experiment::no_way_to_server(&origin))),
        done => done,
    }
}

async fn exchange(errand: &Errand, key: Option<Key>, controller: &AbortController) -> Result<Reply, ServerError> {
    let (server, begun_ms) = (&errand.server, now_ms());
    let headers = Headers::new().map_err(odd)?;
    headers.set("Content-Type", "application/json").map_err(odd)?;
    if let Some(key) = &key {
        headers.set("Authorization", &key.header()).map_err(odd)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(&errand.request.body));
    init.set_signal(Some(&controller.signal()));
    // A key is sent only to its server. No cookie and no referrer is sent with it.
    init.set_redirect(RequestRedirect::Manual);
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    let fetched = within(server, begun_ms, window().fetch_with_str_and_init(&errand.request.address, &init)).await?;
    let response: Response =
        fetched.ok().and_then(|it| it.dyn_into().ok()).ok_or_else(|| ServerError::Unreachable(String::new()))?;
    // A redirect that is not followed has no status.
    if response.status() == 0 {
        return Err(ServerError::Redirected);
    }
    let (mut reading, mut refusal) = (Reading::new(key.clone()), Vec::new());
    if let Some(body) = response.body() {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        while let Ok(step) = within(server, begun_ms, reader.read()).await? {
            let value = js_sys::Reflect::get(&step, &"value".into()).map_err(odd)?;
            let Ok(bytes) = value.dyn_into::<Uint8Array>() else { break };
            if response.ok() {
                reading.push(&bytes.to_vec())?;
            } else {
                refusal.extend(bytes.to_vec());
                if refusal.len() >= REFUSAL_BYTES {
                    break;
                }
            }
        }
    }
    if response.ok() {
        return reading.finish();
    }
    let retry_after = response.headers().get("retry-after").ok().flatten();
    Err(ServerError::of_status(response.status(), retry_after.as_deref(), &refusal, key.as_ref()))
}

/// The result of a promise, or an error when the server takes too long for it, or for its whole answer. `begun_ms` is
/// when the request was sent.
async fn within(server: &Server, begun_ms: f64, promise: Promise) -> Result<Result<JsValue, JsValue>, ServerError> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds; a cast saturates")]
    let (wait_ms, error) = server.patience((now_ms() - begun_ms) as u64)?;
    // Identity distinguishes it from any result of the promise.
    let late = JsValue::from(Array::new());
    let first = Promise::race(&Array::of2(&promise, &after(wait_ms, &late)));
    match JsFuture::from(first).await {
        Ok(value) if value == late => Err(error),
        done => Ok(done),
    }
}

fn now_ms() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}

async fn sleep(ms: u32) {
    if ms > 0 {
        // This promise is never rejected.
        JsFuture::from(after(ms, &JsValue::UNDEFINED)).await.ok();
    }
}

/// A promise that resolves to a value after some time.
fn after(ms: u32, value: &JsValue) -> Promise {
    let ms = i32::try_from(ms).unwrap_or(i32::MAX);
    Promise::new(&mut |resolve, _| {
        let timer = window().set_timeout_with_callback_and_timeout_and_arguments_1(&resolve, ms, value);
        // Without timers nothing times out.
        timer.ok();
    })
}

/// For errors that a browser with the needed features never throws.
fn odd(_thrown: JsValue) -> ServerError {
    ServerError::OutOfReach
}
