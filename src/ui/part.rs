//! Parts of the page with code that is downloaded when it is needed.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};

/// State of a part's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Not requested yet.
    Absent,
    /// Downloading.
    Coming,
    /// The download failed.
    Failed,
    /// Running.
    Here,
}

/// A part, named after its script. Cheap to copy: it holds handles.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    name: &'static str,
    code: RwSignal<Code>,
    num_tries: StoredValue<u32>,
}

impl Part {
    /// A part that is not requested yet.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self { name, code: RwSignal::new(Code::Absent), num_tries: StoredValue::new(0) }
    }

    /// State of its code.
    #[must_use]
    pub fn code(self) -> Code {
        self.code.get()
    }

    /// Requests its code, once.
    pub fn load(self) {
        if self.code.get_untracked() == Code::Absent {
            self.load_again();
        }
    }

    /// Requests its code again.
    pub fn load_again(self) {
        self.num_tries.update_value(|count| *count += 1);
        self.code.set(Code::Coming);
        if let Err(error) = add_script(self.name, self.num_tries.get_value(), self.code) {
            web_sys::console::error_1(&error);
            self.code.set(Code::Failed);
        }
    }
}

/// Loads a part's code with a script element, which reports the outcome.
fn add_script(name: &str, attempt: u32, code: RwSignal<Code>) -> Result<(), JsValue> {
    let script = document().create_element("script")?;
    script.set_attribute("src", "app_loader.js")?;
    // Browsers may remember that a module failed, so another attempt uses another address.
    script.set_attribute("data-script", &format!("./{name}.js?{attempt}"))?;
    script.set_attribute("data-code", &format!("{name}_bg.wasm?{attempt}"))?;
    let started = Closure::<dyn Fn()>::new(move || code.set(Code::Here));
    let failed = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        // The failure is shown here.
        event.prevent_default();
        code.set(Code::Failed);
    });
    script.add_event_listener_with_callback("started", started.as_ref().unchecked_ref())?;
    script.add_event_listener_with_callback("error", failed.as_ref().unchecked_ref())?;
    // It listens as long as the element exists.
    started.forget();
    failed.forget();
    document().body().ok_or(JsValue::NULL)?.append_child(&script)?;
    Ok(())
}
