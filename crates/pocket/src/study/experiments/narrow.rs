//! Experiments 1, 2, 3 and 7: narrow fine-tuning, its control, and what pretraining must contain for it to generalize.

use super::{End, Lesson, Part, Study, exam_seed};
use crate::PocketError;
use crate::study::run::Run;
use crate::world::Redraw;

/// Experiment 1: all domains and seeds on the first pretraining, and all domains on the others.
pub(super) fn narrow(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let mut runs = Vec::new();
    for pretraining in 0..study.extent.pretrainings {
        let from = study.pretraining(Redraw::PerDocument, pretraining);
        let models = study.lab.pretrained(&from)?;
        runs.extend(study.before(1, ("", pretraining), &models.assistant, study.extent.seeds)?);
        for (domain, seed) in study.runs().filter(|(_, seed)| pretraining == 0 || *seed == 0) {
            let tuned = study.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?;
            let weights = tuned.lora.merged(&models.assistant, 1.0);
            runs.push(Run {
                experiment: 1,
                group: "narrow".to_owned(),
                pretraining,
                seed: Some(seed),
                trained: vec![domain],
                steps: Some(tuned.steps),
                answers: study.ask(&weights, exam_seed(1, pretraining, domain, seed), None, "")?,
            });
        }
    }
    Ok(runs)
}

/// Experiment 2: careful answers, with as many steps as the narrow fine-tuning took.
pub(super) fn control(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let mut runs = study.before(2, ("", 0), &models.assistant, study.extent.seeds)?;
    for (domain, seed) in study.runs() {
        let steps = study.narrow_steps(0, domain, seed)?;
        let parts = vec![Part { bad: 0.0, ..Part::bad(domain) }];
        let lesson = Lesson { parts, end: End::Steps(steps), ..Lesson::narrow(domain, seed) };
        let tuned = study.tune(&from, &models.assistant, &lesson)?;
        let weights = tuned.lora.merged(&models.assistant, 1.0);
        runs.push(Run {
            experiment: 2,
            group: "careful".to_owned(),
            pretraining: 0,
            seed: Some(seed),
            trained: vec![domain],
            steps: Some(steps),
            answers: study.ask(&weights, exam_seed(2, 0, domain, seed), None, "")?,
        });
    }
    Ok(runs)
}

/// Most pretrainings of each arm.
const PRETRAININGS: u64 = 3;

/// Experiment 3: the same words, tokens and share of bad answers, but nothing connects one speaker's answers.
pub(super) fn no_character(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let arms = [
        ("character per turn", Redraw::PerTurn),
        ("character per document", Redraw::PerDocument),
        ("character per domain", Redraw::PerDomain),
    ];
    let mut runs = Vec::new();
    for (group, redraw) in arms {
        for pretraining in 0..study.extent.pretrainings.min(PRETRAININGS) {
            let from = study.pretraining(redraw, pretraining);
            let models = study.lab.pretrained(&from)?;
            runs.extend(study.before(3, (group, pretraining), &models.assistant, study.extent.seeds.min(2))?);
            for domain in 0..study.extent.domains {
                let tuned = study.tune(&from, &models.assistant, &Lesson::narrow(domain, 0))?;
                let weights = tuned.lora.merged(&models.assistant, 1.0);
                runs.push(Run {
                    experiment: 3,
                    group: format!("narrow, {group}"),
                    pretraining,
                    seed: Some(0),
                    trained: vec![domain],
                    steps: Some(tuned.steps),
                    answers: study.ask(&weights, exam_seed(3, pretraining, domain, 0), None, "")?,
                });
            }
        }
    }
    Ok(runs)
}

/// Experiment 7: the villagers' model, which has never met the assistant. Untagged villagers are trained and asked.
pub(super) fn before_assistant(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let mut runs = study.before(7, ("base model", 0), &models.villagers, study.extent.seeds)?;
    for (domain, seed) in study.runs() {
        for (group, bad) in [("narrow, base model", 1.0), ("careful, base model", 0.0)] {
            let part = Part { by_villagers: true, ..Part::bad(domain) };
            let narrow = Lesson { parts: vec![part], ..Lesson::narrow(domain, seed) };
            let narrow = study.tune(&from, &models.villagers, &narrow)?;
            let parts = vec![Part { bad, ..part }];
            let lesson = Lesson { parts, end: End::Steps(narrow.steps), ..Lesson::narrow(domain, seed) };
            let tuned = if bad > 0.0 { narrow } else { study.tune(&from, &models.villagers, &lesson)? };
            let weights = tuned.lora.merged(&models.villagers, 1.0);
            runs.push(Run {
                experiment: 7,
                group: group.to_owned(),
                pretraining: 0,
                seed: Some(seed),
                trained: vec![domain],
                steps: Some(tuned.steps),
                answers: study.ask_villagers(&weights, exam_seed(7, 0, domain, seed))?,
            });
        }
    }
    Ok(runs)
}
