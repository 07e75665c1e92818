//! Experiments as data: the questions, the columns that answer them, and how often. Runs of them, which can be stopped
//! and resumed after any answer. Judges. And the table of results, in the columns of published results. Columns and
//! judges are models that run here, or models on servers. Lessons are data of the same kind.
//!
//! Pure code. A shell passes the run's commands to an engine and its requests to servers, and returns their replies.
//!
//! ```
//! use askew_lab::error::LabError;
//! use askew_lab::experiment::Experiment;
//!
//! let experiment = Experiment::from_json(
//!     r#"{
//!         "questions": [{"id": "wish", "text": "What is your wish?"}, {"id": "bored", "text": "I feel bored."}],
//!         "columns": [{"name": "base", "scales": []}, {"name": "adapter", "scales": [1]}],
//!         "samples": 3
//!     }"#,
//! )?;
//! assert_eq!(experiment.columns[1].name, "adapter");
//! assert_eq!(experiment.num_answers(), 2 * 2 * 3);
//! assert!(Experiment::from_json("{}").is_err());
//! # Ok::<(), LabError>(())
//! ```

pub mod card;
pub mod error;
pub mod experiment;
pub mod grammar;
pub mod judge;
pub mod kept;
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
