//! Locks that all tabs of the page share (Web Locks): a tab that holds one is still open.

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &JsValue) -> Result<Promise, JsValue>;
}

/// A lock, until it is dropped or the page is closed. Empty where the browser has no locks: pages without https.
#[derive(Debug)]
pub struct Lock {
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It resolves the promise that holds the lock, and cannot fail.
        let _released = self.release.take().map(|release| release.call0(&JsValue::NULL));
    }
}

/// Takes a lock. `None` if another tab holds it.
pub async fn take(name: &str) -> Option<Lock> {
    let (sender, receiver) = oneshot::channel();
    let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        if lock.is_null() {
            // The receiver waits below.
            let _is_heard = sender.send(None);
            return JsValue::UNDEFINED;
        }
        let mut sender = Some(sender);
        let held = Promise::new(&mut |resolve, _reject| {
            let _is_heard = sender.take().map(|sender| sender.send(Some(resolve)));
        });
        held.into()
    });
    let Some(manager) = manager() else { return Some(Lock { release: None }) };
    let options = Object::new();
    let is_asked = Reflect::set(&options, &"ifAvailable".into(), &true.into()).is_ok()
        && manager.request(name, &options, &granted).is_ok();
    if !is_asked {
        return Some(Lock { release: None });
    }
    let release = receiver.await.ok()??;
    Some(Lock { release: Some(release) })
}

fn manager() -> Option<LockManager> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(|locks| locks.is_object())?;
    Some(locks.unchecked_into())
}
