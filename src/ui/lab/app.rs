//! The Lab's app: the screens that run models. It is mounted once, next to the page's screens, and stays for the page's
//! whole life, so that a loaded model and a running answer stay when the reader opens another screen.

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::place::PLACE;
use super::screen::LabScreen;
use super::state::LabState;
use crate::domain::view::{LIVE_STEP, Screen, View};
use crate::ui::address;
use crate::ui::self_test::SelfTestScreen;

/// Draws the Lab into the element that the page has for it.
pub fn mount() {
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id(PLACE).and_then(|place| place.dyn_into().ok());
    match place {
        Some(place) => mount_to(place, LabApp).forget(),
        None => web_sys::console::error_1(&format!("the page has no #{PLACE}").into()),
    }
}

/// State that the Lab's components share. Cheap to copy: it holds handles.
#[derive(Debug, Clone, Copy)]
pub struct LabSession {
    /// The part of the address after `#`, which the page's app writes.
    fragment: RwSignal<String>,
    /// State of the engine worker.
    pub lab: LabState,
}

impl LabSession {
    fn start() -> Self {
        let fragment = RwSignal::new(address::fragment());
        address::on_change(move || fragment.set(address::fragment()));
        let session = Self { fragment, lab: LabState::new() };
        provide_context(session);
        session
    }

    /// The session of this page.
    #[must_use]
    pub fn get() -> Self {
        expect_context()
    }

    /// The experiment in the address: its own address, or the whole document, packed.
    #[must_use]
    pub fn run_in_link(self) -> Option<String> {
        self.fragment.with(|fragment| View::from_fragment(fragment).run)
    }

    /// Whether the reader followed a link to the live pair.
    #[must_use]
    pub fn is_live(self) -> bool {
        self.fragment.with(|fragment| View::from_fragment(fragment).step.as_deref() == Some(LIVE_STEP))
    }

    /// Address of a screen with the rest of the view unchanged.
    #[must_use]
    pub fn link_to(self, screen: Screen) -> String {
        self.fragment.with(|fragment| format!("#{}", screen.in_fragment(fragment)))
    }
}

/// The open screen of the Lab.
#[component]
fn LabApp() -> impl IntoView {
    let session = LabSession::start();
    let screen = Memo::new(move |_| session.fragment.with(|fragment| Screen::of_fragment(fragment)));
    move || match screen.get() {
        Screen::Lab => view! { <LabScreen/> }.into_any(),
        Screen::SelfTest => view! { <SelfTestScreen/> }.into_any(),
        // Drawn by the page's app.
        Screen::Results | Screen::Compare | Screen::Findings | Screen::Learn | Screen::About => ().into_any(),
    }
}
