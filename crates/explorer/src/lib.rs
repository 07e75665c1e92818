//! Answers the page's questions about results: keeps the dataset, draws figures, returns answers and writes reports.

pub mod answer;
pub mod data_engine;
pub mod protocol;
pub mod question;
mod report;
