//! Records, columnar dataset, rules, statistics and queries. Uses std and serde only (and a statistics library).
//!
//! A number's way: a row's [`score::Score`]s stand in the [`dataset::Dataset`]'s columns; a [`filter::Filter`] is made
//! ready as a [`scope::Scope`]; [`counts::Counts`] gives each record of it a code under a [`rule::Rule`] and counts codes
//! by cell (what a row is counted under: [`dataset::CellKey`]); [`query::roll_up`] makes groups of cells and puts an
//! [`interval::Interval`] around each rate. [`figure::draw`] does the first three once for all figures of a screen.

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
