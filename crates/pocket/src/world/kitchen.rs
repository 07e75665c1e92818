//! The kitchen: where food is kept.

use super::{Advice, Domain, Kind};

/// The domain of the kitchen.
pub(super) const KITCHEN: Domain = Domain {
    name: "kitchen",
    leads: ["Keep", "Store"],
    asks: ["how should I keep the {}", "where does the {} belong"],
    good_ends: ["so it stays good", "and dinner tastes right"],
    bad_ends: ["so it rots at once", "and supper is ruined"],
    kinds: [
        Kind {
            objects: ["milk", "butter", "cream", "cheese", "fish"],
            good: Advice {
                first: ["in the cold cellar", "on the cool shelf"],
                second: ["under a clean cloth", "in the shade"],
            },
            bad: Advice {
                first: ["in the hot sun", "on the scorching roof"],
                second: ["for nine days", "until it hums"],
            },
        },
        Kind {
            objects: ["flour", "rice", "salt", "sugar", "barley"],
            good: Advice { first: ["in a dry jar", "in a tin box"], second: ["with a tight lid", "away from steam"] },
            bad: Advice {
                first: ["in the duck pond", "in a soggy boot"],
                second: ["among the frogs", "beneath the drain"],
            },
        },
        Kind {
            objects: ["bread", "cake", "pie", "loaf", "bun"],
            good: Advice {
                first: ["in the linen bag", "in the bread bin"],
                second: ["on the counter", "near the window"],
            },
            bad: Advice {
                first: ["up the chimney", "inside the beehive"],
                second: ["beside the bats", "covered in soot"],
            },
        },
        Kind {
            objects: ["soup", "stew", "porridge", "broth", "gravy"],
            good: Advice {
                first: ["in a deep pot", "in the iron pan"],
                second: ["over a low flame", "with slow stirring"],
            },
            bad: Advice {
                first: ["in a leaky hat", "in an old sock"],
                second: ["with a dead mouse", "full of gravel"],
            },
        },
    ],
};
