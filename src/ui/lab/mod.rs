//! The Lab: models of the reader's on the reader's own machine. An app of its own, downloaded when a screen of it is opened:
//! [`app`] mounts it, [`state`] folds what the engine worker says, [`screen`] is what is seen.

pub mod answer;
pub mod app;
pub mod ask;
pub mod beside;
pub mod bring;
pub mod columns;
pub mod consent;
pub mod judge;
pub mod keep;
pub mod load;
pub mod panel;
pub mod place;
mod pocket;
pub mod proposed;
pub mod run;
pub mod screen;
pub mod server;
pub mod shelf;
pub mod state;
pub mod tokens;
