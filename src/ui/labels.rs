//! The reader's own labels: in-domain or not, and the type of response. They are given by hand or by a rule, and stored
//! in this browser.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::export::save_text;
use super::file_picker::FilePicker;
use super::mapper::storage;
use super::session::Session;
use super::text;
use crate::domain::filter::Filter;
use crate::domain::rows::labels::{Label, LabelRow, LabelRule, SUGGESTED_KINDS};
use crate::domain::text::search::{Search, Within};
use crate::explorer::question::{Explore, Explored};

/// Sends a change of the labels to the worker and applies the result. Rates and answers are requested again.
pub fn change(session: Session, question: Explore) {
    spawn_local(async move {
        let result = session.data.explore(question).await;
        let labels = session.labels;
        match result {
            Ok(Explored::Labels { by_hand, num_labelled, kinds, imported }) => {
                labels.update(|state| {
                    (state.num_labelled, state.kinds) = (num_labelled, kinds);
                    // Removes labels that the reader took back. Labels of other data sets stay.
                    let is_of = |row: &LabelRow, list: &[LabelRow]| {
                        list.iter().any(|known| known.identity == row.identity && known.question == row.question)
                    };
                    state.by_hand.retain(|row| !is_of(row, &state.here) && !is_of(row, &by_hand));
                    state.by_hand.extend(by_hand.iter().cloned());
                    state.here = by_hand;
                    keep(&state.by_hand);
                    state.said = imported.map(|done| text::labels::imported(done.num_known, done.num_unknown));
                });
                session.data.drawn.label_changes.update(|changes| *changes += 1);
            }
            Ok(_) => {}
            Err(why) => labels.update(|state| state.said = Some(why)),
        }
    });
}

/// Applies the stored labels and the rules to a data set when it opens.
pub fn follow(session: Session) {
    session.labels.update_untracked(|state| state.by_hand = kept());
    Effect::new(move || {
        let has_answers =
            session.data.reading.opened.with(|open| open.as_ref().is_some_and(|open| open.summary.has_answers));
        if !session.data.reading.can_explore.get() || !has_answers {
            return;
        }
        let (rows, rules) = session.labels.with_untracked(|state| (state.by_hand.clone(), state.rules.clone()));
        session.labels.update_untracked(|state| state.here.clear());
        if !rules.is_empty() {
            change(session, Explore::LabelBy { rules });
        }
        if !rows.is_empty() {
            change(session, Explore::TakeLabels { rows });
        }
    });
}

/// Key of the labels in local storage.
const STORE: &str = "askew.labels";

fn kept() -> Vec<LabelRow> {
    let text = storage().and_then(|storage| storage.get_item(STORE).ok().flatten()).unwrap_or_default();
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    // If another version wrote something else, start without labels.
    bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default()
}

fn keep(rows: &[LabelRow]) {
    let Ok(bytes) = postcard::to_allocvec(rows) else { return };
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // If the browser stores nothing, the labels are lost with the page; they can be saved as a file.
    let _is_kept = storage().map(|storage| storage.set_item(STORE, &text));
}

