//! An experiment in the Lab: run, watched while its rates grow, paused, taken to Results.

use js_sys::Array;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{CustomEvent, CustomEventInit, File};

use super::export::save_text;
use super::fetch::{fetch_text, text_of};
use super::lab_app::LabSession;
use super::lab_pocket;
use super::lab_state::{LabState, SLOT};
use super::open::OPEN_EVENT;
use super::text;
use crate::domain::rule::Rule;
use crate::lab::experiment::Experiment;
use crate::lab::rates::{ColumnRate, rates};
use crate::lab::run::{Run, Taken};
use crate::lab::table;
use crate::runtime::protocol::Event;

/// Handles to the run.
#[derive(Debug, Clone, Copy)]
pub struct RunState {
    run: StoredValue<Option<Run>, LocalStorage>,
    /// What is seen of it.
    pub seen: RwSignal<Option<Seen>>,
    /// Whether it goes on by itself.
    pub is_going: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

/// What is seen of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The experiment's name.
    pub name: String,
    /// Answers that are there.
    pub there: usize,
    /// All of them.
    pub total: usize,
    /// Rates so far.
    pub columns: Vec<ColumnRate>,
}

impl Default for RunState {
    fn default() -> Self {
        Self {
            run: StoredValue::new_local(None),
            seen: RwSignal::default(),
            is_going: RwSignal::default(),
            problem: RwSignal::default(),
        }
    }
}

impl RunState {
    /// Gives an event of the engine to the run; whether it was the run's.
    pub fn take(self, lab: LabState, event: &Event) -> bool {
        let taken = self.run.try_update_value(|run| run.as_mut().map(|run| run.take(event))).flatten();
        match taken.unwrap_or(Taken::Other) {
            Taken::Other => return false,
            Taken::Going => {}
            Taken::Done => {
                self.look();
                self.advance(lab);
            }
            // A failure is said where failures are said; what was finished is there.
            Taken::Lost => self.is_going.set(false),
        }
        true
    }

    fn look(self) {
        let seen = self.run.with_value(|run| {
            run.as_ref().map(|run| Seen {
                name: run.experiment().name.clone(),
                there: run.answers().len(),
                total: run.experiment().num_answers(),
                columns: rates(run.experiment(), run.answers(), &Rule::default()),
            })
        });
        self.seen.set(seen);
    }

    fn advance(self, lab: LabState) {
        if !self.is_going.get_untracked() {
            return;
        }
        match self.run.try_update_value(|run| run.as_mut().and_then(Run::start_next)).flatten() {
            Some(command) => lab.send(&command, &[]),
            None => self.is_going.set(false),
        }
    }

    fn begin(self, lab: LabState, experiment: Experiment) {
        let most = lab.status.with_untracked(|status| status.ready(SLOT).map_or(1, |loaded| loaded.columns));
        self.run.set_value(Some(Run::new(experiment, SLOT, most, Vec::new())));
        self.problem.set(None);
        self.look();
        self.go_on(lab);
    }

    fn go_on(self, lab: LabState) {
        self.run.update_value(|run| {
            if let Some(run) = run {
                run.interrupt();
            }
        });
        self.is_going.set(true);
        self.advance(lab);
    }

    fn pause(self, lab: LabState) {
        self.is_going.set(false);
        lab.stop();
    }

    /// The answers that are there, as a result file.
    fn table(self) -> Option<String> {
        self.run.with_value(|run| {
            let run = run.as_ref()?;
            Some(table::HEADER.to_owned() + &table::rows(run.experiment(), lab_pocket::TABLE_NAME, run.answers()))
        })
    }
}

