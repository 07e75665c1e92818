//! Turns files into domain data, with typed errors and an exact report of everything that could not be read.
//!
//! A file is recognised by its content, never by its extension alone, and read in chunks as they arrive. [`reader`] is
//! the entry point. Every format passes its rows to the one sink in [`rows`].

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
pub mod options;
pub mod preview;
pub mod reader;
pub mod report;
pub mod roles;
pub mod rows;
pub mod shapes;
pub mod sniff;
pub mod table;
