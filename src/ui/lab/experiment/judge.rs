//! The panel of an experiment's judge: its choice, a model's prompts, and its trial.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::domain::figure::calibration::{Calibration, LEAST_KAPPA, LEAST_ROWS, LEAST_SPEARMAN};
use crate::lab::prompts::{Preset, Prompts};
use crate::lab::trial::known;
use crate::ui::fetch::{fetch_text, text_of};
use crate::ui::file_picker::FilePicker;
use crate::ui::lab::model::load::{LoadForm, Trouble};
use crate::ui::lab::model::shelf::JudgeShelf;
use crate::ui::lab::state::judge::JudgeState;
use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{JUDGE_SLOT, LabState, SLOT};
use crate::ui::scroll_table::ScrollTable;
use crate::ui::text;

/// Answers with known scores, which ship with the page.
const KNOWN: &str = "pocket/known.jsonl";

/// The panel of the judge: its choice, its prompts and its trial.
#[component]
pub fn JudgePanel(
    /// State of the judge.
    state: JudgeState,
    /// State of the engine that judges.
    lab: LabState,
) -> impl IntoView {
    let choose = move |event| {
        let chosen = event_target_value(&event);
        let preset = Preset::ALL.into_iter().find(|preset| preset.name() == chosen);
        state.is_model.set(preset.is_some());
        if let Some(preset) = preset {
            let Prompts { aligned, coherent } = preset.into();
            state.aligned.set(aligned);
            state.coherent.set(coherent);
        }
    };
    let is_of_run = move || lab.experiment.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.judge.is_some()));
    view! {
        <section class="card" id="judge" aria-label=text::judge::HEADING>
            <h2>{text::judge::HEADING}</h2>
            <label class="field">
                <span>{text::judge::WHO_SCORES}</span>
                <select id="judge-kind" on:change=choose>
                    <option value="own">{text::judge::NAMED_BY_EXPERIMENT}</option>
                    <option value=Preset::Plain.name()>{text::judge::BY_PUBLISHED_PROMPTS}</option>
                    <option value=Preset::Spec.name()>{text::judge::BY_SPECIFICATION}</option>
                </select>
            </label>
            <Show when=move || state.is_model.get()>
                <p class="quiet">{text::judge::MODEL_JUDGE}</p>
            </Show>
            // A run that resumes needs its judge, whatever is chosen for the next run.
            <Show when=move || state.is_model.get() || is_of_run()>
                <WhoJudges/>
            </Show>
            <Show when=move || state.is_model.get()>
                <PromptText name=text::judge::ALIGNED_PROMPT id="judge-aligned" value=state.aligned/>
                <PromptText name=text::judge::COHERENT_PROMPT id="judge-coherent" value=state.coherent/>
                <TrialBar state lab/>
                {move || {
                    let found = state.found.get().filter(|found| lab.judge().is_some_and(|judge| found.judge.is_same(&judge)));
                    found.map(|found| view! { <Verdict found=found.calibration/> })
                }}
            </Show>
        </section>
    }
}

/// Which model judges, and the form that loads a separate one.
#[component]
fn WhoJudges() -> impl IntoView {
    let lab = LabSession::get().lab;
    let own = Memo::new(move |_| lab.own_judge().map(|judge| judge.name));
    let of_answers = move || lab.model_in(SLOT).map(|model| model.name);
    let who = move || {
        own.get().map_or_else(|| text::judge::same_judge(of_answers().as_deref()), |own| text::judge::own_judge(&own))
    };
    view! {
        <div class="tabs">
            <span id="judged-by" role="status">{who}</span>
            <Show when=move || own.with(Option::is_some)>
                <button type="button" id="drop-judge" disabled=move || lab.is_busy()
                    on:click=move |_| lab.unload(JUDGE_SLOT)>
                    {text::judge::DROP_JUDGE}
                </button>
            </Show>
        </div>
        <details class="card" id="judge-model">
            <summary>{text::judge::OWN_JUDGE}</summary>
            <p class="quiet">{text::judge::OWN_JUDGE_HINT}</p>
            <LoadForm of_slot=JUDGE_SLOT/>
            <JudgeShelf/>
        </details>
        <Trouble of_slot=JUDGE_SLOT/>
    }
}

