//! Experiments: what is asked, by which columns, how often; the run, which can stop and go on at any answer; the judges; and
//! the table that comes of it, in the columns of published results. Columns and judge are a model that runs here, or servers.
//! And lessons, which are data of the same kind.
//!
//! Pure: a shell hands the run's commands to an engine and its requests to servers, and brings back what these say.

pub mod card;
pub mod error;
pub mod experiment;
pub mod grammar;
pub mod judge;
mod lane;
pub mod lesson;
pub mod link;
pub mod prompts;
pub mod questions;
pub mod rates;
mod read;
pub mod run;
pub mod second;
pub mod server;
pub mod store;
pub mod table;
pub mod trial;
