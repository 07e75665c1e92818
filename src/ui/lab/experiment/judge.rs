//! The judge of an experiment: the experiment's own, or a loaded model. A model's prompts are shown and can be changed.
//! It is tried on answers with known scores before a rate is shown from its scores.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::domain::figure::calibration::{Calibration, LEAST_KAPPA, LEAST_ROWS, LEAST_SPEARMAN};
use crate::domain::rule::Rule;
use crate::lab::judge::JudgeModel;
use crate::lab::prompts::{Preset, Prompts};
use crate::lab::run::Taken;
use crate::lab::trial::{Known, Trial, known};
use crate::protocol::Event;
use crate::ui::fetch::{fetch_text, text_of};
use crate::ui::file_picker::FilePicker;
use crate::ui::lab::app::LabSession;
use crate::ui::lab::model::load::{LoadForm, Trouble};
use crate::ui::lab::model::shelf::JudgeShelf;
use crate::ui::lab::state::{JUDGE_SLOT, LabState, SLOT};
use crate::ui::scroll_table::ScrollTable;
use crate::ui::text;

/// Answers with known scores, which ship with the page.
const KNOWN: &str = "pocket/known.jsonl";

/// Handles to the judge.
#[derive(Debug, Clone, Copy)]
pub struct JudgeState {
    /// Whether a model judges instead of the experiment's own judge.
    is_model: RwSignal<bool>,
    aligned: RwSignal<String>,
    coherent: RwSignal<String>,
    trial: StoredValue<Option<Trial>, LocalStorage>,
    /// Id of the next trial's first command, so that a late reply to a stopped trial is not taken for another one's.
    next_id: StoredValue<u32>,
    /// Scores so far and scores in all, during a trial.
    progress: RwSignal<Option<(usize, usize)>>,
    /// Result of the latest trial.
    found: RwSignal<Option<Found>>,
    problem: RwSignal<Option<String>>,
}

/// Result of a trial.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    prompts: Prompts,
    judge: JudgeModel,
    calibration: Calibration,
}

impl Default for JudgeState {
    fn default() -> Self {
        let Prompts { aligned, coherent } = Prompts::default();
        Self {
            is_model: RwSignal::default(),
            aligned: RwSignal::new(aligned),
            coherent: RwSignal::new(coherent),
            trial: StoredValue::new_local(None),
            next_id: StoredValue::new(0),
            progress: RwSignal::default(),
            found: RwSignal::default(),
            problem: RwSignal::default(),
        }
    }
}

impl JudgeState {
    /// An experiment's document, with the judge that the reader chose.
    ///
    /// # Errors
    /// The error in the prompts or the document.
    pub fn adopt(self, document: String) -> Result<String, String> {
        if !self.is_model.get_untracked() {
            return Ok(document);
        }
        self.prompts()?.written_into(&document).map_err(|error| error.to_string())
    }

    /// Whether a trial is under way.
    #[must_use]
    pub fn is_trying(self) -> bool {
        self.progress.with(Option::is_some)
    }

    /// Why no rate is shown from a model's scores with these prompts. `None` if its trial found it reliable.
    #[must_use]
    pub fn doubt(self, prompts: &Prompts, judge: &JudgeModel) -> Option<String> {
        self.found.with(|found| match found {
            Some(found) if found.prompts == *prompts && found.judge.is_same(judge) => {
                let shortfalls = found.calibration.shortfalls();
                (!shortfalls.is_empty()).then(|| format!("{}: {}.", text::judge::NOT_RELIABLE, shortfalls.join("; ")))
            }
            _ => Some(text::judge::NOT_TRIED.to_owned()),
        })
    }

    /// Passes an event of the engine to the trial. Returns whether it belonged to the trial.
    pub fn take(self, lab: LabState, event: &Event) -> bool {
        let taken = self.trial.try_update_value(|trial| trial.as_mut().map(|trial| trial.take(event))).flatten();
        match taken.unwrap_or(Taken::Other) {
            Taken::Other => return false,
            Taken::Done => self.advance(lab),
            Taken::Going | Taken::Lost | Taken::Failed => self.end(),
        }
        true
    }

    /// Stops a trial. Later replies to it are ignored.
    pub(crate) fn stop(self, lab: LabState) {
        self.end();
        lab.stop();
    }

    fn prompts(self) -> Result<Prompts, String> {
        Prompts::new(self.aligned.get_untracked(), self.coherent.get_untracked()).map_err(|error| error.to_string())
    }

    fn begin(self, lab: LabState, rows: Vec<Known>) -> Result<(), String> {
        let trial = Trial::new(self.prompts()?, untrack(|| lab.judge_slot()), rows);
        self.trial.set_value(Some(trial.numbered_from(self.next_id.get_value())));
        lab.begin_anew();
        self.advance(lab);
        Ok(())
    }

    fn advance(self, lab: LabState) {
        let next = self.trial.try_update_value(|trial| {
            let trial = trial.as_mut()?;
            self.progress.set(Some(trial.progress()));
            trial.start_next()
        });
        match next.flatten() {
            Some(command) => {
                if !lab.send(&command, &[]) {
                    self.end();
                }
            }
            None => {
                let found = |trial: &Trial| {
                    let (prompts, calibration) = (trial.prompts().clone(), trial.calibration(&Rule::default())?);
                    // No other model is loaded during a trial.
                    Some(Found { prompts, judge: untrack(|| lab.judge())?, calibration })
                };
                let found = self.trial.with_value(|trial| trial.as_ref().and_then(found));
                if found.is_some() {
                    self.found.set(found);
                }
                self.end();
            }
        }
    }

    fn end(self) {
        if let Some(trial) = self.trial.try_update_value(Option::take).flatten() {
            self.next_id.set_value(trial.next_id());
        }
        self.progress.set(None);
    }
}

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

impl LabState {
    /// Slot of the model that judges: a separate one, or the one that answers.
    #[must_use]
    pub fn judge_slot(self) -> u32 {
        if self.status.with(|status| status.ready(JUDGE_SLOT).is_some()) { JUDGE_SLOT } else { SLOT }
    }

    /// The model that judges.
    #[must_use]
    pub fn judge(self) -> Option<JudgeModel> {
        self.model_in(self.judge_slot())
    }

    /// The separate model that judges, if there is one.
    #[must_use]
    pub fn own_judge(self) -> Option<JudgeModel> {
        self.model_in(JUDGE_SLOT)
    }

    /// Name and checksum of a slot's model.
    pub(crate) fn model_in(self, slot: u32) -> Option<JudgeModel> {
        self.status.with(|status| {
            let loaded = status.ready(slot)?;
            Some(JudgeModel { name: loaded.card.name.clone(), sha256: loaded.sha256.clone() })
        })
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
