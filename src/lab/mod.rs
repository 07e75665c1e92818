//! Experiments with a model that runs here: what is asked, by which columns, how often; the run, which can stop and go on at
//! any answer; the judges; and the table that comes of it, in the columns of published results. And lessons, which are data of
//! the same kind.
//!
//! Pure: a shell hands the run's commands to an engine and the engine's events back.

pub mod error;
pub mod experiment;
pub mod grammar;
pub mod judge;
pub mod lesson;
pub mod rates;
mod read;
pub mod run;
pub mod table;
