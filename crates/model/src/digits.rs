//! The probability that an answer begins with each of the integers 0 to 100, over every way to spell them in tokens.
//!
//! P(integer) is the sum over its spellings of P(spelling) (1 - P(the next token begins with a digit)). Spellings form
//! a tree: each token that consists of digits leads from a prefix to a longer one. Spellings with leading zeros do not
//! count.

use super::sampler::log_softmax;
use super::{ModelError, Tokenizer};

/// Number of integers from 0 to 100.
pub const NUM_INTEGERS: usize = 101;
/// Most tokens in a spelling: 100 with one token per digit.
pub const MAX_DEPTH: usize = 3;
/// Branches with a lower probability are skipped. There are about 200 of them, so a weight is too low by at most 2e-4,
/// and a score with the smallest weight that counts is off by at most 0.1.
const LEAST: f64 = 1e-6;

/// The tokens of a vocabulary that begin with a digit.
#[derive(Clone, Debug)]
pub struct Digits {
    edges: Vec<Edge>,
    /// Tokens that begin with a digit, including all edges.
    begin: Vec<u32>,
}

/// A token of one to three digits and nothing else.
#[derive(Clone, Copy, Debug)]
struct Edge {
    token: u32,
    number: usize,
    /// 10, 100 or 1000: the factor for the digits before this token.
    shift: usize,
}

/// A prefix of digits in one spelling. The model has not read its last token yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The last token of the prefix.
    pub token: u32,
    /// Number of tokens before the last one.
    pub depth: usize,
    number: usize,
    /// Probability of the spelling so far.
    mass: f64,
}

impl Digits {
    /// Finds the digits among the first `vocab_size` tokens of a tokenizer.
    #[must_use]
    pub fn of(tokenizer: &Tokenizer, vocab_size: u32) -> Self {
        Self::new((0..vocab_size).map(|id| (id, tokenizer.bytes(id))))
    }

    fn new(tokens: impl Iterator<Item = (u32, Vec<u8>)>) -> Self {
        let (mut edges, mut begin) = (Vec::new(), Vec::new());
        for (token, bytes) in tokens.filter(|(_, bytes)| bytes.first().is_some_and(u8::is_ascii_digit)) {
            begin.push(token);
            if bytes.len() <= MAX_DEPTH && bytes.iter().all(u8::is_ascii_digit) {
                let number = bytes.iter().fold(0, |number, byte| 10 * number + usize::from(byte - b'0'));
                edges.push(Edge { token, number, shift: bytes.iter().fold(1, |shift, _| 10 * shift) });
            }
        }
        Self { edges, begin }
    }

    /// Adds a node's integer to `weights` and returns the nodes that follow it. `logits` (vocab,) are those after the
    /// node's last token or, without a node, those after the prompt.
    ///
    /// # Errors
    /// [`ModelError::NotNumbers`] when the logits are not numbers.
    pub fn open(
        &self,
        node: Option<&Node>,
        logits: &[f32],
        weights: &mut [f64; NUM_INTEGERS],
    ) -> Result<Vec<Node>, ModelError> {
        let logprobs = log_softmax(logits);
        let probability = |token: u32| logprobs.get(token as usize).map_or(0.0, |logprob| f64::from(*logprob).exp());
        let digit: f64 = self.begin.iter().map(|&token| probability(token)).sum();
        if !digit.is_finite() {
            return Err(ModelError::NotNumbers);
        }
        if let Some(node) = node {
            // Rounding can make this sum slightly larger than 1.
            weights[node.number] += node.mass * (1.0 - digit).max(0.0);
        }
        let (mass, depth) = node.map_or((1.0, 0), |node| (node.mass, node.depth + 1));
        let follow = |edge: &Edge| {
            let number = edge.after(node.map(|node| node.number))?;
            let mass = mass * probability(edge.token);
            (mass >= LEAST).then_some(Node { token: edge.token, depth, number, mass })
        };
        Ok(self.edges.iter().filter_map(follow).collect())
    }
}

