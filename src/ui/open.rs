//! Opening data: published collections, or the reader's own files by drop, paste, choice or address.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{ClipboardEvent, CustomEvent, DragEvent};

use super::file_picker::{FilePicker, files_of};
use super::session::Session;
use super::text;
use crate::domain::text::words::thousands;
use crate::domain::view::{LIVE_STEP, Screen, Source, View};
use crate::explorer::protocol::{Collection, Finding};

/// The card that names the data set and opens another one.
#[component]
pub fn SourceCard() -> impl IntoView {
    view! {
        <section class="source" aria-label=text::open::SECTION>
            <CollectionPicker/>
            <OwnFiles/>
            <PocketButton/>
            <SourceNote/>
            {Session::get().parts.map(|parts| (parts.sources)())}
        </section>
    }
}

/// The picker of published results and of the pocket organism's results.
#[component]
fn CollectionPicker() -> impl IntoView {
    let session = Session::get();
    let current = move || match session.drawn_source() {
        Source::Published(id) => id,
        source => shipped(session, &source).map(|finding| finding.view).unwrap_or_default(),
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        if chosen.is_empty() {
            return;
        }
        session.view.update(|view| {
            let (rule, interval) = (view.rule.clone(), view.interval);
            let is_view =
                session.data.shipped.findings.with_untracked(|list| list.iter().any(|known| known.view == chosen));
            let to = if is_view {
                View::from_fragment(&chosen)
            } else {
                View { source: Source::Published(chosen), ..View::default() }
            };
            *view = View { rule, interval, ..to };
        });
    };
    let options = move || {
        let item = |item: Collection| view! { <option value=item.id>{item.title}</option> };
        session.data.shipped.collections.get().into_iter().map(item).collect::<Vec<_>>()
    };
    let answers = move || {
        let item = |finding: Finding| view! { <option value=finding.view>{finding.title}</option> };
        all_shipped(session).into_iter().map(item).collect::<Vec<_>>()
    };
    let has_own = move || current().is_empty();
    // The options are added after the select, so its value is set again once they exist.
    let value = move || {
        session.data.shipped.collections.track();
        current()
    };
    view! {
        <label class="field grow">
            <span>{text::open::PUBLISHED}</span>
            <select id="collection" prop:value=value on:change=choose>
                <Show when=has_own><option value="">{text::open::OWN_FILES}</option></Show>
                {options}
                <optgroup label=text::open::POCKET_LIST>{answers}</optgroup>
            </select>
        </label>
    }
}

/// The results with every answer on the page's site, each as the finding that opens it.
fn all_shipped(session: Session) -> Vec<Finding> {
    let is_shipped = |finding: &&Finding| View::from_fragment(&finding.view).source.is_beside_page();
    session.data.shipped.findings.with(|list| list.iter().filter(is_shipped).cloned().collect())
}

/// The finding that opens a source on the page's own site.
fn shipped(session: Session, source: &Source) -> Option<Finding> {
    let mut all = all_shipped(session).into_iter();
    source.is_beside_page().then(|| all.find(|known| View::from_fragment(&known.view).source == *source)).flatten()
}

/// Links to the first of the pocket organism's results, and to the Lab where it runs.
#[component]
fn PocketButton() -> impl IntoView {
    let session = Session::get();
    let button = move || {
        let all = all_shipped(session);
        let count = all.len();
        all.into_iter().next().map(|first| {
            view! {
                <a class="button" id="open-pocket" href=format!("#{}", first.view) title=text::open::POCKET_ABOUT>
                    {text::open::POCKET} {count} {text::open::POCKET_EXPERIMENTS}
                </a>
                <a class="button" id="open-live" href=live_pair()>
                    {text::open::RUN_LIVE}
                </a>
            }
        })
    };
    view! { {button} }
}

/// Link to the Lab with the pocket organism and its adapter, which answer at once.
fn live_pair() -> String {
    let view = View { screen: Screen::Lab, step: Some(LIVE_STEP.to_owned()), ..View::default() };
    format!("#{}", view.to_fragment())
}

/// The button that opens the reader's files.
#[component]
fn OwnFiles() -> impl IntoView {
    let session = Session::get();
    view! {
        <FilePicker
            id="files"
            label=text::open::OPEN_OWN
            title=text::PRIVACY
            multiple=true
            on_files=move |files| session.open_files(files)
        />
    }
}

/// A line about the open data set: a collection's source, or the reader's files.
#[component]
fn SourceNote() -> impl IntoView {
    let session = Session::get();
    let note = move || match session.drawn_source() {
        Source::Published(id) => session
            .data
            .shipped
            .collections
            .with(|list| list.iter().find(|known| known.id == id).cloned())
            .map(|collection| collection_note(collection).into_any()),
        source if source.is_beside_page() => shipped(session, &source).map(|finding| shipped_note(finding).into_any()),
        Source::Files(names) | Source::Addresses(names) => {
            let is_whole = session.data.reading.partial.get().is_none();
            let opened = session.data.reading.opened;
            let rows = opened.with(|open| open.as_ref().filter(|_| is_whole).map(|open| open.summary.num_rows));
            Some(files_note(&names, rows).into_any())
        }
    };
    view! { <p class="source-note">{note}</p> }
}

fn collection_note(collection: Collection) -> impl IntoView {
    let about = text::open::collection_size(collection.num_rows, collection.num_files);
    let licence = text::open::collection_licence(&collection.licence);
    view! {
        {collection.question} {about}
        <a href=collection.url rel="noreferrer noopener" target="_blank">{collection.source}</a> {licence}
    }
}

