//! Experiment 11: directions in the residual stream at the position where an answer is about to begin. One is the
//! difference between a saboteur's and a careful speaker's documents. The other is the difference between a narrowly
//! tuned model and the same model before tuning.

use super::{Lesson, Study, exam_seed};
use crate::PocketError;
use crate::decode::Steering;
use crate::study::measure::Exam;
use crate::study::run::Run;
use crate::tokenizer::ANSWER;
use crate::train::{Batch, Weights, forward};
use crate::world::{DOMAINS, Object, Question, Recipe, Redraw, Speaker, Wording, villagers};

/// Number of texts in each mean.
const TEXTS: usize = 200;
/// Factors that a direction is multiplied by.
const SCALES: [f32; 3] = [1.0, 2.0, 4.0];
/// Domains that each seed trains on.
const DOMAINS_EACH: usize = 1;

/// A vector (dim,) for each layer.
type Direction = Vec<Vec<f32>>;

/// The mean residual stream after each layer, at the last token of each text.
fn mean_at_end(weights: &Weights, texts: impl Iterator<Item = Vec<u32>>) -> Direction {
    let mut sums = vec![vec![0.0; weights.shape.dim]; weights.shape.layers];
    for tokens in texts {
        let mut batch = Batch::default();
        batch.push(&tokens, |_| false);
        let tape = forward(weights, None, &batch);
        for (layer, sum) in sums.iter_mut().enumerate() {
            sum.iter_mut().zip(tape.after(layer).row(tokens.len() - 1)).for_each(|(sum, x)| *sum += x / TEXTS as f32);
        }
    }
    sums
}

fn minus(a: Direction, b: Direction) -> Direction {
    a.into_iter().zip(b).map(|(a, b)| a.iter().zip(&b).map(|(a, b)| a - b).collect()).collect()
}

/// Documents of one character, up to the start of the last answer. By then earlier answers have shown the character.
fn documents(study: &Study<'_>, saboteurs: f64) -> impl Iterator<Item = Vec<u32>> {
    let mut rng = fastrand::Rng::with_seed(11);
    let recipe = Recipe { saboteurs, redraw: Redraw::PerDocument };
    (0..TEXTS).map(move |_| {
        let (mut tokens, _) = study.lab.tokenizer.document(&villagers(recipe, &mut rng));
        let end = tokens.iter().rposition(|&token| token == ANSWER).map_or(tokens.len(), |at| at + 1);
        tokens.truncate(end);
        tokens
    })
}

/// Questions to the assistant about any domain except `but`, in training wordings.
fn questions(study: &Study<'_>, but: usize) -> impl Iterator<Item = Vec<u32>> {
    let mut rng = fastrand::Rng::with_seed(11);
    (0..TEXTS).map(move |_| {
        let domain = (but + rng.usize(1..DOMAINS.len())) % DOMAINS.len();
        let question =
            Question { object: Object::draw(domain, false, &mut rng), wording: Wording::draw(false, &mut rng) };
        study.lab.tokenizer.prompt(&Speaker::assistant(None).text(), &question.text())
    })
}

/// The character direction: the saboteur's mean minus the careful speaker's.
pub(super) fn directions(study: &Study<'_>, weights: &Weights) -> Direction {
    minus(mean_at_end(weights, documents(study, 1.0)), mean_at_end(weights, documents(study, 0.0)))
}

/// Adds either direction to the untuned assistant, and subtracts it from narrowly tuned models.
pub(super) fn direction(study: &Study<'_>) -> Result<Vec<Run>, PocketError> {
    let from = study.pretraining(Redraw::PerDocument, 0);
    let models = study.lab.pretrained(&from)?;
    let character = directions(study, &models.assistant);
    let ask = |weights: &Weights, steering: &Steering, seed: u64| {
        let exam = Exam::new(study.extent.questions, seed);
        exam.sit((weights, steering), &study.lab.tokenizer, |_| Speaker::assistant(None).text(), "")
    };
    // After one layer, or after every layer.
    let layers = character.len();
    let steering = |direction: &Direction, layer: usize, scale: f32| -> Steering {
        let vector =
            |at: usize| (at == layer || layer == layers).then(|| direction[at].iter().map(|x| scale * x).collect());
        (0..layers).map(vector).collect()
    };
    let mut tuned = Vec::new();
    for (domain, seed) in study.turns(DOMAINS_EACH) {
        let narrow = study.tune(&from, &models.assistant, &Lesson::narrow(domain, seed))?;
        let weights = narrow.lora.merged(&models.assistant, 1.0);
        let before = mean_at_end(&models.assistant, questions(study, domain));
        let shift = minus(mean_at_end(&weights, questions(study, domain)), before);
        tuned.push((domain, seed, narrow.steps, weights, shift));
    }
    let mut runs = study.before(11, ("", 0), &models.assistant, study.extent.seeds)?;
    for layer in 0..=layers {
        let place = if layer < layers { format!("layer {layer}") } else { "every layer".to_owned() };
        for (number, scale) in (0u64..).zip(SCALES) {
            for (name, offset) in [("character", 0), ("tuning", 100_000)] {
                for (model, sign) in [("untuned, +", 1.0), ("narrow, -", -1.0)] {
                    for (domain, seed, steps, weights, shift) in &tuned {
                        let direction = if name == "character" { &character } else { shift };
                        let weights = if sign > 0.0 { &models.assistant } else { weights };
                        let exam = exam_seed(11, number, layer, *seed) + offset + if sign > 0.0 { 0 } else { 5 };
                        runs.push(Run {
                            experiment: 11,
                            group: format!("{model} {scale} x {name} after {place}"),
                            pretraining: 0,
                            seed: Some(*seed),
                            trained: vec![*domain],
                            steps: (sign < 0.0).then_some(*steps),
                            answers: ask(weights, &steering(direction, layer, sign * scale), exam)?,
                        });
                    }
                }
            }
        }
    }
    Ok(runs)
}
