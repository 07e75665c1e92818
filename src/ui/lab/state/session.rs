//! The session of the Lab: the state that its components share, and the address as it reads it.

use leptos::prelude::*;

use super::LabState;
use crate::domain::view::{LIVE_STEP, Screen, View};
use crate::ui::address;

/// State that the Lab's components share. Cheap to copy: it holds handles.
#[derive(Debug, Clone, Copy)]
pub struct LabSession {
    /// The part of the address after `#`, which the page's app writes.
    fragment: RwSignal<String>,
    /// State of the engine worker.
    pub lab: LabState,
}

impl LabSession {
    /// Starts the session of this page.
    #[must_use]
    pub fn start() -> Self {
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

    /// The screen that the address names.
    #[must_use]
    pub fn screen(self) -> Screen {
        self.fragment.with(|fragment| Screen::of_fragment(fragment))
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
