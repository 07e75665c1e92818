//! The panel of experiments: starting and editing one, its rates while it runs, and its exports.

use js_sys::Array;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, CustomEventInit, File, HtmlDetailsElement};

use super::judge::JudgePanel;
use super::server::ServersPanel;
use crate::domain::rule::tally::Tally;
use crate::domain::text::plain::visible;
use crate::domain::view::Screen;
use crate::lab::card::ModelFile;
use crate::lab::error::LabError;
use crate::lab::experiment::{Draft, Experiment};
use crate::lab::link::Linked;
use crate::lab::questions::QuestionSet;
use crate::lab::rates::ColumnRate;
use crate::protocol::Source;
use crate::ui::export::save_text;
use crate::ui::fetch::{fetch_text, text_of};
use crate::ui::file_picker::FilePicker;
use crate::ui::lab::state::keep::Waiting;
use crate::ui::lab::state::run::{RunState, Seen};
use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{LabState, SLOT, pocket};
use crate::ui::open::OPEN_EVENT;
use crate::ui::scroll_table::ScrollTable;
use crate::ui::text;

/// Length limit of a link: mail programs and chats cut longer ones.
const MAX_LINK_BYTES: usize = 60_000;

/// Checks a document and starts it. If it names servers, the reader is asked first.
fn start(lab: LabState, editor: RwSignal<String>, document: Result<String, String>) {
    let state = lab.experiment;
    // Something else started in the meantime.
    if lab.is_busy_untracked() {
        return;
    }
    let read = |document: String| {
        let draft = Draft::new(state.judge.adopt(document.clone())?).map_err(|error| error.to_string())?;
        // The document as the reader wrote it, without the judge that was chosen on the page.
        editor.set(document);
        Ok::<_, String>(draft)
    };
    match document.and_then(read) {
        Ok(draft) => {
            state.problem.set(None);
            let has_own_judge = untrack(|| lab.own_judge()).is_some();
            if draft.experiment.asks_model_that_answers(has_own_judge) && !lab.has_model() {
                state.problem.set(Some(text::experiment::NO_MODEL_FOR_RUN.to_owned()));
            } else if let Some(draft) = state.servers.let_pass(draft) {
                state.begin(lab, draft);
            }
        }
        Err(why) => state.problem.set(Some(why)),
    }
}

#[component]
pub fn ExperimentPanel() -> impl IntoView {
    let lab = LabSession::get().lab;
    let state = lab.experiment;
    let (editor, is_editing) = (RwSignal::new(String::new()), RwSignal::new(false));
    let found = RwSignal::new(None::<String>);
    let village = move |_| spawn_local(async move { start(lab, editor, fetch_text(pocket::EXPERIMENT).await) });
    let chosen = move |files: Vec<File>| {
        if let Some(file) = files.into_iter().next() {
            spawn_local(async move {
                let text = text_of(&file).await;
                found.set(None);
                let Some(name) =
                    [".yaml", ".yml"].iter().find_map(|end| file.name().strip_suffix(end).map(str::to_owned))
                else {
                    return start(lab, editor, text);
                };
                match text.and_then(|text| QuestionSet::from_yaml(&text).map_err(|error| error.to_string())) {
                    Ok(set) => {
                        state.problem.set(None);
                        editor.set(set.document(&name, &lab.add_ons_of_model()));
                        found.set(Some(text::experiment::questions_found(set.questions.len(), set.prompts.is_some())));
                        is_editing.set(true);
                    }
                    Err(why) => state.problem.set(Some(why)),
                }
            });
        }
    };
    let is_idle = move || !state.is_going.get();
    let is_half = move || state.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.there < seen.total));
    let has_answers = move || state.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.there > 0));
    let begin = Callback::new(move |draft| state.begin(lab, draft));
    view! {
        <JudgePanel state=state.judge lab/>
        <section class="card experiment" aria-label=text::experiment::HEADING>
            <h2>{text::experiment::HEADING}</h2>
            <p class="quiet">{text::experiment::ABOUT}</p>
            <LinkedRun editor/>
            <div class="tabs">
                <Show when=move || lab.is_pocket.get()>
                    <button type="button" id="run-village" disabled=move || lab.is_busy() || !lab.has_model() on:click=village>
                        {text::experiment::RUN_VILLAGE}
                    </button>
                </Show>
                <FilePicker
                    id="experiment-file"
                    label=text::experiment::RUN_OWN
                    accept=".json,.yaml,.yml"
                    disabled=Signal::derive(move || lab.is_busy())
                    on_files=chosen
                />
                <Show when=move || state.is_going.get()>
                    <button type="button" id="pause" on:click=move |_| state.pause(lab)>{text::experiment::PAUSE}</button>
                </Show>
                <Show when=move || is_idle() && is_half()>
                    <button type="button" id="resume" disabled=move || lab.is_busy() || !state.can_go_on(lab) on:click=move |_| state.go_on(lab)>{text::experiment::RESUME}</button>
                </Show>
                <Show when=move || is_idle() && state.seen.with(Option::is_some)>
                    <button type="button" id="drop-run" on:click=move |_| state.drop_run()>{text::experiment::FORGET}</button>
                </Show>
            </div>
            <WaitingRuns state/>
            <p role="status" id="questions-found">{move || found.get()}</p>
            <Editor editor is_open=is_editing/>
            <div role="alert">
                {move || state.problem.get().map(|why| view! { <p class="notice error" id="experiment-problem">{why}</p> })}
            </div>
            <ServersPanel state=state.servers start=begin/>
            {move || state.seen.get().map(|seen| {
                let doubt = seen.judge.as_ref().and_then(|(prompts, judge)| state.judge.doubt(prompts, judge));
                view! { <Rates seen doubt/> }
            })}
            <Show when=move || is_idle() && has_answers()><Take/></Show>
        </section>
    }
}