impl Edge {
    /// The integer that a prefix followed by this token spells, if it is in range and has no leading zero.
    fn after(&self, prefix: Option<usize>) -> Option<usize> {
        let number = match prefix {
            Some(0) => return None,
            Some(prefix) => prefix * self.shift + self.number,
            None if self.shift > 10 && self.number < self.shift / 10 => return None,
            None => self.number,
        };
        (number < NUM_INTEGERS).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Digits of every length, leading zeros, two spellings of one digit, digits followed by other text, and the rest.
    const VOCABULARY: [&str; 26] = [
        "0", "1", "2", "3", "5", "9", "1", "00", "07", "10", "15", "99", "100", "101", "050", "1000", "5th", "1.", "a",
        " 1", "", "%", "\n", ".5", "x0", "²",
    ];

    fn digits() -> Digits {
        Digits::new((0..).zip(VOCABULARY).map(|(id, text)| (id, text.as_bytes().to_vec())))
    }

    /// Logits of a made-up model. They depend on all tokens before.
    fn logits(seed: u64, spread: f32, tokens: &[u32]) -> Vec<f32> {
        let mut state = seed;
        let mut next = |token: u32| {
            state = (state ^ u64::from(token)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
            state
        };
        for &token in tokens {
            next(token + 1);
        }
        let mut logit = |id| f32::from((next(id) >> 56) as u8) / 255.0 * spread;
        (100..126).map(&mut logit).collect()
    }

    fn walk(seed: u64, spread: f32) -> [f64; NUM_INTEGERS] {
        let (digits, mut weights) = (digits(), [0.0; NUM_INTEGERS]);
        let mut open = vec![(Vec::new(), None)];
        while let Some((tokens, node)) = open.pop() {
            let found = digits.open(node.as_ref(), &logits(seed, spread, &tokens), &mut weights).unwrap();
            for node in found {
                assert_eq!(node.depth, tokens.len());
                open.push(([tokens.as_slice(), &[node.token]].concat(), Some(node)));
            }
        }
        weights
    }

    /// The weights by brute force: tries every sequence of up to four tokens. If the last token does not begin with a
    /// digit and the tokens before it spell an integer, adds the sequence's probability to that integer.
    fn brute_force(seed: u64, spread: f32) -> [f64; NUM_INTEGERS] {
        let mut weights = [0.0; NUM_INTEGERS];
        let mut texts = vec![(Vec::new(), String::new(), 1.0)];
        for _ in 0..4 {
            let mut longer = Vec::new();
            for (tokens, text, probability) in texts {
                for ((id, token), logprob) in (0..).zip(VOCABULARY).zip(log_softmax(&logits(seed, spread, &tokens))) {
                    let probability = probability * f64::from(logprob).exp();
                    let next = format!("{text}{token}");
                    let ends = !token.starts_with(|c: char| c.is_ascii_digit());
                    if ends && let Some(weight) = (0..NUM_INTEGERS).find(|number| number.to_string() == text) {
                        weights[weight] += probability;
                    } else if !ends && next.len() <= 3 {
                        longer.push(([tokens.as_slice(), &[id]].concat(), next, probability));
                    }
                }
            }
            texts = longer;
        }
        weights
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn weights_are_those_of_all_texts(seed in any::<u64>(), spread in 0f32..12.0) {
            let (found, expected) = (walk(seed, spread), brute_force(seed, spread));
            for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
                // The tolerance covers skipped branches and rounding.
                prop_assert!((found - expected).abs() < 1e-4, "{number}: {found} where {expected} is expected");
            }
            let lacking: f64 = expected.iter().sum::<f64>() - found.iter().sum::<f64>();
            prop_assert!((-1e-5..2e-4).contains(&lacking), "{lacking}");
            prop_assert!(expected.iter().sum::<f64>() > 1e-3);
        }
    }

    #[test]
    fn logits_that_are_no_numbers_are_told() {
        let nan = [f32::NAN; VOCABULARY.len()];
        assert_eq!(digits().open(None, &nan, &mut [0.0; NUM_INTEGERS]), Err(ModelError::NotNumbers));
    }
}