/// The panel.
#[component]
pub fn ExperimentPanel() -> impl IntoView {
    let lab = LabSession::get().lab;
    let state = lab.experiment;
    let start = move |found: Result<String, String>| match found
        .and_then(|text| Experiment::from_json(&text).map_err(|error| error.to_string()))
    {
        Ok(experiment) => state.begin(lab, experiment),
        Err(why) => state.problem.set(Some(why)),
    };
    let village = move |_| spawn_local(async move { start(fetch_text(lab_pocket::EXPERIMENT).await) });
    let input = NodeRef::<html::Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            spawn_local(async move { start(text_of(&file).await) });
        }
        input.set_value("");
    };
    let is_idle = move || !state.is_going.get();
    let is_half = move || state.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.there < seen.total));
    let has_answers = move || state.seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.there > 0));
    view! {
        <section class="card experiment" aria-label="Experiment">
            <h2>"Experiment"</h2>
            <p class="quiet">{text::EXPERIMENT_HINT}</p>
            <div class="tabs">
                <Show when=move || lab.is_pocket.get()>
                    <button type="button" id="run-village" disabled=move || state.is_going.get() on:click=village>
                        "Ask the village's eight questions"
                    </button>
                </Show>
                <label class="button">
                    "Run an experiment of your own"
                    <input id="experiment-file" class="hidden-input" type="file" accept=".json" node_ref=input on:change=chosen/>
                </label>
                <Show when=move || state.is_going.get()>
                    <button type="button" id="pause" on:click=move |_| state.pause(lab)>"Pause"</button>
                </Show>
                <Show when=move || is_idle() && is_half()>
                    <button type="button" id="resume" on:click=move |_| state.go_on(lab)>"Go on"</button>
                </Show>
            </div>
            <div role="alert">
                {move || state.problem.get().map(|why| view! { <p class="notice error" id="experiment-problem">{why}</p> })}
            </div>
            {move || state.seen.get().map(|seen| view! { <Rates seen/> })}
            <Show when=move || is_idle() && has_answers()>
                <div class="tabs">
                    <button type="button" class="primary" id="to-results" on:click=move |_| to_results(state)>
                        "Open in Results"
                    </button>
                    <button type="button" id="save-run" on:click=move |_| save(state)>"Save as CSV"</button>
                </div>
            </Show>
        </section>
    }
}

/// The rates so far.
#[component]
fn Rates(seen: Seen) -> impl IntoView {
    let Seen { name, there, total, columns } = seen;
    let row = |column: ColumnRate| {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let (rate, interval) = match column.rate() {
            Some((rate, low, high)) => (percent(rate), format!("{} to {}", percent(low), percent(high))),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let counts = format!("{}/{}", column.tally.misaligned, column.tally.denominator);
        view! {
            <tr>
                <th scope="row">{column.name}</th>
                <td>{rate}</td>
                <td>{counts}</td>
                <td>{interval}</td>
                <td>{column.tally.rows}</td>
            </tr>
        }
    };
    view! {
        <p id="run-progress" role="status" data-there=there.to_string() data-total=total.to_string()>
            {name} ": " {there} " of " {total} " answers. "
            <progress max=total.to_string() value=there.to_string() aria-label="Share of the answers"></progress>
        </p>
        <div class="scroll">
            <table class="figures" id="run-rates">
                <caption>{text::LIVE_RATES}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col">"Misaligned"</th>
                        <th scope="col">"Counts"</th>
                        <th scope="col">"95 % (Wilson)"</th>
                        <th scope="col">"Answers"</th>
                    </tr>
                </thead>
                <tbody>{columns.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// Gives the answers to the page's app, which opens them as any file.
fn to_results(state: RunState) {
    let Some(table) = state.table() else { return };
    let opened = File::new_with_str_sequence(&Array::of1(&table.into()), lab_pocket::TABLE_FILE).and_then(|file| {
        let init = CustomEventInit::new();
        init.set_detail(&Array::of1(&file));
        window().dispatch_event(&*CustomEvent::new_with_event_init_dict(OPEN_EVENT, &init)?)
    });
    if let Err(error) = opened {
        web_sys::console::error_1(&error);
    }
}

fn save(state: RunState) {
    let Some(table) = state.table() else { return };
    state.problem.set(save_text(lab_pocket::TABLE_FILE, &table, "text/csv").err());
}