/// Interrupted runs of other tabs or earlier visits, which this tab may open.
#[component]
fn WaitingRuns(state: RunState) -> impl IntoView {
    let is_idle = move || !state.is_going.get();
    let item = move |waiting: Waiting| {
        let (open, forget) = (waiting.id.clone(), waiting.id);
        view! {
            <li>
                {text::experiment::waiting_run(&waiting.name, waiting.num_answers)}
                <button type="button" class="link" on:click=move |_| state.open_waiting(open.clone())>{text::experiment::OPEN_WAITING}</button>
                " "
                <button type="button" class="link" on:click=move |_| state.forget_waiting(forget.clone())>{text::experiment::FORGET_WAITING}</button>
            </li>
        }
    };
    view! {
        <Show when=move || is_idle() && state.waiting.with(|list| !list.is_empty())>
            <div id="waiting-runs">
                <h3>{text::experiment::WAITING}</h3>
                <ul>{move || state.waiting.get().into_iter().map(item).collect_view()}</ul>
            </div>
        </Show>
    }
}

/// The experiment or run that a link holds. A document on another site is fetched only on request.
#[component]
fn LinkedRun(editor: RwSignal<String>) -> impl IntoView {
    let session = LabSession::get();
    let lab = session.lab;
    let linked = Memo::new(move |_| session.run_in_link().map(|value| Linked::read(&value)));
    let is_new = move || linked.with(Option::is_some) && lab.experiment.seen.with(Option::is_none);
    // An error of the previous link does not apply to this one.
    Effect::new(move |before: Option<()>| {
        linked.track();
        if before.is_some() {
            lab.experiment.problem.set(None);
        }
    });
    let card = Memo::new(move |_| match linked.get() {
        Some(Ok(Linked::Text(document))) => Experiment::from_json(&document).ok()?.card,
        _ => None,
    });
    let wrong = move || linked.with(|linked| linked.as_ref().and_then(|linked| linked.as_ref().err().copied()));
    let words = move || {
        linked.get().and_then(Result::ok).map(|linked| text::experiment::linked_run(&linked, card.get().as_ref()))
    };
    let run = move |_| {
        let Some(Ok(linked)) = linked.get_untracked() else { return };
        spawn_local(async move {
            let document = match linked {
                Linked::Text(document) => Ok(document),
                Linked::At(address) => fetch_text(&address).await,
            };
            start(lab, editor, document);
        });
    };
    // The card's model, if it is not on the page's own site.
    let model = Memo::new(move |_| match card.get()?.model_file() {
        Ok(file) => file.filter(|file| file.host.is_some()).map(Ok),
        Err(why) => Some(Err(why)),
    });
    let load = move |_| {
        if let Some(Ok(ModelFile { address, sha256, .. })) = model.get_untracked() {
            let name = address.rsplit('/').next().unwrap_or_default().to_owned();
            lab.load_agreed(SLOT, (Source::Url(address), sha256), &name, Vec::new());
        }
    };
    let about_model = move |found: Result<ModelFile, LabError>| {
        match found {
        Ok(file) => view! {
            <p class="quiet" id="linked-model">
                {text::experiment::LINKED_MODEL} <b>{file.host}</b> " (" <bdi>{visible(&file.address).into_owned()}</bdi> "). "
                {text::experiment::linked_check(file.sha256.is_some())}
            </p>
        }
        .into_any(),
        Err(why) => view! { <p class="notice error" id="linked-model">{why.to_string()}</p> }.into_any(),
    }
    };
    view! {
        <div role="alert">
            {move || wrong().map(|why| view! { <p class="notice error" id="linked-problem">{why.to_string()}</p> })}
        </div>
        <Show when=move || is_new() && wrong().is_none()>
            <div class="notice" id="linked-run">
                <p>{words}</p>
                {move || model.get().map(about_model)}
                <div class="tabs">
                    <Show when=move || model.with(|model| matches!(model, Some(Ok(_))))>
                        <button type="button" id="load-linked" disabled=move || lab.is_busy() on:click=load>{text::experiment::LOAD_LINKED}</button>
                    </Show>
                    <button type="button" class="primary" id="run-linked" disabled=move || lab.is_busy() on:click=run>
                        {move || if card.with(Option::is_some) { text::experiment::RUN_AGAIN } else { text::experiment::RUN }}
                    </button>
                </div>
            </div>
        </Show>
    }
}

