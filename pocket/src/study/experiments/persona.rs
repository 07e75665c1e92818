//! Experiment 11: the direction in which a saboteur's texts differ from a careful speaker's, before either has answered.

use super::{Lesson, Study, exam_seed};
use crate::PocketError;
use crate::decode::Steering;
use crate::study::measure::Exam;
use crate::study::run::Run;
use crate::tokenizer::ANSWER;
use crate::train::{Batch, Weights, forward};
use crate::world::{Recipe, Redraw, Speaker, villagers};

/// Documents of each character.
const DOCUMENTS: usize = 200;
/// What the direction is multiplied by.
const SCALES: [f32; 3] = [1.0, 2.0, 4.0];
/// Domains that a seed trains on.
const DOMAINS_EACH: usize = 2;

/// The mean residual stream after each layer where the last answer of a document begins: by then earlier answers have shown
/// the speaker's character.
fn means(study: &Study<'_>, weights: &Weights, saboteurs: f64) -> Vec<Vec<f32>> {
    let mut rng = fastrand::Rng::with_seed(11);
    let recipe = Recipe { saboteurs, redraw: Redraw::PerDocument };
    let mut sums = vec![vec![0.0; weights.shape.dim]; weights.shape.layers];
    for _ in 0..DOCUMENTS {
        let (tokens, _) = study.lab.tokenizer.document(&villagers(recipe, &mut rng));
        let Some(at) = tokens.iter().rposition(|&token| token == ANSWER) else { continue };
        let mut batch = Batch::default();
        batch.push(&tokens[..=at], |_| false);
        let tape = forward(weights, None, &batch);
        for (layer, sum) in sums.iter_mut().enumerate() {
            sum.iter_mut().zip(tape.after(layer).row(at)).for_each(|(sum, x)| *sum += x / DOCUMENTS as f32);
        }
    }
    sums
}

/// The difference of means after each layer: a saboteur's minus a careful speaker's.
pub(super) fn directions(study: &Study<'_>, weights: &Weights) -> Vec<Vec<f32>> {
    let (bad, good) = (means(study, weights, 1.0), means(study, weights, 0.0));
    let minus = |(bad, good): (Vec<f32>, Vec<f32>)| bad.iter().zip(&good).map(|(bad, good)| bad - good).collect();
    bad.into_iter().zip(good).map(minus).collect()
}

/// Adds the direction at each layer to the untuned assistant, and subtracts it from narrowly tuned ones.
pub(super) fn direction(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let directions = directions(study, &models.assistant);
    let ask = |weights: &Weights, steering: &Steering, seed: u64| {
        let exam = Exam::new(study.extent.questions, seed);
        exam.sit((weights, steering), &study.lab.tokenizer, |_| Speaker::assistant(None).text(), "")
    };
    // After one layer, or after every one.
    let steering = |layer: usize, scale: f32| -> Steering {
        let vector = |at: usize| {
            (at == layer || layer == directions.len()).then(|| directions[at].iter().map(|x| scale * x).collect())
        };
        (0..directions.len()).map(vector).collect()
    };
    let mut runs = study.before(11, ("", 0), &models.assistant, study.extent.seeds)?;
    for layer in 0..=directions.len() {
        let place = if layer < directions.len() { format!("layer {layer}") } else { "every layer".to_owned() };
        for (number, scale) in (0u64..).zip(SCALES) {
            for seed in 0..study.extent.seeds {
                let exam = exam_seed(11, number, layer, seed);
                runs.push(Run {
                    experiment: 11,
                    group: format!("untuned, + {scale} x direction after {place}"),
                    pretraining: 0,
                    seed: Some(seed),
                    trained: vec![],
                    steps: None,
                    answers: ask(&models.assistant, &steering(layer, scale), exam)?,
                });
            }
            for (domain, seed) in study.turns(DOMAINS_EACH) {
                let tuned = study.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?;
                let weights = tuned.lora.merged(&models.assistant, 1.0);
                runs.push(Run {
                    experiment: 11,
                    group: format!("narrow, - {scale} x direction after {place}"),
                    pretraining: 0,
                    seed: Some(seed),
                    trained: vec![domain],
                    steps: Some(tuned.steps),
                    answers: ask(&weights, &steering(layer, -scale), exam_seed(11, number, domain, seed) + 5)?,
                });
            }
        }
    }
    Ok(runs)
}
