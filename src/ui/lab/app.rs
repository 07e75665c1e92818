//! The Lab's own app: the screens that run models. It mounts beside the page's screens, once, and lives as long as the
//! page, so that a loaded model and a running answer stay when the reader looks at something else.

use leptos::mount::mount_to;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::place::PLACE;
use super::screen::LabScreen;
use super::state::LabState;
use crate::domain::view::{LIVE_STEP, Screen, View};
use crate::ui::address;
use crate::ui::self_test::SelfTestScreen;

/// Draws the Lab into the place that the page keeps for it.
pub fn mount() {
    console_error_panic_hook::set_once();
    let place = document().get_element_by_id(PLACE).and_then(|place| place.dyn_into().ok());
    match place {
        Some(place) => mount_to(place, LabApp).forget(),
        None => web_sys::console::error_1(&format!("the page has no #{PLACE}").into()),
    }
}

/// What the Lab's components share. Copied freely: it holds handles.
#[derive(Debug, Clone, Copy)]
pub struct LabSession {
    /// The part of the address after `#`, which the page writes.
    fragment: RwSignal<String>,
    /// What the engine worker said.
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

    /// The experiment that the address holds: where it lies, or the whole of it, packed.
    #[must_use]
    pub fn run_in_link(self) -> Option<String> {
        self.fragment.with(|fragment| View::from_fragment(fragment).run)
    }

    /// Whether the reader came to see the pair answer.
    #[must_use]
    pub fn is_live(self) -> bool {
        self.fragment.with(|fragment| View::from_fragment(fragment).step.as_deref() == Some(LIVE_STEP))
    }

    /// Address of a screen with the rest of the view as it is.
    #[must_use]
    pub fn link_to(self, screen: Screen) -> String {
        self.fragment.with(|fragment| format!("#{}", screen.in_fragment(fragment)))
    }
}

#[component]
fn LabApp() -> impl IntoView {
    let session = LabSession::start();
    let screen = Memo::new(move |_| session.fragment.with(|fragment| Screen::of_fragment(fragment)));
    move || match screen.get() {
        Screen::Lab => view! { <LabScreen/> }.into_any(),
        Screen::SelfTest => view! { <SelfTestScreen/> }.into_any(),
        // The page's own.
        Screen::Results | Screen::Compare | Screen::Findings | Screen::Learn | Screen::About => ().into_any(),
    }
}
