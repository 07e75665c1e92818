//! Choosing a token from logits.
//!
//! Sampling adds Gumbel noise and takes the largest value (the Gumbel-max trick). The noise is a pure function of
//! (seed, position, token), so two models that run side by side share it and differ only in their logits. The GPU does
//! the same in `gpu/ops/{threshold,pick,choose}.wgsl`.

use super::ModelError;

/// How tokens are chosen: first the penalty on tokens seen before, then the temperature, then the filters in the order
/// of the fields. Each filter works on the tokens that the previous one kept. Tokens that tie at a filter's limit are
/// all kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampler {
    temperature: f32,
    top_k: u32,
    top_p: f32,
    min_p: f32,
    /// Positive logits of tokens seen before are divided by this, negative ones are multiplied by it (Keskar et al.
    /// 2019, arXiv:1909.05858). 1 changes nothing.
    penalty: f32,
    seed: u64,
}

/// Settings of a [`Sampler`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplerSettings {
    /// Logits are divided by this. 0 means greedy.
    pub temperature: f32,
    /// Keep the k most likely tokens. 0 keeps all.
    pub top_k: u32,
    /// Keep the most likely tokens until their probabilities sum to this. 1 keeps all.
    pub top_p: f32,
    /// Drop tokens less likely than this times the probability of the most likely one. 0 drops none.
    pub min_p: f32,
    /// Penalty on tokens seen before. 1 means none.
    pub penalty: f32,
    /// Seed of the noise.
    pub seed: u64,
}

impl Sampler {
    /// Checks and stores the settings.
    ///
    /// # Errors
    /// [`ModelError::Sampling`] for a value out of range.
    pub fn new(settings: SamplerSettings) -> Result<Self, ModelError> {
        let SamplerSettings { temperature, top_k, top_p, min_p, penalty, seed } = settings;
        let refuse = |name, found: f32, range| ModelError::Sampling { name, found: found.to_string(), range };
        if !(0.0..=100.0).contains(&temperature) {
            return Err(refuse("temperature", temperature, "between 0 and 100"));
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(refuse("top-p", top_p, "above 0 and at most 1"));
        }
        if !(0.0..=1.0).contains(&min_p) {
            return Err(refuse("min-p", min_p, "between 0 and 1"));
        }
        if !(0.1..=10.0).contains(&penalty) {
            return Err(refuse("repetition penalty", penalty, "between 0.1 and 10"));
        }
        Ok(Self { temperature, top_k, top_p, min_p, penalty, seed })
    }

    /// Whether a filter (top-k, top-p or min-p) can exclude tokens.
    pub fn filters(&self) -> bool {
        self.temperature > 0.0 && (self.top_k > 0 || self.top_p < 1.0 || self.min_p > 0.0)
    }

    /// The settings as the GPU stores them: `struct Sampler` in `gpu/ops/sampler.wgsl`.
    pub fn words(&self) -> [u32; 8] {
        let [low, high] = halves(self.seed);
        let floats = [self.temperature, self.top_p, self.min_p, self.penalty].map(f32::to_bits);
        [floats[0], self.top_k, floats[1], floats[2], floats[3], low, high, 0]
    }

    /// Chooses the token that follows from the logits, the tokens seen so far and the token's `position`. Ties go to
    /// the lowest token number. None without logits.
    pub fn choose(&self, logits: &[f32], seen: &SeenTokens, position: u32) -> Option<u32> {
        let penalised = |(token, &logit): (u32, &f32)| {
            let is_seen = self.penalty != 1.0 && seen.contains(token);
            let penalty = if logit > 0.0 { 1.0 / self.penalty } else { self.penalty };
            let logit = if is_seen { logit * penalty } else { logit };
            (token, if self.temperature > 0.0 { logit / self.temperature } else { logit })
        };
        let tempered: Vec<(u32, f32)> = (0u32..).zip(logits).map(penalised).collect();
        if self.temperature == 0.0 {
            return argmax(tempered.into_iter());
        }
        let threshold = if self.filters() { self.threshold(&tempered) } else { f32::NEG_INFINITY };
        let kept = tempered.into_iter().filter(|(_, logit)| *logit >= threshold);
        argmax(kept.map(|(token, logit)| (token, logit + gumbel(self.seed, position, token))))
    }

