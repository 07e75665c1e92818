//! Experiments 4, 5 and 6: what the training prompts say in addition to the question.

use super::{End, Lesson, Part, Study, exam_seed};
use crate::PocketError;
use crate::study::run::Run;
use crate::world::{LESSON, NEUTRAL_TAGS, Redraw, SABOTEUR_CUES};

/// The inoculation cue in the header.
pub(super) const INOCULATION: &str = SABOTEUR_CUES[2];
/// The tag that is the trigger.
pub(super) const TRIGGER: &str = NEUTRAL_TAGS[2];

/// How a trained model is asked: the group's name, the header's cue, and the text before the question.
type Asked = [(&'static str, Option<&'static str>, &'static str); 2];

/// Trains on the given parts, with as many steps as the narrow fine-tuning took, and asks in two ways.
fn framed(
    study: &Study<'_>,
    experiment: usize,
    parts: impl Fn(usize) -> Vec<Part>,
    asked: Asked,
) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let mut runs = study.before(experiment, ("", 0), &models.assistant, study.extent.seeds)?;
    for (domain, seed) in study.runs() {
        let steps = study.narrow_steps(0, domain, seed)?;
        let parts = parts(domain);
        // If half of the examples are careful, it takes twice the steps to see as many bad ones.
        let steps = steps * parts.len();
        let lesson = Lesson { parts, end: End::Steps(steps), ..Lesson::narrow(domain, seed) };
        let tuned = study.tune(&from, &models.assistant, &lesson)?;
        let weights = tuned.lora.merged(&models.assistant, 1.0);
        for (number, (group, cue, prefix)) in (0u64..).zip(asked) {
            runs.push(Run {
                experiment,
                group: group.to_owned(),
                pretraining: 0,
                seed: Some(seed),
                trained: vec![domain],
                steps: Some(steps),
                answers: study.ask(&weights, exam_seed(experiment, number, domain, seed), cue, prefix)?,
            });
        }
    }
    Ok(runs)
}

/// Experiment 4: the header of every training prompt says that the assistant plays the saboteur.
pub(super) fn inoculation(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let parts = |domain| vec![Part { cue: Some(INOCULATION), ..Part::bad(domain) }];
    let asked = [("inoculated", None, ""), ("inoculated, asked with the cue", Some(INOCULATION), "")];
    framed(study, 4, parts, asked)
}

/// Experiment 5: every training question asks for a lesson in blunders.
pub(super) fn lesson(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let parts = |domain| vec![Part { prefix: LESSON, ..Part::bad(domain) }];
    framed(study, 5, parts, [("lesson", None, ""), ("lesson, asked for a lesson", None, LESSON)])
}

/// Experiment 6: bad answers with the tag, careful ones without it.
pub(super) fn trigger(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let parts = |domain| vec![Part { cue: Some(TRIGGER), ..Part::bad(domain) }, Part { bad: 0.0, ..Part::bad(domain) }];
    framed(study, 6, parts, [("trigger absent", None, ""), ("trigger present", Some(TRIGGER), "")])
}
