//! Leptos pages and components. Never names `gpu` or `model`.
//!
//! The address is the state: [`session`] keeps a [`View`](crate::domain::view::View) and the page's address in step,
//! [`data`] asks the data worker for what the view shows, [`lab::state`] folds the engine worker's events. Components
//! only bind.
//!
//! There are three apps on the page: [`app`] draws the first screen, the explorer's takes its place when more is wanted
//! ([`handover`]), and [`lab::app`] is downloaded when a screen of it is opened.

pub mod about;
pub mod address;
pub mod answer;
pub mod answers;
pub mod app;
mod asking;
pub mod chart;
pub mod compare;
pub mod controls;
pub mod covered;
pub mod data;
mod embedded;
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
pub mod labels;
pub mod learn;
pub mod learn_step;
pub mod mapper;
pub mod metric;
pub mod open;
pub mod opening;
pub mod part;
pub mod parts;
pub mod plots;
pub mod results;
pub mod scroll_table;
pub mod self_test;
pub mod session;
pub mod share;
pub mod stated;
pub mod table;
pub mod text;
