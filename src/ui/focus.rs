//! Keyboard focus. The panel of answers takes the focus when it opens. When it closes, the element that opened it gets
//! the focus back. Charts and tables are redrawn in between, so that element is found again by its surroundings and its
//! label.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlElement};

/// Description of an element, to find it again after a redraw.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Id of the nearest ancestor that has one, or of the element itself.
    around: String,
    tag: String,
    label: String,
}

impl Place {
    fn of(element: &Element) -> Option<Self> {
        let around = element.closest("[id]").ok().flatten()?.id();
        Some(Self { around, tag: element.tag_name().to_lowercase(), label: label(element) })
    }

    fn find(&self) -> Option<HtmlElement> {
        let around = document().get_element_by_id(&self.around)?;
        if around.tag_name().eq_ignore_ascii_case(&self.tag) {
            return around.dyn_into().ok();
        }
        let inside = around.query_selector_all(&self.tag).ok()?;
        let mut elements = (0..inside.length()).filter_map(|at| inside.get(at)?.dyn_into::<HtmlElement>().ok());
        elements.find(|element| label(element) == self.label)
    }
}

fn label(element: &Element) -> String {
    element.get_attribute("aria-label").or_else(|| element.text_content()).unwrap_or_default()
}

/// The focused element as a text, for another app of the page.
#[must_use]
pub fn place() -> Option<String> {
    let Place { around, tag, label } = Place::of(&document().active_element()?)?;
    Some([around, tag, label].join(SEPARATOR))
}

/// Separates the parts of a place in its text. No label contains it.
const SEPARATOR: &str = "\u{1f}";

fn read_place(text: &str) -> Option<Place> {
    let mut parts = text.splitn(3, SEPARATOR).map(str::to_owned);
    Some(Place { around: parts.next()?, tag: parts.next()?, label: parts.next()? })
}

/// Returns the focus when `is_open` becomes false, unless another element has it by then. `place` is the place of the
/// focus in the previous app.
pub fn give_back(place: Option<String>, is_open: impl Fn() -> bool + 'static) {
    let last = StoredValue::new(place.as_deref().and_then(read_place));
    // The place in the previous app is used until the reader focuses something here.
    request_animation_frame(move || restore(last.try_get_value().flatten()));
    let note = Closure::<dyn Fn(web_sys::FocusEvent)>::new(move |event: web_sys::FocusEvent| {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
        if element.closest(".answers").ok().flatten().is_none() {
            let _is_here = last.try_set_value(Place::of(&element));
        }
    });
    if let Err(error) = document().add_event_listener_with_callback("focusin", note.as_ref().unchecked_ref()) {
        web_sys::console::error_1(&error);
    }
    // It listens for the page's whole life.
    note.forget();
    Effect::new(move |was_open: Option<bool>| {
        let is_open = is_open();
        if was_open == Some(true) && !is_open {
            // After everything is drawn.
            request_animation_frame(move || restore(last.try_get_value().flatten()));
        }
        is_open
    });
}

fn restore(place: Option<Place>) {
    let is_lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
    // If the element is gone, focus the main region rather than the top of the page.
    let main = || document().get_element_by_id("main").and_then(|main| main.dyn_into().ok());
    let found = place.filter(|_| is_lost).and_then(|place| place.find().or_else(main));
    if let Some(element) = found
        && let Err(error) = element.focus()
    {
        web_sys::console::error_1(&error);
    }
}
