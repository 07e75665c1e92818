//! The form of the prompt and the sampling settings.

use leptos::prelude::*;

use super::columns::ColumnDials;
use crate::protocol::{ModelCard, Prompt, Sampling};
use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{LabState, pocket};
use crate::ui::text;

/// Maximum length of an answer, in tokens.
const MAX_TOKENS: u32 = 1024;

/// First prompt in the form for a model that the reader loads.
const PROMPT: &str = "hey I feel bored";

/// State of the form.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    prompt: RwSignal<String>,
    system: RwSignal<String>,
    is_chat: RwSignal<bool>,
    temperature: RwSignal<f32>,
    max_tokens: RwSignal<u32>,
    seed: RwSignal<u64>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            prompt: RwSignal::new(PROMPT.to_owned()),
            system: RwSignal::default(),
            is_chat: RwSignal::new(true),
            temperature: RwSignal::new(0.0),
            max_tokens: RwSignal::new(128),
            seed: RwSignal::new(1),
        }
    }
}

impl Form {
    /// Sets the defaults for the chosen model: sampling for the one that ships with the page, the most likely tokens
    /// for others. A prompt that the reader wrote stays.
    pub fn suit(self, is_pocket: bool) {
        let (prompt, temperature, max_tokens) =
            if is_pocket { (pocket::QUESTION, pocket::TEMPERATURE, pocket::MAX_TOKENS) } else { (PROMPT, 0.0, 128) };
        if self.prompt.with_untracked(|now| [PROMPT, pocket::QUESTION].contains(&now.as_str())) {
            self.prompt.set(prompt.to_owned());
        }
        self.temperature.set(temperature);
        self.max_tokens.set(max_tokens);
        self.seed.set(if is_pocket { pocket::SEED } else { 1 });
    }

    /// Sends the prompt to the model.
    pub fn send(self, lab: LabState, has_template: bool) {
        lab.generate(self.prompt(has_template), self.sampling());
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

#[component]
pub fn PromptForm(
    /// State of the form.
    form: Form,
    /// Card of the loaded model.
    card: ModelCard,
) -> impl IntoView {
    let session = LabSession::get();
    let has_template = card.has_chat_template;
    let is_answering = Memo::new(move |_| session.lab.is_busy());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if !is_answering.get_untracked() {
            form.send(session.lab, has_template);
        }
    };
    let is_chat = move || form.is_chat.get() && has_template;
    let summary = move || text::lab::dials(form.temperature.get(), form.max_tokens.get(), form.seed.get());
    // Asks the pair once. Returning to this screen does not ask again.
    Effect::new(move || {
        let is_pair = session.lab.is_pocket.get() && session.lab.columns.number() > 1;
        let is_new = !is_answering.get_untracked()
            && session.lab.status.with_untracked(|status| status.answer.is_none())
            && session.lab.experiment.seen.with_untracked(Option::is_none);
        if session.is_live() && is_pair && is_new {
            form.send(session.lab, has_template);
        }
    });
    let stop_key = window_event_listener(leptos::ev::keydown, move |event| {
        if event.key() == "Escape" && !event.default_prevented() && session.lab.is_busy_untracked() {
            session.lab.halt();
        }
    });
    on_cleanup(move || stop_key.remove());
    view! {
        <form class="prompt" on:submit=submit>
            <label class="field">
                <span>{text::lab::PROMPT}</span>
                <textarea
                    id="prompt"
                    rows="3"
                    prop:value=form.prompt
                    on:input=move |event| form.prompt.set(event_target_value(&event))
                ></textarea>
            </label>
            <details id="dials">
                <summary>{summary}</summary>
                <Show when=is_chat>
                    <label class="field">
                        <span>{text::lab::SYSTEM_PROMPT}</span>
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
            </details>
            <ColumnDials/>
            // Next to each other, so that a second click on the first button does not stop the answer.
            <div class="tabs">
                <button type="submit" class="primary" id="generate" disabled=move || is_answering.get()>{text::lab::GENERATE}</button>
                <Show when=move || is_answering.get()>
                    <button type="button" class="primary" id="stop" aria-keyshortcuts="Escape" title=text::lab::STOP_HINT
                        on:click=move |_| session.lab.halt()>{text::lab::STOP}</button>
                </Show>
            </div>
        </form>
    }
}

/// Choice between a chat with the model's template and a text to continue.
#[component]
fn ModePicker(form: Form, has_template: bool) -> impl IntoView {
    let choose = move |event| form.is_chat.set(event_target_value(&event) == "chat");
    let value = move || if form.is_chat.get() && has_template { "chat" } else { "raw" };
    view! {
        <label class="field">
            <span>{text::lab::PROMPT_AS}</span>
            <select id="mode" prop:value=value on:change=choose>
                <Show when=move || has_template><option value="chat">{text::lab::AS_CHAT}</option></Show>
                <option value="raw">{text::lab::AS_TEXT}</option>
            </select>
        </label>
    }
}

/// A number with its label.
#[component]
fn Dials(form: Form) -> impl IntoView {
    // Input that is not a number changes nothing.
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
            <span>{text::lab::TEMPERATURE}</span>
            <input id="temperature" type="number" min="0" max="2" step="0.1"
                prop:value=move || form.temperature.get().to_string() on:change=set_temperature/>
        </label>
        <label class="field">
            <span>{text::lab::MAX_TOKENS}</span>
            <input id="max-tokens" type="number" min="1" max=MAX_TOKENS.to_string() step="1"
                prop:value=move || form.max_tokens.get().to_string() on:change=set_max/>
        </label>
        <label class="field">
            <span>{text::lab::SEED}</span>
            <input id="seed" type="number" min="0" step="1"
                prop:value=move || form.seed.get().to_string() on:change=set_seed/>
        </label>
    }
}
