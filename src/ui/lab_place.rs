//! The place where the Lab's own app stands, and what is seen there until it does: readers of charts never download it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};

use super::text;
use crate::domain::view::Screen;

/// The id of the element that the Lab draws into.
pub const PLACE: &str = "lab-place";

/// How far a part's code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// Nobody wanted it yet.
    Absent,
    /// It is being downloaded.
    Coming,
    /// It could not be had.
    Failed,
    /// It runs.
    Here,
}

/// An empty element that stays, and a word about the code while the Lab is wanted and not there.
#[component]
pub fn LabPlace(
    /// Whether a screen of the Lab is open.
    #[prop(into)]
    is_open: Signal<bool>,
) -> impl IntoView {
    let (code, num_tries) = (RwSignal::new(Code::Absent), StoredValue::new(0_u32));
    let load = move || {
        num_tries.update_value(|count| *count += 1);
        code.set(Code::Coming);
        if let Err(error) = add_script("lab_app", num_tries.get_value(), code) {
            web_sys::console::error_1(&error);
            code.set(Code::Failed);
        }
    };
    Effect::new(move || {
        if is_open.get() && code.get_untracked() == Code::Absent {
            load();
        }
    });
    let has = move |state: Code| is_open.get() && code.get() == state;
    view! {
        <div id=PLACE></div>
        <Show when=move || has(Code::Coming) || has(Code::Failed)><h1>{text::screen(Screen::Lab)}</h1></Show>
        <div role="status">
            <Show when=move || has(Code::Coming)><p class="quiet" id="lab-coming">{text::LAB_COMING}</p></Show>
        </div>
        <div role="alert">
            <Show when=move || has(Code::Failed)>
                <div class="notice error">
                    <p id="lab-absent">{text::LAB_ABSENT}</p>
                    <button type="button" id="lab-again" on:click=move |_| load()>"Load it again"</button>
                </div>
            </Show>
        </div>
    }
}

/// Asks for a part's code by a script element, which hears how it went.
pub(super) fn add_script(name: &str, attempt: u32, code: RwSignal<Code>) -> Result<(), JsValue> {
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
