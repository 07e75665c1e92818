//! The Lab: the reader's models on the reader's own machine. It is a separate app, downloaded when one of its screens
//! is opened: [`app`] mounts it, [`state`] follows the engine worker's events, [`screen`] is its main screen.

pub mod app;
pub mod beside;
pub mod compare;
pub mod experiment;
pub mod model;
pub mod place;
mod pocket;
pub mod proposed;
pub mod screen;
pub mod state;
