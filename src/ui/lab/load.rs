//! Loading a model: where it comes from, how far it is, and what went wrong.

use leptos::html;
use leptos::prelude::*;

use super::app::LabSession;
use super::proposed::Proposed;
use super::state::SLOT;
use crate::runtime::protocol::{LoadProgress, LoadStage};
use crate::ui::controls::Tick;
use crate::ui::open::thousands;
use crate::ui::text;

/// A file from this machine, or an address.
#[component]
pub fn LoadForm() -> impl IntoView {
    let session = LabSession::get();
    let (input, url) = (NodeRef::<html::Input>::new(), RwSignal::new(String::new()));
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            session.lab.load_file(file);
        }
        input.set_value("");
    };
    let fetch = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let url = url.get_untracked().trim().to_owned();
        if !url.is_empty() && !session.lab.consent.takes(session.lab, false, &url) {
            session.lab.load_url(&url);
        }
    };
    view! {
        <div class="load">
            <label class="button">
                "Choose a GGUF file"
                <input id="model-file" class="hidden-input" type="file" accept=".gguf" node_ref=input on:change=chosen/>
            </label>
            <form on:submit=fetch>
                <label class="field grow">
                    <span>{text::MODEL_ADDRESS}</span>
                    <input
                        id="model-url"
                        type="text"
                        inputmode="url"
                        autocapitalize="none"
                        spellcheck="false"
                        placeholder="owner/name, or https://…/model.gguf"
                        prop:value=url
                        on:input=move |event| url.set(event_target_value(&event))
                    />
                </label>
                <button type="submit">"Load"</button>
            </form>
        </div>
        <div class="ticks">
            <Tick id="keep-downloads" chosen=session.lab.keeps_downloads label="Keep downloads in this browser"/>
            <Tick id="keep-files" chosen=session.lab.keeps_files label="Keep chosen files too"/>
        </div>
        <Loading/>
        <Proposed is_beside=false/>
    }
}

#[component]
fn Loading() -> impl IntoView {
    let session = LabSession::get();
    let progress = Memo::new(move |_| session.lab.status.with(|status| status.loading(SLOT)));
    let line = move || progress.get().map(loading_line);
    view! {
        <div role="status">{line}</div>
        <Show when=move || progress.with(Option::is_some)>
            <button type="button" on:click=move |_| session.lab.stop()>"Cancel"</button>
        </Show>
    }
}

fn loading_line(progress: LoadProgress) -> impl IntoView {
    let stage = match progress.stage {
        LoadStage::Headers => "Reading the headers",
        LoadStage::Weights => "Reading the weights",
        LoadStage::Pipelines => "Building the GPU's programs",
    };
    let mebibytes = thousands(progress.bytes >> 20);
    let amount = match (progress.stage, progress.total.map(|total| total >> 20)) {
        // What is read is not what is built, and headers are no number to wait for.
        (LoadStage::Headers | LoadStage::Pipelines, _) => "…".to_owned(),
        (LoadStage::Weights, Some(total)) => format!(": {mebibytes} of {} MiB", thousands(total)),
        (LoadStage::Weights, None) => format!(": {mebibytes} MiB"),
    };
    let share = progress.total.filter(|total| *total > 0).map(|total| progress.bytes * 100 / total);
    view! {
        <p class="notice" id="loading">
            {stage} {amount} " "
            <progress max="100" value=share aria-label="Share of the model that is loaded"></progress>
        </p>
    }
}

/// The latest failure in one plain sentence, and the way back.
#[component]
pub fn Trouble() -> impl IntoView {
    let session = LabSession::get();
    let message =
        move || session.lab.status.with(|status| status.failure.as_ref().map(|failure| failure.message.clone()));
    let can_try = move || session.lab.status.with(|status| status.models.is_empty()) && session.lab.has_loaded.get();
    view! {
        <div role="alert">
            <Show when=move || message().is_some()>
                <div class="notice error">
                    <p id="lab-problem">{message}</p>
                    <Show when=can_try>
                        <button type="button" id="load-again" on:click=move |_| session.lab.load_again()>
                            "Load it again"
                        </button>
                    </Show>
                </div>
            </Show>
        </div>
    }
}