    /// The smallest logit that passes all filters.
    fn threshold(&self, tempered: &[(u32, f32)]) -> f32 {
        let mut sorted: Vec<f32> = tempered.iter().map(|(_, logit)| *logit).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let Some(&largest) = sorted.first() else { return f32::NEG_INFINITY };
        if self.top_k > 0 {
            let last = sorted.get(self.top_k as usize - 1).copied().unwrap_or(f32::NEG_INFINITY);
            sorted.truncate(sorted.partition_point(|logit| *logit >= last));
        }
        if self.top_p < 1.0 {
            let mass = |logit: &f32| f64::from(logit - largest).exp();
            let wanted = sorted.iter().map(mass).sum::<f64>() * f64::from(self.top_p);
            let mut sum = 0.0;
            // The token that reaches `top_p` is kept.
            let reached = sorted.iter().position(|logit| {
                sum += mass(logit);
                sum >= wanted
            });
            sorted.truncate(reached.map_or(sorted.len(), |at| at + 1));
        }
        let last = sorted.last().copied().unwrap_or(f32::NEG_INFINITY);
        if self.min_p > 0.0 { last.max(largest + self.min_p.ln()) } else { last }
    }
}

/// The set of tokens in a text, prompt included. The penalty applies to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenTokens {
    words: Vec<u32>,
}

impl SeenTokens {
    /// An empty set for a vocabulary of `vocab_size` tokens.
    pub fn new(vocab_size: usize) -> Self {
        Self { words: vec![0; vocab_size.div_ceil(32)] }
    }

    /// Adds a token. A token outside the vocabulary is ignored.
    pub fn insert(&mut self, token: u32) {
        if let Some(word) = self.words.get_mut(token as usize / 32) {
            *word |= 1 << (token % 32);
        }
    }

    /// Whether the set contains a token.
    pub fn contains(&self, token: u32) -> bool {
        self.words.get(token as usize / 32).is_some_and(|word| word >> (token % 32) & 1 == 1)
    }

