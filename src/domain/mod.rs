//! Records, columnar dataset, rules, statistics and queries. Uses std and serde only (and a statistics library).
//!
//! A number's way: a row's [`score::Score`]s stand in the [`dataset::Dataset`]'s columns; a [`filter::Filter`] is made
//! ready as a [`scope::Scope`]; [`counts::Counts`] gives each record of it a code under a [`rule::Rule`] and counts codes
//! by cell (what a row is counted under: [`dataset::CellKey`]); [`query::roll_up`] makes groups of cells and puts an
//! [`interval::Interval`] around each rate. [`figure::draw`] does the first three once for all figures of a screen.

pub mod agreement;
pub mod answers;
pub mod calibration;
mod cell;
mod classify;
mod columns;
pub mod compare;
pub mod counts;
pub mod csv;
pub mod dataset;
pub mod diff;
pub mod facet;
pub mod figure;
pub mod filter;
pub mod flow;
pub mod group;
pub mod harm;
pub mod hash;
pub mod interval;
pub mod judge;
pub mod label;
mod link;
pub mod matrix;
pub mod metric;
pub mod plot;
mod preset;
pub mod published;
pub mod query;
pub mod quotes;
pub mod random;
pub mod repeat;
pub mod rule;
pub mod scope;
pub mod score;
pub mod search;
pub mod spread;
pub mod sql;
pub mod sweep;
pub mod tally;
pub mod view;
pub mod warning;
