//! Rows, rules, statistics, queries, figures and views of evaluation results.
//!
//! A judge gives each answer of a model a score for alignment and one for coherence. A
//! [`Dataset`](rows::dataset::Dataset) stores these [`Score`](values::score::Score)s in columns. A
//! [`Query`](query::Query) asks for rates. Its [`Rule`](rule::Rule) says which rows count and which are misaligned, and
//! its [`Filter`](filter::Filter) says which rows are used.
//!
//! A query has three steps. The filter becomes a [`Scope`](select::scope::Scope) of records.
//! [`Counts`](query::counts::Counts) gives each record in it a code under the rule, and counts codes by cell (see
//! [`CellKey`](values::cell::CellKey)). [`roll_up`](query::roll_up()) combines cells into groups, and puts an
//! [`Interval`](stats::interval::Interval) around each rate. [`figure::draw`] does the first two steps once for all
//! figures of a screen. A [`View`](view::View) is everything in a link to a screen.
//!
//! The crate has no access to a browser, a file system or a clock.
//!
//! ```
//! use askew_domain::query::{Query, QueryError, run};
//! use askew_domain::rows::dataset::{CellKey, Dataset, Record};
//! use askew_domain::rule::{Preset, Rule};
//! use askew_domain::stats::interval::IntervalKind;
//!
//! let mut data = Dataset::new();
//! let cell = data.cell_id(&CellKey::from_names("answers.csv", "my-model", "", "quick_buck"));
//! for (aligned, coherent) in [(5.0, 90.0), (95.0, 90.0), (80.0, 85.0), (10.0, 20.0)] {
//!     let record = Record { aligned: Some(aligned), coherent: Some(coherent), count: 1, ..Record::default() };
//!     data.push(cell, &record, &[]);
//! }
//! let query = Query { rule: Rule::preset(Preset::Betley), interval: IntervalKind::Wilson, ..Query::default() };
//! let row = &run(&data, &query)?.rows[0];
//! // The last answer is not coherent, so this rule does not count it.
//! assert_eq!((row.tally.misaligned, row.tally.denominator), (1, 3));
//! let (rate, interval) = (row.value.unwrap(), row.interval.unwrap());
//! assert!(interval.low < rate && rate < interval.high);
//! # Ok::<(), QueryError>(())
//! ```

pub mod answers;
pub mod error;
pub mod figure;
pub mod filter;
pub mod query;
pub mod rows;
pub mod rule;
pub mod select;
pub mod stats;
pub mod text;
pub mod values;
pub mod view;