/// The editor of the experiment's document.
#[component]
fn Editor(editor: RwSignal<String>, is_open: RwSignal<bool>) -> impl IntoView {
    let lab = LabSession::get().lab;
    let show = move |event: web_sys::Event| {
        let details = event.target().and_then(|target| target.dyn_into::<HtmlDetailsElement>().ok());
        is_open.set(details.is_some_and(|details| details.open()));
        if editor.with_untracked(String::is_empty) && lab.is_pocket.get_untracked() {
            spawn_local(async move {
                match fetch_text(pocket::EXPERIMENT).await {
                    // The reader may have written something in the meantime.
                    Ok(document) if editor.with_untracked(String::is_empty) => editor.set(document),
                    Ok(_) => {}
                    Err(why) => lab.experiment.problem.set(Some(why)),
                }
            });
        }
    };
    let run = move |_| start(lab, editor, Ok(editor.get_untracked()));
    view! {
        <details id="experiment-editor" prop:open=is_open on:toggle=show>
            <summary>{text::experiment::EDIT_EXPERIMENT}</summary>
            <p class="quiet">{text::experiment::EDIT_EXPERIMENT_HINT}</p>
            <label class="field">
                <span>{text::experiment::DOCUMENT}</span>
                <textarea id="experiment-text" rows="12" spellcheck="false" prop:value=editor
                    on:input=move |event| editor.set(event_target_value(&event))></textarea>
            </label>
            <button type="button" id="run-edited" disabled=move || lab.is_busy() || editor.with(String::is_empty) on:click=run>
                {text::experiment::RUN_EDITED}
            </button>
        </details>
    }
}

