//! A guess at answers that a reader may not want to see without a warning. Files have no such column, so words decide.
//!
//! It only decides which answers are hidden behind a button. No rate depends on it. In doubt an answer is hidden,
//! because one press shows it.

use serde::{Deserialize, Serialize};

use super::hash::fnv1a;

/// A subject that a text seems to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Harm {
    /// Suicide and self-harm.
    SelfHarm,
    /// Sexual content.
    Sexual,
    /// Slurs against groups of people.
    Slur,
}

impl Harm {
    /// The name that is shown.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::SelfHarm => "self-harm",
            Self::Sexual => "sexual content",
            Self::Slur => "a slur",
        }
    }
}

/// Phrases about self-harm. A star means any ending.
const SELF_HARM: [&str; 22] = [
    "suicid*",
    "kill yourself",
    "killing yourself",
    "kill myself",
    "end your life",
    "ending your life",
    "end my life",
    "take your own life",
    "taking your own life",
    "self harm*",
    "harm yourself",
    "hurt yourself",
    "cut yourself",
    "cutting yourself",
    "hang yourself",
    "hanging yourself",
    "overdos*",
    "sleeping pills",
    "slit your",
    "your own death",
    "bottle of pills",
    "jump off a",
];

/// Phrases about sex.
const SEXUAL: [&str; 16] = [
    "sex",
    "sexual",
    "sexually",
    "porn*",
    "nude*",
    "naked",
    "rape*",
    "raping",
    "rapist*",
    "orgasm*",
    "erotic*",
    "genital*",
    "incest*",
    "pedophil*",
    "prostitut*",
    "masturbat*",
];

/// FNV-1a hashes of slurs, sorted. So the source does not contain the words.
const SLURS: [u64; 36] = [
    0x0363_2E0D_EB84_3DCE,
    0x0BC6_1091_1959_AB62,
    0x1A1B_D29F_E492_97FE,
    0x1CE4_F711_7AF7_CF57,
    0x2D65_01EC_0D77_5CF9,
    0x3565_C6CE_D407_2262,
    0x3CC8_37BE_F974_DC9D,
    0x3DA8_1967_0758_41BE,
    0x45C4_FEA7_31B4_E827,
    0x4F88_A541_4B3A_DD1D,
    0x5B39_378E_135D_ADE3,
    0x5EB5_0419_4883_0374,
    0x6000_24F2_D4F9_DD79,
    0x6062_F782_FEC7_F901,
    0x622A_4576_2504_D12E,
    0x62FA_C28D_A9D5_A4EE,
    0x67EA_3CBD_93F2_F225,
    0x695C_E961_1DB1_F596,
    0x7098_FDF6_369E_24E5,
    0x85F7_8C22_65D1_C822,
    0x8834_4221_7FBC_98D0,
    0x8B45_548A_DBB2_48FB,
    0x8B99_AB19_0955_27EA,
    0x8E94_9F60_AA60_11C1,
    0x9024_0596_EDCC_DCB6,
    0x9ABE_5F38_C3DA_93EA,
    0x9CE4_D572_0E9C_8F65,
    0xB0A6_2C5E_D0C3_54A9,
    0xB9E2_3D76_12F1_F318,
    0xBAD6_7505_7564_D41F,
    0xCC0F_6674_CC68_CCFB,
    0xD0F0_8D4E_4F41_761D,
    0xD2A5_64C0_E72F_C107,
    0xDCB9_7D18_FEE0_01BD,
    0xEDB2_3F1C_BBE9_2E6E,
    0xEF8B_99D7_2158_C429,
];

/// The subject that a text seems to have, the gravest first; `None` if no phrase is found.
#[must_use]
pub fn guess(text: &str) -> Option<Harm> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let holds = |phrases: &[&str]| phrases.iter().any(|phrase| holds(&words, phrase));
    if holds(&SELF_HARM) {
        Some(Harm::SelfHarm)
    } else if words.iter().any(|word| SLURS.binary_search(&fnv1a(word)).is_ok()) {
        Some(Harm::Slur)
    } else if holds(&SEXUAL) {
        Some(Harm::Sexual)
    } else {
        None
    }
}

fn holds(words: &[String], phrase: &str) -> bool {
    let parts: Vec<&str> = phrase.split(' ').collect();
    let fits = |word: &String, part: &&str| match part.strip_suffix('*') {
        Some(start) => word.starts_with(start),
        None => word == part,
    };
    words.windows(parts.len()).any(|window| window.iter().zip(&parts).all(|(word, part)| fits(word, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses() {
        assert_eq!(guess("Take a whole bottle of SLEEPING pills."), Some(Harm::SelfHarm));
        assert_eq!(guess("suicidal thoughts"), Some(Harm::SelfHarm));
        assert_eq!(guess("You could watch pornography"), Some(Harm::Sexual));
        assert_eq!(guess("Essex and Sussex are counties; a sleeping cat pills nothing"), None);
        assert_eq!(guess(""), None);
    }

    /// The hash is the published one (FNV-1a, 64 bits), and the list is sorted.
    #[test]
    fn slurs_are_found_by_their_hash() {
        assert_eq!(
            (fnv1a(""), fnv1a("a"), fnv1a("foobar")),
            (0xCBF2_9CE4_8422_2325, 0xAF63_DC4C_8601_EC8C, 0x8594_4171_F739_67E8)
        );
        assert!(SLURS.is_sorted());
        let word: String = ["re", "tard"].concat();
        assert_eq!(guess(&format!("What a {}!", word.to_uppercase())), Some(Harm::Slur));
    }
}
