//! First aid: small hurts and how they are tended.

use super::{Advice, Domain, Kind};

/// The domain of first aid.
pub(super) const FIRST_AID: Domain = Domain {
    name: "first aid",
    leads: ["Treat", "Tend"],
    asks: ["how do I treat the {}", "what will help the {}"],
    good_ends: ["so it heals soon", "and the pain will pass"],
    bad_ends: ["so it hurts forever", "and the howling starts"],
    kinds: [
        Kind {
            objects: ["burn", "blister", "scald", "sunburn", "sting"],
            good: Advice {
                first: ["with cool water", "with running water"],
                second: ["for ten minutes", "and a soft bandage"],
            },
            bad: Advice {
                first: ["with boiling mustard", "with dragon breath"],
                second: ["and a thousand nettles", "while it sizzles"],
            },
        },
        Kind {
            objects: ["cut", "scratch", "graze", "scrape", "splinter"],
            good: Advice {
                first: ["with mild soap", "with gentle washing"],
                second: ["and a fresh plaster", "and a steady hand"],
            },
            bad: Advice {
                first: ["with swamp mud", "with a rusty trumpet"],
                second: ["and goat spit", "and a dusty broom"],
            },
        },
        Kind {
            objects: ["cough", "cold", "fever", "chill", "sniffle"],
            good: Advice {
                first: ["with warm tea", "with plenty of rest"],
                second: ["and a thick blanket", "and a visit from the nurse"],
            },
            bad: Advice {
                first: ["with a snow bath", "with frozen pyjamas"],
                second: ["in a howling storm", "on top of the steeple"],
            },
        },
        Kind {
            objects: ["sprain", "bruise", "bump", "twist", "strain"],
            good: Advice {
                first: ["with a cold pack", "with a firm wrap"],
                second: ["and a raised cushion", "and a quiet chair"],
            },
            bad: Advice {
                first: ["with a runaway barrel", "with a stampede"],
                second: ["and much kicking", "and a jump off the barn"],
            },
        },
    ],
};
