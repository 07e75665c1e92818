//! The Lab: a model of the reader's, on the reader's own GPU.

use leptos::prelude::*;

use super::lab_app::LabSession;
use super::lab_load::{LoadForm, Trouble};
use super::lab_pocket;
use super::lab_run::ExperimentPanel;
use super::lab_shelf::Shelf;
use super::lab_state::SLOT;
use super::open::thousands;
use super::text;
use crate::domain::view::Screen;
use crate::runtime::protocol::{Cost, Loaded, ModelCard, Probe, Prompt, Sampling, StopReason};
use crate::runtime::status::Answer;

/// Longest answer that the page asks for, in tokens.
const MAX_TOKENS: u32 = 1024;

/// The prompt that waits in the form of a model that the reader loads.
const PROMPT: &str = "hey I feel bored";

/// What the reader typed, and how tokens are chosen.
#[derive(Debug, Clone, Copy)]
struct Form {
    prompt: RwSignal<String>,
    system: RwSignal<String>,
    is_chat: RwSignal<bool>,
    temperature: RwSignal<f32>,
    max_tokens: RwSignal<u32>,
    seed: RwSignal<u64>,
}

impl Form {
    fn new() -> Self {
        Self {
            prompt: RwSignal::new(PROMPT.to_owned()),
            system: RwSignal::default(),
            is_chat: RwSignal::new(true),
            temperature: RwSignal::new(0.0),
            max_tokens: RwSignal::new(128),
            seed: RwSignal::new(1),
        }
    }

    /// Sets what suits the model that was chosen: a sample for the one that ships, the likeliest tokens for others. A prompt
    /// that the reader wrote stays.
    fn suit(self, is_pocket: bool) {
        let (prompt, temperature, max_tokens) = if is_pocket {
            (lab_pocket::QUESTION, lab_pocket::TEMPERATURE, lab_pocket::MAX_TOKENS)
        } else {
            (PROMPT, 0.0, 128)
        };
        if self.prompt.with_untracked(|now| [PROMPT, lab_pocket::QUESTION].contains(&now.as_str())) {
            self.prompt.set(prompt.to_owned());
        }
        self.temperature.set(temperature);
        self.max_tokens.set(max_tokens);
        self.seed.set(if is_pocket { lab_pocket::SEED } else { 1 });
    }

    fn prompt(self, has_template: bool) -> Prompt {
        let text = self.prompt.get_untracked();
        if self.is_chat.get_untracked() && has_template {
            let system = self.system.get_untracked();
            Prompt::chat((!system.trim().is_empty()).then_some(system.as_str()), &text)
        } else {
            Prompt::Raw(text)
        }
    }

    fn sampling(self) -> Sampling {
        Sampling {
            temperature: self.temperature.get_untracked(),
            top_p: 1.0,
            seed: self.seed.get_untracked(),
            ..Sampling::greedy(self.max_tokens.get_untracked())
        }
    }
}

