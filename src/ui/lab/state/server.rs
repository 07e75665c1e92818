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
    RequestMode, RequestRedirect, Response,
};

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
}

impl Default for ServerState {
    fn default() -> Self {
        Self {
            keys: StoredValue::new_local(BTreeMap::new()),
            waiting: StoredValue::new_local(None),
            named: RwSignal::default(),
            troubles: RwSignal::default(),
            run: StoredValue::default(),
        }
    }
}

impl ServerState {
    /// Returns an experiment that names no servers. Otherwise stores it and asks the reader for permission.
    pub fn let_pass(self, draft: Draft) -> Option<Draft> {
        let mut named: Vec<(String, String)> = Vec::new();
        for Server { url, model, .. } in draft.experiment.servers() {
            match named.iter_mut().find(|(known, _)| known == url) {
                Some((_, models)) => *models = format!("{models}, {model}"),
                None => named.push((url.clone(), model.clone())),
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

    /// Sends a request. `take` gets the reply if the same run is still current.
    pub fn send(self, errand: Errand, take: impl FnOnce(u32, Result<Reply, ServerError>) + 'static) {
        let (run, id) = (self.run.get_value(), errand.id);
        let key = self.keys.with_value(|keys| keys.get(&errand.server.url).cloned());
        spawn_local(async move {
            sleep(errand.wait_ms).await;
            let reply = carry_out(&errand, key).await;
            if self.run.try_get_value() == Some(run) {
                take(id, reply);
            }
        });
    }
}

/// Sends a request and reads the reply. Fails if the server sends nothing for longer than its timeout.
async fn carry_out(errand: &Errand, key: Option<Key>) -> Result<Reply, ServerError> {
    let Ok(origin) = window().location().origin() else { return Err(ServerError::OutOfReach) };
    let address = errand.request.address.as_str();
    if !is_in_reach(address, &origin) {
        return Err(ServerError::OutOfReach);
    }
    let controller = AbortController::new().map_err(odd)?;
    let done = exchange(errand, key, &controller).await;
    match done {
        // What is still on its way is not needed.
        Err(error @ (ServerError::Slow(_) | ServerError::TooLong | ServerError::Foreign(_))) => {
            controller.abort();
            Err(error)
        }
        Err(ServerError::Unreachable(_)) => Err(why_unreachable(address, &origin).await),
        done => done,
    }
}

async fn exchange(errand: &Errand, key: Option<Key>, controller: &AbortController) -> Result<Reply, ServerError> {
    let timeout = errand.server.timeout;
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
    init.set_redirect(RequestRedirect::Error);
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    let fetched = within(timeout, window().fetch_with_str_and_init(&errand.request.address, &init)).await?;
    let response: Response =
        fetched.ok().and_then(|it| it.dyn_into().ok()).ok_or_else(|| ServerError::Unreachable(String::new()))?;
    let (mut reading, mut refusal) = (Reading::new(key.clone()), Vec::new());
    if let Some(body) = response.body() {
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        while let Ok(step) = within(timeout, reader.read()).await? {
            let value = js_sys::Reflect::get(&step, &"value".into()).map_err(odd)?;
            let Ok(bytes) = value.dyn_into::<Uint8Array>() else { break };
            if response.ok() {
                reading.push(&bytes.to_vec())?;
            } else if refusal.len() < REFUSAL_BYTES {
                refusal.extend(bytes.to_vec());
            }
        }
    }
    if response.ok() {
        return reading.finish();
    }
    let retry_after = response.headers().get("retry-after").ok().flatten();
    Err(ServerError::of_status(response.status(), retry_after.as_deref(), &refusal, key.as_ref()))
}

/// Browsers do not say why a request failed. A server that forbids pages to read its replies still replies without
/// CORS.
async fn why_unreachable(address: &str, origin: &str) -> ServerError {
    let init = RequestInit::new();
    init.set_mode(RequestMode::NoCors);
    init.set_credentials(RequestCredentials::Omit);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    match JsFuture::from(window().fetch_with_str_and_init(address, &init)).await {
        Ok(_) => ServerError::Cors { origin: origin.to_owned() },
        Err(_) => ServerError::Unreachable(text::experiment::NO_WAY_TO_SERVER.to_owned()),
    }
}

/// The result of a promise, or an error when it takes too long.
async fn within(seconds: u32, promise: Promise) -> Result<Result<JsValue, JsValue>, ServerError> {
    // Identity distinguishes it from any result of the promise.
    let late = JsValue::from(Array::new());
    let first = Promise::race(&Array::of2(&promise, &after(seconds.saturating_mul(1000), &late)));
    match JsFuture::from(first).await {
        Ok(value) if value == late => Err(ServerError::Slow(seconds)),
        done => Ok(done),
    }
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
