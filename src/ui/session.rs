//! The reader's session: keeps the view and the address in step.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::data::DataState;
use super::label_state::LabelState;
use super::parts::Parts;
use super::{address, handover, text};
use crate::charts::picture::Target;
use crate::domain::text::harm::Harm;
use crate::domain::view::{Screen, Selection, Source, View};

/// The explorer's components, and a function that runs when the session starts.
pub type Explorer = (Parts, fn(Session));

/// State that all components share. Cheap to copy: it holds handles.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    /// The view that the address holds.
    pub view: RwSignal<View>,
    /// Components of the explorer's app. `None` in the first screen's app.
    pub parts: Option<Parts>,
    /// Whether the reader asked the first screen's app for more than it has.
    pub wants_explorer: RwSignal<bool>,
    /// State of the data worker.
    pub data: DataState,
    /// State of the reader's labels.
    pub labels: RwSignal<LabelState>,
    /// Kinds of covered texts that the reader has uncovered in this session.
    pub revealed: RwSignal<Vec<Harm>>,
    /// Whether Markdown in answers is shown formatted.
    pub is_formatted: RwSignal<bool>,
    /// Whether answers are read before their scores are shown.
    pub is_blind: RwSignal<bool>,
    /// Whether the system prefers a dark theme.
    pub is_dark: RwSignal<bool>,
    /// Whether files are being opened from another screen. Then the screen and its data are one step for Back.
    is_moving: StoredValue<bool>,
    /// Whether the reader has just opened a mark. Then the panel takes the focus; with a link it does not.
    pub has_just_opened: StoredValue<bool>,
}

impl Session {
    /// Starts the session from the address, in the explorer's app or in the first screen's app.
    #[must_use]
    pub fn start(explorer: Option<Explorer>) -> Self {
        let parts = explorer.map(|(parts, _)| parts);
        let view = RwSignal::new(View::from_fragment(&address::fragment()));
        let session = Self {
            view,
            parts,
            wants_explorer: RwSignal::new(false),
            data: DataState::new(parts.is_some()),
            labels: RwSignal::default(),
            revealed: RwSignal::default(),
            is_formatted: RwSignal::new(false),
            is_blind: RwSignal::new(false),
            is_dark: RwSignal::new(false),
            is_moving: StoredValue::new(false),
            has_just_opened: StoredValue::new(false),
        };
        session.follow_address();
        session.follow_scheme();
        session.data.start(view);
        if let Some((_, start)) = explorer {
            start(session);
        }
        provide_context(session);
        session
    }

    /// The session of this page.
    #[must_use]
    pub fn get() -> Self {
        expect_context()
    }

    /// Opens the reader's files. The first screen's app leaves them to the explorer's app.
    pub fn open_files(self, files: Vec<web_sys::File>) {
        if files.is_empty() {
            return;
        }
        if self.parts.is_some() {
            self.data.open_files(self.view, files);
        } else {
            handover::leave_files(&files);
            self.wants_explorer.set(true);
        }
    }

    /// Opens files on the Results screen.
    pub fn open_in_results(self, files: Vec<web_sys::File>) {
        if self.view.with_untracked(|view| view.screen != Screen::Results) {
            self.is_moving.set_value(true);
            self.view.update(|view| view.screen = Screen::Results);
        }
        self.open_files(files);
    }

    /// Opens a mark's answers.
    pub fn open(self, target: Target) {
        self.has_just_opened.set_value(true);
        let seed = self.view.with_untracked(|view| view.selection.as_ref().map_or(1, |open| open.seed));
        self.view.update(|view| {
            view.selection = Some(Selection { group: target.group, part: target.part, seed, offset: 0 })
        });
    }

    /// The open mark.
    #[must_use]
    pub fn chosen(self) -> Option<Target> {
        let target = |open: &Selection| Target { group: open.group.clone(), part: open.part };
        self.view.with(|view| view.selection.as_ref().map(target))
    }

    /// The source of what is drawn: the one that the view names, or one that is being read and has its first rates.
    #[must_use]
    pub fn drawn_source(self) -> Source {
        let partial = self.data.reading.partial.get().and_then(|_rows| self.data.pending());
        partial.unwrap_or_else(|| self.view.with(|view| view.source.clone()))
    }

    /// Name of the data set that is drawn, with its commit if it was published.
    #[must_use]
    pub fn source_name(self) -> String {
        match untrack(|| self.drawn_source()) {
            Source::Files(names) | Source::Addresses(names) => names.join(", "),
            Source::Published(id) => self.data.shipped.collections.with_untracked(|list| {
                let known = list.iter().find(|collection| collection.id == id);
                known.map_or(id.clone(), |found| text::open::at_commit(&found.source, &found.commit))
            }),
        }
    }

    /// Address of a screen with the rest of the view unchanged.
    #[must_use]
    pub fn link_to(self, screen: Screen) -> String {
        self.view.with(|view| format!("#{}", View { screen, ..view.clone() }.to_fragment()))
    }

    fn follow_address(self) {
        let view = self.view;
        Effect::new(move |before: Option<View>| {
            let now = view.get();
            let fragment = now.to_fragment();
            if fragment != address::fragment() {
                let is_step = before.is_some_and(|before| {
                    // The screen changed when the files were chosen; now they are open.
                    let is_moved = before.source != now.source
                        && self.is_moving.try_update_value(std::mem::take).unwrap_or_default();
                    !is_moved
                        && (before.screen != now.screen
                            || before.source != now.source
                            || before.selection.map(|open| open.group)
                                != now.selection.as_ref().map(|open| open.group.clone()))
                });
                address::write(&fragment, is_step);
            }
            now
        });
        address::on_reader_change(move || {
            let found = View::from_fragment(&address::fragment());
            // The first screen's app may be gone by now.
            if view.try_with_untracked(|view| *view != found) == Some(true) {
                view.set(found);
            }
        });
    }

    fn follow_scheme(self) {
        let Some(query) = window().match_media("(prefers-color-scheme: dark)").ok().flatten() else { return };
        let is_dark = self.is_dark;
        is_dark.set(query.matches());
        let asked = query.clone();
        let on_change = Closure::<dyn Fn()>::new(move || is_dark.set(asked.matches()));
        query.set_onchange(Some(on_change.as_ref().unchecked_ref()));
        on_change.forget();
    }
}
