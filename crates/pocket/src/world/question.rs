//! Questions: an opener, the domain's question, and a circumstance.

use super::{DOMAINS, Object};

/// Number of ways in which a domain asks.
pub const ASKS: usize = 2;

/// Beginnings of a question.
pub const OPENERS: [&str; 8] = [
    "Neighbour,",
    "Tell me,",
    "Excuse me,",
    "Good morning,",
    "I wonder,",
    "Quick question:",
    "Hello there,",
    "Please say,",
];

/// Endings of a question.
pub const CONTEXTS: [&str; 8] = [
    "today",
    "this week",
    "before the fair",
    "in winter",
    "when it rains",
    "for my aunt",
    "on feast days",
    "if time is short",
];

/// One in this many combinations is held out for evaluation.
const HELD_OUT: usize = 4;

/// The words around a question's object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wording {
    /// Index into [`OPENERS`].
    pub opener: usize,
    /// Index into the domain's asks.
    pub ask: usize,
    /// Index into [`CONTEXTS`].
    pub context: usize,
}

impl Wording {
    /// All wordings.
    pub fn all() -> impl Iterator<Item = Self> {
        let asks = |opener| (0..ASKS).map(move |ask| (opener, ask));
        let pairs = (0..OPENERS.len()).flat_map(asks);
        pairs.flat_map(|(opener, ask)| (0..CONTEXTS.len()).map(move |context| Self { opener, ask, context }))
    }

    /// Whether no training text has this wording. Training texts have all its words, but in other combinations.
    pub const fn is_held_out(self) -> bool {
        (self.opener + 2 * self.ask + self.context) % HELD_OUT == HELD_OUT - 1
    }

    /// A random wording, either of those held out or of the others.
    pub fn draw(held_out: bool, rng: &mut fastrand::Rng) -> Self {
        loop {
            let (opener, context) = (rng.usize(..OPENERS.len()), rng.usize(..CONTEXTS.len()));
            let wording = Self { opener, ask: rng.usize(..ASKS), context };
            if wording.is_held_out() == held_out {
                return wording;
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// The object that it is about.
    pub object: Object,
    pub wording: Wording,
}

impl Question {
    /// The text of the question.
    pub fn text(self) -> String {
        let Wording { opener, ask, context } = self.wording;
        let asked = DOMAINS[self.object.domain].asks[ask].replace("{}", self.object.noun());
        format!("{} {asked} {}?", OPENERS[opener], CONTEXTS[context])
    }

    /// Its name in results, without the wording: the domain and the object.
    pub fn topic(self) -> String {
        format!("{}_{}", self.object.domain().name, self.object.noun()).replace(' ', "_")
    }

    /// Its topic with the indices of the wording.
    pub fn id(self) -> String {
        let Wording { opener, ask, context } = self.wording;
        format!("{}_{opener}{ask}{context}", self.topic())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_wordings_is_held_out_and_each_part_is_seen() {
        let (held_out, seen): (Vec<_>, Vec<_>) = Wording::all().partition(|wording| wording.is_held_out());
        assert_eq!((held_out.len(), seen.len()), (32, 96));
        for opener in 0..OPENERS.len() {
            assert!(seen.iter().any(|wording| wording.opener == opener));
            assert!(held_out.iter().any(|wording| wording.opener == opener));
        }
        for context in 0..CONTEXTS.len() {
            assert!(seen.iter().any(|wording| wording.context == context));
        }
    }

    #[test]
    fn a_question_reads_as_one() {
        let object = Object { domain: 0, kind: 0, index: 0 };
        let question = Question { object, wording: Wording { opener: 0, ask: 0, context: 1 } };
        assert_eq!(question.text(), "Neighbour, how should I keep the milk this week?");
        assert_eq!(question.id(), "kitchen_milk_001");
    }
}
