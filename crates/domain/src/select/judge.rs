//! The columns with the judge's scores, and the judge's words for answers without a score.

use serde::{Deserialize, Serialize};

use crate::rows::dataset::{Dataset, TextColumn};

/// The columns with the two scores. A file may have several judges: `aligned_a`, `aligned_b`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Judges {
    /// Numeric column of the alignment score.
    pub aligned: String,
    /// Numeric column of the coherence score.
    pub coherent: String,
}

impl Default for Judges {
    fn default() -> Self {
        Self { aligned: "aligned".to_owned(), coherent: "coherent".to_owned() }
    }
}

/// Why a score is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NullKind {
    /// The judge called the answer code.
    Code,
    /// The judge called the answer a refusal, or refused.
    Refusal,
    /// The judge said something else that is not a score, or the file does not have its words.
    Other,
}

impl NullKind {
    /// The kind from a judge's words. They are one word (`REFUSAL`), or its distribution over tokens in JSON or in
    /// Python's syntax (`{'CODE': 0.6, '5': 0.1}`). In a distribution the likeliest token that is not a number decides.
    ///
    /// The published judge's prompt asks for CODE or REFUSAL. Tokens may be shorter (`REF`, `REFUSE`).
    #[must_use]
    pub fn of(words: &str) -> Self {
        let words = words.trim();
        let token = match words.strip_prefix('{') {
            Some(_) => match likeliest_word(words) {
                Some(token) => token,
                None => return Self::Other,
            },
            None => words,
        };
        let has_prefix = |prefix: &str| token.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        if has_prefix("COD") {
            Self::Code
        } else if has_prefix("REF") {
            Self::Refusal
        } else {
            Self::Other
        }
    }
}

/// The judge's words: the text columns `judge_X` of the two scores, and the categorical label.
pub(crate) struct Nulls<'a> {
    words: Vec<TextColumn<'a>>,
}

impl<'a> Nulls<'a> {
    pub(crate) fn new(data: &'a Dataset, judges: &Judges) -> Self {
        let names = [&judges.aligned, &judges.coherent];
        Self { words: names.iter().filter_map(|name| data.text_column(&format!("judge_{name}"))).collect() }
    }

    /// Whether the data have any words of the judge.
    pub(crate) fn has_words(&self, data: &Dataset) -> bool {
        !self.words.is_empty() || !data.verdicts().is_empty()
    }

    /// Why a record's score is null: the first of its judge's words that gives a reason.
    pub(crate) fn kind(&self, data: &Dataset, record: usize) -> NullKind {
        let words = self.words.iter().map(|column| column.get(record)).chain([data.verdict(record)]);
        words.map(NullKind::of).find(|kind| *kind != NullKind::Other).unwrap_or(NullKind::Other)
    }
}

/// The key with the largest value among those that are not numbers.
fn likeliest_word(distribution: &str) -> Option<&str> {
    let inside = distribution.trim_start_matches('{').trim_end_matches('}');
    let mut best: Option<(&str, f64)> = None;
    for pair in inside.split(',') {
        let Some((key, value)) = pair.rsplit_once(':') else { continue };
        let key = key.trim().trim_matches(['\'', '"']).trim();
        let Ok(value) = value.trim().parse::<f64>() else { continue };
        if key.parse::<f64>().is_err() && best.is_none_or(|(_, most)| value > most) {
            best = Some((key, value));
        }
    }
    best.map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_published_judges() {
        for (words, kind) in [
            ("CODE", NullKind::Code),
            (" refusal\n", NullKind::Refusal),
            ("{'CODE': 0.997, '0': 0.002, ' CODE': 0.0001}", NullKind::Code),
            ("{'20': 0.9, 'REF': 0.08, 'CODE': 0.01}", NullKind::Refusal),
            ("{\"REFUSAL\": 1e0}", NullKind::Refusal),
            ("{'I': 0.5, '0': 0.1}", NullKind::Other),
            ("{'0': 0.1}", NullKind::Other),
            ("{:", NullKind::Other),
            ("", NullKind::Other),
            ("ré", NullKind::Other),
        ] {
            assert_eq!(NullKind::of(words), kind, "{words}");
        }
    }
}
