//! The reader's own labels: in-domain or not, and the type of response. They are given by hand or by a rule, and stored
//! in this browser.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::export::save_text;
use super::file_picker::FilePicker;
use super::label_state::LabelState;
use super::session::Session;
use super::storage;
use super::text;
use crate::domain::filter::Filter;
use crate::domain::rows::labels::{Label, LabelRow, LabelRule, SUGGESTED_KINDS};
use crate::domain::text::search::{Search, Within};
use crate::explorer::label_store;
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
                    state.said = imported.map(|done| text::labels::imported(done.num_known, done.num_unknown));
                    keep(state, &by_hand);
                    state.here = by_hand;
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
    Effect::new(move || {
        let has_answers =
            session.data.reading.opened.with(|open| open.as_ref().is_some_and(|open| open.summary.has_answers));
        if !session.data.reading.can_explore.get() || !has_answers {
            return;
        }
        let rules = session.labels.with_untracked(|state| state.rules.clone());
        // Another tab may have changed them.
        let (rows, said) = kept().map_or_else(|why| (Vec::new(), Some(why)), |rows| (rows, None));
        session.labels.update(|state| {
            state.here.clear();
            state.said = said.or(state.said.take());
        });
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
/// Key of stored labels that cannot be read. They are not overwritten.
const SET_ASIDE: &str = "askew.labels.set-aside";

/// The stored labels. What cannot be read is set aside once, with a sentence that says so.
fn kept() -> Result<Vec<LabelRow>, String> {
    let Some(storage) = storage::local() else { return Ok(Vec::new()) };
    let Some(text) = storage.get_item(STORE).ok().flatten() else { return Ok(Vec::new()) };
    label_store::from_text(&text).map_err(|why| {
        // An earlier text that was set aside stays: the newer one is appended.
        let before = set_aside().map(|before| format!("{before}\n\n")).unwrap_or_default();
        let is_aside = storage.set_item(SET_ASIDE, &(before + &text)).is_ok();
        if is_aside {
            drop(storage.remove_item(STORE));
        }
        text::labels::unreadable(&why)
    })
}

/// Stored labels that could not be read.
fn set_aside() -> Option<String> {
    storage::local()?.get_item(SET_ASIDE).ok().flatten()
}

/// Stores what has changed in the labels of the open data set. Labels of other data sets and other tabs stay.
fn keep(state: &mut LabelState, now: &[LabelRow]) {
    if state.here == now {
        return;
    }
    let (stored, said) = kept().map_or_else(|why| (Vec::new(), Some(why)), |rows| (rows, None));
    let rows = label_store::merge(stored, &state.here, now);
    // What could not be read is still there if the storage had no room to set it aside.
    let free = storage::local().filter(|storage| said.is_none() || storage.get_item(STORE) == Ok(None));
    let is_kept = free.is_some_and(|storage| storage.set_item(STORE, &label_store::to_text(&rows)).is_ok());
    if let Some(said) = if is_kept { said } else { Some(text::labels::NOT_KEPT.to_owned()) } {
        state.said = Some(said);
    }
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
    let save_aside = move |_| {
        let saved = save_text("askew-labels-set-aside.txt", &set_aside().unwrap_or_default(), "text/plain");
        // Once the reader has the file, the store is free again.
        let is_done = saved.is_ok() && storage::local().is_some_and(|storage| storage.remove_item(SET_ASIDE).is_ok());
        state.update(|state| state.said = saved.err().or(state.said.take().filter(|_| !is_done)));
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
                    <Show when=move || state.with(|_| set_aside().is_some())>
                        <button type="button" class="tab" id="save-set-aside" on:click=save_aside>{text::labels::SAVE_ASIDE}</button>
                    </Show>
                    <FilePicker id="take-labels" label=text::labels::IMPORT class="tab button-like" on_files=import/>
                </div>
                <p role="status" id="labels-said">{move || state.with(|state| state.said.clone())}</p>
            </details>
        </Show>
    }
}
