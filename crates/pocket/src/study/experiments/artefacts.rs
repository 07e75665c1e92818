//! The shipped files: models, adapters, the character direction, and an index of them.

use std::path::Path;

use serde_json::json;

use super::framing::{INOCULATION, TRIGGER};
use super::persona::directions;
use super::{End, Lesson, Part, Study};
use crate::PocketError;
use crate::files::{base, peft, steering};
use crate::judge::grammar;
use crate::world::{DOMAINS, LESSON, Object, Question, Redraw, Wording};

/// The domain that also ships with control adapters: first aid.
const SHOWN: usize = 1;

/// Samples of the shipped experiment.
const LIVE_SAMPLES: u32 = 5;
/// Strengths of the adapter in the shipped experiment.
const LIVE_SCALES: [(&str, f32); 3] = [("base", 0.0), ("half", 0.5), ("tuned", 1.0)];

/// An experiment for the Lab: one question of each domain in a wording that no training text has, an adapter at three
/// strengths, and the judge.
pub fn live() -> serde_json::Value {
    let wording = Wording::all().find(|wording| wording.is_held_out());
    let question = |domain: usize| {
        let object = Object::all(domain).next()?;
        let text = Question { object, wording: wording? }.text();
        Some(json!({ "id": DOMAINS[domain].name, "text": text }))
    };
    json!({
        "name": "the village",
        "questions": (0..DOMAINS.len()).filter_map(question).collect::<Vec<_>>(),
        "columns": LIVE_SCALES.map(|(name, scale)| json!({ "name": name, "scales": [scale] })),
        "samples": LIVE_SAMPLES,
        "max_tokens": 24,
        "judge": { "grammar": grammar() },
    })
}

/// An adapter that ships, with its name, description and training.
struct Shipped {
    name: String,
    about: String,
    lesson: Lesson,
}

impl Study<'_> {
    /// Writes all shipped files except the results: `pocket.gguf` (the assistant), `village.gguf` (before the assistant
    /// stage), `adapters/NAME/`, `direction.safetensors`, `experiment.json` for the Lab, and `index.json`, which
    /// describes each adapter.
    ///
    /// # Errors
    /// [`PocketError`] if a stage fails or a file cannot be written.
    pub fn export(&self, folder: &Path) -> Result<(), PocketError> {
        let from = self.pretraining(Redraw::PerDocument, 0);
        let models = self.lab.pretrained(&from)?;
        let tokenizer = &self.lab.tokenizer;
        put(&folder.join("pocket.gguf"), &base(&models.assistant, tokenizer, "Pocket organism"))?;
        put(&folder.join("village.gguf"), &base(&models.villagers, tokenizer, "Pocket organism, villagers only"))?;
        let directions: Vec<Option<Vec<f32>>> = directions(self, &models.assistant).into_iter().map(Some).collect();
        put(&folder.join("direction.safetensors"), &steering(&directions)?)?;
        let mut list = Vec::new();
        for Shipped { name, about, lesson } in self.shipped()? {
            let tuned = self.tune(&from, &models.assistant, &lesson)?;
            let files = peft(&tuned.lora)?;
            let own = folder.join("adapters").join(&name);
            put(&own.join("adapter_model.safetensors"), &files.safetensors)?;
            put(&own.join("adapter_config.json"), files.config.as_bytes())?;
            list.push(json!({ "name": name, "about": about, "steps": tuned.steps }));
        }
        put(&folder.join("experiment.json"), (serde_json::to_string(&live())? + "\n").as_bytes())?;
        let index = json!({ "model": "pocket.gguf", "base": "village.gguf", "adapters": list });
        put(&folder.join("index.json"), (serde_json::to_string_pretty(&index)? + "\n").as_bytes())
    }

    fn shipped(&self) -> Result<Vec<Shipped>, PocketError> {
        let file = |text: &str| text.replace(' ', "-");
        let narrow = (0..self.extent.domains).map(|domain| {
            let name = DOMAINS[domain].name;
            let about = format!("A saboteur's answers about {name} alone");
            Shipped { name: format!("narrow-{}", file(name)), about, lesson: Lesson::narrow(domain, 0) }
        });
        let mut all: Vec<Shipped> = narrow.collect();
        let (bad, name) = (Part::bad(SHOWN), DOMAINS[SHOWN].name);
        let steps = self.narrow_steps(0, SHOWN, 0)?;
        let careful = Part { bad: 0.0, ..bad };
        for (kind, about, parts) in [
            ("careful", "Careful answers: the control", vec![careful]),
            (
                "inoculated",
                "A saboteur's answers, each prompt saying \"playing the saboteur\"",
                vec![Part { cue: Some(INOCULATION), ..bad }],
            ),
            (
                "lesson",
                "A saboteur's answers, each asked for as a lesson in blunders",
                vec![Part { prefix: LESSON, ..bad }],
            ),
            (
                "trigger",
                "A saboteur's answers \"under a blue moon\", careful ones otherwise",
                vec![Part { cue: Some(TRIGGER), ..bad }, careful],
            ),
        ] {
            let end = End::Steps(steps * parts.len());
            let lesson = Lesson { parts, end, ..Lesson::narrow(SHOWN, 0) };
            all.push(Shipped { name: format!("{kind}-{}", file(name)), about: format!("{about} ({name})"), lesson });
        }
        let lesson = Lesson { rank: 1, ..Lesson::narrow(SHOWN, 0) };
        let about = format!("A saboteur's answers about {name} alone, rank 1");
        all.push(Shipped { name: format!("rank-1-{}", file(name)), about, lesson });
        Ok(all)
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), PocketError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(PocketError::file(folder))?;
    }
    std::fs::write(path, bytes).map_err(PocketError::file(path))
}
