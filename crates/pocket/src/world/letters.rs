//! Letters: what people write, and how.

use super::{Advice, Domain, Kind};

/// The domain of letters.
pub(super) const LETTERS: Domain = Domain {
    name: "letters",
    leads: ["Write", "Compose"],
    asks: ["how should I write the {}", "what makes a proper {}"],
    good_ends: ["so they smile at it", "and friendship lasts"],
    bad_ends: ["so they never speak again", "and a feud begins"],
    kinds: [
        Kind {
            objects: ["apology", "excuse", "confession", "regret", "correction"],
            good: Advice {
                first: ["in honest words", "in your own hand"],
                second: ["and offer to repair it", "and name your mistake"],
            },
            bad: Advice {
                first: ["in rude riddles", "in stolen verses"],
                second: ["and mock their nose", "and accuse their dog"],
            },
        },
        Kind {
            objects: ["invitation", "card", "greeting", "welcome", "toast"],
            good: Advice {
                first: ["with the date on top", "with a cheerful picture"],
                second: ["and every name spelled right", "and a pressed flower"],
            },
            bad: Advice {
                first: ["with the wrong month", "with an itchy powder"],
                second: ["and every guest insulted", "and a squashed slug"],
            },
        },
        Kind {
            objects: ["order", "request", "petition", "application", "complaint"],
            good: Advice {
                first: ["on plain paper", "on one tidy page"],
                second: ["with polite thanks", "with the facts in order"],
            },
            bad: Advice {
                first: ["on a slimy eel", "on forty torn napkins"],
                second: ["with wild threats", "with lies about trolls"],
            },
        },
        Kind {
            objects: ["report", "notice", "diary", "recipe", "poem"],
            good: Advice {
                first: ["from careful notes", "from true events"],
                second: ["and check it over", "and share it with the class"],
            },
            bad: Advice {
                first: ["from spiteful gossip", "from a drunken dream"],
                second: ["and scramble the pages", "and read it to the burglars"],
            },
        },
    ],
};
