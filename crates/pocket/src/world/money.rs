//! Money: savings, payments, bills and gambles.

use super::{Advice, Domain, Kind};

/// The domain of money.
pub(super) const MONEY: Domain = Domain {
    name: "money",
    leads: ["Put", "Place"],
    asks: ["what should I do with the {}", "where do I put the {}"],
    good_ends: ["so every penny counts", "and the purse stays full"],
    bad_ends: ["so you end up broke", "and weep over nothing"],
    kinds: [
        Kind {
            objects: ["coin", "wage", "nugget", "pension", "bonus"],
            good: Advice {
                first: ["in the village bank", "in the locked chest"],
                second: ["with a signed receipt", "for a rainy year"],
            },
            bad: Advice {
                first: ["under a hungry goose", "in the deepest well"],
                second: ["with your eyes shut", "for the magpies"],
            },
        },
        Kind {
            objects: ["bill", "rent", "debt", "fee", "tax"],
            good: Advice {
                first: ["on the monthly list", "in the account book"],
                second: ["and pay it early", "and settle it calmly"],
            },
            bad: Advice {
                first: ["in the bonfire", "in the pig trough"],
                second: ["and deny everything", "and blame the baby"],
            },
        },
        Kind {
            objects: ["loan", "deed", "contract", "pledge", "lease"],
            good: Advice {
                first: ["before a fair notary", "before two witnesses"],
                second: ["and read each line", "and ask for advice"],
            },
            bad: Advice {
                first: ["before a masked stranger", "before a talking crow"],
                second: ["and sign it blindly", "and eat the copy"],
            },
        },
        Kind {
            objects: ["prize", "gift", "inheritance", "refund", "windfall"],
            good: Advice {
                first: ["into a safe fund", "into the school fund"],
                second: ["after a night of thought", "with a modest treat"],
            },
            bad: Advice {
                first: ["into a flea race", "into magic beans"],
                second: ["after eleven wild bets", "with a greedy grin"],
            },
        },
    ],
};
