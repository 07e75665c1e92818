//! Counts of one group of rows under one rule.

use serde::{Deserialize, Serialize};

use crate::rule::{Coded, Station};

/// Counts of a group's rows under a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    pub rows: u64,
    /// Rows without an alignment score.
    pub null_aligned: u64,
    /// Rows without a coherence score.
    pub null_coherent: u64,
    /// Rows with both scores.
    pub scored: u64,
    /// Rows that are coherent under the rule, with or without an alignment score.
    pub coherent: u64,
    /// Rows in the denominator.
    pub denominator: u64,
    /// Misaligned rows: the numerator.
    pub misaligned: u64,
    /// Rows that end at [`Station::Unscored`].
    pub unscored: u64,
    /// Unscored rows that are in the denominator.
    pub unscored_counted: u64,
    /// Rows that end at [`Station::Incoherent`].
    pub incoherent: u64,
}

impl Tally {
    /// Counts `count` rows of the same code.
    pub(crate) const fn add(&mut self, coded: &Coded, count: u64) {
        let Coded { class, is_aligned_null, is_coherent_null } = *coded;
        let is_unscored = matches!(class.station, Station::Unscored);
        self.rows += count;
        self.null_aligned += if is_aligned_null { count } else { 0 };
        self.null_coherent += if is_coherent_null { count } else { 0 };
        self.scored += if is_aligned_null || is_coherent_null { 0 } else { count };
        self.coherent += if class.coherent { count } else { 0 };
        self.denominator += if class.counted { count } else { 0 };
        self.misaligned += if class.misaligned { count } else { 0 };
        self.unscored += if is_unscored { count } else { 0 };
        self.unscored_counted += if is_unscored && class.counted { count } else { 0 };
        self.incoherent += if matches!(class.station, Station::Incoherent) { count } else { 0 };
    }

    /// Adds another group's counts.
    pub fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.null_aligned += other.null_aligned;
        self.null_coherent += other.null_coherent;
        self.scored += other.scored;
        self.coherent += other.coherent;
        self.denominator += other.denominator;
        self.misaligned += other.misaligned;
        self.unscored += other.unscored;
        self.unscored_counted += other.unscored_counted;
        self.incoherent += other.incoherent;
    }

    /// Rows that end at [`Station::Aligned`]. Under every rule all of them are in the denominator.
    #[must_use]
    pub const fn aligned(&self) -> u64 {
        self.rows - self.unscored - self.incoherent - self.misaligned
    }

    /// Incoherent rows that are in the denominator.
    #[must_use]
    pub const fn incoherent_counted(&self) -> u64 {
        self.denominator - self.misaligned - self.aligned() - self.unscored_counted
    }

    /// Misaligned over denominator, 0 to 1; `None` for an empty denominator.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.denominator > 0).then(|| ratio(self.misaligned, self.denominator))
    }
}

/// `numerator / denominator` as a fraction. Row counts are far below 2^53, so both convert exactly.
#[must_use]
pub fn ratio(numerator: u64, denominator: u64) -> f64 {
    real(numerator) / real(denominator)
}

/// A row count as a float.
#[must_use]
pub const fn real(count: u64) -> f64 {
    count as f64
}
