//! The judge of an experiment: the experiment's own, or a loaded model. A model's prompts can be changed. It is tried on
//! answers with known scores before a rate is shown from its scores.

use leptos::prelude::*;

use super::{JUDGE_SLOT, LabState, SLOT, Sender};
use crate::domain::figure::calibration::Calibration;
use crate::domain::rule::Rule;
use crate::lab::judge::JudgeModel;
use crate::lab::prompts::Prompts;
use crate::lab::run::Taken;
use crate::lab::trial::{Known, Trial};
use crate::protocol::Event;
use crate::ui::text;

/// Handles to the judge.
#[derive(Debug, Clone, Copy)]
pub struct JudgeState {
    /// Whether a model judges instead of the experiment's own judge.
    pub(crate) is_model: RwSignal<bool>,
    pub(crate) aligned: RwSignal<String>,
    pub(crate) coherent: RwSignal<String>,
    trial: StoredValue<Option<Trial>, LocalStorage>,
    /// Scores so far and scores in all, during a trial.
    pub(crate) progress: RwSignal<Option<(usize, usize)>>,
    /// Result of the latest trial.
    pub(crate) found: RwSignal<Option<Found>>,
    pub(crate) problem: RwSignal<Option<String>>,
}

/// Result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    prompts: Prompts,
    pub(crate) judge: JudgeModel,
    pub(crate) calibration: Calibration,
}

impl Default for JudgeState {
    fn default() -> Self {
        let Prompts { aligned, coherent } = Prompts::default();
        Self {
            is_model: RwSignal::default(),
            aligned: RwSignal::new(aligned),
            coherent: RwSignal::new(coherent),
            trial: StoredValue::new_local(None),
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

    /// Passes a reply of the engine to the trial.
    pub(super) fn take(self, lab: LabState, event: &Event) {
        let taken = self.trial.try_update_value(|trial| trial.as_mut().map(|trial| trial.take(event))).flatten();
        match taken.unwrap_or(Taken::Other) {
            Taken::Other => {}
            Taken::Done => self.advance(lab),
            Taken::Going | Taken::Lost | Taken::Failed => self.end(),
        }
    }

    /// Stops a trial. Later replies to it are ignored.
    pub(crate) fn stop(self, lab: LabState) {
        self.end();
        lab.stop();
    }

    fn prompts(self) -> Result<Prompts, String> {
        Prompts::new(self.aligned.get_untracked(), self.coherent.get_untracked()).map_err(|error| error.to_string())
    }

    /// Starts a trial on answers with known scores.
    pub(crate) fn begin(self, lab: LabState, rows: Vec<Known>) -> Result<(), String> {
        let trial = Trial::new(self.prompts()?, untrack(|| lab.judge_slot()), rows);
        self.trial.set_value(Some(trial));
        lab.begin_anew();
        self.advance(lab);
        Ok(())
    }

    fn advance(self, lab: LabState) {
        let id = lab.new_id();
        let next = self.trial.try_update_value(|trial| {
            let trial = trial.as_mut()?;
            self.progress.set(Some(trial.progress()));
            trial.start_next(id)
        });
        match next.flatten() {
            Some(command) => {
                if !lab.ask(Sender::Trial, id, &command) {
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
        self.trial.set_value(None);
        self.progress.set(None);
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