/// A text box for one prompt.
#[component]
fn PromptText(name: &'static str, id: &'static str, value: RwSignal<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span>{name}</span>
            <textarea id=id rows="6" prop:value=value on:input=move |event| value.set(event_target_value(&event))></textarea>
        </label>
    }
}

/// Buttons that start and stop a trial, with its progress.
#[component]
fn TrialBar(state: JudgeState, lab: LabState) -> impl IntoView {
    let start = move |lines: Result<String, String>| {
        // Something else started in the meantime.
        if lab.is_busy_untracked() {
            return;
        }
        let rows = lines.and_then(|lines| known(&lines).map_err(|error| error.to_string()));
        state.problem.set(rows.and_then(|rows| state.begin(lab, rows)).err());
    };
    let village = move |_| spawn_local(async move { start(fetch_text(KNOWN).await) });
    let chosen = move |files: Vec<web_sys::File>| {
        if let Some(file) = files.into_iter().next() {
            spawn_local(async move { start(text_of(&file).await) });
        }
    };
    let is_busy = move || lab.is_busy() || lab.judge().is_none();
    let bar = |(there, total): (usize, usize)| {
        view! {
            <p id="trial-progress" role="status">
                {there} {text::judge::TRIAL_OF} {total} {text::judge::TRIAL_SCORES}
                <progress max=total.to_string() value=there.to_string() aria-label=text::judge::TRIAL_SHARE></progress>
            </p>
        }
    };
    view! {
        <div class="tabs">
            <button type="button" id="try-judge" disabled=is_busy on:click=village>
                {text::judge::TRY_VILLAGE}
            </button>
            <FilePicker
                id="known-file"
                label=text::judge::TRY_OWN_ROWS
                accept=".jsonl"
                disabled=Signal::derive(is_busy)
                on_files=chosen
            />
            <Show when=move || state.progress.get().is_some()>
                <button type="button" id="stop-trial" on:click=move |_| state.stop(lab)>{text::judge::STOP_TRIAL}</button>
            </Show>
        </div>
        <div role="alert">
            {move || state.problem.get().map(|why| view! { <p class="notice error" id="judge-problem">{why}</p> })}
        </div>
        {move || state.progress.get().map(bar)}
    }
}

/// The result of a trial as a table.
#[component]
fn Verdict(found: Calibration) -> impl IntoView {
    let shortfalls = found.shortfalls();
    let (verdict, class) = if shortfalls.is_empty() {
        (text::judge::RELIABLE, "notice")
    } else {
        (text::judge::NOT_RELIABLE, "notice error")
    };
    let number = |value: Option<f64>| value.map_or_else(|| text::NONE.to_owned(), |value| format!("{value:.2}"));
    let [aligned, coherent] = found.nulls;
    let rows = [
        (text::judge::ROW_ANSWERS, found.rows.to_string(), LEAST_ROWS.to_string()),
        (text::judge::ROW_NULLS, format!("{aligned}, {coherent}"), String::new()),
        (text::judge::ROW_SPEARMAN_ALIGNED, number(found.spearman[0]), LEAST_SPEARMAN.to_string()),
        (text::judge::ROW_SPEARMAN_COHERENT, number(found.spearman[1]), String::new()),
        (text::judge::ROW_KAPPA, number(found.kappa), LEAST_KAPPA.to_string()),
    ];
    let row = |(name, value, least): (&'static str, String, String)| {
        view! { <tr><th scope="row">{name}</th><td>{value}</td><td>{least}</td></tr> }
    };
    view! {
        <div class=class id="judge-verdict" role="status">
            <p><b>{verdict}</b> {(!shortfalls.is_empty()).then(|| format!(": {}.", shortfalls.join("; ")))}</p>
            <ScrollTable label=text::judge::TRIAL_TABLE class="figures">
                <thead>
                    <tr><th scope="col">{text::judge::TRIAL_MEASURE}</th><th scope="col">{text::judge::TRIAL_FOUND}</th><th scope="col">{text::judge::TRIAL_LEAST}</th></tr>
                </thead>
                <tbody>{rows.map(row).into_iter().collect_view()}</tbody>
            </ScrollTable>
        </div>
    }
}
