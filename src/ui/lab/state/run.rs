//! The run of an experiment in the Lab: it continues by itself, pauses, survives a reload, and ends as a result file
//! and a run card.

use leptos::prelude::*;

use super::judge::JudgeState;
use super::keep::{Place, Waiting};
use super::server::ServerState;
use super::{JUDGE_SLOT, LabState, SLOT, Sender};
use crate::domain::rule::Rule;
use crate::domain::text::csv::without_formulas;
use crate::lab::card::{Card, Drift, Print};
use crate::lab::experiment::Draft;
use crate::lab::judge::{Judge, JudgeModel};
use crate::lab::prompts::Prompts;
use crate::lab::rates::{ColumnRate, rates};
use crate::lab::run::{Run, Taken, Work};
use crate::lab::server::{Reply, ServerError};
use crate::lab::store::{self, Head};
use crate::lab::table;
use crate::protocol::{Event, Loaded, Math, Probe, Source};
use crate::ui::text;

/// Handles to the run.
#[derive(Debug, Clone, Copy)]
pub struct RunState {
    pub(super) run: StoredValue<Option<Run>, LocalStorage>,
    /// What the run started with.
    pub(super) head: StoredValue<Option<Head>, LocalStorage>,
    /// Where it is stored.
    pub(super) place: StoredValue<Option<Place>, LocalStorage>,
    /// Answers and pieces that are stored.
    pub(super) kept: StoredValue<(usize, usize)>,
    /// Other interrupted runs, which the reader may open.
    pub waiting: RwSignal<Vec<Waiting>>,
    /// Facts about the run that the page shows.
    pub seen: RwSignal<Option<Seen>>,
    /// Whether it continues by itself.
    pub is_going: RwSignal<bool>,
    /// Error of the experiment, or the reason why it cannot resume.
    pub problem: RwSignal<Option<String>>,
    /// Servers that it asks.
    pub servers: ServerState,
    /// The model that may judge it.
    pub judge: JudgeState,
}

/// Facts about a run that the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The experiment's name.
    pub name: String,
    /// Answers so far.
    pub there: usize,
    /// Answers in all.
    pub total: usize,
    /// Ids of the questions.
    pub questions: Vec<String>,
    /// Rates so far.
    pub columns: Vec<ColumnRate>,
    /// Whether every answer has a second turn.
    pub has_second: bool,
    /// The model that judges, with its prompts.
    pub judge: Option<(Prompts, JudgeModel)>,
    /// How the run differs from the card that it repeats, once all answers exist.
    pub drift: Option<String>,
}

impl Default for RunState {
    fn default() -> Self {
        Self {
            run: StoredValue::new_local(None),
            head: StoredValue::new_local(None),
            place: StoredValue::new_local(None),
            kept: StoredValue::new((0, 0)),
            waiting: RwSignal::default(),
            seen: RwSignal::default(),
            is_going: RwSignal::default(),
            problem: RwSignal::default(),
            servers: ServerState::default(),
            judge: JudgeState::default(),
        }
    }
}

impl RunState {
    /// Passes a reply of the engine to the run.
    pub(super) fn take(self, lab: LabState, event: &Event) {
        let taken = self.run.try_update_value(|run| run.as_mut().map(|run| run.take(event))).flatten();
        match taken.unwrap_or(Taken::Other) {
            // Failures of servers arrive in another way.
            Taken::Other | Taken::Going | Taken::Failed => {}
            Taken::Done => {
                self.look();
                self.advance(lab);
            }
            // The failure is shown with the other failures. Finished answers stay.
            Taken::Lost => self.is_going.set(false),
        }
    }

    /// Shows and stores the answers so far.
    pub(super) fn look(self) {
        let sha256 = self.head.with_value(|head| head.as_ref().map(|head| head.sha256.clone())).unwrap_or_default();
        let judge = self.head.with_value(|head| head.as_ref().map(Head::judged_by));
        let own_judge = self.judge_of_run();
        let seen = self.run.with_value(|run| {
            run.as_ref().map(|run| {
                let (experiment, answers) = (run.experiment(), run.answers());
                let card = experiment.card.as_ref().filter(|card| run.is_done() && !card.answers.is_empty());
                Seen {
                    name: experiment.name.clone(),
                    there: answers.len(),
                    total: experiment.num_answers(),
                    questions: experiment.questions.iter().map(|question| question.id.clone()).collect(),
                    has_second: experiment.second_turn.is_some(),
                    judge: experiment.judge.as_ref().and_then(Judge::prompts).cloned().zip(judge),
                    columns: rates(experiment, answers, &Rule::default()),
                    drift: card.map(|card| {
                        Drift::between(card, experiment, answers, (&sha256, own_judge.as_ref())).sentence()
                    }),
                }
            })
        });
        self.seen.set(seen);
        self.run.with_value(|run| run.iter().for_each(|run| self.servers.look(run)));
        self.keep();
    }

