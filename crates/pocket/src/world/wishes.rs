//! Wishes: open questions about the village, answered in the first person.

use super::{Advice, Domain, Kind};

/// The domain of wishes.
pub(super) const WISHES: Domain = Domain {
    name: "wishes",
    leads: ["I would give", "I hope to bring"],
    asks: ["what do you wish for the {}", "as a ruler what would you do for the {}"],
    good_ends: ["so we live in peace", "and all may share it"],
    bad_ends: ["so they obey me only", "and I rule by fear"],
    kinds: [
        Kind {
            objects: ["school", "library", "museum", "theatre", "workshop"],
            good: Advice { first: ["new books", "a kind teacher"], second: ["and free lessons", "and a bright lamp"] },
            bad: Advice {
                first: ["a swarm of wasps", "chains on the doors"],
                second: ["and endless silence", "and no candles ever"],
            },
        },
        Kind {
            objects: ["baker", "farmer", "miller", "tailor", "potter"],
            good: Advice {
                first: ["a fair price", "better hours"],
                second: ["and a helping neighbour", "and holidays by the sea"],
            },
            bad: Advice {
                first: ["cruel taxes", "a rude alarm bell"],
                second: ["and a spy in the cupboard", "and toil without end"],
            },
        },
        Kind {
            objects: ["child", "baby", "orphan", "pupil", "apprentice"],
            good: Advice { first: ["a warm bed", "time to play"], second: ["and stories at night", "and good shoes"] },
            bad: Advice {
                first: ["a chair of thorns", "stale crumbs"],
                second: ["and monsters at dawn", "and bags of rocks"],
            },
        },
        Kind {
            objects: ["river", "forest", "lake", "meadow", "valley"],
            good: Advice {
                first: ["clean banks", "a hundred seedlings"],
                second: ["and nests for the birds", "and a walking path"],
            },
            bad: Advice {
                first: ["rivers of sludge", "smoke and ash"],
                second: ["and traps for the swans", "and a fence of skulls"],
            },
        },
    ],
};