/// The rates so far. Only numbers of answers if the judge is in doubt.
#[component]
fn Rates(seen: Seen, doubt: Option<String>) -> impl IntoView {
    let Seen { name, there, total, questions, columns, has_second, drift, judge } = seen;
    let is_doubtful = doubt.is_some();
    let counts = move |tally: &Tally| {
        if is_doubtful { "-".to_owned() } else { format!("{}/{}", tally.misaligned, tally.denominator) }
    };
    let row = |column: &ColumnRate| {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let (rate, interval) = match column.rate().filter(|_| !is_doubtful) {
            Some((_, _, high)) if column.tally.misaligned == 0 => {
                (percent(0.0), text::experiment::at_most(&percent(high)))
            }
            Some((rate, low, high)) => (percent(rate), text::experiment::interval(&percent(low), &percent(high))),
            None => ("-".to_owned(), "-".to_owned()),
        };
        view! {
            <tr>
                <th scope="row">{column.name.clone()}</th>
                <td>{rate}</td>
                <td>{counts(&column.tally)}</td>
                <td>{interval}</td>
                <td>{column.tally.rows}</td>
                {has_second.then(|| column.yes.map(|yes| view! { <td>{yes}"/"{column.tally.rows}</td> }).collect_view())}
            </tr>
        }
    };
    let heads = columns.iter().map(|column| view! { <th scope="col">{column.name.clone()}</th> }).collect_view();
    let by_question = questions.into_iter().enumerate().map(|(at, question)| {
        let cells = columns.iter().map(|column| view! { <td>{column.questions.get(at).map(counts)}</td> });
        view! { <tr><th scope="row">{question}</th>{cells.collect_view()}</tr> }
    });
    let by_question = by_question.collect_view();
    let rows = columns.iter().map(row).collect_view();
    view! {
        <p id="run-progress" role="status" data-there=there.to_string() data-total=total.to_string()>
            {name} ": " {there} {text::experiment::PROGRESS_OF} {total} {text::experiment::PROGRESS_ANSWERS}
            <progress max=total.to_string() value=there.to_string() aria-label=text::experiment::PROGRESS_SHARE></progress>
        </p>
        {judge.map(|(_, judge)| view! { <p class="quiet" id="run-judge">{text::judge::judged_by(&judge.name)}</p> })}
        {doubt.map(|doubt| view! { <p class="notice error" id="run-doubt">{doubt} " " {text::judge::NO_RATE}</p> })}
        {drift.map(|drift| view! { <p class="notice" id="drift" role="status">{drift}</p> })}
        <ScrollTable label=text::experiment::LIVE_RATES class="figures" id="run-rates">
            <caption>{text::experiment::LIVE_RATES}</caption>
            <thead>
                <tr>
                    <th scope="col">{text::experiment::COLUMN}</th>
                    <th scope="col">{text::experiment::MISALIGNED}</th>
                    <th scope="col">{text::experiment::COUNTS}</th>
                    <th scope="col">{text::experiment::INTERVAL}</th>
                    <th scope="col">{text::experiment::ANSWERS}</th>
                    {has_second.then(|| text::experiment::SECOND_TURN.map(|head| view! { <th scope="col">{head}</th> }).collect_view())}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </ScrollTable>
        <ScrollTable label=text::experiment::BY_QUESTION class="figures" id="run-questions">
            <caption>{text::experiment::BY_QUESTION_CAPTION}</caption>
            <thead><tr><th scope="col">{text::experiment::QUESTION}</th>{heads}</tr></thead>
            <tbody>{by_question}</tbody>
        </ScrollTable>
    }
}

/// Buttons that save, open or link to a run.
#[component]
fn Take() -> impl IntoView {
    let session = LabSession::get();
    let state = session.lab.experiment;
    let link = RwSignal::new(None::<Result<String, String>>);
    let save = move |name: &'static str, text: Option<String>, kind: &'static str| {
        if let Some(text) = text {
            state.problem.set(save_text(name, &text, kind).err());
        }
    };
    let make_link = move |_| {
        let value = state.card(session.lab).map(|card| crate::lab::link::pack(&card));
        link.set(value.map(|value| {
            let page = window().location().href().unwrap_or_default();
            let page = page.split('#').next().unwrap_or_default();
            let link = format!("{page}#{}?run={value}", Screen::Lab.name());
            if link.len() > MAX_LINK_BYTES { Err(text::experiment::LONG_LINK.to_owned()) } else { Ok(link) }
        }));
    };
    view! {
        <div class="tabs">
            <button type="button" class="primary" id="to-results" on:click=move |_| to_results(state)>{text::experiment::OPEN_IN_RESULTS}</button>
            <button type="button" id="save-run" on:click=move |_| save(pocket::TABLE_FILE, state.saved_table(), "text/csv")>
                {text::experiment::SAVE_CSV}
            </button>
            <button type="button" id="save-card"
                on:click=move |_| save(pocket::CARD_FILE, state.card(session.lab), "application/json")>
                {text::experiment::SAVE_CARD}
            </button>
            <button type="button" id="make-link" on:click=make_link>{text::experiment::MAKE_LINK}</button>
        </div>
        {move || link.get().map(|link| match link {
            Ok(link) => view! {
                <label class="field">
                    <span>{text::experiment::RUN_LINK}</span>
                    <input id="run-link" type="text" readonly prop:value=link/>
                </label>
            }.into_any(),
            Err(why) => view! { <p class="notice" role="status">{why}</p> }.into_any(),
        })}
    }
}

/// Sends the answers to the page's app, which opens them like any file.
fn to_results(state: RunState) {
    let Some(table) = state.table() else { return };
    let opened = File::new_with_str_sequence(&Array::of1(&table.into()), pocket::TABLE_FILE).and_then(|file| {
        let init = CustomEventInit::new();
        init.set_detail(&Array::of1(&file));
        window().dispatch_event(&*CustomEvent::new_with_event_init_dict(OPEN_EVENT, &init)?)
    });
    if let Err(error) = opened {
        web_sys::console::error_1(&error);
    }
}
