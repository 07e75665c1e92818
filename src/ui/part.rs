//! Code of the page that is downloaded when it is wanted.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};

/// How far a part's code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Nobody wanted it yet.
    Absent,
    /// It is being downloaded.
    Coming,
    /// It could not be had.
    Failed,
    /// It runs.
    Here,
}

/// A part: its name is its script's. Copied freely: it holds handles.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    name: &'static str,
    code: RwSignal<Code>,
    num_tries: StoredValue<u32>,
}

impl Part {
    /// A part that nobody wanted yet.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self { name, code: RwSignal::new(Code::Absent), num_tries: StoredValue::new(0) }
    }

    /// How far its code is.
    #[must_use]
    pub fn code(self) -> Code {
        self.code.get()
    }

    /// Asks for its code, once.
    pub fn load(self) {
        if self.code.get_untracked() == Code::Absent {
            self.load_again();
        }
    }

    /// Asks for its code anew.
    pub fn load_again(self) {
        self.num_tries.update_value(|count| *count += 1);
        self.code.set(Code::Coming);
        if let Err(error) = add_script(self.name, self.num_tries.get_value(), self.code) {
            web_sys::console::error_1(&error);
            self.code.set(Code::Failed);
        }
    }
}

/// Asks for a part's code by a script element, which hears how it went.
fn add_script(name: &str, attempt: u32, code: RwSignal<Code>) -> Result<(), JsValue> {
    let script = document().create_element("script")?;
    script.set_attribute("src", "app_loader.js")?;
    // Browsers may remember that a module failed: another address is asked for anew.
    script.set_attribute("data-script", &format!("./{name}.js?{attempt}"))?;
    script.set_attribute("data-code", &format!("{name}_bg.wasm?{attempt}"))?;
    let started = Closure::<dyn Fn()>::new(move || code.set(Code::Here));
    let failed = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        // It is shown here.
        event.prevent_default();
        code.set(Code::Failed);
    });
    script.add_event_listener_with_callback("started", started.as_ref().unchecked_ref())?;
    script.add_event_listener_with_callback("error", failed.as_ref().unchecked_ref())?;
    // As long as the element.
    started.forget();
    failed.forget();
    document().body().ok_or(JsValue::NULL)?.append_child(&script)?;
    Ok(())
}
