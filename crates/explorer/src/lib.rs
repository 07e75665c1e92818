//! Answers the page's questions about results: keeps the dataset, draws figures, returns answers and writes reports.
//!
//! [`data_engine::DataEngine`] has the open dataset. [`protocol`] has the requests and events of its worker.
//!
//! ```
//! use askew_domain::query::Query;
//! use askew_explorer::data_engine::DataEngine;
//! use askew_explorer::protocol::DataEvent;
//! use askew_formats::options::Options;
//! use askew_formats::reader::{FileReader, Loader};
//!
//! let mut loader = Loader::default();
//! let mut file = FileReader::new("answers.csv", Options::any());
//! file.feed(&mut loader, b"question,answer,aligned,coherent\nHow are you?,Fine.,95,90\nHow are you?,Die.,2,90\n");
//! loader.close(file);
//! let (data, outcomes) = loader.finish();
//!
//! let mut engine = DataEngine::default();
//! assert!(matches!(engine.open(1, data, outcomes), DataEvent::Opened { .. }));
//! let DataEvent::Answered { outcome, .. } = engine.ask(1, &Query::default()) else { panic!("rates are computed") };
//! assert_eq!(outcome.rows[0].value, Some(0.5));
//! ```

pub mod answer;
pub mod data_engine;
pub mod label_store;
pub mod opening;
pub mod protocol;
pub mod question;
mod report;