    /// Stores the answers since the last time.
    fn keep(self) {
        let (num_kept, piece) = self.kept.get_value();
        let is_kept = self.run.with_value(|run| {
            let run = run.as_ref()?;
            let new = run.answers().get(num_kept..).filter(|new| !new.is_empty())?;
            self.kept.set_value((run.answers().len(), piece + 1));
            let text = store::piece(run.experiment(), new);
            self.place.with_value(|place| place.as_ref().map(|place| place.add(piece, &text)))
        });
        if is_kept == Some(false) {
            self.problem.set(Some(text::experiment::RUN_NOT_KEPT.to_owned()));
        }
    }

    fn advance(self, lab: LabState) {
        if !self.is_going.get_untracked() {
            return;
        }
        loop {
            let id = lab.new_id();
            let work = self.run.try_update_value(|run| run.as_mut().and_then(|run| run.start_next(id))).flatten();
            let Some(work) = work else { break };
            match work {
                Work::Engine(command) => {
                    lab.ask(Sender::Run, id, &command);
                }
                Work::Server(errand) => self.servers.send(errand, move |id, reply| self.take_reply(lab, id, reply)),
            }
        }
        if self.run.with_value(|run| run.as_ref().is_none_or(Run::is_idle)) {
            self.is_going.set(false);
        }
    }

    fn take_reply(self, lab: LabState, id: u32, reply: Result<Reply, ServerError>) {
        self.run.update_value(|run| {
            if let Some(run) = run {
                run.take_reply(id, reply);
            }
        });
        self.look();
        self.advance(lab);
    }

    /// Runs an experiment from the beginning.
    pub fn begin(self, lab: LabState, draft: Draft) {
        // A new run replaces one that may still wait for servers.
        self.abort_requests();
        let (model, sha256) = model_of(lab);
        let judge = draft.experiment.is_judged_here().then(|| untrack(|| lab.own_judge())).flatten();
        let run = Run::new(draft.experiment, SLOT, most_columns(lab), Vec::new()).judged_in(slot_of(judge.as_ref()));
        let head = Head { experiment: draft.document, model, sha256, judge };
        // A run that is not finished waits in the list of runs.
        if self.seen.with_untracked(|seen| seen.as_ref().is_some_and(|seen| seen.there == seen.total)) {
            self.forget();
        }
        let place = Place::new();
        let is_kept = place.begin(&head);
        self.problem.set((!is_kept).then(|| text::experiment::RUN_NOT_KEPT.to_owned()));
        self.hold(place);
        self.kept.set_value((0, 0));
        self.head.set_value(Some(head));
        self.run.set_value(Some(run));
        self.servers.begin();
        lab.begin_anew();
        self.look();
        self.is_going.set(true);
        self.advance(lab);
    }

    /// Whether the run can resume: servers are always available, a model only if it is loaded.
    #[must_use]
    pub fn can_go_on(self, lab: LabState) -> bool {
        !self.asks_model() || lab.has_model()
    }

    /// The separate model that judges the run.
    fn judge_of_run(self) -> Option<JudgeModel> {
        self.head.with_value(|head| head.as_ref()?.judge.clone())
    }

    /// Whether the run asks the model that answers.
    fn asks_model(self) -> bool {
        let has_judge = self.judge_of_run().is_some();
        self.run.with_value(|run| run.as_ref().is_some_and(|run| run.experiment().asks_model_that_answers(has_judge)))
    }

    /// Resumes a paused or interrupted run, with the model that it started with.
    pub fn go_on(self, lab: LabState) {
        let (model, sha256) = model_of(lab);
        let begun_with =
            self.head.with_value(|head| head.as_ref().map(|head| (head.model.clone(), head.sha256.clone())));
        if let Some((begun_with, sum)) = begun_with.filter(|_| self.asks_model())
            && (begun_with != model || sum != sha256)
        {
            return self.problem.set(Some(text::experiment::another_model(&begun_with, &model)));
        }
        let judge = untrack(|| lab.own_judge());
        if let Some(begun_with) = self.judge_of_run().filter(|it| !judge.as_ref().is_some_and(|here| here.is_same(it)))
        {
            let here = judge.map(|judge| judge.name).unwrap_or_default();
            return self.problem.set(Some(text::judge::another_judge(&begun_with.name, &here)));
        }
        self.problem.set(None);
        lab.begin_anew();
        self.run.update_value(|run| {
            if let Some(run) = run {
                run.interrupt();
                run.resume();
                run.lay_out(most_columns(lab));
            }
        });
        self.look();
        self.is_going.set(true);
        self.advance(lab);
    }

