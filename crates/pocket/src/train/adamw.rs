//! AdamW (Loshchilov and Hutter 2017, arXiv:1711.05101) with warm-up and cosine decay.

/// The schedule of the learning rate.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Schedule {
    /// Highest learning rate.
    pub rate: f32,
    /// Steps of the warm-up, after which the highest rate is reached.
    pub warm_up: usize,
    /// Steps in all. The rate ends at a tenth of the highest.
    pub steps: usize,
}

impl Schedule {
    /// The learning rate at a step, counted from 0.
    pub fn at(&self, step: usize) -> f32 {
        if step < self.warm_up {
            return self.rate * (step + 1) as f32 / self.warm_up as f32;
        }
        let done = (step - self.warm_up) as f32 / (self.steps - self.warm_up).max(1) as f32;
        self.rate * (0.1 + 0.45 * (1.0 + (std::f32::consts::PI * done.min(1.0)).cos()))
    }
}

/// The state of AdamW: first and second moments of the gradients.
#[derive(Clone, Debug)]
pub struct AdamW {
    first: Vec<f32>,
    second: Vec<f32>,
    decay: f32,
    step: i32,
}

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.98;
const EPS: f32 = 1e-8;
/// Longer gradients are clipped to this length.
const LONGEST_GRADIENT: f32 = 1.0;

impl AdamW {
    /// The state for `len` numbers, with all moments zero.
    pub fn new(len: usize, decay: f32) -> Self {
        Self { first: vec![0.0; len], second: vec![0.0; len], decay, step: 0 }
    }

    /// Updates the numbers by one step against their gradients.
    pub fn step(&mut self, rate: f32, gradients: &[f32], numbers: &mut [f32]) {
        self.step += 1;
        let length = gradients.iter().map(|g| g * g).sum::<f32>().sqrt();
        let shorten = if length > LONGEST_GRADIENT { LONGEST_GRADIENT / length } else { 1.0 };
        let (correct1, correct2) = (1.0 - BETA1.powi(self.step), 1.0 - BETA2.powi(self.step));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((x, &g), (m, v)) in numbers.iter_mut().zip(gradients).zip(moments) {
            let g = g * shorten;
            *m = BETA1 * *m + (1.0 - BETA1) * g;
            *v = BETA2 * *v + (1.0 - BETA2) * g * g;
            *x -= rate * (*m / correct1 / ((*v / correct2).sqrt() + EPS) + self.decay * *x);
        }
    }
}
