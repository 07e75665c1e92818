//! A button that chooses files from the reader's disk.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{File, FileList};

/// A label that looks like a button, around a hidden file input.
#[component]
pub fn FilePicker(
    /// Id of the input.
    id: &'static str,
    /// Words on the button.
    label: &'static str,
    /// Called with what the reader chose.
    on_files: impl Fn(Vec<File>) + 'static,
    /// Endings that the browser offers first, with commas between them; all if absent.
    #[prop(optional)]
    accept: Option<&'static str>,
    /// Whether several files can be chosen.
    #[prop(optional)]
    multiple: bool,
    /// Whether the reader has to wait.
    #[prop(optional)]
    disabled: Signal<bool>,
    /// Tooltip of the button.
    #[prop(optional)]
    title: Option<&'static str>,
    /// Class of the button.
    #[prop(default = "button")]
    class: &'static str,
) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        let files = files_of(input.files());
        // So that choosing the same file again is a change.
        input.set_value("");
        on_files(files);
    };
    view! {
        <label class=class title=title>
            {label}
            <input
                id=id
                class="hidden-input"
                type="file"
                accept=accept
                multiple=multiple
                disabled=disabled
                node_ref=input
                on:change=chosen
            />
        </label>
    }
}

/// The browser's list of files, from an input, a drop or the clipboard.
pub(super) fn files_of(list: Option<FileList>) -> Vec<File> {
    let Some(list) = list else { return Vec::new() };
    (0..list.length()).filter_map(|at| list.get(at)).filter_map(|file| file.dyn_into().ok()).collect()
}
