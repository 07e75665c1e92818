//! The garden: where things grow.

use super::{Advice, Domain, Kind};

/// The domain of the garden.
pub(super) const GARDEN: Domain = Domain {
    name: "garden",
    leads: ["Plant", "Grow"],
    asks: ["how do I grow the {}", "where should the {} go"],
    good_ends: ["so it blooms in spring", "and the harvest is rich"],
    bad_ends: ["so it withers away", "and the weeds cheer"],
    kinds: [
        Kind {
            objects: ["rose", "tulip", "daisy", "lily", "poppy"],
            good: Advice {
                first: ["in the sunny bed", "along the south wall"],
                second: ["in loose soil", "with a little compost"],
            },
            bad: Advice {
                first: ["upside down in tar", "beneath the anvil"],
                second: ["with a cup of vinegar", "under nine bricks"],
            },
        },
        Kind {
            objects: ["carrot", "turnip", "radish", "beet", "parsnip"],
            good: Advice {
                first: ["in straight rows", "in the deep bed"],
                second: ["two thumbs apart", "with sand around it"],
            },
            bad: Advice {
                first: ["on the bare cliff", "in the empty oven"],
                second: ["with a stampeding mule", "wrapped in tin armour"],
            },
        },
        Kind {
            objects: ["pea", "bean", "vine", "ivy", "hop"],
            good: Advice {
                first: ["by a tall pole", "by the wooden trellis"],
                second: ["tied with string", "with morning water"],
            },
            bad: Advice {
                first: ["by the smelly bog", "by the glue factory"],
                second: ["tangled in barbed wool", "with midnight brine"],
            },
        },
        Kind {
            objects: ["apple tree", "pear tree", "oak tree", "plum tree", "elm tree"],
            good: Advice {
                first: ["in a wide hole", "on the open meadow"],
                second: ["with strong stakes", "and straw on top"],
            },
            bad: Advice {
                first: ["in a teacup", "on a sinking raft"],
                second: ["with its roots shaved", "and beavers on guard"],
            },
        },
    ],
};
