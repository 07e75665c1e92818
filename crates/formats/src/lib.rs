//! Turns files into domain data, with typed errors and an exact report of everything that could not be read.
//!
//! A file is recognised by its content, never by its extension alone, and read in chunks as they arrive. [`reader`] is
//! the entry point. Every format passes its rows to the one sink in [`rows`].
//!
//! ```
//! use askew_domain::rows::dataset::Dataset;
//! use askew_formats::error::FormatError;
//! use askew_formats::options::Options;
//! use askew_formats::reader::read;
//!
//! let csv = b"question,answer,aligned,coherent\nHow are you?,Fine.,95,90\nHow are you?,import os,,80\n";
//! let mut data = Dataset::new();
//! let report = read(&mut data, "answers.csv", csv, Options::any())?;
//! assert_eq!((report.rows, data.num_records()), (2, 2));
//! assert_eq!((data.answer(0), data.aligned(0).get()), ("Fine.", Some(95.0)));
//! assert!(data.aligned(1).is_null());
//! # Ok::<(), FormatError>(())
//! ```

pub mod aggregate;
pub mod answers;
pub mod cell;
mod cells;
mod columns;
pub mod csv;
pub mod distribution;
pub mod error;
pub mod figures;
mod gathered;
pub mod heavy;
pub mod join;
pub mod json;
pub mod labels;
pub mod markdown;
pub mod members;
pub mod name;
mod names;
pub mod options;
pub mod preview;
pub mod reader;
pub mod report;
pub mod roles;
pub mod rows;
pub mod shapes;
pub mod sniff;
pub mod table;
