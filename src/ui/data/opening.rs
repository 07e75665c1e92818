//! Opening data: the reader's files, files at addresses, and the source that the view names; and cancelling it.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::files::{distinct_names, name_of, source_of};
use super::{DataState, Progress};
use crate::domain::view::{Source, View};
use crate::explorer::protocol::{DataRequest, Opening};

impl DataState {
    /// Opens the reader's files.
    pub fn open_files(self, view: RwSignal<View>, files: Vec<web_sys::File>) {
        if files.is_empty() {
            return;
        }
        let mut named = distinct_names(files);
        // Files that a link names restore its view, in any order of choice.
        if let Source::Files(names) = view.with_untracked(|view| view.source.clone()) {
            let place = |name: &String| names.iter().position(|known| known == name);
            if names.len() == named.len() && named.iter().all(|(name, _)| place(name).is_some()) {
                named.sort_by_key(|(name, _)| place(name));
            }
        }
        let opening = |(name, file)| (Opening { name, ..Opening::default() }, Some(file));
        self.open(view, named.into_iter().map(opening).collect());
    }

    /// Opens the files of a link. The end of each address is the file's name.
    pub fn open_linked(self, view: RwSignal<View>, addresses: &[String]) {
        let opening =
            |address: &String| Opening { name: name_of(address), address: Some(address.clone()), sha256: None };
        self.open_addresses(view, addresses.iter().map(opening).collect());
    }

    /// Opens files at addresses, with their SHA-256 if it is known.
    pub fn open_addresses(self, view: RwSignal<View>, files: Vec<Opening>) {
        self.open(view, files.into_iter().map(|file| (file, None)).collect());
    }

    pub(super) fn open(self, view: RwSignal<View>, files: Vec<(Opening, Option<web_sys::File>)>) {
        self.reading.refused.set(Vec::new());
        self.hand_over(view, files);
    }

    /// Sends files to the worker that reads them. Earlier errors stay on the page.
    fn hand_over(self, view: RwSignal<View>, files: Vec<(Opening, Option<web_sys::File>)>) {
        if !self.worker.reads_files.get_value() {
            self.worker.reads_files.set_value(true);
            self.start_worker(view);
        }
        self.send_files(view, &files);
        self.files.chosen.set_value(files);
    }

    /// Opens the files again after the roles of their columns have changed.
    pub fn reopen(self, view: RwSignal<View>) {
        let files = self.files.chosen.get_value();
        if !files.is_empty() {
            self.open(view, files);
        }
    }

    /// Stops reading. The data that were open stay, and their rates are requested again. A worker that is unpacking
    /// receives no message until it is done, so it is replaced.
    pub fn cancel(self, view: RwSignal<View>) {
        let is_deaf =
            self.reading.progress.with_untracked(|progress| progress.as_ref().is_some_and(|one| one.share.is_none()));
        if is_deaf {
            self.start_worker(view);
        } else {
            self.send(&DataRequest::Cancel, &[]);
        }
        self.stop_waiting();
        if !self.reading.can_explore.get_untracked() {
            self.open_again(view, &view.with_untracked(|view| view.source.clone()));
        }
    }

    /// Keeps the open mark when the next files open: they hold the answers behind it.
    pub fn keep_selection(self) {
        self.reading.keeps_selection.set_value(true);
    }

    pub(super) fn stop_waiting(self) {
        self.reading.progress.set(None);
        if self.reading.partial.get_untracked().is_some() {
            self.reading.partial.set(None);
            self.drawn.models.set(None);
            self.drawn.label_changes.update(|changes| *changes += 1);
        }
    }

    /// The first of the files that are on the reader's disk.
    #[must_use]
    pub fn first_file(self) -> Option<(String, web_sys::File)> {
        self.files
            .chosen
            .with_value(|files| files.iter().find_map(|(opening, file)| Some((opening.name.clone(), file.clone()?))))
    }

    /// Lets the worker that draws any figure take over the open data set.
    pub fn want_explorer(self, view: RwSignal<View>) {
        if self.worker.reads_files.get_value() {
            return;
        }
        self.worker.reads_files.set_value(true);
        self.start_worker(view);
        let source = view.with_untracked(|view| view.source.clone());
        self.open_again(view, &source);
    }

    pub(super) fn send_files(self, view: RwSignal<View>, files: &[(Opening, Option<web_sys::File>)]) {
        let handles: Vec<JsValue> = files.iter().filter_map(|(_, file)| file.as_ref().map(JsValue::from)).collect();
        let files: Vec<Opening> = files.iter().map(|(opening, _)| opening.clone()).collect();
        self.reading.pending.set_value(Some(source_of(&files)));
        self.reading.progress.set(files.first().map(|file| Progress {
            file: file.name.clone(),
            share: Some(0.0),
            rows: 0,
        }));
        let query = view.with_untracked(|view| {
            View { rule: view.rule.clone(), interval: view.interval, ..View::default() }.by_model()
        });
        let mappings = self.reading.mappings.get_untracked();
        self.send(&DataRequest::OpenFiles { files, mappings, query: Box::new(query) }, &handles);
    }

    /// Opens the source that the view names, if it is not open yet.
    pub(super) fn follow_source(self, view: RwSignal<View>, source: &Source) {
        let is_open =
            self.reading.opened.with_untracked(|opened| opened.as_ref().is_some_and(|open| open.source == *source));
        if !is_open {
            self.open_again(view, source);
        }
    }

    pub(super) fn open_again(self, view: RwSignal<View>, source: &Source) {
        let held = [self.files.chosen, self.files.held].into_iter().find_map(|files| {
            files.with_value(|files| {
                let openings: Vec<Opening> = files.iter().map(|(opening, _)| opening.clone()).collect();
                (!files.is_empty() && source_of(&openings) == *source).then(|| files.clone())
            })
        });
        match (source, held) {
            (Source::Published(id), _) => {
                self.reading.pending.set_value(Some(source.clone()));
                self.send(&DataRequest::OpenPublished { id: id.clone() }, &[]);
            }
            (_, Some(files)) => self.hand_over(view, files),
            // Files on the page's own site are opened without asking.
            (Source::Addresses(addresses), None) if source.is_beside_page() && self.worker.has_explorer => {
                self.open_linked(view, addresses);
            }
            // The chart of another data set must not appear under this link's name. Other sites are only asked on
            // request.
            (Source::Files(_) | Source::Addresses(_), None) => {
                self.reading.opened.set(None);
                self.drawn.clear();
            }
        }
    }
}