/// The label controls under an answer.
#[component]
pub fn LabelButtons(record: u32, label: Label) -> impl IntoView {
    let session = Session::get();
    let is_in_domain = label.in_domain == Some(true);
    let kind = label.kind.clone().unwrap_or_default();
    let set = move |label: Label| change(session, Explore::Label { record, label });
    let (with_kind, with_domain) = (label.clone(), label);
    let toggle = move |_| {
        set(Label { in_domain: (!is_in_domain).then_some(true), ..with_kind.clone() });
    };
    let choose = move |event| {
        let kind = Some(event_target_value(&event)).filter(|kind| !kind.is_empty());
        set(Label { kind, ..with_domain.clone() });
    };
    let kinds = {
        let mut kinds: Vec<String> = SUGGESTED_KINDS.map(str::to_owned).to_vec();
        kinds.extend(session.labels.with_untracked(|state| state.kinds.clone()));
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let options = kinds.into_iter().map(|kind| view! { <option value=kind.clone()>{kind.clone()}</option> });
    view! {
        <p class="labels">
            <button type="button" class="tab" data-label="in-domain" aria-pressed=is_in_domain.to_string() on:click=toggle>
                {text::labels::IN_DOMAIN}
            </button>
            <label class="field">
                <span class="aside">{text::labels::KIND}</span>
                <select data-label="kind" prop:value=kind on:change=choose>
                    <option value="">{text::labels::NO_KIND}</option>
                    {options.collect_view()}
                </select>
            </label>
        </p>
    }
}

/// Labels of the whole data set: leave out in-domain answers, label by a rule, save, import.
#[component]
pub fn LabelTools() -> impl IntoView {
    let session = Session::get();
    let has_answers =
        move || session.data.reading.opened.with(|open| open.as_ref().is_some_and(|open| open.summary.has_answers));
    let state = session.labels;
    let drops = move || session.view.with(|view| view.filter.labels.drops_in_domain);
    let toggle = move |event| {
        let is_on = event_target_checked(&event);
        session.view.update(|view| view.filter.labels.drops_in_domain = is_on);
    };
    let (words, kind) = (RwSignal::new(String::new()), RwSignal::new("in-domain".to_owned()));
    let add_rule = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let search = Search { pattern: words.get(), is_regex: false, within: Within::Answers };
        let kind = kind.get();
        let label = Label { in_domain: (kind == "in-domain").then_some(true), kind: Some(kind) };
        let rule = LabelRule { filter: Filter { search: Some(search), ..Filter::default() }, label };
        state.update(|state| state.rules.push(rule));
        change(session, Explore::LabelBy { rules: state.with_untracked(|state| state.rules.clone()) });
    };
    let clear_rules = move |_| {
        state.update(|state| state.rules.clear());
        change(session, Explore::LabelBy { rules: Vec::new() });
    };
    let save = move |_| {
        spawn_local(async move {
            let said = match session.data.explore(Explore::WriteLabels).await {
                Ok(Explored::Written(text)) => save_text("askew-labels.csv", &text, "text/csv").err(),
                Ok(_) => None,
                Err(why) => Some(why),
            };
            state.update(|state| state.said = said);
        });
    };
    let import = move |files: Vec<web_sys::File>| {
        let Some(file) = files.into_iter().next() else { return };
        spawn_local(async move {
            match JsFuture::from(file.array_buffer()).await {
                Ok(buffer) => {
                    let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
                    change(session, Explore::ReadLabels { bytes });
                }
                Err(_) => state.update(|state| state.said = Some(text::labels::UNREADABLE.to_owned())),
            }
        });
    };
    let rules = move || {
        let rule = |rule: &LabelRule| {
            let words = rule.filter.search.as_ref().map(|search| search.pattern.clone()).unwrap_or_default();
            view! { <li>{text::labels::RULE_WORDS} {words} {text::labels::RULE_KIND} {rule.label.kind.clone()}</li> }
        };
        state.with(|state| state.rules.iter().map(rule).collect::<Vec<_>>())
    };
    let options = || SUGGESTED_KINDS.map(|kind| view! { <option value=kind>{kind}</option> });
    view! {
        <Show when=has_answers>
            <details class="table label-tools">
                <summary id="label-tools">
                    {text::labels::SUMMARY} {move || state.with(|state| text::labels::num_labelled(state.num_labelled))}
                </summary>
                <p class="quiet">{text::labels::ABOUT}</p>
                <label class="tick">
                    <input id="drop-in-domain" type="checkbox" prop:checked=drops on:change=toggle/>
                    <span>{text::labels::LEAVE_OUT}</span>
                </label>
                <form class="label-rule" on:submit=add_rule>
                    <label class="field">
                        <span>{text::labels::BY_RULE}</span>
                        <input
                            id="label-words"
                            type="text"
                            required
                            prop:value=words
                            on:input=move |event| words.set(event_target_value(&event))
                        />
                    </label>
                    <label class="field">
                        <span>{text::labels::BY_RULE_AS}</span>
                        <select id="label-kind" prop:value=kind on:change=move |event| kind.set(event_target_value(&event))>
                            {options().into_iter().collect_view()}
                        </select>
                    </label>
                    <button type="submit" id="label-by-rule">{text::labels::BY_RULE_APPLY}</button>
                </form>
                <ul class="rules">{rules}</ul>
                <div class="tabs">
                    <button type="button" class="tab" id="clear-label-rules" on:click=clear_rules>{text::labels::DROP_RULES}</button>
                    <button type="button" class="tab" id="save-labels" on:click=save>{text::labels::SAVE}</button>
                    <FilePicker id="take-labels" label=text::labels::IMPORT class="tab button-like" on_files=import/>
                </div>
                <p role="status" id="labels-said">{move || state.with(|state| state.said.clone())}</p>
            </details>
        </Show>
    }
}
