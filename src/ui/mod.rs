//! Leptos pages and components. This layer never names `gpu` or `model`.
//!
//! The address is the state: [`session`] keeps a [`View`](crate::domain::view::View) and the page's address in step,
//! [`data`] requests what the view shows from the data worker, [`lab::state`] follows the engine worker's events.
//! Components only bind; every string that they show is in [`text`].
//!
//! The page has three apps: [`app`] draws the first screen, the explorer's app replaces it when the reader needs more
//! ([`more`], [`handover`]), and [`lab::app`] is downloaded when one of its screens is opened.

pub mod about;
pub mod address;
pub mod answer;
pub mod answers;
pub mod app;
pub mod chart;
pub mod compare;
pub mod controls;
pub mod covered;
pub mod data;
pub mod elsewhere;
pub mod embedded;
pub mod explorer;
pub mod export;
mod fetch;
pub mod figure;
pub mod file_picker;
pub mod filters;
pub mod findings;
pub mod focus;
pub mod formatted;
pub mod handover;
pub mod lab;
pub mod label_state;
pub mod labels;
pub mod learn;
pub mod learn_step;
pub mod mapper;
pub mod metric;
pub mod more;
pub mod open;
pub mod part;
pub mod parts;
pub mod plots;
pub mod results;
pub mod scroll_table;
pub mod session;
pub mod share;
pub mod stated;
mod storage;
pub mod table;
pub mod text;