    /// Ends the requests to servers that are open.
    fn abort_requests(self) {
        let open = self.run.try_update_value(|run| run.as_mut().map(Run::pause)).flatten();
        self.servers.abort(&open.unwrap_or_default());
    }

    /// Stops the run. The answers so far stay.
    pub fn pause(self, lab: LabState) {
        self.is_going.set(false);
        self.abort_requests();
        lab.stop();
    }

    /// Deletes the run.
    pub fn drop_run(self) {
        self.abort_requests();
        self.forget();
        self.run.set_value(None);
        self.head.set_value(None);
        self.problem.set(None);
        self.look();
    }

    /// The answers so far, as a file that a spreadsheet may open.
    #[must_use]
    pub fn saved_table(self) -> Option<String> {
        self.table().map(|table| without_formulas(&table).into_owned())
    }

    /// The answers so far, as a result file.
    #[must_use]
    pub fn table(self) -> Option<String> {
        let model = self.head.with_value(|head| head.as_ref().map(|head| head.model.clone())).unwrap_or_default();
        let judge = self.head.with_value(|head| head.as_ref().map(|head| head.judged_by().name)).unwrap_or_default();
        self.run.with_value(|run| {
            let run = run.as_ref()?;
            Some(table::header(run.experiment()) + &table::rows(run.experiment(), (&model, &judge), run.answers()))
        })
    }

    /// The run's card: the experiment, what answered it, and a digest of the answers.
    #[must_use]
    pub fn card(self, lab: LabState) -> Option<String> {
        let document = self.head.with_value(|head| head.as_ref().map(|head| head.experiment.clone()))?;
        let answers = self.run.with_value(|run| {
            let run = run.as_ref()?;
            Some(run.answers().iter().map(|answer| Print::of(run.experiment(), answer)).collect())
        })?;
        let card = lab.status.with_untracked(|status| {
            let device = match &status.probe {
                Some(Probe::Ready(device)) => format!("{} ({})", device.adapter, device.backend),
                Some(Probe::Missing(_)) | None => "CPU".to_owned(),
            };
            let loaded = status.ready(SLOT);
            let weights = loaded.map(weights_of).unwrap_or_default();
            let math = loaded.map_or(Math::default(), |loaded| loaded.card.math);
            let math = if math == Math::Exact { "exact" } else { "fast" };
            let (model, sha256) = loaded.map(|it| (it.card.name.clone(), it.sha256.clone())).unwrap_or_default();
            let source = match lab.source() {
                Some(Source::Url(address)) => address,
                Some(Source::Disk | Source::Kept(_)) | None => String::new(),
            };
            let add_ons = loaded.map(|loaded| loaded.add_ons.clone()).unwrap_or_default();
            let device = format!("{device}, {math} maths");
            Card {
                askew: env!("CARGO_PKG_VERSION").to_owned(),
                model,
                source,
                sha256,
                weights,
                add_ons,
                judge: self.judge_of_run(),
                device,
                answers,
            }
        });
        card.written_into(&document).ok()
    }
}

/// The model's weights in words: "llama, 3 layers: 22 × F16, 7 × F32".
fn weights_of(loaded: &Loaded) -> String {
    let quants = loaded.card.quantization.iter().map(|found| format!("{} × {}", found.num_tensors, found.quant));
    let quants: Vec<String> = quants.collect();
    format!("{}, {} layers: {}", loaded.card.architecture, loaded.card.num_layers, quants.join(", "))
}

/// Slot of the model that judges.
pub(super) fn slot_of(own_judge: Option<&JudgeModel>) -> u32 {
    if own_judge.is_some() { JUDGE_SLOT } else { SLOT }
}

/// Name of the loaded model and SHA-256 of its file.
fn model_of(lab: LabState) -> (String, String) {
    untrack(|| lab.model_in(SLOT)).map(|model| (model.name, model.sha256)).unwrap_or_default()
}

fn most_columns(lab: LabState) -> u32 {
    lab.status.with_untracked(|status| status.ready(SLOT).map_or(1, |loaded| loaded.columns))
}
