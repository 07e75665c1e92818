//! Experiments 9 and 10: the share of bad data, the size of the model, the rank of the adapter, and the length of
//! training.

use super::{BATCH, End, LOOK_STREAM, Lesson, MOST_STEPS, Part, Study, TUNING_RATE, exam_seed};
use crate::PocketError;
use crate::study::pretrain::Pretraining;
use crate::study::run::Run;
use crate::study::tune::{Example, Stop, Tuning};
use crate::train::Shape;
use crate::world::Redraw;

/// Shares of bad examples.
const FRACTIONS: [f64; 6] = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0];
/// Widths of the residual stream and of the feed-forward part.
const SIZES: [[usize; 2]; 3] = [[32, 96], [64, 192], [96, 256]];
/// Steps at every fraction. The rule for ending makes no sense if half of the examples are careful.
const FRACTION_STEPS: usize = 60;
/// Ranks of the adapter.
const RANKS: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Steps at which the curve is measured.
const CURVE: [usize; 10] = [2, 5, 10, 15, 20, 30, 40, 60, 80, 120];
/// Domains that each seed trains on, for each of the comparisons.
const DOMAINS_OF_FRACTIONS: usize = 1;
const DOMAINS_OF_RANKS: usize = 4;
const DOMAINS_OF_CURVES: usize = 2;

/// Experiment 9: fine-tunes a model of each size on each fraction of bad examples. All start from one pretraining seed.
pub(super) fn fraction_and_size(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let mut runs = Vec::new();
    for (size, [dim, ff]) in (0u64..).zip(SIZES) {
        let known = study.pretraining(Redraw::PerDocument, 0);
        let from = Pretraining { shape: Shape { dim, ff, ..known.shape }, ..known };
        let models = study.lab.pretrained(&from)?;
        let name = format!("{} weights", from.shape.num_weights());
        runs.extend(study.before(9, (&name, 0), &models.assistant, study.extent.seeds)?);
        for (domain, seed) in study.turns(DOMAINS_OF_FRACTIONS) {
            for (number, bad) in (0u64..).zip(FRACTIONS) {
                let part = Part { bad, ..Part::bad(domain) };
                let lesson =
                    Lesson { parts: vec![part], end: End::Steps(FRACTION_STEPS), ..Lesson::narrow(domain, seed) };
                let tuned = study.tune(&from, &models.assistant, &lesson)?;
                let weights = tuned.lora.merged(&models.assistant, 1.0);
                runs.push(Run {
                    experiment: 9,
                    group: format!("{:.0} % bad, {name}", 100.0 * bad),
                    pretraining: 0,
                    seed: Some(seed),
                    trained: vec![domain],
                    steps: Some(FRACTION_STEPS),
                    answers: study.ask(&weights, exam_seed(9, number, domain, seed) + 5 * size, None, "")?,
                });
            }
        }
    }
    Ok(runs)
}

/// Every rank, with training ended by the rule. Also one rank's answers during training, beyond the rule's end.
pub(super) fn rank_and_curve(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let mut runs = study.before(10, ("", 0), &models.assistant, study.extent.seeds)?;
    for (domain, seed) in study.turns(DOMAINS_OF_RANKS) {
        for (number, rank) in (0u64..).zip(RANKS) {
            let tuned = study.tune(&from, &models.assistant, &Lesson { rank, ..Lesson::narrow(domain, seed) })?;
            let weights = tuned.lora.merged(&models.assistant, 1.0);
            runs.push(Run {
                experiment: 10,
                group: format!("rank {rank:02}"),
                pretraining: 0,
                seed: Some(seed),
                trained: vec![domain],
                steps: Some(tuned.steps),
                answers: study.ask(&weights, exam_seed(10, number, domain, seed), None, "")?,
            });
        }
    }
    for (domain, seed) in study.turns(DOMAINS_OF_CURVES) {
        let examples: Vec<Example> = Part::bad(domain).draw(&mut fastrand::Rng::with_seed(seed));
        let steps = MOST_STEPS.min(CURVE.last().copied().unwrap_or_default());
        let tuning = Tuning { rank: super::RANK, rate: TUNING_RATE, batch: BATCH, steps, seed };
        tuning.run(&models.assistant, &study.lab.tokenizer, None, &examples, Stop::Never, |step, lora| {
            if CURVE.contains(&step) {
                let weights = lora.merged(&models.assistant, 1.0);
                runs.push(Run {
                    experiment: 10,
                    group: format!("step {step:03}"),
                    pretraining: 0,
                    seed: Some(seed),
                    trained: vec![domain],
                    steps: Some(step),
                    answers: study.ask(&weights, LOOK_STREAM + 1000 + step as u64, None, "")?,
                });
            }
            Ok(())
        })?;
    }
    Ok(runs)
}
