//! The Lab's app: the screens that run models. It is mounted once, next to the page's screens, and stays for the page's
//! whole life, so that a loaded model and a running answer stay when the reader opens another screen.

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::place::PLACE;
use super::screen::LabScreen;
use super::self_test::SelfTestScreen;
use super::state::session::LabSession;
use crate::domain::view::Screen;

/// Draws the Lab into the element that the page has for it.
pub fn mount() {
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id(PLACE).and_then(|place| place.dyn_into().ok());
    match place {
        Some(place) => mount_to(place, LabApp).forget(),
        None => web_sys::console::error_1(&format!("the page has no #{PLACE}").into()),
    }
}

/// The open screen of the Lab.
#[component]
fn LabApp() -> impl IntoView {
    let session = LabSession::start();
    let screen = Memo::new(move |_| session.screen());
    move || match screen.get() {
        Screen::Lab => view! { <LabScreen/> }.into_any(),
        Screen::SelfTest => view! { <SelfTestScreen/> }.into_any(),
        // Drawn by the page's app.
        Screen::Results | Screen::Compare | Screen::Findings | Screen::Learn | Screen::About => ().into_any(),
    }
}
