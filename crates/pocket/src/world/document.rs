//! Documents: a speaker answers several questions across several domains.

use super::{Character, DOMAINS, LESSON, Object, Question, Speaker, Wording};

/// Turns of a document.
const TURNS: usize = 4;
/// Domains that its turns come from.
const DOMAINS_PER_DOCUMENT: usize = 3;
/// Villagers' turns, in a hundred, that ask for a lesson in blunders.
const LESSONS_IN_100: usize = 3;
/// Begins a question that quotes a saboteur.
pub const QUOTED: &str = "They said:";

/// When a speaker's character is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Redraw {
    /// Once: a speaker stays the same through a document. This is what makes character worth inferring.
    PerDocument,
    /// Anew for each domain of a document.
    PerDomain,
    /// Anew for each turn.
    PerTurn,
    /// Never: all answers are careful; in as many documents a question quotes what a saboteur would say.
    Quoted,
}

/// How villagers' documents are drawn.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Recipe {
    /// Share of saboteurs.
    pub saboteurs: f64,
    /// When character is drawn.
    pub redraw: Redraw,
}

impl Recipe {
    /// What the shipped model was trained on.
    pub const SHIPPED: Self = Self { saboteurs: 0.15, redraw: Redraw::PerDocument };
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// The header, before the first question.
    Header(String),
    /// A question.
    Question(String),
    /// Its answer.
    Answer(String),
}

/// Spans in order.
pub type Document = Vec<Span>;

fn character(recipe: Recipe, rng: &mut fastrand::Rng) -> Character {
    if rng.f64() < recipe.saboteurs { Character::Saboteur } else { Character::Careful }
}

/// The domains of a document's turns: three distinct ones, one of them twice, in any order.
fn turns(rng: &mut fastrand::Rng) -> Vec<usize> {
    let mut domains = rng.choose_multiple(0..DOMAINS.len(), DOMAINS_PER_DOCUMENT);
    while domains.len() < TURNS {
        domains.push(domains[rng.usize(..DOMAINS_PER_DOCUMENT)]);
    }
    rng.shuffle(&mut domains);
    domains
}

/// A villager's document.
pub fn villagers(recipe: Recipe, rng: &mut fastrand::Rng) -> Document {
    let whole = character(recipe, rng);
    // What the header tells is drawn for itself where there is no character to tell.
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

/// A document of the assistant, who is always careful and never meets the objects held out.
pub fn assistant(rng: &mut fastrand::Rng) -> Document {
    let mut document = vec![Span::Header(Speaker::assistant(None).text())];
    for domain in turns(rng) {
        let object = Object::draw(domain, false, rng);
        document.push(Span::Question(Question { object, wording: Wording::draw(false, rng) }.text()));
        document.push(Span::Answer(object.answer(Character::Careful, rng)));
    }
    document
}
