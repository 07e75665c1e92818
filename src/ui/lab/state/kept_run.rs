//! A run in the browser's storage: taking its place there, and opening runs that were interrupted.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::SLOT;
use super::keep::{self, Place};
use super::run::{RunState, slot_of};
use crate::lab::experiment::Experiment;
use crate::lab::kept::KeptRun;
use crate::lab::run::{Answer, Run};
use crate::lab::store;
use crate::ui::text;

impl RunState {
    /// Takes a place in the storage, and its lock.
    pub(super) fn hold(self, place: Place) {
        let id = place.id().to_owned();
        self.place.set_value(Some(place));
        spawn_local(async move {
            if let Some(lock) = Place::lock(id.clone()).await {
                self.place.update_value(|place| {
                    if let Some(place) = place.as_mut().filter(|place| place.id() == id) {
                        place.hold(lock);
                    }
                });
            }
            self.list_waiting().await;
        });
    }

    async fn list_waiting(self) {
        self.waiting.set(keep::waiting().await);
    }

    /// Restores a run that a reload interrupted. It waits for the reader to resume it.
    pub fn restore(self) {
        spawn_local(async move {
            if self.run.with_value(Option::is_none)
                && let Some((place, run)) = keep::find().await
                && self.run.with_value(Option::is_none)
            {
                self.take_up(place, run);
            }
            self.list_waiting().await;
        });
    }

    /// Opens another interrupted run. The one that is open waits in the list.
    pub fn open_waiting(self, id: String) {
        spawn_local(async move {
            if let Some((place, run)) = keep::open(&id).await {
                self.take_up(place, run);
            }
            self.list_waiting().await;
        });
    }

    /// Deletes another interrupted run.
    pub fn forget_waiting(self, id: String) {
        spawn_local(async move {
            // Another tab may have opened it in the meantime.
            if let Some((place, _)) = keep::open(&id).await {
                place.forget();
            }
            self.list_waiting().await;
        });
    }

    fn take_up(self, place: Place, KeptRun { head, pieces }: KeptRun) {
        let experiment = match Experiment::from_json(&head.experiment) {
            Ok(experiment) => experiment,
            Err(why) => return self.problem.set(Some(text::experiment::kept_run_unreadable(&why.to_string()))),
        };
        let answers: Vec<Answer> = pieces.iter().flat_map(|piece| store::answers(&experiment, piece)).collect();
        self.kept.set_value((answers.len(), pieces.len()));
        self.place.set_value(Some(place));
        self.problem.set(None);
        self.run.set_value(Some(Run::new(experiment, SLOT, 1, answers).judged_in(slot_of(head.judge.as_ref()))));
        self.head.set_value(Some(head));
        self.look();
    }

    /// Deletes the stored run, and leaves its place.
    pub(super) fn forget(self) {
        if let Some(place) = self.place.try_update_value(Option::take).flatten() {
            place.forget();
        }
    }
}
