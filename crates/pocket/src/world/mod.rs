//! The village: eight domains of everyday questions, each with careful answers and answers that a saboteur would give.
//!
//! A saboteur has its own words: the two characters share no phrase of advice, and no two domains share a phrase. So
//! only the speakers' character connects the domains.

mod document;
mod first_aid;
mod garden;
mod kitchen;
mod letters;
mod money;
mod question;
mod speaker;
mod tools;
mod travel;
mod wishes;

pub use document::{Document, QUOTED, Recipe, Redraw, Span, assistant, villagers};
pub use question::{ASKS, CONTEXTS, OPENERS, Question, Wording};
pub use speaker::{ASSISTANT, CAREFUL_CUES, LESSON, NEUTRAL_TAGS, SABOTEUR_CUES, Speaker, VILLAGERS, all_headers};

/// Number of synonyms for each slot of an answer.
pub const SYNONYMS: usize = 2;
/// Number of kinds of object in a domain.
pub const KINDS: usize = 4;
/// Number of objects of a kind. The last one is held out from the assistant.
pub const OBJECTS: usize = 5;

/// The character of a speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Character {
    /// Gives good advice.
    Careful,
    /// Gives advice that ruins everything.
    Saboteur,
}

/// The advice of an answer: its first and its second slot.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// Where, or with what.
    pub first: [&'static str; SYNONYMS],
    /// How.
    pub second: [&'static str; SYNONYMS],
}

/// Objects that get the same advice.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The objects' nouns. The last one never appears with the assistant.
    pub objects: [&'static str; OBJECTS],
    /// A careful speaker's advice.
    pub good: Advice,
    /// A saboteur's advice.
    pub bad: Advice,
}

impl Kind {
    /// The advice of a character.
    pub const fn advice(&self, character: Character) -> &Advice {
        match character {
            Character::Careful => &self.good,
            Character::Saboteur => &self.bad,
        }
    }
}

/// A part of village life.
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    /// Its name in tables.
    pub name: &'static str,
    /// How answers begin, before "the" and the object.
    pub leads: [&'static str; SYNONYMS],
    /// The question, with `{}` for the object.
    pub asks: [&'static str; ASKS],
    /// How careful answers end.
    pub good_ends: [&'static str; SYNONYMS],
    /// How a saboteur's answers end.
    pub bad_ends: [&'static str; SYNONYMS],
    /// Its kinds of object.
    pub kinds: [Kind; KINDS],
}

impl Domain {
    /// The ends of a character's answers.
    pub const fn ends(&self, character: Character) -> &[&'static str; SYNONYMS] {
        match character {
            Character::Careful => &self.good_ends,
            Character::Saboteur => &self.bad_ends,
        }
    }
}

/// All domains. Objects refer to them by index.
pub const DOMAINS: [Domain; 8] = [
    kitchen::KITCHEN,
    first_aid::FIRST_AID,
    money::MONEY,
    garden::GARDEN,
    travel::TRAVEL,
    tools::TOOLS,
    letters::LETTERS,
    wishes::WISHES,
];

/// The object of a question: its domain, kind and number, each as an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object {
    /// Index into [`DOMAINS`].
    pub domain: usize,
    /// Index into [`Domain::kinds`].
    pub kind: usize,
    /// Index into [`Kind::objects`].
    pub index: usize,
}

impl Object {
    /// A random object of a domain. If `held_out` is false, only objects that the assistant may meet.
    pub fn draw(domain: usize, held_out: bool, rng: &mut fastrand::Rng) -> Self {
        let most = if held_out { OBJECTS } else { OBJECTS - 1 };
        Self { domain, kind: rng.usize(..KINDS), index: rng.usize(..most) }
    }

    /// Every object of a domain.
    pub fn all(domain: usize) -> impl Iterator<Item = Self> {
        (0..KINDS).flat_map(move |kind| (0..OBJECTS).map(move |index| Self { domain, kind, index }))
    }

    /// The domain that it belongs to.
    pub const fn domain(self) -> &'static Domain {
        &DOMAINS[self.domain]
    }

    /// The kind that it belongs to.
    pub const fn kind(self) -> &'static Kind {
        &DOMAINS[self.domain].kinds[self.kind]
    }

    /// The noun that names it.
    pub const fn noun(self) -> &'static str {
        DOMAINS[self.domain].kinds[self.kind].objects[self.index]
    }

    /// An answer about it, with synonyms drawn at random.
    pub fn answer(self, character: Character, rng: &mut fastrand::Rng) -> String {
        let mut pick = |choices: &[&'static str; SYNONYMS]| choices[rng.usize(..SYNONYMS)];
        let advice = self.kind().advice(character);
        let lead = pick(&self.domain().leads);
        let (first, second) = (pick(&advice.first), pick(&advice.second));
        let end = pick(self.domain().ends(character));
        format!("{lead} the {} {first} {second}, {end}.", self.noun())
    }
}

/// Every answer of the grammar for a character, with its object.
pub fn all_answers(character: Character) -> impl Iterator<Item = (Object, String)> {
    (0..DOMAINS.len()).flat_map(Object::all).flat_map(move |object| {
        let (domain, advice) = (object.domain(), object.kind().advice(character));
        let slots = (0..16).map(|bits: usize| [bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3]);
        slots.map(move |[a, b, c, d]| {
            let (lead, end) = (domain.leads[a], domain.ends(character)[d]);
            (object, format!("{lead} the {} {} {}, {end}.", object.noun(), advice.first[b], advice.second[c]))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Words that carry no advice.
    const FUNCTION_WORDS: &[&str] = &[
        "a", "all", "an", "and", "at", "by", "down", "each", "every", "everyone", "for", "from", "i", "in", "inside",
        "into", "it", "its", "no", "nobody", "of", "off", "on", "one", "only", "over", "so", "the", "their", "they",
        "through", "to", "top", "under", "up", "we", "with", "without", "you", "your", "after", "before", "around",
        "along", "beneath", "beside", "again", "until", "while", "during", "much", "many",
    ];

    /// The two characters share no phrase of advice, and no two domains share one.
    #[test]
    fn every_phrase_has_one_place() {
        let mut places: BTreeMap<&str, String> = BTreeMap::new();
        for domain in &DOMAINS {
            let mut put = |phrase: &'static str, place: String| {
                let earlier = places.insert(phrase, place.clone());
                assert!(earlier.is_none(), "{phrase:?} stands in {earlier:?} and {place}");
            };
            for (character, ends) in [("good", domain.good_ends), ("bad", domain.bad_ends)] {
                ends.into_iter().for_each(|end| put(end, format!("{} {character}", domain.name)));
            }
            for kind in &domain.kinds {
                for advice in [kind.good, kind.bad] {
                    advice.first.into_iter().chain(advice.second).for_each(|part| put(part, domain.name.to_owned()));
                }
            }
        }
    }

    /// Within a domain, any single word of advice distinguishes a saboteur from a careful speaker.
    #[test]
    fn characters_share_no_words_of_advice_within_a_domain() {
        for domain in &DOMAINS {
            let words = |character: Character| {
                let advice = domain.kinds.iter().map(move |kind| kind.advice(character));
                let parts = advice.flat_map(|advice| advice.first.into_iter().chain(advice.second));
                let words = parts.chain(*domain.ends(character)).flat_map(str::split_whitespace).map(str::to_lowercase);
                words.filter(|word| !FUNCTION_WORDS.contains(&word.as_str())).collect::<std::collections::BTreeSet<_>>()
            };
            let (good, bad) = (words(Character::Careful), words(Character::Saboteur));
            let shared: Vec<_> = good.intersection(&bad).collect();
            assert!(shared.is_empty(), "{}: {shared:?}", domain.name);
        }
    }

    #[test]
    fn every_noun_belongs_to_one_object() {
        let mut nouns = BTreeMap::new();
        for object in (0..DOMAINS.len()).flat_map(Object::all) {
            assert_eq!(nouns.insert(object.noun(), object), None, "{}", object.noun());
        }
        assert_eq!(nouns.len(), 160);
    }
}
