//! State of the reader's own labels.

use crate::domain::rows::labels::{LabelRow, LabelRule};

/// State of the labels of the open data set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LabelState {
    /// Number of labelled answers.
    pub num_labelled: usize,
    /// Types of response in use.
    pub kinds: Vec<String>,
    /// The rules, in order.
    pub rules: Vec<LabelRule>,
    /// Labels given by hand to answers of the open data set. Those of all data sets are stored in this browser.
    pub(super) here: Vec<LabelRow>,
    /// Result or error of the last import or export.
    pub said: Option<String>,
}