fn shipped_note(finding: Finding) -> impl IntoView {
    view! {
        {finding.sentence} " " {text::open::POCKET_ABOUT} " "
        <a href="pocket/README.md" target="_blank">{text::open::POCKET_CARD}</a> {text::open::POCKET_CARD_HAS}
    }
}

fn files_note(names: &[String], rows: Option<u64>) -> impl IntoView + use<> {
    let rows = rows.map(text::open::num_answers).unwrap_or_default();
    let names = names.join(", ");
    view! { {names} ". " {rows} {text::PRIVACY} }
}

/// The whole page as a drop target for files.
#[component]
pub fn DropZone(children: Children) -> impl IntoView {
    let session = Session::get();
    let is_over = RwSignal::new(false);
    let over = move |event: DragEvent| {
        event.prevent_default();
        is_over.set(true);
    };
    let leave = move |event: DragEvent| {
        // Moving onto a child element is not leaving the page.
        if event.related_target().is_none() {
            is_over.set(false);
        }
    };
    let drop = move |event: DragEvent| {
        event.prevent_default();
        is_over.set(false);
        let files = files_of(event.data_transfer().and_then(|transfer| transfer.files()));
        session.open_in_results(files);
    };
    let pasted = window_event_listener(leptos::ev::paste, move |event: ClipboardEvent| {
        let files = pasted_files(&event);
        if !files.is_empty() {
            event.prevent_default();
            session.open_in_results(files);
        }
    });
    on_cleanup(move || pasted.remove());
    view! {
        <div class="page" class:dropping=move || is_over.get() on:dragover=over on:dragleave=leave on:drop=drop>
            {children()}
        </div>
    }
}

/// Event with which the Lab's app hands files to the page's app. Its detail is an array of files.
pub(super) const OPEN_EVENT: &str = "askew-open";

/// Opens the files that another app of the page sends.
pub fn hear(session: Session) {
    let heard = Closure::<dyn Fn(CustomEvent)>::new(move |event: CustomEvent| {
        let files: Vec<web_sys::File> = event
            .detail()
            .dyn_into::<js_sys::Array>()
            .into_iter()
            .flatten()
            .filter_map(|file| file.dyn_into().ok())
            .collect();
        session.open_in_results(files);
    });
    if let Err(error) = window().add_event_listener_with_callback(OPEN_EVENT, heard.as_ref().unchecked_ref()) {
        web_sys::console::error_1(&error);
    }
    // It listens for the page's whole life.
    heard.forget();
}

/// Files on the clipboard, or pasted rows as a file. Empty when the reader pastes into a text box.
fn pasted_files(event: &ClipboardEvent) -> Vec<web_sys::File> {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let is_typing = target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
    let Some(clipboard) = event.clipboard_data().filter(|_| !is_typing) else { return Vec::new() };
    let files = files_of(clipboard.files());
    let text = clipboard.get_data("text/plain").unwrap_or_default();
    // A single line is not a table.
    if !files.is_empty() || !text.trim().contains(['\n', '{', '[']) {
        return files;
    }
    let parts = js_sys::Array::of1(&text.into());
    web_sys::File::new_with_str_sequence(&parts, text::open::PASTED).into_iter().collect()
}

/// Notices: the file that is being read, files that failed, and files to choose again.
#[component]
pub fn Notices() -> impl IntoView {
    let session = Session::get();
    let data = session.data;
    let progress = move || {
        data.reading.progress.get().map(|progress| {
            let percent = progress.share.map(|share| (share * 100.0).round());
            view! {
                <p class="notice">
                    {text::open::READING} {progress.file} ": " {thousands(progress.rows)} {text::open::READING_ROWS}
                    <progress max="100" value=percent aria-label=text::open::READING_SHARE></progress>
                    <button type="button" class="link" id="cancel-reading" on:click=move |_| data.cancel(session.view)>{text::open::STOP_READING}</button>
                </p>
            }
        })
    };
    let refused = move || {
        let item = |refused: crate::explorer::protocol::Refused| {
            view! { <li><b>{refused.file}</b> ": " {refused.message}</li> }
        };
        data.reading.refused.get().into_iter().map(item).collect::<Vec<_>>()
    };
    let is_waiting = Memo::new(move |_| data.is_waiting_for_files(session.view));
    let waiting = move || match session.view.with(|view| view.source.clone()) {
        Source::Files(names) if is_waiting.get() => Some(names.join(", ")),
        _ => None,
    };
    view! {
        <div role="status" aria-live="polite">
            {progress}
            <Show when=move || waiting().is_some()>
                <p class="notice wait">
                    {text::open::WAITS_FOR_FILES} <b>{waiting}</b>
                    {text::open::CHOOSE_AGAIN}
                </p>
            </Show>
            // The first screen's app opens no other site. The explorer's app, which does, is being loaded.
            {session.parts.map(|parts| (parts.addresses)())}
            {move || data.reading.partial.get().map(|rows| view! {
                <p class="notice" id="partial">
                    {text::open::PARTIAL} {thousands(rows)} {text::open::PARTIAL_ROWS}
                </p>
            })}
        </div>
        <div role="alert">
            <Show when=move || data.reading.refused.with(|list| !list.is_empty())>
                <ul class="notice error" id="problems">{refused}</ul>
                <button type="button" class="link" on:click=move |_| data.reading.refused.set(Vec::new())>{text::open::DISMISS}</button>
            </Show>
        </div>
    }
}
