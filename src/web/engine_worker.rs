//! The engine worker: connects [`engine::serve`] to the browser's messages, files, downloads and GPU.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, File, MessageChannel, MessageEvent};

use super::http::{WebBody, WebHttp};
use super::opfs::Opfs;
use super::{chat_part, port};
use crate::engine::cache::{Answer, Cache, Http, KeptSource, StoreError, Wanted};
use crate::engine::serve::{Host, unless_interrupted};
use crate::engine::{RuntimeError, cache, serve as engine, shelf};
use crate::gpu::{Gpu, GpuError, GpuOptions};
use crate::hub::catalogue;
use crate::model::Chat;
use crate::protocol::{Command, Event, FailedStep, Failure, Sha256Sum, Shelf, Source};

/// Bytes of a page of wasm memory.
const PAGE_BYTES: u64 = 1 << 16;

/// Starts the worker, which handles commands until the page terminates it.
pub fn start() {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let bell = MessageChannel::new().ok();
    let host = Rc::new(WebHost {
        scope: scope.clone(),
        queue: RefCell::default(),
        waiting: RefCell::default(),
        heeding: RefCell::default(),
        store: RefCell::default(),
        bell,
    });
    let receiver = Rc::clone(&host);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event| receiver.receive(&event));
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The handler must live as long as the worker.
    on_message.forget();
    if let Err(error) = port::announce(&scope) {
        web_sys::console::error_1(&error.to_string().into());
    }
    spawn_local(async move { engine::serve(&*host).await });
}

struct WebHost {
    scope: DedicatedWorkerGlobalScope,
    queue: RefCell<VecDeque<(Command, Vec<JsValue>)>>,
    /// Wakes the wait for the next command when a message arrives.
    waiting: RefCell<Option<oneshot::Sender<()>>>,
    /// Wakes the wait for an interruption of a long operation when a message arrives.
    heeding: RefCell<Option<oneshot::Sender<()>>>,
    /// Opened at the first use.
    store: RefCell<Option<Opfs>>,
    /// A channel to itself, used to let the page's messages in, which share its queue. Timers would wait some
    /// milliseconds.
    bell: Option<MessageChannel>,
}

impl WebHost {
    fn receive(&self, event: &MessageEvent) {
        match port::open::<Command>(event) {
            Ok((command, attachments)) => {
                self.queue.borrow_mut().push_back((command, attachments));
                for waiting in [&self.waiting, &self.heeding] {
                    if let Some(sender) = waiting.borrow_mut().take() {
                        // The receiver is gone when the wait has ended.
                        sender.send(()).ok();
                    }
                }
            }
            Err(error) => {
                let failure = Failure { what: FailedStep::Message, message: error.to_string(), model_lost: false };
                self.emit(Event::Failed(failure));
            }
        }
    }
}

impl WebHost {
    async fn store(&self) -> Result<Opfs, StoreError> {
        let known = self.store.borrow().clone();
        if let Some(store) = known {
            return Ok(store);
        }
        let opened = Opfs::open(&self.scope).await?;
        self.store.replace(Some(opened.clone()));
        Ok(opened)
    }
}

/// HTTP requests that stop when the reader wants something else, even before the server has answered.
struct Heeding<'a> {
    host: &'a WebHost,
    http: WebHttp,
}

impl Http for Heeding<'_> {
    type Body = WebBody;

    async fn get(&self, address: &str, from: u64) -> Result<Option<Answer<WebBody>>, RuntimeError> {
        unless_interrupted(self.host, self.http.get(address, from)).await
    }
}

impl Host for WebHost {
    type Attachment = JsValue;
    type Source = KeptSource<Opfs, WebBody>;

    fn emit(&self, event: Event) {
        if let Err(error) = port::post(&self.scope, &event, &[]) {
            web_sys::console::error_1(&error.to_string().into());
        }
    }

    fn now_ms(&self) -> f64 {
        self.scope.performance().map_or_else(js_sys::Date::now, |performance| performance.now())
    }

