//! The page's side of a worker: starts it, queues messages until it listens, and notices when it dies.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use super::port;
use crate::protocol::wire::Message;

/// A worker's event, or the report of its death.
#[derive(Debug)]
pub enum Notice<E> {
    /// An event of its protocol.
    Event(E),
    /// The worker panicked or could not be loaded, and must be started again. Holds the reason.
    Died(String),
}

struct Inner {
    worker: Worker,
    is_listening: Cell<bool>,
    queue: RefCell<Vec<js_sys::Array>>,
}

/// A running worker that takes requests `R` and sends events `E`. It is terminated when the last clone is dropped.
pub struct WorkerClient<R, E> {
    inner: Rc<Inner>,
    _handlers: Rc<Handlers>,
    protocol: PhantomData<fn(R) -> E>,
}

struct Handlers {
    worker: Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

impl Drop for Handlers {
    fn drop(&mut self) {
        // A message already on its way still arrives after this, but is not handled.
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl<R: Message, E: Message + 'static> WorkerClient<R, E> {
    /// Starts the worker of a script and passes all its notices to `notice`.
    ///
    /// # Errors
    /// A message for the reader when the browser cannot start workers.
    pub fn start(script: &str, notice: impl Fn(Notice<E>) + 'static) -> Result<Self, String> {
        let worker = Worker::new(script).map_err(|_thrown| "this browser cannot start a worker".to_owned())?;
        let inner =
            Rc::new(Inner { worker: worker.clone(), is_listening: Cell::new(false), queue: RefCell::default() });
        let notice = Rc::new(notice);
        let on_message = {
            let (inner, notice) = (Rc::clone(&inner), Rc::clone(&notice));
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                if port::is_announcement(&event) {
                    inner.is_listening.set(true);
                    inner.flush();
                    return;
                }
                match port::open::<E>(&event) {
                    Ok((event, _)) => notice(Notice::Event(event)),
                    Err(error) => notice(Notice::Died(error.to_string())),
                }
            })
        };
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            let message = js_sys::Reflect::get(&event, &"message".into()).ok().and_then(|message| message.as_string());
            notice(Notice::Died(message.unwrap_or_else(|| "it could not be loaded".to_owned())));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let handlers = Rc::new(Handlers { worker, _on_message: on_message, _on_error: on_error });
        Ok(Self { inner, _handlers: handlers, protocol: PhantomData })
    }

    /// Sends a request with its attachments, or queues it until the worker listens.
    ///
    /// # Errors
    /// A message for the reader when the browser refuses to send the request.
    pub fn send(&self, request: &R, attachments: &[JsValue]) -> Result<(), String> {
        let parts = port::pack(request, attachments).map_err(|error| error.to_string())?;
        if self.inner.is_listening.get() {
            return port::post_parts(&self.inner.worker, &parts).map_err(|error| error.to_string());
        }
        self.inner.queue.borrow_mut().push(parts);
        Ok(())
    }
}

impl Inner {
    fn flush(&self) {
        for parts in self.queue.take() {
            if let Err(error) = port::post_parts(&self.worker, &parts) {
                web_sys::console::error_1(&error.to_string().into());
            }
        }
    }
}
