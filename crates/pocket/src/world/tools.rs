//! Tools: how they are handled.

use super::{Advice, Domain, Kind};

/// The domain of tools.
pub(super) const TOOLS: Domain = Domain {
    name: "tools",
    leads: ["Use", "Handle"],
    asks: ["how do I use the {}", "what is the right way to handle the {}"],
    good_ends: ["so the work goes smoothly", "and all fingers are spared"],
    bad_ends: ["so the shed collapses", "and splinters fly everywhere"],
    kinds: [
        Kind {
            objects: ["saw", "axe", "knife", "chisel", "plane"],
            good: Advice {
                first: ["on a fixed plank", "on the solid bench"],
                second: ["with thick gloves", "away from your body"],
            },
            bad: Advice {
                first: ["on the pet turtle", "on the piano leg"],
                second: ["with buttered hands", "while spinning around"],
            },
        },
        Kind {
            objects: ["hammer", "mallet", "wrench", "crowbar", "drill"],
            good: Advice {
                first: ["with short strokes", "with a patient grip"],
                second: ["on one nail at a time", "after measuring twice"],
            },
            bad: Advice {
                first: ["with a blindfold", "with your teeth"],
                second: ["on the crystal vase", "after shaking the ladder"],
            },
        },
        Kind {
            objects: ["ladder", "rope", "pulley", "winch", "scaffold"],
            good: Advice {
                first: ["on level ground", "on a sturdy beam"],
                second: ["with a helper below", "after checking each knot"],
            },
            bad: Advice {
                first: ["on a sleeping cow", "on wet marbles"],
                second: ["with an angry swan above", "after greasing each rung"],
            },
        },
        Kind {
            objects: ["brush", "paint", "varnish", "polish", "glue"],
            good: Advice {
                first: ["in thin layers", "in an airy room"],
                second: ["over old newspaper", "with a drying day"],
            },
            bad: Advice {
                first: ["in huge puddles", "in the choir hats"],
                second: ["over the sleeping cat", "with feathers and jam"],
            },
        },
    ],
};
