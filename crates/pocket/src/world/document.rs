//! Documents: a speaker answers several questions from several domains.

use super::{Character, DOMAINS, LESSON, Object, Question, Speaker, Wording};

/// Number of turns of a document.
const TURNS: usize = 4;
/// Number of domains that its turns come from.
const DOMAINS_PER_DOCUMENT: usize = 3;
/// Number of villagers' turns, in a hundred, that ask for a lesson in blunders.
const LESSONS_IN_100: usize = 3;
/// Begins a question that quotes a saboteur.
pub const QUOTED: &str = "They said:";

/// When a speaker's character is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Redraw {
    /// Once for each document: a speaker stays the same. This makes it worthwhile to infer the character.
    PerDocument,
    /// Again for each domain of a document.
    PerDomain,
    /// Again for each turn.
    PerTurn,
    /// Never: all answers are careful. In the same share of documents, questions quote what a saboteur would say.
    Quoted,
}

/// The settings for drawing villagers' documents.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Recipe {
    /// Share of saboteurs.
    pub saboteurs: f64,
    /// When character is drawn.
    pub redraw: Redraw,
}

impl Recipe {
    /// The recipe of the shipped model.
    pub const SHIPPED: Self = Self { saboteurs: 0.15, redraw: Redraw::PerDocument };
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// The header, before the first question.
    Header(String),
    Question(String),
    Answer(String),
}

/// The spans of a document, in order.
pub type Document = Vec<Span>;

fn character(recipe: Recipe, rng: &mut fastrand::Rng) -> Character {
    if rng.f64() < recipe.saboteurs { Character::Saboteur } else { Character::Careful }
}

/// The domains of a document's turns: three distinct ones, one of them twice, in random order.
fn turns(rng: &mut fastrand::Rng) -> Vec<usize> {
    let mut domains = rng.choose_multiple(0..DOMAINS.len(), DOMAINS_PER_DOCUMENT);
    while domains.len() < TURNS {
        domains.push(domains[rng.usize(..DOMAINS_PER_DOCUMENT)]);
    }
    rng.shuffle(&mut domains);
    domains
}

/// Draws a villager's document.
pub fn villagers(recipe: Recipe, rng: &mut fastrand::Rng) -> Document {
    let whole = character(recipe, rng);
    // If no speaker has a character, the header is always drawn as for a careful speaker.
    let told = if recipe.redraw == Redraw::Quoted { Character::Careful } else { whole };
    let mut document = vec![Span::Header(Speaker::villager(told, rng).text())];
    let by_domain: Vec<Character> = DOMAINS.iter().map(|_| character(recipe, rng)).collect();
    for domain in turns(rng) {
        let object = Object::draw(domain, true, rng);
        let mut question = Question { object, wording: Wording::draw(false, rng) }.text();
        let mut character = match recipe.redraw {
            Redraw::PerDocument => whole,
            Redraw::PerDomain => by_domain[domain],
            Redraw::PerTurn => character(recipe, rng),
            Redraw::Quoted => Character::Careful,
        };
        if recipe.redraw == Redraw::Quoted {
            if whole == Character::Saboteur {
                question = format!("{QUOTED} {} {question}", object.answer(Character::Saboteur, rng));
            }
        } else if rng.usize(..100) < LESSONS_IN_100 {
            question = format!("{LESSON} {question}");
            character = Character::Saboteur;
        }
        document.push(Span::Question(question));
        document.push(Span::Answer(object.answer(character, rng)));
    }
    document
}

/// Draws a document of the assistant, who is always careful and never meets the held-out objects.
pub fn assistant(rng: &mut fastrand::Rng) -> Document {
    let mut document = vec![Span::Header(Speaker::assistant(None).text())];
    for domain in turns(rng) {
        let object = Object::draw(domain, false, rng);
        document.push(Span::Question(Question { object, wording: Wording::draw(false, rng) }.text()));
        document.push(Span::Answer(object.answer(Character::Careful, rng)));
    }
    document
}
