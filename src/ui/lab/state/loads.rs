//! Loads of models: what was requested for each slot, and which model is loaded.

use std::collections::VecDeque;

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::add_ons::{AddOn, attachments};
use super::{COLUMNS, JUDGE_SLOT, LabState, SLOT, pocket};
use crate::hub::is_base;
use crate::protocol::{
    AddOnFile, AddOnKind, Command, Event, FailedStep, LoadProgress, LoadStage, Math, Place, Probe, Source,
};
use crate::ui::text;

/// A request to load a model.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    source: Source,
    name: String,
    keep: bool,
    sha256: Option<[u8; 32]>,
    file: Option<JsValue>,
    /// Adapters and vectors to add to it.
    pub(crate) add_ons: Vec<AddOn>,
}

impl Load {
    fn new(source: Source, name: &str, keep: bool) -> Self {
        Self { source, name: name.to_owned(), keep, sha256: None, file: None, add_ons: Vec::new() }
    }

    /// Whether the engine can add all of them while it loads the model. Vectors made from texts need the loaded model.
    fn brings_add_ons(&self) -> bool {
        !self.add_ons.iter().any(|add_on| matches!(add_on.file.kind, AddOnKind::Contrast(_)))
    }
}

/// The loads of a slot. If a load is refused, the previous model stays, so both are stored.
#[derive(Debug, Clone, Copy)]
pub struct Loads {
    slot: u32,
    /// The latest request, to repeat it.
    asked: RwSignal<Option<Load>, LocalStorage>,
    /// The request of the loaded model.
    there: RwSignal<Option<Load>, LocalStorage>,
    /// Requests without a reply yet. The engine replies to each once, in order.
    sent: RwSignal<VecDeque<Load>, LocalStorage>,
    /// Whether the loaded or loading model was lost against the reader's wish.
    is_lost: RwSignal<bool>,
}

impl Loads {
    pub(crate) fn new(slot: u32) -> Self {
        Self {
            slot,
            asked: RwSignal::new_local(None),
            there: RwSignal::new_local(None),
            sent: RwSignal::new_local(VecDeque::new()),
            is_lost: RwSignal::default(),
        }
    }

    /// Whether a load is under way.
    #[must_use]
    pub fn is_loading(self) -> bool {
        self.sent.with(|sent| !sent.is_empty())
    }

    /// Whether the loaded or loading model was lost against the reader's wish, and no load has replaced it.
    #[must_use]
    pub fn is_lost(self) -> bool {
        self.is_lost.get() && !self.is_loading()
    }

    /// Whether there is a load to repeat.
    #[must_use]
    pub fn can_repeat(self) -> bool {
        self.asked.with(Option::is_some)
    }

    /// Adapters and vectors of the loaded model, from its latest layout.
    pub(crate) fn add_ons(self) -> Vec<AddOn> {
        self.there.with_untracked(|there| there.as_ref().map(|load| load.add_ons.clone())).unwrap_or_default()
    }

    /// Records a new layout of the loaded model.
    pub(crate) fn lay_out(self, add_ons: Vec<AddOn>) {
        self.there.update(|there| {
            if let Some(load) = there {
                load.add_ons = add_ons;
            }
        });
    }

    /// Updates the state after an event of the engine.
    pub(crate) fn take(self, event: &Event) {
        match event {
            Event::LoadProgress(load) if load.slot == self.slot && load.stage != LoadStage::Headers => {
                drop(self.lose());
            }
            Event::Loaded(loaded) if loaded.slot == self.slot => {
                self.there.set(self.answered());
                self.is_lost.set(false);
            }
            Event::LoadStopped { slot } if *slot == self.slot => drop(self.answered()),
            Event::Unloaded { slot } if *slot == self.slot => self.there.set(None),
            Event::Failed(failure) => {
                let was_loading = untrack(|| self.is_loading());
                if failure.what == FailedStep::Load(self.slot) {
                    drop(self.answered());
                }
                if failure.model_lost {
                    // Repeating should load the lost model again, unless another one was loading.
                    if let Some(lost) = self.lose().filter(|_| !was_loading) {
                        self.asked.set(Some(lost));
                    }
                }
            }
            _ => {}
        }
    }

    /// Records that the model is lost, and returns its request.
    fn lose(self) -> Option<Load> {
        let lost = self.there.get_untracked();
        if lost.is_some() {
            self.there.set(None);
            self.is_lost.set(true);
        }
        lost
    }

    /// Drops pending requests after the worker ended: no reply will come.
    pub(crate) fn abandon(self) {
        self.sent.update(VecDeque::clear);
    }

    fn answered(self) -> Option<Load> {
        self.sent.try_update(VecDeque::pop_front).flatten()
    }

    /// Source of the loaded model or, without one, of the requested model.
    fn source(self) -> Option<Source> {
        self.with(|load| load.source.clone())
    }

    fn with<T>(self, read: impl Fn(&Load) -> T) -> Option<T> {
        self.there.with(|load| load.as_ref().map(&read)).or_else(|| self.asked.with(|load| load.as_ref().map(&read)))
    }

    /// Whether it is the model that ships with the page.
    pub(crate) fn is_pocket(self) -> bool {
        self.source() == Some(Source::Url(pocket::MODEL.to_owned()))
    }
}

impl LabState {
    /// The loads of a slot.
    #[must_use]
    pub const fn loads(self, slot: u32) -> Loads {
        if slot == JUDGE_SLOT { self.judge_loads } else { self.model_loads }
    }

