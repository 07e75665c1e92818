//! The open data set, and the reading of others.

use leptos::prelude::*;

use super::DataState;
use crate::domain::view::{Source, View};
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
    /// Source that is being opened.
    pub(super) pending: StoredValue<Option<Source>>,
    pub(super) keeps_selection: StoredValue<bool>,
}

impl DataState {
    /// Shows a data set that the worker has opened.
    pub(super) fn take_opened(
        self,
        view: RwSignal<View>,
        summary: Summary,
        reports: Vec<FileReport>,
        refused: Vec<Refused>,
    ) {
        let Some(source) = self.reading.pending.get_value() else { return };
        self.reading.progress.set(None);
        self.reading.partial.set(None);
        // A notice that the worker was restarted stays when the files have been read again.
        self.reading.refused.update(|list| {
            list.retain(|one| one.file == text::open::DATA_WORKER);
            list.extend(refused);
        });
        let keeps = self.reading.keeps_selection.try_update_value(std::mem::take).unwrap_or_default();
        if !matches!(source, Source::Published(_)) {
            self.files.held.set_value(self.files.chosen.get_value());
        }
        batch(|| {
            self.reading.can_explore.set(self.worker.reads_files.get_value());
            // Rates of the previous data must not be shown under the new name.
            if self.reading.opened.with_untracked(|opened| opened.as_ref().is_none_or(|open| open.source != source)) {
                self.drawn.clear();
                self.drawn.focus.set(None);
            }
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
}
