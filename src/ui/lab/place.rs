//! The element that the Lab's app draws into, and what is shown until it does. Readers of charts never download the
//! Lab.

use leptos::prelude::*;

use crate::domain::view::Screen;
use crate::ui::part::{Code, Part};
use crate::ui::text;

/// Id of the element that the Lab draws into.
pub const PLACE: &str = "lab-place";

/// An empty element that stays on the page, and the status of the Lab's code while a Lab screen waits for it.
#[component]
pub fn LabPlace(
    /// Whether a Lab screen is open.
    #[prop(into)]
    is_open: Signal<bool>,
) -> impl IntoView {
    let part = Part::named("lab_app");
    Effect::new(move || {
        if is_open.get() {
            part.load();
        }
    });
    let has = move |state: Code| is_open.get() && part.code() == state;
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
                    <button type="button" id="lab-again" on:click=move |_| part.load_again()>{text::LOAD_AGAIN}</button>
                </div>
            </Show>
        </div>
    }
}