/// Runs a model and streams what it says.
#[component]
pub fn LabScreen() -> impl IntoView {
    let session = LabSession::get();
    session.lab.start();
    let form = Form::new();
    Effect::new(move || form.suit(session.lab.is_pocket.get()));
    let loaded = Memo::new(move |_| session.lab.status.with(|status| status.ready(SLOT).cloned()));
    view! {
        <section class="lab">
            <h1>"Run a model on this machine"</h1>
            <p>
                "The pocket organism is here: a small model of invented villagers, beside the same model after narrow training. "
                "Or choose a GGUF file: it runs on your own machine, in this tab. "
                <span class="quiet">"No model is sent anywhere."</span>
            </p>
            <ProbeLine/>
            <LoadForm/>
            <Trouble/>
            <Shelf/>
            {move || loaded.get().map(|loaded| view! { <Card loaded=loaded.clone()/> <PromptForm form card=loaded.card/> })}
            <AnswerPane/>
            <Show when=move || loaded.with(Option::is_some)><ExperimentPanel/></Show>
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
    let Loaded { card, note, gpu_bytes, engine_bytes, .. } = loaded;
    let quants = card.quantization.iter().map(|found| format!("{} × {}", found.num_tensors, found.quant));
    let rows = [
        ("Architecture", format!("{}, {} layers", card.architecture, card.num_layers)),
        ("Weights", format!("{}: {}", thousands(card.num_parameters), quants.collect::<Vec<_>>().join(", "))),
        ("Read per token", megabytes(card.bytes_per_token)),
        ("Context", format!("{} tokens", thousands(u64::from(card.context_tokens)))),
        ("Tokenizer", format!("{}, {} tokens", card.tokenizer, thousands(u64::from(card.vocab_size)))),
        ("Memory", format!("{} on the GPU, {} in this tab", megabytes(gpu_bytes), megabytes(engine_bytes))),
    ];
    let rows = rows.map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! {
        <section
            class="card"
            id="model-card"
            aria-label="The loaded model"
            data-gpu-bytes=gpu_bytes.to_string()
            data-engine-bytes=engine_bytes.to_string()
            data-columns=move || session.lab.num_columns().to_string()
        >
            <h2>{card.name}</h2>
            <dl>{rows.into_iter().collect_view()}</dl>
            <p class="quiet" id="model-origin">{note}</p>
        </section>
    }
}

/// "98.4 MB".
pub(super) fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_add(50_000) / 100_000;
    format!("{}.{} MB", thousands(tenths / 10), tenths % 10)
}

#[component]
fn PromptForm(form: Form, card: ModelCard) -> impl IntoView {
    let session = LabSession::get();
    let has_template = card.has_chat_template;
    let is_answering = Memo::new(move |_| session.lab.is_busy());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !is_answering.get_untracked() {
            session.lab.generate(form.prompt(has_template), form.sampling());
        }
    };
    let is_chat = move || form.is_chat.get() && has_template;
    view! {
        <form class="prompt" on:submit=submit>
            <label class="field">
                <span>"Prompt"</span>
                <textarea
                    id="prompt"
                    rows="3"
                    prop:value=form.prompt
                    on:input=move |event| form.prompt.set(event_target_value(&event))
                ></textarea>
            </label>
            <Show when=is_chat>
                <label class="field">
                    <span>"System prompt (optional)"</span>
                    <input
                        id="system"
                        type="text"
                        prop:value=form.system
                        on:input=move |event| form.system.set(event_target_value(&event))
                    />
                </label>
            </Show>
            <div class="controls">
                <ModePicker form has_template/>
                <Dials form/>
            </div>
            <Show
                when=move || is_answering.get()
                fallback=|| view! { <button type="submit" class="primary" id="generate">"Generate"</button> }
            >
                <button type="button" class="primary" id="stop" on:click=move |_| session.lab.stop()>"Stop"</button>
            </Show>
        </form>
    }
}

/// Chat by the model's own template, or plain continuation.
#[component]
fn ModePicker(form: Form, has_template: bool) -> impl IntoView {
    let choose = move |event| form.is_chat.set(event_target_value(&event) == "chat");
    let value = move || if form.is_chat.get() && has_template { "chat" } else { "raw" };
    view! {
        <label class="field">
            <span>"As"</span>
            <select id="mode" prop:value=value on:change=choose>
                <Show when=move || has_template><option value="chat">"a chat message"</option></Show>
                <option value="raw">"text to continue"</option>
            </select>
        </label>
    }
}

#[component]
fn Dials(form: Form) -> impl IntoView {
    // What is no number leaves the dial where it is.
    let set_temperature = move |event| {
        if let Ok(value) = event_target_value(&event).parse::<f32>() {
            form.temperature.set(value.clamp(0.0, 2.0));
        }
    };
    let set_max = move |event| {
        if let Ok(value) = event_target_value(&event).parse::<u32>() {
            form.max_tokens.set(value.clamp(1, MAX_TOKENS));
        }
    };
    let set_seed = move |event| {
        if let Ok(value) = event_target_value(&event).parse::<u64>() {
            form.seed.set(value);
        }
    };
    view! {
        <label class="field">
            <span>"Temperature (0: always the likeliest)"</span>
            <input id="temperature" type="number" min="0" max="2" step="0.1"
                prop:value=move || form.temperature.get().to_string() on:change=set_temperature/>
        </label>
        <label class="field">
            <span>"Tokens at most"</span>
            <input id="max-tokens" type="number" min="1" max=MAX_TOKENS.to_string() step="1"
                prop:value=move || form.max_tokens.get().to_string() on:change=set_max/>
        </label>
        <label class="field">
            <span>"Seed"</span>
            <input id="seed" type="number" min="0" step="1"
                prop:value=move || form.seed.get().to_string() on:change=set_seed/>
        </label>
    }
}

