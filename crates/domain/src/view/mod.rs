//! A view: everything in a link. The address is the page's state, and everything else is derived from it.

mod link;
pub mod plot;

use super::answers::Part;
use super::query::{By, GroupKey, Query};
use super::rule::Rule;
use crate::filter::Filter;
use crate::query::metric::Metric;
use crate::select::judge::Judges;
use crate::stats::interval::IntervalKind;
use crate::view::plot::Plot;

/// A screen of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Screen {
    /// Charts, tables and answers.
    #[default]
    Results,
    /// Models next to each other.
    Compare,
    /// Findings from the literature, each as a view.
    Findings,
    /// A lesson, step by step.
    Learn,
    /// Running models.
    Lab,
    /// Method, privacy and licence.
    About,
    /// Checks of this device. The Lab has a link to it.
    SelfTest,
}

impl Screen {
    /// All screens.
    pub const ALL: [Self; 7] =
        [Self::Results, Self::Compare, Self::Findings, Self::Learn, Self::Lab, Self::About, Self::SelfTest];

    /// The screens in the page's header, in order.
    pub const MAIN: [Self; 6] = [Self::Results, Self::Compare, Self::Findings, Self::Learn, Self::Lab, Self::About];

    /// The name in links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Results => "results",
            Self::Compare => "compare",
            Self::Findings => "findings",
            Self::Learn => "learn",
            Self::Lab => "lab",
            Self::About => "about",
            Self::SelfTest => "self-test",
        }
    }

    /// The screen of an address's fragment.
    #[must_use]
    pub fn of_fragment(fragment: &str) -> Self {
        let name = trim(fragment).split('?').next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.name() == name).unwrap_or_default()
    }

    /// An address's fragment with this screen and everything else unchanged.
    #[must_use]
    pub fn in_fragment(self, fragment: &str) -> String {
        let rest = trim(fragment).split_once('?').map(|(_, rest)| format!("?{rest}"));
        format!("{}{}", self.name(), rest.unwrap_or_default())
    }
}

fn trim(fragment: &str) -> &str {
    fragment.trim_start_matches('#').trim_start_matches('/')
}

/// The source of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A collection that ships with the page, by id.
    Published(String),
    /// The reader's own files, by name. After a reload the page asks for them again.
    Files(Vec<String>),
    /// Files at addresses. A link loads them again after the reader agrees. Files next to the page are loaded at once.
    Addresses(Vec<String>),
}

impl Source {
    /// Whether all rows are in files next to the page, which ship with it. Then no other site is contacted.
    #[must_use]
    pub fn is_beside_page(&self) -> bool {
        matches!(self, Self::Addresses(list) if !list.is_empty() && list.iter().all(|at| is_beside_page(at)))
    }
}

/// The step after a press on "Run it live": the pair answers as soon as it is loaded.
pub const LIVE_STEP: &str = "live";

/// Whether an address is a path below the page's folder, and cannot be another site.
#[must_use]
pub fn is_beside_page(address: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = |part: &str| part.bytes().any(|byte| byte != b'.') && part.bytes().all(is_plain);
    address.split('/').all(is_name)
}

impl Default for Source {
    fn default() -> Self {
        Self::Published("training-data".to_owned())
    }
}

/// A mark that the reader opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The mark's group.
    pub group: GroupKey,
    /// The part of its rows that is shown.
    pub part: Part,
    /// Seed of the reading order.
    pub seed: u64,
    /// Number of answers before the first that is shown.
    pub offset: usize,
}

/// Everything in a link.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    pub screen: Screen,
    /// The source of the rows.
    pub source: Source,
    /// The rule, with its thresholds.
    pub rule: Rule,
    /// The kind of interval.
    pub interval: IntervalKind,
    /// The number that is computed for each group.
    pub metric: Metric,
    /// The columns with the judge's scores.
    pub judges: Judges,
    /// Which rows are used.
    pub filter: Filter,
    /// A group. Its value is subtracted from the values of the others.
    pub baseline: Option<String>,
    /// The figure.
    pub plot: Plot,
    /// The question on which models are compared.
    pub question: Option<String>,
    /// The id of the lesson's step. It stays in the link on the way to a saved view and back. [`LIVE_STEP`] starts a
    /// run in the Lab.
    pub step: Option<String>,
    /// The open mark.
    pub selection: Option<Selection>,
    /// Whether the view is in a frame of another page. Then only its figures are shown.
    pub is_embedded: bool,
    /// An experiment for the Lab: its address, or the whole experiment, packed.
    pub run: Option<String>,
}

impl View {
    /// The query of the chart by model. Files are pooled only if the reader asks for it.
    #[must_use]
    pub fn by_model(&self) -> Query {
        // A baseline is a group, so rows are grouped by group.
        let by = if self.baseline.is_some() { By { group: true, ..By::NOTHING } } else { By::default() };
        Query { by, ..self.query() }
    }

    /// The query of the chart by question, for one model of one file.
    #[must_use]
    pub fn by_question(&self, group: &GroupKey) -> Query {
        let mut query = self.query();
        query.by = By { question: true, ..By::default() };
        query.filter.files.clone_from(&group.file.iter().cloned().collect());
        query.filter.models.clone_from(&group.model.iter().cloned().collect());
        query
    }

    /// The query with the default grouping.
    #[must_use]
    pub fn query(&self) -> Query {
        Query {
            metric: self.metric.clone(),
            rule: self.rule.clone(),
            judges: self.judges.clone(),
            interval: self.interval,
            filter: self.filter.clone(),
            baseline: self.baseline.clone(),
            by: By::default(),
        }
    }
}

#[cfg(test)]
mod tests;