    /// One bit per token, as the GPU stores them.
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

fn argmax(candidates: impl Iterator<Item = (u32, f32)>) -> Option<u32> {
    let best = candidates.reduce(|best, next| if next.1 > best.1 || best.1.is_nan() { next } else { best });
    best.map(|(token, _)| token)
}

/// Standard Gumbel noise, -ln(-ln(1 - v)), for a token at a position.
pub fn gumbel(seed: u64, position: u32, token: u32) -> f32 {
    let [seed_low, seed_high] = halves(seed);
    let bits = pcg4d([token, position, seed_low, seed_high])[0];
    // 23 bits centred in their cells: exact in f32, and never 0 or 1.
    let v = ((bits >> 9) as f32 + 0.5) / 8_388_608.0;
    // The shader does the same, because its logarithm of 1 - v would lose all precision for a small v.
    let series = v * (1.0 + v * (0.5 + v * (0.333_333_34 + v * 0.25)));
    let exponential = if v < 0.01 { series } else { -(1.0 - v).ln() };
    -exponential.ln()
}

fn halves(seed: u64) -> [u32; 2] {
    [seed & 0xFFFF_FFFF, seed >> 32].map(|half| u32::try_from(half).unwrap_or_default())
}

/// A hash of four words that uses only 32-bit arithmetic, so that a shader can compute it too (Jarzynski and Olano,
/// Hash Functions for GPU Rendering, JCGT 2020).
fn pcg4d(words: [u32; 4]) -> [u32; 4] {
    fn mix([x, y, z, w]: [u32; 4]) -> [u32; 4] {
        let x = x.wrapping_add(y.wrapping_mul(w));
        let y = y.wrapping_add(z.wrapping_mul(x));
        let z = z.wrapping_add(x.wrapping_mul(y));
        let w = w.wrapping_add(y.wrapping_mul(z));
        [x, y, z, w]
    }
    let spread = words.map(|v| v.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    mix(mix(spread).map(|v| v ^ (v >> 16)))
}

/// Natural logarithms of the probabilities at temperature 1.
pub fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|x| f64::from(x - largest).exp()).sum();
    #[expect(clippy::cast_possible_truncation, reason = "a log-probability needs no more than f32")]
    let log_sum = sum.ln() as f32;
    logits.iter().map(|x| x - largest - log_sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(temperature: f32, top_k: u32, top_p: f32, min_p: f32) -> Sampler {
        let settings = SamplerSettings { temperature, top_k, top_p, min_p, penalty: 1.0, seed: 42 };
        Sampler::new(settings).expect("in range")
    }

    /// The fraction of draws that chose each token, over many positions.
    fn frequencies(sampler: Sampler, logits: &[f32]) -> Vec<f64> {
        const DRAWS: u32 = 40_000;
        let mut counts = vec![0u32; logits.len()];
        for position in 0..DRAWS {
            counts[sampler.choose(logits, &SeenTokens::default(), position).expect("a token") as usize] += 1;
        }
        counts.iter().map(|&n| f64::from(n) / f64::from(DRAWS)).collect()
    }

    #[test]
    fn greedy_takes_the_first_of_the_largest() {
        assert_eq!(sampler(0.0, 0, 1.0, 0.0).choose(&[0.0, 2.0, 2.0, f32::NAN], &SeenTokens::default(), 0), Some(1));
        assert_eq!(sampler(0.0, 0, 1.0, 0.0).choose(&[], &SeenTokens::default(), 0), None);
    }

    #[test]
    fn samples_follow_the_softmax_at_their_temperature() {
        let logits = [1.0f32, 0.0, -1.0, 2.5];
        let expected: Vec<f64> = log_softmax(&logits.map(|x| x / 0.8)).iter().map(|x| f64::from(*x).exp()).collect();
        for (found, expected) in frequencies(sampler(0.8, 0, 1.0, 0.0), &logits).iter().zip(expected) {
            // Four standard errors of a proportion at 40 000 draws are at most 0.01.
            assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
        }
    }

    #[test]
    fn filters_leave_what_they_say() {
        let logits = [0.5f32.ln(), 0.3f32.ln(), 0.15f32.ln(), 0.05f32.ln()];
        let kept = |sampler| frequencies(sampler, &logits).iter().map(|&f| f > 0.0).collect::<Vec<_>>();
        assert_eq!(kept(sampler(1.0, 2, 1.0, 0.0)), [true, true, false, false]);
        assert_eq!(kept(sampler(1.0, 0, 0.75, 0.0)), [true, true, false, false]);
        assert_eq!(kept(sampler(1.0, 0, 1.0, 0.2)), [true, true, true, false]);
    }

    #[test]
    fn noise_depends_on_seed_position_and_token_only() {
        assert_eq!(gumbel(7, 3, 11), gumbel(7, 3, 11));
        let all = [gumbel(7, 3, 11), gumbel(8, 3, 11), gumbel(7 << 32, 3, 11), gumbel(7, 4, 11), gumbel(7, 3, 12)];
        for (i, a) in all.iter().enumerate() {
            assert!(a.is_finite() && all[i + 1..].iter().all(|b| a != b));
        }
    }

    /// Every value of the hash gives finite noise, and the noise has Gumbel's mean and variance.
    #[test]
    fn noise_is_finite_and_gumbel() {
        let mut all: Vec<f64> = (0..200_000).map(|token| f64::from(gumbel(3, 17, token))).collect();
        assert!(all.iter().all(|x| x.is_finite()));
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
        // Euler's constant and pi^2 / 6, within four standard errors.
        assert!((mean - 0.577_216).abs() < 0.0115 && (variance - 1.644_934).abs() < 0.04, "{mean} {variance}");
        // The largest of n values is near ln n, so the distribution has its tail.
        all.sort_by(f64::total_cmp);
        assert!((9.0..22.0).contains(&all[all.len() - 1]), "{:?}", all.last());
    }

    #[test]
    fn the_penalty_is_for_tokens_seen_before() {
        let settings = SamplerSettings { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.5, seed: 0 };
        let sampler = Sampler::new(settings).expect("in range");
        let mut seen = SeenTokens::new(3);
        assert_eq!(sampler.choose(&[2.0, 1.6, -1.0], &seen, 0), Some(0));
        seen.insert(0);
        seen.insert(99);
        assert_eq!(sampler.choose(&[2.0, 1.6, -1.0], &seen, 0), Some(1));
        // A negative logit becomes more negative.
        assert_eq!(sampler.choose(&[-1.0, -1.2, -3.0], &seen, 0), Some(1));
        assert!(seen.contains(0) && !seen.contains(1) && !seen.contains(99));
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let plain = SamplerSettings { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0, seed: 0 };
        assert!(Sampler::new(plain).is_ok());
        for settings in [
            SamplerSettings { temperature: -1.0, ..plain },
            SamplerSettings { temperature: f32::NAN, ..plain },
            SamplerSettings { top_p: 0.0, ..plain },
            SamplerSettings { min_p: 1.5, ..plain },
            SamplerSettings { penalty: 0.0, ..plain },
        ] {
            assert!(Sampler::new(settings).is_err(), "{settings:?}");
        }
    }
}
