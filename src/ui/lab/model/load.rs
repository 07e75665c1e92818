//! Loading a model: the form, the progress, and failures.

use leptos::prelude::*;

use super::proposed::Proposed;
use crate::protocol::{FailedStep, LoadProgress, LoadStage};
use crate::ui::controls::Tick;
use crate::ui::file_picker::FilePicker;
use crate::ui::lab::state::consent::Want;
use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{JUDGE_SLOT, SLOT};
use crate::ui::text;

/// The form that loads a model: a file, or an address.
#[component]
pub fn LoadForm(
    /// Slot that the model is loaded into.
    of_slot: u32,
) -> impl IntoView {
    // Leptos uses the attribute name `slot` for something else.
    let slot = of_slot;
    let (file_id, url_id) = if slot == JUDGE_SLOT { ("judge-file", "judge-url") } else { ("model-file", "model-url") };
    let session = LabSession::get();
    let url = RwSignal::new(String::new());
    let chosen = move |files: Vec<web_sys::File>| {
        if let Some(file) = files.into_iter().next() {
            session.lab.load_file(slot, file);
        }
    };
    let fetch = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let url = url.get_untracked().trim().to_owned();
        if !url.is_empty() && !session.lab.consent.takes(session.lab, Want::Model(slot), &url) {
            session.lab.load_url(slot, &url);
        }
    };
    // Loading a model replaces one that is busy. Loading a judge waits.
    let waits = move || slot == JUDGE_SLOT && session.lab.is_busy();
    view! {
        <div class="load">
            <FilePicker
                id=file_id
                label=text::lab::CHOOSE_MODEL
                accept=".gguf"
                disabled=Signal::derive(waits)
                on_files=chosen
            />
            <form on:submit=fetch>
                <label class="field grow">
                    <span>{text::lab::MODEL_ADDRESS}</span>
                    <input
                        id=url_id
                        type="text"
                        inputmode="url"
                        autocapitalize="none"
                        spellcheck="false"
                        placeholder=text::lab::MODEL_ADDRESS_EXAMPLE
                        prop:value=url
                        on:input=move |event| url.set(event_target_value(&event))
                    />
                </label>
                <button type="submit" disabled=waits>{text::lab::LOAD}</button>
            </form>
        </div>
        {(slot == SLOT).then(|| view! {
            <div class="ticks">
                <Tick id="keep-downloads" chosen=session.lab.keeps_downloads label=text::lab::KEEP_DOWNLOADS/>
                <Tick id="keep-files" chosen=session.lab.keeps_files label=text::lab::KEEP_FILES/>
            </div>
        })}
        <Loading of_slot/>
        <Proposed want=Want::Model(slot)/>
    }
}

/// The progress of a slot's load, with a button that cancels it.
#[component]
fn Loading(of_slot: u32) -> impl IntoView {
    let session = LabSession::get();
    let progress = Memo::new(move |_| session.lab.loading(of_slot));
    let id = if of_slot == JUDGE_SLOT { "judge-loading" } else { "loading" };
    let line = move || progress.get().map(|progress| loading_line(progress, id));
    view! {
        <div role="status">{line}</div>
        <Show when=move || progress.with(Option::is_some)>
            <button type="button" on:click=move |_| session.lab.stop()>{text::lab::CANCEL_LOAD}</button>
        </Show>
    }
}

fn loading_line(progress: LoadProgress, id: &'static str) -> impl IntoView {
    let stage = match progress.stage {
        LoadStage::Headers => text::lab::LOADING_HEADERS,
        LoadStage::Weights => text::lab::LOADING_WEIGHTS,
        LoadStage::Pipelines => text::lab::LOADING_PIPELINES,
    };
    let amount = match progress.stage {
        // Headers are read quickly, and building is not measured in bytes.
        LoadStage::Headers | LoadStage::Pipelines => "…".to_owned(),
        LoadStage::Weights => text::lab::weights_read(progress.bytes, progress.total),
    };
    let share = progress.total.filter(|total| *total > 0).map(|total| progress.bytes * 100 / total);
    view! {
        <p class="notice" id=id>
            {stage} {amount} " "
            <progress max="100" value=share aria-label=text::lab::LOADED_SHARE></progress>
        </p>
    }
}

/// The latest failure in a sentence, and the button that loads again. Failures of the judge are shown with the judge.
#[component]
pub fn Trouble(
    /// Slot of the model.
    of_slot: u32,
) -> impl IntoView {
    let slot = of_slot;
    let session = LabSession::get();
    let (id, again) = if slot == JUDGE_SLOT { ("judge-trouble", "judge-again") } else { ("lab-problem", "load-again") };
    let is_here = move |what: FailedStep, model_lost: bool| {
        let is_judges = what == FailedStep::Load(JUDGE_SLOT) && !model_lost;
        is_judges == (slot == JUDGE_SLOT)
    };
    let message = move || {
        session.lab.status.with(|status| {
            let failure = status.failure.as_ref().filter(|failure| is_here(failure.what, failure.model_lost));
            let is_lost = slot == JUDGE_SLOT && session.lab.loads(slot).is_lost();
            let lost = || is_lost.then(|| text::judge::JUDGE_LOST.to_owned());
            failure.map(|failure| failure.message.clone()).or_else(lost)
        })
    };
    let can_try = move || {
        let is_wanted = session.lab.status.with(|status| {
            let failed_to_load = status.failure.as_ref().is_some_and(|failure| failure.what == FailedStep::Load(slot));
            failed_to_load || status.ready(slot).is_none()
        });
        is_wanted && session.lab.loads(slot).can_repeat()
    };
    let waits = move || slot == JUDGE_SLOT && session.lab.is_busy();
    view! {
        <div role="alert">
            <Show when=move || message().is_some()>
                <div class="notice error">
                    <p id=id>{message}</p>
                    <Show when=can_try>
                        <button type="button" id=again disabled=waits on:click=move |_| session.lab.load_again(slot)>
                            {text::LOAD_AGAIN}
                        </button>
                    </Show>
                </div>
            </Show>
        </div>
    }
}