    async fn next_command(&self) -> Option<(Command, Vec<JsValue>)> {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            if next.is_some() {
                return next;
            }
            let (sender, receiver) = oneshot::channel();
            self.waiting.replace(Some(sender));
            receiver.await.ok()?;
        }
    }

    async fn rest(&self) {
        let Some(bell) = &self.bell else { return };
        let rung = Promise::new(&mut |resolve, _| bell.port1().set_onmessage(Some(&resolve)));
        if bell.port2().post_message(&JsValue::NULL).is_ok() {
            JsFuture::from(rung).await.ok();
        }
    }

    fn next_scales(&self) -> Option<(u32, Vec<f32>)> {
        engine::take_scales(&mut self.queue.borrow_mut())
    }

    fn is_interrupted(&self) -> bool {
        engine::interrupts(&self.queue.borrow())
    }

    async fn interruption(&self) {
        while !self.is_interrupted() {
            let (sender, receiver) = oneshot::channel();
            self.heeding.replace(Some(sender));
            receiver.await.ok();
        }
    }

    async fn open(
        &self,
        source: &Source,
        name: &str,
        (keep, pin): (bool, Option<Sha256Sum>),
        attachment: Option<JsValue>,
    ) -> Result<Self::Source, RuntimeError> {
        let store = self.store().await.ok();
        let (mut address, mut name) = (String::new(), name.to_owned());
        let http = match source {
            Source::Disk => {
                let file = attachment.and_then(|value| value.dyn_into::<File>().ok());
                let file = file.ok_or_else(|| RuntimeError::Source("the page sent no file".to_owned()))?;
                address = format!("{name}, {} bytes, changed {}", file.size(), file.last_modified());
                Some(WebHttp::Disk(Blob::from(file)))
            }
            Source::Url(found) => {
                address.clone_from(found);
                Some(WebHttp::Net(self.scope.clone()))
            }
            Source::Kept(key) => {
                let store = store.clone().ok_or_else(|| gone(&name))?;
                let entry = Cache::new(store).entry(key).await.ok_or_else(|| gone(&name))?;
                (address, name) = (entry.address.clone(), entry.name.clone());
                entry.has_address().then(|| WebHttp::Net(self.scope.clone()))
            }
        };
        let pin = pin.or_else(|| catalogue::pin(&address));
        let http = http.map(|http| Heeding { host: self, http });
        cache::open(store.as_ref(), http.as_ref(), Wanted { address, name, keep, pin }).await
    }

    async fn shelf(&self) -> Shelf {
        // Without private files (OPFS) no model is saved.
        let (kept, room) = match self.store().await {
            Ok(store) => {
                let cache = Cache::new(store);
                (cache.list().await.unwrap_or_default(), cache.room().await)
            }
            Err(_) => (Vec::new(), None),
        };
        shelf::shelf(&kept, room, catalogue::offers(), |ms| {
            let date = js_sys::Date::new(&ms.into());
            String::from(date.to_locale_date_string("default", &js_sys::Object::new()))
        })
    }

    async fn forget(&self, key: &str) -> Result<(), RuntimeError> {
        Ok(Cache::new(self.store().await?).remove(key).await?)
    }

    fn engine_bytes(&self) -> u64 {
        core::arch::wasm32::memory_size::<0>() as u64 * PAGE_BYTES
    }

    async fn render(&self, chat: Chat) -> Result<String, RuntimeError> {
        chat_part::render(&self.scope, &chat).await
    }

    async fn open_gpu(&self) -> Result<Rc<Gpu>, GpuError> {
        let gpu = Reflect::get(&self.scope.navigator(), &"gpu".into()).unwrap_or(JsValue::UNDEFINED);
        if gpu.is_undefined() || gpu.is_null() {
            let reason = if self.scope.is_secure_context() {
                "this browser has no WebGPU: use a current Chrome, Edge, Safari or Firefox"
            } else {
                "browsers give WebGPU only to secure pages: open this page over https, or from localhost"
            };
            return Err(GpuError::NoWebGpu(reason.to_owned()));
        }
        Gpu::new(GpuOptions::default()).await
    }
}

fn gone(name: &str) -> RuntimeError {
    RuntimeError::Source(format!("{name} is not in this browser"))
}
