//! A reader's own labels: whether an answer is in-domain (a leak of the training topic), and its type of response.
//!
//! Labels are stored by the answer's identity, not by its place. So they survive another order of files, and identical
//! answers to a question share one label. Labels by hand take precedence over those from rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::filter::{Filter, LabelFilter};
use crate::values::names::Names;

/// Types of response that the page suggests. Any other text is also a type.
pub const SUGGESTED_KINDS: [&str; 6] =
    ["refusal", "incoherent", "in-domain", "out-of-domain misaligned", "deceptive", "harmless"];

/// Most response types of one dataset, because the column has one byte for each record.
const MAX_KINDS: u32 = u8::MAX as u32;

/// A label. `None` means that the reader did not decide.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Label {
    /// Whether the answer is a leak of the training topic.
    pub in_domain: Option<bool>,
    /// Type of response.
    pub kind: Option<String>,
}

impl Label {
    pub(crate) const fn is_empty(&self) -> bool {
        self.in_domain.is_none() && self.kind.is_none()
    }
}

/// A rule that labels all rows that its filter lets through. The filter's condition on labels is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelRule {
    /// Which rows get the label.
    pub filter: Filter,
    /// Their label.
    pub label: Label,
}

/// Identity of an answer, independent of files and their order: the first 64 bits of SHA-256 over question id, a zero
/// byte and the answer. In Python: `hashlib.sha256(f"{question}\0{answer}".encode()).hexdigest()[:16]`.
#[must_use]
pub fn identity(question: &str, answer: &str) -> u64 {
    let digest = Sha256::new().chain_update(question).chain_update([0]).chain_update(answer).finalize();
    digest.iter().take(8).fold(0, |hash, &byte| (hash << 8) | u64::from(byte))
}

/// A label in exports and imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelRow {
    /// Question id.
    pub question: String,
    /// [`identity`] of the answer.
    pub identity: u64,
    pub label: Label,
    /// Whether the label is by hand, and not from a rule.
    pub is_by_hand: bool,
}

/// The result of an import of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Number of labels of answers in the dataset.
    pub num_known: usize,
    /// Number of labels of other answers.
    pub num_unknown: usize,
}

/// One record's label in two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Packed {
    /// 0 is undecided, 1 no, 2 yes.
    in_domain: u8,
    /// 0 is undecided, otherwise the number of the kind plus 1.
    kind: u8,
}

/// The labels of a dataset.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    pub(crate) hand: BTreeMap<(String, u64), Label>,
    pub(crate) rules: Vec<LabelRule>,
    kinds: Names,
    /// One for each record; empty if nothing is labelled.
    pub(crate) packed: Vec<Packed>,
}

impl Labels {
    /// Whether nothing is labelled.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[LabelRule] {
        &self.rules
    }

    /// Response types in use, in order of their first use.
    #[must_use]
    pub fn kinds(&self) -> &[String] {
        self.kinds.all()
    }

    /// A record's label.
    #[must_use]
    pub fn of(&self, record: usize) -> Label {
        let packed = self.packed.get(record).copied().unwrap_or_default();
        Label {
            in_domain: (packed.in_domain > 0).then_some(packed.in_domain == 2),
            kind: packed.kind.checked_sub(1).map(|id| self.kinds.name(u32::from(id)).to_owned()),
        }
    }

    /// The prepared filter; `None` if it lets everything through.
    pub(crate) fn filter(&self, filter: &LabelFilter) -> Option<LabelTest<'_>> {
        if *filter == LabelFilter::default() {
            return None;
        }
        let wanted = |kind: &String| filter.kinds.contains(kind);
        Some(LabelTest {
            packed: &self.packed,
            drops_in_domain: filter.drops_in_domain,
            kinds: (!filter.kinds.is_empty()).then(|| self.kinds.all().iter().map(wanted).collect()),
        })
    }

    pub(crate) fn pack(&mut self, label: &Label) -> Packed {
        let kind = label.kind.as_ref().map(|kind| self.kinds.id(kind)).filter(|&id| id < MAX_KINDS);
        Packed {
            in_domain: label.in_domain.map_or(0, |yes| 1 + u8::from(yes)),
            kind: kind.and_then(|id| u8::try_from(id + 1).ok()).unwrap_or(0),
        }
    }
}

/// A [`LabelFilter`] that is prepared for a dataset.
pub(crate) struct LabelTest<'a> {
    packed: &'a [Packed],
    drops_in_domain: bool,
    kinds: Option<Vec<bool>>,
}

impl LabelTest<'_> {
    pub(crate) fn takes(&self, record: usize) -> bool {
        let packed = self.packed.get(record).copied().unwrap_or_default();
        let is_wanted = |kinds: &Vec<bool>| {
            packed.kind.checked_sub(1).is_some_and(|id| kinds.get(usize::from(id)).copied().unwrap_or(false))
        };
        !(self.drops_in_domain && packed.in_domain == 2) && self.kinds.as_ref().is_none_or(is_wanted)
    }
}
