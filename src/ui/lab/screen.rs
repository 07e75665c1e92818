//! The Lab's screen: the reader's model on the reader's own GPU.

use leptos::prelude::*;

use crate::domain::text::words::{size_text, thousands};
use crate::domain::view::Screen;
use crate::protocol::{Loaded, Probe};
use crate::ui::lab::compare::answer::AnswerPane;
use crate::ui::lab::compare::ask::{Form, PromptForm};
use crate::ui::lab::experiment::panel::ExperimentPanel;
use crate::ui::lab::model::add_ons::AddOns;
use crate::ui::lab::model::load::{LoadForm, Trouble};
use crate::ui::lab::model::shelf::Shelf;
use crate::ui::lab::state::SLOT;
use crate::ui::lab::state::session::LabSession;
use crate::ui::text;

/// Loads a model, asks it, shows its answers and runs experiments.
#[component]
pub fn LabScreen() -> impl IntoView {
    let session = LabSession::get();
    session.lab.start();
    let form = Form::default();
    Effect::new(move || form.suit(session.lab.is_pocket.get()));
    let loaded = Memo::new(move |_| session.lab.status.with(|status| status.ready(SLOT).cloned()));
    // The results of a run stay when its model is lost, and after a reload.
    session.lab.experiment.restore();
    // The reader's edits there also stay when the model is lost.
    let has_experiment = Memo::new(move |before| {
        before == Some(&true) || loaded.with(Option::is_some) || session.lab.experiment.seen.with(Option::is_some)
    });
    view! {
        <section class="lab">
            <h1>{text::lab::HEADING}</h1>
            <p>
                <Show when=move || session.lab.is_pocket.get()>
                    {text::lab::POCKET_IS_HERE}
                    {text::lab::OR_CHOOSE}
                </Show>
                <Show when=move || !session.lab.is_pocket.get()>{text::lab::A_MODEL}</Show>
                {text::lab::RUNS_HERE}
                <span class="quiet">{text::lab::NOT_SENT}</span>
                <Show when=move || !session.lab.is_pocket.get()>
                    " " <button type="button" class="link" id="to-pocket" disabled=move || session.lab.is_at_work()
                        on:click=move |_| session.lab.load_pocket()>{text::lab::LOAD_POCKET}</button>
                </Show>
            </p>
            <ProbeLine/>
            <LoadForm of_slot=SLOT/>
            <Trouble of_slot=SLOT/>
            <Shelf/>
            {move || loaded.get().map(|loaded| view! { <Card loaded/> })}
            // It stays when the model is prepared with other adapters, so that what was typed there stays too.
            <Show when=move || loaded.with(Option::is_some)><AddOns/></Show>
            {move || loaded.get().map(|loaded| view! { <PromptForm form card=loaded.card/> })}
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
        // The failure of a worker that ended early is shown with the other failures.
        None if session.lab.status.with(|status| status.failure.is_some()) => ().into_any(),
        None => view! { <p class="quiet">{text::lab::LOOKING_FOR_GPU}</p> }.into_any(),
        Some(Probe::Missing(why)) => {
            view! { <p class="notice error" id="no-gpu">{why} " " {text::lab::ON_THE_CPU}</p> }.into_any()
        }
        Some(Probe::Ready(device)) => {
            let name =
                if device.adapter.is_empty() { text::lab::UNNAMED_GPU.to_owned() } else { device.adapter.clone() };
            let kind = if device.software { text::lab::SOFTWARE_GPU } else { "" };
            let buffer = size_text(device.max_buffer_bytes);
            let f16 = if device.shader_f16 { text::lab::WITH } else { text::lab::WITHOUT };
            view! {
                <p id="adapter" class="quiet">
                    {text::lab::GPU} <b>{name}</b> {kind} {text::lab::BUFFERS} {buffer} ", " {f16} {text::lab::FLOATS_16}
                    <a id="to-self-test" href=move || session.link_to(Screen::SelfTest)>{text::lab::TEST_GPU}</a>
                </p>
            }
            .into_any()
        }
    };
    view! { <div role="status">{line}</div> }
}

/// Facts about the loaded model.
#[component]
fn Card(loaded: Loaded) -> impl IntoView {
    let session = LabSession::get();
    let Loaded { card, sha256, note, gpu_bytes, engine_bytes, .. } = loaded;
    let quants = card.quantization.iter().map(|found| format!("{} × {}", found.num_tensors, found.quant));
    let rows = [
        (text::lab::CARD_ARCHITECTURE, text::lab::architecture(&card.architecture, card.num_layers)),
        (
            text::lab::CARD_WEIGHTS,
            format!("{}: {}", thousands(card.num_parameters), quants.collect::<Vec<_>>().join(", ")),
        ),
        (text::lab::CARD_READ_PER_TOKEN, size_text(card.bytes_per_token)),
        (text::lab::CARD_CONTEXT, text::lab::context(card.context_tokens)),
        (text::lab::CARD_TOKENIZER, text::lab::tokenizer(&card.tokenizer, card.vocab_size)),
        (text::lab::CARD_MEMORY, text::lab::memory_in_use(gpu_bytes, engine_bytes)),
    ];
    let summary = text::lab::card_summary(&card.architecture, card.num_layers, card.num_parameters);
    let rows = rows.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! {
        <details
            class="card"
            id="model-card"
            aria-label=text::lab::CARD
            data-gpu-bytes=gpu_bytes.to_string()
            data-engine-bytes=engine_bytes.to_string()
            data-columns=move || session.lab.columns.number().to_string()
        >
            <summary><h2>{card.name}</h2> <span class="quiet">{summary}</span></summary>
            <dl>{rows.into_iter().collect_view()}</dl>
            {(!sha256.is_empty()).then(|| view! { <p class="quiet sum">{text::lab::CARD_SHA256} <code id="model-sum">{sha256}</code></p> })}
        </details>
        // Notes that may need an action are not folded away.
        {(!note.is_empty()).then(|| view! { <p class="quiet" id="model-origin">{note}</p> })}
    }
}
