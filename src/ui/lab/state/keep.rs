//! Storage of runs in the browser's local storage, so that they survive a reload: one piece for each batch of answers.
//!
//! Several tabs share the storage. A tab holds a lock for its run, so that no other tab resumes it meanwhile.

use web_sys::Storage;

use crate::lab::experiment::Experiment;
use crate::lab::kept::{self, KeptRun, Texts};
use crate::lab::store::{self, Head};
use crate::ui::storage;
use crate::web::locks::{self, Lock};

/// Key in this tab's own storage: the id of its run. It survives a reload.
const OWN: &str = "askew.run";

/// A run's place in the storage.
#[derive(Debug)]
pub(super) struct Place {
    id: String,
    /// Held until the run is left. `None` until the browser has granted it.
    lock: Option<Lock>,
}

impl Place {
    /// A place for a new run.
    pub(super) fn new() -> Self {
        let part = || js_sys::Math::random().to_bits();
        Self { id: format!("{:x}", part() ^ part().rotate_left(32)), lock: None }
    }

    /// Starts to store the run. Returns whether the browser stores it.
    #[must_use]
    pub(super) fn begin(&self, head: &Head) -> bool {
        if let Some(own) = storage::session() {
            // Without it, a reload finds the run in the list of all runs.
            own.set_item(OWN, &self.id).ok();
        }
        Stored::get().is_some_and(|mut texts| kept::begin(&mut texts, &self.id, head))
    }

    /// Takes the run's lock. A new run has it to itself, because no other tab knows its id.
    pub(super) async fn lock(id: String) -> Option<Lock> {
        locks::take(&format!("askew-run.{id}")).await
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn hold(&mut self, lock: Lock) {
        self.lock = Some(lock);
    }

    /// Stores the run's next piece. Returns whether the browser stores it.
    #[must_use]
    pub(super) fn add(&self, number: usize, piece: &str) -> bool {
        Stored::get().is_some_and(|mut texts| kept::add(&mut texts, &self.id, number, piece))
    }

    /// Deletes the stored run.
    pub(super) fn forget(self) {
        if let Some(mut texts) = Stored::get() {
            kept::forget(&mut texts, &self.id);
        }
    }
}

/// An interrupted run that no tab has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: String,
    /// The experiment's name.
    pub name: String,
    /// Answers so far, and in all.
    pub num_answers: (usize, usize),
}

/// A stored run that this tab may resume: its own before a reload, or else the first that no other tab has open.
pub(super) async fn find() -> Option<(Place, KeptRun)> {
    let own = storage::session();
    let own = own.and_then(|own| own.get_item(OWN).ok().flatten());
    let ids = kept::ids(&Stored::get()?);
    for id in own.into_iter().chain(ids) {
        if let Some(found) = open(&id).await {
            return Some(found);
        }
    }
    None
}

/// A stored run by its id. `None` if there is none, or another tab has it open.
pub(super) async fn open(id: &str) -> Option<(Place, KeptRun)> {
    let run = kept::load(&Stored::get()?, id)?;
    let lock = Place::lock(id.to_owned()).await?;
    Some((Place { id: id.to_owned(), lock: Some(lock) }, run))
}

/// The stored runs that no tab has open.
pub(super) async fn waiting() -> Vec<Waiting> {
    let Some(texts) = Stored::get() else { return Vec::new() };
    let mut list = Vec::new();
    for id in kept::ids(&texts) {
        let Some(run) = kept::load(&texts, &id) else { continue };
        let Ok(experiment) = Experiment::from_json(&run.head.experiment) else { continue };
        // The lock is free again at once.
        if Place::lock(id.clone()).await.is_some() {
            let there = run.pieces.iter().map(|piece| store::answers(&experiment, piece).len()).sum();
            list.push(Waiting { id, num_answers: (there, experiment.num_answers()), name: experiment.name });
        }
    }
    list
}

/// The browser's local storage.
struct Stored(Storage);

impl Stored {
    fn get() -> Option<Self> {
        storage::local().map(Self)
    }
}

impl Texts for Stored {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get_item(name).ok().flatten()
    }

    fn set(&mut self, name: &str, text: &str) -> bool {
        self.0.set_item(name, text).is_ok()
    }

    fn remove(&mut self, name: &str) {
        // A text that does not exist does not have to be removed.
        self.0.remove_item(name).ok();
    }

    fn names(&self) -> Vec<String> {
        let count = self.0.length().unwrap_or_default();
        (0..count).filter_map(|at| self.0.key(at).ok().flatten()).collect()
    }
}
