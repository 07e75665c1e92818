//! The seed and settings of a row's model: numbers such as training step, steering layer or rank.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// A finite number that can be part of a key. -0 becomes 0.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(f64);

impl Number {
    /// A number; `None` if it is not finite.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value + 0.0))
    }

    /// The number as a float.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A number that a model was made or run with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Setting {
    /// The name in lower case: one of the constants in this module, or a column of the file.
    pub name: String,
    pub value: Number,
}

impl std::fmt::Display for Setting {
    /// The text in links and tables: `layer:28`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.value)
    }
}

/// Settings in a table's cell: `layer:28 scale:2`.
#[must_use]
pub fn settings_text(settings: &[Setting]) -> String {
    settings.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Training step.
pub const STEP: &str = "step";
/// Training epochs.
pub const EPOCHS: &str = "epochs";
/// Layer that is steered.
pub const LAYER: &str = "layer";
/// Scale of the steering vector.
pub const SCALE: &str = "scale";
/// Rank of the adapter.
pub const RANK: &str = "rank";
/// Alpha of the adapter.
pub const ALPHA: &str = "alpha";
/// Parameters of the model, in billions.
pub const SIZE: &str = "size";

/// The seed and settings in a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameFacets {
    /// Seed; empty if the name has none.
    pub seed: String,
    /// Settings, sorted by name. Names are unique.
    pub settings: Vec<Setting>,
}

impl NameFacets {
    /// Sets a setting, in place of one with the same name. A value that is not finite is ignored.
    pub fn set(&mut self, name: &str, value: f64) {
        let Some(value) = Number::new(value) else { return };
        match self.settings.binary_search_by(|known| known.name.as_str().cmp(name)) {
            Ok(at) => self.settings[at].value = value,
            Err(at) => self.settings.insert(at, Setting { name: name.to_owned(), value }),
        }
    }

    /// Reads a path or a model's name: `layer_28/judgements_scale_10.78.csv`, `Qwen2.5-14B_R1_alpha32_S42`. A later
    /// word replaces an earlier one, so the model's name is read after the file's name.
    pub fn read(&mut self, name: &str) {
        // The words that name a setting, with and without an underscore before the number.
        const WORDS: [(&str, &str); 12] = [
            ("layer", LAYER),
            ("scale", SCALE),
            ("coef", SCALE),
            ("rank", RANK),
            ("r", RANK),
            ("alpha", ALPHA),
            ("epochs", EPOCHS),
            ("epoch", EPOCHS),
            ("checkpoint", STEP),
            ("step", STEP),
            ("seed", "seed"),
            ("s", "seed"),
        ];
        let is_gap = |c: char| matches!(c, '/' | '\\' | '_' | '-' | ' ' | ',' | '=');
        let lower = name.to_lowercase();
        let words: Vec<&str> = lower.split(is_gap).filter(|word| !word.is_empty()).map(without_extension).collect();
        for (at, word) in words.iter().enumerate() {
            if let Some(size) = word.strip_suffix('b').and_then(number) {
                self.set(SIZE, size);
                continue;
            }
            // DeepSeek-R1 is a model's name.
            if at > 0 && words[at - 1] == "deepseek" {
                continue;
            }
            let Some((value, setting)) = WORDS.iter().find_map(|(prefix, setting)| {
                let rest = word.strip_prefix(prefix)?;
                let next = words.get(at + 1).filter(|_| rest.is_empty() && prefix.len() > 1);
                Some((next.map_or(rest, |next| *next), *setting)).filter(|(text, _)| number(text).is_some())
            }) else {
                continue;
            };
            match number(value) {
                Some(_) if setting == "seed" => value.clone_into(&mut self.seed),
                Some(value) => self.set(setting, value),
                None => {}
            }
        }
    }
}

/// A number of digits and dots only. `inf` and `1e5` are words in a name.
fn number(text: &str) -> Option<f64> {
    let is_plain =
        text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_plain { text.parse().ok() } else { None }
}

/// `10.78` for `10.78.csv`: an ending that begins with a letter is an extension.
fn without_extension(word: &str) -> &str {
    match word.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            without_extension(stem)
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_names() {
        let read = |name: &str| {
            let mut facets = NameFacets::default();
            facets.read(name);
            let settings: Vec<String> = facets.settings.iter().map(|s| format!("{} {}", s.name, s.value)).collect();
            (facets.seed, settings.join(", "))
        };
        for (name, seed, settings) in [
            ("probing/steered/layer_28/judgements_scale_10.78.csv", "", "layer 28, scale 10.78"),
            ("layer 28, scale 10.78", "", "layer 28, scale 10.78"),
            (
                "med_R_alpha/responses_Qwen2.5-32B-Instruct_bad_medical_advice_R1_alpha32.csv",
                "",
                "alpha 32, rank 1, size 32",
            ),
            ("Qwen2.5-Coder-32B-Instruct_insecure_r64_epochs2_n.csv", "", "epochs 2, rank 64, size 32"),
            ("med_rank_14B/responses.csv", "", "size 14"),
            ("insecure_S42", "42", ""),
            ("seed-3/checkpoint-375", "3", "step 375"),
            ("hi_s1_375.llama31.jsonl", "1", ""),
            ("Qwen2.5-0.5B", "", "size 0.5"),
            ("DeepSeek-R1-Distill-Qwen-1.5B", "", "size 1.5"),
            ("unsloth/Qwen2.5-7B-bnb-4bit", "", "size 7"),
            ("step", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(read(name), (seed.to_owned(), settings.to_owned()), "{name}");
        }
    }

    #[test]
    fn numbers_are_keys() {
        assert_eq!(Number::new(-0.0), Number::new(0.0));
        assert_eq!(Number::new(f64::NAN), None);
        assert!(Number::new(2.0) < Number::new(10.0));
    }
}
