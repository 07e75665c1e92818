//! The self-test worker: connects [`self_test`] to the page's messages, the model's file and the clock.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, DedicatedWorkerGlobalScope, File, MessageEvent};

use super::http::WebHttp;
use super::opfs::Opfs;
use super::port;
use crate::domain::text::words::sentence;
use crate::engine::cache::Wanted;
use crate::engine::self_test::Shell;
use crate::engine::{RuntimeError, cache, self_test};
use crate::gpu::GpuOptions;
use crate::protocol::self_test::{SelfTestCommand, SelfTestEvent};

/// Starts the worker, which handles commands until the page terminates it.
pub fn start() {
    console_error_panic_hook::set_once();
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let receiver = scope.clone();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let scope = receiver.clone();
        match port::open::<SelfTestCommand>(&event) {
            Ok((command, attachments)) => spawn_local(async move { obey(&scope, command, attachments).await }),
            Err(error) => emit(&scope, &SelfTestEvent::Failed(error.to_string())),
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The handler must live as long as the worker.
    on_message.forget();
    if let Err(error) = port::announce(&scope) {
        web_sys::console::error_1(&error.to_string().into());
    }
}

async fn obey(scope: &DedicatedWorkerGlobalScope, command: SelfTestCommand, attachments: Vec<JsValue>) {
    let now_ms = || scope.performance().map_or_else(js_sys::Date::now, |performance| performance.now());
    let tell = |event: SelfTestEvent| emit(scope, &event);
    let (shell, options) = (Shell { now_ms: &now_ms, emit: &tell }, GpuOptions::default());
    let done = match command {
        SelfTestCommand::Kernels => self_test::kernels(options, shell).await,
        SelfTestCommand::Model { name } => {
            let file = attachments.into_iter().next().and_then(|value| value.dyn_into::<File>().ok());
            let file = file.map(Rc::new);
            let open = async || {
                let file = file.as_ref().ok_or_else(|| RuntimeError::Source("the page sent no file".to_owned()))?;
                let http = WebHttp::Disk(Blob::from(File::clone(file)));
                let wanted = Wanted { address: name.clone(), name: name.clone(), keep: false, pin: None };
                cache::open(None::<&Opfs>, Some(&http), wanted).await
            };
            self_test::model(options, open, &name, shell).await
        }
    };
    if let Err(error) = done {
        tell(SelfTestEvent::Failed(sentence(&error)));
    }
}

fn emit(scope: &DedicatedWorkerGlobalScope, event: &SelfTestEvent) {
    if let Err(error) = port::post(scope, event, &[]) {
        web_sys::console::error_1(&error.to_string().into());
    }
}
