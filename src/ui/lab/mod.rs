//! The Lab: the reader's models on the reader's own machine. It is a separate app, downloaded when one of its screens
//! is opened: [`app`] mounts it, [`state`] follows the engine worker's events, [`screen`] is its main screen. The views
//! in [`model`], [`compare`] and [`experiment`] are made of the state, which names none of them.

pub mod app;
pub mod compare;
pub mod experiment;
pub mod model;
pub mod place;
pub mod screen;
pub mod self_test;
pub mod state;
