//! Compares the backward pass with finite differences of the loss.

use pocket::tokenizer::Tokenizer;
use pocket::train::{Batch, Lora, MATRICES, Shape, Trained, Weights, backward, forward};
use pocket::world::{Recipe, villagers};

/// Largest relative error of a slope. Central differences in f32 are only this accurate.
const TOLERANCE: f64 = 0.02;

fn batch(tokenizer: &Tokenizer) -> Batch {
    let mut rng = fastrand::Rng::with_seed(3);
    let mut batch = Batch::default();
    for _ in 0..3 {
        let (tokens, is_answer) = tokenizer.document(&villagers(Recipe::SHIPPED, &mut rng));
        batch.push(&tokens, |at| is_answer[at]);
    }
    batch
}

fn shape(tokenizer: &Tokenizer) -> Shape {
    Shape { vocab: tokenizer.len(), dim: 16, ff: 24, layers: 2, heads: 2 }
}

/// Along the direction of a tensor's gradient, the slope of the loss equals the gradient's length.
fn check(name: &str, gradient: &[f32], loss: impl Fn(&dyn Fn(usize) -> f32) -> f64) {
    let length = gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt();
    assert!(length > 1e-6, "{name} has no gradient");
    let step = 0.004;
    #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
    let moved = |sign: f64| loss(&|at| (sign * step * f64::from(gradient[at]) / length) as f32);
    let slope = (moved(1.0) - moved(-1.0)) / (2.0 * step);
    assert!((slope / length - 1.0).abs() < TOLERANCE, "{name}: slope {slope}, gradient {length}");
}

#[test]
fn every_weight_has_its_gradient() {
    let tokenizer = Tokenizer::new();
    let (shape, batch) = (shape(&tokenizer), batch(&tokenizer));
    let weights = Weights::random(shape, &mut fastrand::Rng::with_seed(1));
    let (_, gradients) = backward(&weights, Trained::All, &batch, forward(&weights, None, &batch));
    let mut ranges = vec![("embedding".to_owned(), shape.embedding()), ("output norm".to_owned(), shape.output_norm())];
    for layer in 0..shape.layers {
        ranges.extend(MATRICES.map(|matrix| (format!("{matrix:?} of {layer}"), shape.matrix(layer, matrix))));
        ranges.push((format!("attention norm of {layer}"), shape.attn_norm(layer)));
        ranges.push((format!("feed-forward norm of {layer}"), shape.ff_norm(layer)));
    }
    assert_eq!(ranges.iter().map(|(_, range)| range.len()).sum::<usize>(), shape.num_weights());
    for (name, range) in ranges {
        check(&name, &gradients[range.clone()], |step| {
            let mut moved = weights.clone();
            moved.numbers[range.clone()].iter_mut().enumerate().for_each(|(at, x)| *x += step(at));
            backward(&moved, Trained::All, &batch, forward(&moved, None, &batch)).0
        });
    }
}

#[test]
fn every_factor_has_its_gradient() {
    let tokenizer = Tokenizer::new();
    let (shape, batch) = (shape(&tokenizer), batch(&tokenizer));
    let mut rng = fastrand::Rng::with_seed(2);
    let weights = Weights::random(shape, &mut rng);
    let mut lora = Lora::random(shape, 3, 2.0, &mut rng);
    // B is zero at first, which makes A's gradient zero.
    lora.numbers.iter_mut().filter(|x| **x == 0.0).for_each(|x| *x = rng.f32() - 0.5);
    let loss = |lora: &Lora| backward(&weights, Trained::Adapter(lora), &batch, forward(&weights, Some(lora), &batch));
    let gradients = loss(&lora).1;
    for layer in 0..shape.layers {
        for matrix in MATRICES {
            let (a, b) = lora.factors(layer, matrix);
            for (factor, range) in [("A", a), ("B", b)] {
                check(&format!("{factor} of {matrix:?} of {layer}"), &gradients[range.clone()], |step| {
                    let mut moved = lora.clone();
                    moved.numbers[range.clone()].iter_mut().enumerate().for_each(|(at, x)| *x += step(at));
                    loss(&moved).0
                });
            }
        }
    }
}
