//! The Lab: models of the reader's on the reader's own machine. An app of its own, downloaded when a screen of it is opened:
//! [`app`] mounts it, [`state`] folds what the engine worker says, [`screen`] is what is seen.

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
