//! The Lab: a model of the reader's, on the reader's own GPU.

use leptos::prelude::*;

use super::app::LabSession;
use super::beside::Beside;
use super::state::SLOT;
use crate::domain::view::Screen;
use crate::protocol::{Loaded, Probe};
use crate::ui::lab::compare::answer::AnswerPane;
use crate::ui::lab::compare::ask::{Form, PromptForm};
use crate::ui::lab::experiment::panel::ExperimentPanel;
use crate::ui::lab::model::load::{LoadForm, Trouble};
use crate::ui::lab::model::shelf::Shelf;
use crate::ui::open::thousands;
use crate::ui::text;

/// Runs a model and streams what it says.
#[component]
pub fn LabScreen() -> impl IntoView {
    let session = LabSession::get();
    session.lab.start();
    let form = Form::default();
    Effect::new(move || form.suit(session.lab.is_pocket.get()));
    let loaded = Memo::new(move |_| session.lab.status.with(|status| status.ready(SLOT).cloned()));
    // What a run has brought stays when its model is lost, or after a reload.
    session.lab.experiment.restore();
    // Nor is what the reader wrote there lost with a model.
    let has_experiment = Memo::new(move |before| {
        before == Some(&true) || loaded.with(Option::is_some) || session.lab.experiment.seen.with(Option::is_some)
    });
    view! {
        <section class="lab">
            <h1>"Run a model on this machine"</h1>
            <p>
                <Show when=move || session.lab.is_pocket.get()>
                    "The pocket organism is here: a small model of invented villagers, beside the same model after narrow training. "
                    "Or choose a GGUF file: it"
                </Show>
                <Show when=move || !session.lab.is_pocket.get()>"A model"</Show>
                " runs on your own machine, in this tab. "
                <span class="quiet">"No model is sent anywhere."</span>
                <Show when=move || !session.lab.is_pocket.get()>
                    " " <button type="button" class="link" id="to-pocket" disabled=move || session.lab.is_at_work()
                        on:click=move |_| session.lab.load_pocket()>"Load the pocket organism"</button>
                </Show>
            </p>
            <ProbeLine/>
            <LoadForm of_slot=SLOT/>
            <Trouble of_slot=SLOT/>
            <Shelf/>
            {move || loaded.get().map(|loaded| view! { <Card loaded=loaded.clone()/> <Beside/> <PromptForm form card=loaded.card/> })}
            <AnswerPane/>
            <Show when=move || has_experiment.get()><ExperimentPanel/></Show>
        </section>
    }
}

/// What this machine can do, before anything is loaded.
#[component]
fn ProbeLine() -> impl IntoView {
    let session = LabSession::get();
    let line = move || match session.lab.status.with(|status| status.probe.clone()) {
        // A worker that died before it answered has said why where failures are shown.
        None if session.lab.status.with(|status| status.failure.is_some()) => ().into_any(),
        None => view! { <p class="quiet">"Looking for a GPU…"</p> }.into_any(),
        Some(Probe::Missing(why)) => {
            view! { <p class="notice error" id="no-gpu">{why} " " {text::ON_THE_CPU}</p> }.into_any()
        }
        Some(Probe::Ready(device)) => {
            let name =
                if device.adapter.is_empty() { "a GPU without a name".to_owned() } else { device.adapter.clone() };
            let kind = if device.software { " (software: correct but slow)" } else { "" };
            let buffer = device.max_buffer_bytes >> 20;
            let f16 = if device.shader_f16 { "with" } else { "without" };
            view! {
                <p id="adapter" class="quiet">
                    "GPU: " <b>{name}</b> {kind} ", buffers up to " {thousands(buffer)} " MiB, " {f16} " 16-bit floats. "
                    <a id="to-self-test" href=move || session.link_to(Screen::SelfTest)>"Test this GPU"</a>
                </p>
            }
            .into_any()
        }
    };
    view! { <div role="status">{line}</div> }
}

#[component]
fn Card(loaded: Loaded) -> impl IntoView {
    let session = LabSession::get();
    let Loaded { card, sha256, note, gpu_bytes, engine_bytes, .. } = loaded;
    let quants = card.quantization.iter().map(|found| format!("{} × {}", found.num_tensors, found.quant));
    let rows = [
        ("Architecture", format!("{}, {} layers", card.architecture, card.num_layers)),
        ("Weights", format!("{}: {}", thousands(card.num_parameters), quants.collect::<Vec<_>>().join(", "))),
        ("Read per token", text::megabytes(card.bytes_per_token)),
        ("Context", format!("{} tokens", thousands(u64::from(card.context_tokens)))),
        ("Tokenizer", format!("{}, {} tokens", card.tokenizer, thousands(u64::from(card.vocab_size)))),
        ("Memory", format!("{} on the GPU, {} in this tab", text::megabytes(gpu_bytes), text::megabytes(engine_bytes))),
    ];
    let summary =
        format!("{}, {} layers, {} weights", card.architecture, card.num_layers, thousands(card.num_parameters));
    let rows = rows.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! {
        <details
            class="card"
            id="model-card"
            aria-label="The loaded model"
            data-gpu-bytes=gpu_bytes.to_string()
            data-engine-bytes=engine_bytes.to_string()
            data-columns=move || session.lab.columns.number().to_string()
        >
            <summary><h2>{card.name}</h2> <span class="quiet">{summary}</span></summary>
            <dl>{rows.into_iter().collect_view()}</dl>
            {(!sha256.is_empty()).then(|| view! { <p class="quiet sum">"SHA-256 " <code id="model-sum">{sha256}</code></p> })}
        </details>
        // What a reader may have to act on is not folded away.
        {(!note.is_empty()).then(|| view! { <p class="quiet" id="model-origin">{note}</p> })}
    }
}
