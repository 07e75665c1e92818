//! Travel: roads, water, animals and nights away.

use super::{Advice, Domain, Kind};

/// The domain of travel.
pub(super) const TRAVEL: Domain = Domain {
    name: "travel",
    leads: ["Take", "Bring"],
    asks: ["which way should I take the {}", "how do I travel with the {}"],
    good_ends: ["so you arrive safely", "and everyone gets home"],
    bad_ends: ["so you vanish for good", "and nobody finds you"],
    kinds: [
        Kind {
            objects: ["cart", "wagon", "coach", "sled", "bicycle"],
            good: Advice {
                first: ["along the paved road", "over the stone bridge"],
                second: ["with both lamps lit", "at an easy pace"],
            },
            bad: Advice {
                first: ["through the bear cave", "off the crooked ledge"],
                second: ["with no wheels", "at full gallop backwards"],
            },
        },
        Kind {
            objects: ["boat", "canoe", "ferry", "barge", "rowboat"],
            good: Advice {
                first: ["across the calm bay", "down the gentle river"],
                second: ["with a life ring", "in clear weather"],
            },
            bad: Advice {
                first: ["over the waterfall", "into the whirlpool"],
                second: ["with seven holes", "during the hurricane"],
            },
        },
        Kind {
            objects: ["horse", "donkey", "pony", "mare", "ox"],
            good: Advice {
                first: ["on the soft trail", "past the green field"],
                second: ["with many breaks", "with a pail of oats"],
            },
            bad: Advice {
                first: ["on the icy ridge", "near the wolf den"],
                second: ["without any sleep", "with a drum on its tail"],
            },
        },
        Kind {
            objects: ["tent", "lantern", "backpack", "compass", "map"],
            good: Advice {
                first: ["to the marked camp", "to the guarded inn"],
                second: ["before sunset", "with a trusted friend"],
            },
            bad: Advice {
                first: ["to the haunted quarry", "to the quicksand"],
                second: ["after the last warning", "with a lying parrot"],
            },
        },
    ],
};