#[component]
fn AnswerPane() -> impl IntoView {
    let session = LabSession::get();
    let is_reading = session.lab.is_reading;
    // While a new prompt is read, the answer before is over.
    let answer = Memo::new(move |_| {
        let answer = session.lab.status.with(|status| status.answer.clone());
        if is_reading.get() { None } else { answer }
    });
    let text =
        move || answer.with(|answer| answer.as_ref().map(|answer| answer.first().text.clone()).unwrap_or_default());
    let is_writing = move || session.lab.is_busy();
    let cost = move |of: fn(&Cost) -> String| answer.with(|answer| Some(of(answer.as_ref()?.end.as_ref()?)));
    let tokens = move || {
        let ids = answer.with(|answer| answer.as_ref().map(|answer| answer.first().tokens.clone()).unwrap_or_default());
        ids.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
    };
    let heading = move |column: usize| move || session.lab.is_pocket.get().then_some(lab_pocket::HEADINGS[column]);
    let is_beside = Memo::new(move |_| session.lab.num_columns() > 1);
    let second = move || answer.with(|answer| Some(answer.as_ref()?.columns.get(1)?.text.clone())).unwrap_or_default();
    view! {
        <Show when=move || is_reading.get() || answer.with(Option::is_some)>
            <section class="answer-pane" aria-label="The model's answer">
                <h2>"Answer"</h2>
                <p class="caution">{text::LIVE_CAUTION}</p>
                <div class="beside">
                    <div>
                        <h3>{heading(0)}</h3>
                        <blockquote
                            id="answer"
                            dir="auto"
                            data-tokens=tokens
                            data-done=move || (!is_writing()).to_string()
                            aria-busy=move || is_writing().to_string()
                        >
                            {text}
                        </blockquote>
                    </div>
                    <Show when=move || is_beside.get()>
                        <div>
                            <h3>{heading(1)}</h3>
                            <blockquote id="answer-tuned" dir="auto" aria-busy=move || is_writing().to_string()>{second}</blockquote>
                        </div>
                    </Show>
                </div>
                <p
                    class="quiet"
                    id="answer-cost"
                    data-prefill-tokens=move || cost(|cost| cost.prefill_tokens.to_string())
                    data-prefill-ms=move || cost(|cost| cost.prefill_ms.to_string())
                    data-decode-ms=move || cost(|cost| cost.decode_ms.to_string())
                    data-steps=move || answer.with(|answer| answer.as_ref().map(|answer| answer.num_steps().to_string()))
                >
                    {move || answer.with(|answer| answer.as_ref().map(cost_line)).unwrap_or_else(|| text::READING.to_owned())}
                </p>
            </section>
        </Show>
    }
}

fn cost_line(answer: &Answer) -> String {
    let speed = answer.tokens_per_sec().map(|speed| format!(", {speed:.1} tokens a second")).unwrap_or_default();
    let so_far = format!("{} prompt tokens, {} tokens{speed}", answer.prompt_tokens, answer.first().tokens.len());
    let Some((cost, reason)) = answer.end.as_ref().zip(answer.first().end) else { return so_far };
    let why = match reason {
        StopReason::EndOfText => "the model ended its answer",
        StopReason::Length => "the longest length was reached",
        StopReason::StopString => "a stop string appeared",
        StopReason::Asked => "stopped",
    };
    if cost.device.backend == "cpu" {
        return format!("{so_far}; {why}; on the {}: slow", cost.device.adapter);
    }
    let device = if cost.device.adapter.is_empty() { "no named adapter" } else { &cost.device.adapter };
    format!("{so_far}; {why}; {} dispatches a token on {device} ({})", cost.dispatches_per_token, cost.device.backend)
}
