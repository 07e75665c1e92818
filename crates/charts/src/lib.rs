//! From domain data to a laid out picture, and from there to any plotters backend.
//!
//! Every figure becomes a [`picture::Picture`]: shapes in CSS pixels, marks that open answers, and a table with its
//! numbers. [`paint`] paints it on the page's canvas, or as SVG for tests and export. A picture stores the purpose of
//! each colour; a [`theme::Theme`] has the colours themselves.

pub mod axis;
pub mod draft;
pub mod export;
pub mod forest;
pub mod measure;
pub mod names;
pub mod paint;
pub mod picture;
pub mod plot;
pub mod theme;
pub mod words;
