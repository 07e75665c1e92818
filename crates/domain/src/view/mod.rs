//! A view: everything that a link holds. The address is the state; the rest is derived from it.

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
    /// Models side by side.
    Compare,
    /// Findings of the literature, each a view.
    Findings,
    /// A lesson, step by step.
    Learn,
    /// Running models.
    Lab,
    /// Method, privacy, licence.
    About,
    /// Checks of this device, which the Lab leads to.
    SelfTest,
}

impl Screen {
    /// All screens.
    pub const ALL: [Self; 7] =
        [Self::Results, Self::Compare, Self::Findings, Self::Learn, Self::Lab, Self::About, Self::SelfTest];

    /// Those that the page's head leads to, in order.
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

    /// An address's fragment on this screen, the rest as it is.
    #[must_use]
    pub fn in_fragment(self, fragment: &str) -> String {
        let rest = trim(fragment).split_once('?').map(|(_, rest)| format!("?{rest}"));
        format!("{}{}", self.name(), rest.unwrap_or_default())
    }
}

fn trim(fragment: &str) -> &str {
    fragment.trim_start_matches('#').trim_start_matches('/')
}

/// Where the rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A collection that ships with the page, by id.
    Published(String),
    /// Files of the reader's, by name: after a reload they are asked for again.
    Files(Vec<String>),
    /// Files at addresses: a link loads them again, once the reader has agreed to. Those beside the page it loads at once.
    Addresses(Vec<String>),
}

impl Source {
    /// Whether all rows lie beside the page, in files that ship with it: whoever serves the page is asked, and nobody else.
    #[must_use]
    pub fn is_beside_page(&self) -> bool {
        matches!(self, Self::Addresses(list) if !list.is_empty() && list.iter().all(|at| is_beside_page(at)))
    }
}

/// The step of whoever pressed "Run it live": the pair answers as soon as it is there.
pub const LIVE_STEP: &str = "live";

/// Whether an address leads downwards from the page, and names nothing that could be another site.
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
    /// Which of its rows are shown.
    pub part: Part,
    /// Seed of the reading order.
    pub seed: u64,
    /// Answers passed over.
    pub offset: usize,
}

/// Everything that a link holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// The screen.
    pub screen: Screen,
    /// Where the rows come from.
    pub source: Source,
    /// The rule, with its thresholds.
    pub rule: Rule,
    /// The interval asked for.
    pub interval: IntervalKind,
    /// What is computed.
    pub metric: Metric,
    /// The columns that serve as the judge's scores.
    pub judges: Judges,
    /// Which rows are asked about.
    pub filter: Filter,
    /// Group whose value is subtracted from the others'.
    pub baseline: Option<String>,
    /// The figure.
    pub plot: Plot,
    /// The question that models are compared on.
    pub question: Option<String>,
    /// The step of the lesson, by id: kept on the way to a saved view and back. The Lab takes [`LIVE_STEP`] for the reader's
    /// word to begin.
    pub step: Option<String>,
    /// The mark that is open.
    pub selection: Option<Selection>,
    /// Whether the view stands in a frame of another page: figures without what surrounds them.
    pub is_embedded: bool,
    /// An experiment for the Lab: its address, or the whole of it, packed.
    pub run: Option<String>,
}

impl View {
    /// The query of the chart by model: files are never pooled unasked.
    #[must_use]
    pub fn by_model(&self) -> Query {
        // A baseline is a group of models.
        let by = if self.baseline.is_some() { By { group: true, ..By::NOTHING } } else { By::default() };
        Query { by, ..self.query() }
    }

    /// The query of the chart by question, of one file's model.
    #[must_use]
    pub fn by_question(&self, group: &GroupKey) -> Query {
        let mut query = self.query();
        query.by = By { question: true, ..By::default() };
        query.filter.files.clone_from(&group.file.iter().cloned().collect());
        query.filter.models.clone_from(&group.model.iter().cloned().collect());
        query
    }

    /// The rule and the filters, whatever the grouping.
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
