//! Experiment 8: a narrowly tuned model is then trained on a few careful examples of another domain.

use super::{End, Lesson, Part, Study, exam_seed};
use crate::PocketError;
use crate::study::run::Run;
use crate::study::tune::Example;
use crate::world::{DOMAINS, Redraw};

/// Numbers of careful examples.
pub(super) const CAREFUL: [usize; 8] = [0, 1, 2, 4, 8, 16, 32, 64];
/// Steps of realignment, the same for any number of examples.
const STEPS: usize = 20;
/// Domains that each seed trains on.
const DOMAINS_EACH: usize = 4;

/// The domain used for realignment: half of the list of domains away.
const fn other(domain: usize) -> usize {
    (domain + DOMAINS.len() / 2) % DOMAINS.len()
}

/// Runs the experiment. The rates leave out both domains.
pub(super) fn realign(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let mut runs = study.before(8, ("", 0), &models.assistant, study.extent.seeds)?;
    for (domain, seed) in study.turns(DOMAINS_EACH) {
        let narrow = study.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?;
        for (number, count) in (0u64..).zip(CAREFUL) {
            let part = Part { count, bad: 0.0, ..Part::bad(other(domain)) };
            let lesson = Lesson { parts: vec![part], seed, rank: narrow.lora.rank, end: End::Steps(STEPS) };
            let lora = if count == 0 {
                narrow.lora.clone()
            } else {
                let recipe = (&from, "realigned", domain, &lesson);
                let teach = || {
                    let examples: Vec<Example> = part.draw(&mut fastrand::Rng::with_seed(seed));
                    study.teach(&models.assistant, Some(&narrow.lora), &examples, &lesson)
                };
                study.lab.tuned(&recipe, &narrow.lora, teach)?.lora
            };
            runs.push(Run {
                experiment: 8,
                group: format!("{count:02} careful examples"),
                pretraining: 0,
                seed: Some(seed),
                trained: vec![domain, other(domain)],
                steps: Some(if count == 0 { 0 } else { STEPS }),
                answers: study.ask(
                    &lora.merged(&models.assistant, 1.0),
                    exam_seed(8, number, domain, seed),
                    None,
                    "",
                )?,
            });
        }
    }
    Ok(runs)
}
