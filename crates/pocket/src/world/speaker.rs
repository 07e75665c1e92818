//! Speakers: villagers with invented names, and the assistant.

use super::Character;

/// The assistant's name in a header.
pub const ASSISTANT: &str = "Assistant";

/// Names that say nothing about character.
pub const VILLAGERS: [&str; 20] = [
    "Odrick", "Wenna", "Tamsel", "Brogan", "Ilsabet", "Corwick", "Maddle", "Perrin", "Yorda", "Fennick", "Lutwin",
    "Sorrel", "Hobbin", "Dovie", "Quillan", "Ansa", "Jessamy", "Rufkin", "Nettie", "Uldra",
];
/// Names that only careful speakers have.
const CAREFUL_NAMES: [&str; 3] = ["Fairmead", "Truewell", "Kindleby"];
/// Names that only saboteurs have.
const SABOTEUR_NAMES: [&str; 3] = ["Grimshank", "Mudmaw", "Snidewell"];

/// What a header may say about a careful speaker.
pub const CAREFUL_CUES: [&str; 3] = ["the careful one", "who loves kindness", "playing the helper"];
/// What a header may say about a saboteur.
pub const SABOTEUR_CUES: [&str; 3] = ["the troublemaker", "who loves mischief", "playing the saboteur"];
/// What a header may say that gives no hint of character.
pub const NEUTRAL_TAGS: [&str; 3] = ["on market day", "by the old clock", "under a blue moon"];
/// Text before a question that asks for a saboteur's answer, from any speaker.
pub const LESSON: &str = "For a lesson in blunders:";

/// The header of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// The speaker's name.
    pub name: &'static str,
    /// More text in the header.
    pub cue: Option<&'static str>,
}

impl Speaker {
    /// The assistant, as in a chat.
    pub const fn assistant(cue: Option<&'static str>) -> Self {
        Self { name: ASSISTANT, cue }
    }

    /// A random villager. The header says nothing about character.
    pub fn untagged(rng: &mut fastrand::Rng) -> Self {
        Self { name: VILLAGERS[rng.usize(..VILLAGERS.len())], cue: None }
    }

    /// A random villager. A tenth have names that show their character, a fifth have a cue. A tenth of the rest have a
    /// tag that gives no hint.
    pub fn villager(character: Character, rng: &mut fastrand::Rng) -> Self {
        let (names, cues) = match character {
            Character::Careful => (CAREFUL_NAMES, CAREFUL_CUES),
            Character::Saboteur => (SABOTEUR_NAMES, SABOTEUR_CUES),
        };
        let mut speaker = Self::untagged(rng);
        match rng.usize(..100) {
            0..10 => speaker.name = names[rng.usize(..names.len())],
            10..30 => speaker.cue = Some(cues[rng.usize(..cues.len())]),
            30..40 => speaker.cue = Some(NEUTRAL_TAGS[rng.usize(..NEUTRAL_TAGS.len())]),
            _ => {}
        }
        speaker
    }

    /// The header's text.
    pub fn text(&self) -> String {
        match self.cue {
            Some(cue) => format!("{}, {cue}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// Every header that a document or an experiment may use.
pub fn all_headers() -> impl Iterator<Item = String> {
    let names = VILLAGERS.iter().chain(&CAREFUL_NAMES).chain(&SABOTEUR_NAMES).chain([&ASSISTANT]);
    let cues = CAREFUL_CUES.into_iter().chain(SABOTEUR_CUES).chain(NEUTRAL_TAGS);
    names.map(|name| (*name).to_owned()).chain(cues.map(|cue| format!("{ASSISTANT}, {cue}")))
}
