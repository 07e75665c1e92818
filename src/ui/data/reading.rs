//! The open data set, and the reading of others.

use leptos::prelude::*;

use super::DataState;
use crate::domain::view::{Source, View};
use crate::explorer::opening::{Openings, Settled};
use crate::explorer::protocol::{Refused, Summary};
use crate::formats::report::FileReport;
use crate::formats::roles::Mapping;
use crate::ui::text;

/// The open data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    pub source: Source,
    /// Its models, questions, columns and other names.
    pub summary: Summary,
    /// A report on each of its files.
    pub reports: Vec<FileReport>,
}

/// Progress of reading a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The file's name.
    pub file: String,
    /// Share that is read, 0 to 1. `None` while the file is unpacked.
    pub share: Option<f64>,
    /// Rows read so far.
    pub rows: u64,
}

/// The open data set, and the one that is being read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The open data set.
    ///
    /// Its source is always the one that the view names. `None` if that one was never open.
    pub opened: RwSignal<Option<Opened>>,
    /// Progress of the file that is being read.
    pub progress: RwSignal<Option<Progress>>,
    /// Number of rows that the shown rates cover, while the rest is being read.
    pub partial: RwSignal<Option<u64>>,
    /// Files that failed, and other failures.
    pub refused: RwSignal<Vec<Refused>>,
    /// Whether the worker that draws any figure holds the open data set.
    pub can_explore: RwSignal<bool>,
    /// Roles that the reader gave to columns, by the header's fingerprint.
    pub mappings: RwSignal<Vec<(u64, Mapping)>>,
    /// The openings under way, and which data set may be shown.
    pub(super) openings: StoredValue<Openings>,
    pub(super) keeps_selection: StoredValue<bool>,
}

/// The source that the view names.
pub(super) fn named(view: RwSignal<View>) -> Source {
    view.with_untracked(|view| view.source.clone())
}

impl DataState {
    /// Takes a data set that the worker has opened. Shows it if the view names its source, or must name it now.
    pub(super) fn take_opened(
        self,
        view: RwSignal<View>,
        opening: u64,
        (summary, reports): (Summary, Vec<FileReport>),
        refused: Vec<Refused>,
    ) {
        let settled = self.settle(view, |openings| openings.opened(opening, &named(view)));
        let Settled::Show(source) = settled else {
            self.follow_settled(view, &settled);
            return;
        };
        self.reading.refused.update(|list| list.extend(refused));
        let keeps = self.reading.keeps_selection.try_update_value(std::mem::take).unwrap_or_default();
        if !matches!(source, Source::Published(_)) {
            self.files.held.set_value(self.files.chosen.get_value());
        }
        batch(|| {
            // Rates of the previous data must not be shown under the new name.
            if self.reading.opened.with_untracked(|opened| opened.as_ref().is_none_or(|open| open.source != source)) {
                self.drawn.clear();
            }
            self.reading.can_explore.set(self.worker.reads_files.get_value());
            self.reading.opened.set(Some(Opened { source: source.clone(), summary, reports }));
            if view.with_untracked(|view| view.source != source) {
                view.update(|view| {
                    let selection = view.selection.take().filter(|_| keeps);
                    let screen = view.screen;
                    let (rule, interval) = (view.rule.clone(), view.interval);
                    *view = View { screen, source, rule, interval, selection, ..View::default() };
                });
            }
        });
    }

    /// Removes the errors of files that the reader has left. A notice that the worker was restarted stays.
    pub(super) fn keep_worker_errors(self) {
        self.reading.refused.update(|list| list.retain(|one| one.file == text::open::DATA_WORKER));
    }

    /// Takes the news that no file could be opened.
    pub(super) fn take_refused(self, view: RwSignal<View>, opening: u64, refused: Vec<Refused>) {
        self.reading.refused.update(|list| list.extend(refused));
        let settled = self.settle(view, |openings| openings.refused(opening, &named(view)));
        self.follow_settled(view, &settled);
    }

    /// Changes the openings. Then clears what may no longer be shown, and the progress of an opening that ended. While
    /// the named source is opened again, the page shows what it has of it.
    pub(super) fn settle<T>(self, view: RwSignal<View>, change: impl FnOnce(&mut Openings) -> T) -> T {
        let before = self.shown();
        let mut after = self.reading.openings.get_value();
        let result = change(&mut after);
        self.reading.openings.set_value(after.clone());
        batch(|| {
            if before != after.shown() {
                self.drop_replies();
            }
            if after.shown().is_none() {
                self.reading.can_explore.set(false);
            }
            let is_over = after.shown().is_none() && after.pending().is_none();
            let named = named(view);
            if self
                .reading
                .opened
                .with_untracked(|open| open.as_ref().is_some_and(|open| is_over || open.source != named))
            {
                self.reading.opened.set(None);
                self.drawn.clear();
            }
            if after.pending().is_none() {
                self.stop_waiting();
            }
        });
        result
    }

    fn follow_settled(self, view: RwSignal<View>, settled: &Settled) {
        if *settled == Settled::Follow {
            self.follow_source(view);
        }
    }
}
