//! Opening data: the reader's files, files at addresses, and the source that the view names; and cancelling it.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::files::{distinct_names, name_of, openings, source_of};
use super::reading::named;
use super::{DataState, Progress};
use crate::domain::view::{Source, View};
use crate::explorer::opening::{Follow, Openings};
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

    /// Opens the files of a link.
    pub fn open_linked(self, view: RwSignal<View>, addresses: &[String]) {
        self.open_addresses(view, addresses.iter().map(|address| linked(address)).collect());
    }

    /// Opens files at addresses, with their SHA-256 if it is known.
    pub fn open_addresses(self, view: RwSignal<View>, files: Vec<Opening>) {
        self.open(view, files.into_iter().map(|file| (file, None)).collect());
    }

    pub(super) fn open(self, view: RwSignal<View>, files: Vec<(Opening, Option<web_sys::File>)>) {
        self.reading.refused.set(Vec::new());
        self.start_reader(view);
        let source = source_of(&openings(&files));
        let opening = self.settle(view, |openings| openings.choose(source));
        self.hand_over(view, opening, files);
    }

    /// Sends files to the worker that reads them. Earlier errors stay on the page.
    fn hand_over(self, view: RwSignal<View>, opening: u64, files: Vec<(Opening, Option<web_sys::File>)>) {
        self.send_files(view, opening, &files);
        self.files.chosen.set_value(files);
    }

    /// Opens the files again after the roles of their columns have changed.
    pub fn reopen(self, view: RwSignal<View>) {
        let files = self.files.chosen.get_value();
        if !files.is_empty() {
            self.open(view, files);
        }
    }

    /// Stops reading. What is shown stays. A worker that is unpacking receives no message until it is done, so it is
    /// replaced.
    pub fn cancel(self, view: RwSignal<View>) {
        let named = named(view);
        let is_named = self.reading.openings.with_value(|openings| openings.pending() == Some(&named));
        let is_deaf =
            self.reading.progress.with_untracked(|progress| progress.as_ref().is_some_and(|one| one.share.is_none()));
        if is_deaf {
            self.start_worker(view);
        } else {
            self.send(&DataRequest::Cancel, &[]);
        }
        self.settle(view, Openings::stop);
        // What the reader has just stopped is not opened again.
        if !is_named {
            self.follow_source(view);
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
        if self.start_reader(view) {
            self.follow_source(view);
        }
    }

    /// Replaces the worker by the one that reads files, unless it runs.
    fn start_reader(self, view: RwSignal<View>) -> bool {
        let is_new = !self.worker.reads_files.get_value();
        if is_new {
            self.worker.reads_files.set_value(true);
            self.start_worker(view);
        }
        is_new
    }

    fn send_files(self, view: RwSignal<View>, opening: u64, files: &[(Opening, Option<web_sys::File>)]) {
        let handles: Vec<JsValue> = files.iter().filter_map(|(_, file)| file.as_ref().map(JsValue::from)).collect();
        let files = openings(files);
        self.reading.progress.set(files.first().map(|file| Progress {
            file: file.name.clone(),
            share: Some(0.0),
            rows: 0,
        }));
        let query = view.with_untracked(|view| {
            View { rule: view.rule.clone(), interval: view.interval, ..View::default() }.by_model()
        });
        let mappings = self.reading.mappings.get_untracked();
        self.send(&DataRequest::OpenFiles { opening, files, mappings, query: Box::new(query) }, &handles);
    }

    /// Opens the source that the view names, if it is not shown yet. Only the reader opens files of other sites, and
    /// files that the page no longer has.
    pub(super) fn follow_source(self, view: RwSignal<View>) {
        let source = named(view);
        let files = self.held_files(&source);
        let can_open = matches!(source, Source::Published(_)) || files.is_some();
        if files.is_some() {
            self.start_reader(view);
        }
        match (self.settle(view, |openings| openings.follow(&source, can_open)), source) {
            (Follow::Stay, _) => {}
            (Follow::Stop, _) => self.send(&DataRequest::Cancel, &[]),
            (Follow::Open(opening), Source::Published(id)) => {
                self.send(&DataRequest::OpenPublished { opening, id }, &[]);
            }
            (Follow::Open(opening), _) => self.hand_over(view, opening, files.unwrap_or_default()),
        }
    }

    /// The files of a source that can be opened without the reader.
    fn held_files(self, source: &Source) -> Option<Vec<(Opening, Option<web_sys::File>)>> {
        let held = [self.files.chosen, self.files.held].into_iter().find_map(|files| {
            files.with_value(|files| {
                (!files.is_empty() && source_of(&openings(files)) == *source).then(|| files.clone())
            })
        });
        match source {
            Source::Addresses(addresses) if held.is_none() && source.is_beside_page() && self.worker.has_explorer => {
                Some(addresses.iter().map(|address| (linked(address), None)).collect())
            }
            _ => held,
        }
    }
}

/// A file at an address. The end of the address is its name.
fn linked(address: &str) -> Opening {
    Opening { name: name_of(address), address: Some(address.to_owned()), sha256: None }
}