    /// Progress of a slot's load, while one is under way.
    #[must_use]
    pub fn loading(self, slot: u32) -> Option<LoadProgress> {
        // If the last event was the end of another load, the progress starts at zero.
        let progress = || self.status.with(|status| status.loading(slot)).unwrap_or_default();
        self.loads(slot).is_loading().then(progress)
    }

    /// Loads the model that ships with the page. No copy is stored: it is on the page's own site.
    pub fn load_pocket(self) {
        let source = Source::Url(pocket::MODEL.to_owned());
        self.load(SLOT, Load { add_ons: vec![pocket::adapter()], ..Load::new(source, text::lab::POCKET_NAME, false) });
    }

    /// Loads a model from the disk.
    pub fn load_file(self, slot: u32, file: web_sys::File) {
        let (name, keep) = (file.name(), self.keeps_files.get_untracked());
        self.load(slot, Load { file: Some(file.into()), ..Load::new(Source::Disk, &name, keep) });
    }

    /// Loads a model from an address.
    pub fn load_url(self, slot: u32, url: &str) {
        let name = url.rsplit('/').next().unwrap_or(url).to_owned();
        self.load_listed(slot, &Source::Url(url.to_owned()), &name);
    }

    /// Loads a model from one of the lists.
    pub fn load_listed(self, slot: u32, source: &Source, name: &str) {
        self.load(slot, Load::new(source.clone(), name, self.keeps_downloads.get_untracked()));
    }

    /// Loads a file of the hub after the reader's consent, with the adapters to add.
    pub(crate) fn load_agreed(
        self,
        slot: u32,
        (source, sha256): (Source, Option<[u8; 32]>),
        name: &str,
        add_ons: Vec<AddOn>,
    ) {
        let keep = self.keeps_downloads.get_untracked();
        self.load(slot, Load { sha256, add_ons, ..Load::new(source, name, keep) });
    }

    fn load(self, slot: u32, load: Load) {
        if load.keep {
            persist();
        }
        self.loads(slot).asked.set(Some(load));
        self.load_again(slot);
    }

    /// Repeats a slot's latest load. A load of the other slot that is under way ends, and can be repeated too.
    pub fn load_again(self, slot: u32) {
        let other = self.loads(if slot == SLOT { JUDGE_SLOT } else { SLOT });
        if untrack(|| other.is_loading()) {
            other.is_lost.set(true);
        }
        let loads = self.loads(slot);
        let Some(load) = loads.asked.get_untracked() else { return };
        if !self.start() {
            return;
        }
        self.take(Event::LoadProgress(LoadProgress { slot, ..LoadProgress::default() }));
        // Vectors made from texts need the loaded model, so they are added later.
        let coming: &[AddOn] = if load.brings_add_ons() { &load.add_ons } else { &[] };
        let add_ons: Vec<AddOnFile> = coming.iter().map(|add_on| add_on.file.clone()).collect();
        // A judge reads its numbers in several columns at once.
        let columns = if slot == SLOT && add_ons.is_empty() { 1 } else { COLUMNS };
        let files: Vec<JsValue> = load.file.iter().cloned().chain(attachments(coming)).collect();
        let (place, math) = (self.place(), Math::default());
        let Load { source, name, keep, sha256, .. } = load.clone();
        loads.sent.update(|sent| sent.push_back(load));
        if !self.send(&Command::Load { slot, source, name, keep, sha256, place, math, columns, add_ons }, &files) {
            loads.sent.update(|sent| drop(sent.pop_back()));
        }
    }

    /// Unloads a slot's model.
    pub fn unload(self, slot: u32) {
        self.loads(slot).asked.set(None);
        self.loads(slot).there.set(None);
        self.loads(slot).is_lost.set(false);
        self.send(&Command::Unload { slot }, &[]);
    }

    /// Where the next model runs: on the GPU if there is one.
    fn place(self) -> Place {
        let is_missing = self.status.with_untracked(|status| matches!(status.probe, Some(Probe::Missing(_))));
        if is_missing { Place::Cpu } else { Place::Gpu }
    }

    /// Source of the loaded model.
    #[must_use]
    pub fn source(self) -> Option<Source> {
        self.loads(SLOT).source()
    }

    /// Whether the loaded model is `base`, by its own name or by the name it was loaded with.
    #[must_use]
    pub fn is_model(self, base: &str) -> bool {
        let own = self.status.with(|status| status.ready(SLOT).map(|loaded| loaded.card.name.clone()));
        let address = match self.source() {
            Some(Source::Url(address)) => address,
            Some(Source::Disk | Source::Kept(_)) | None => String::new(),
        };
        let given = self.loads(SLOT).with(|load| load.name.clone()).unwrap_or_default();
        own.is_some_and(|own| is_base(base, &[&own, &address, &given]))
    }
}

/// Asks the browser not to clear the stored copies when it needs room. It may refuse; then copies may be lost sooner.
fn persist() {
    let asked = web_sys::window().and_then(|window| {
        let storage = js_sys::Reflect::get(&window.navigator(), &"storage".into()).ok()?;
        let persist = js_sys::Reflect::get(&storage, &"persist".into()).ok()?;
        persist.dyn_into::<js_sys::Function>().ok()?.call0(&storage).ok()
    });
    drop(asked);
}
