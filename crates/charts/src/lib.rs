//! From domain data to a laid out picture, and from there to any plotters backend.
//!
//! Every figure becomes a [`picture::Picture`]: shapes in CSS pixels, marks that open answers, and a table with its
//! numbers. [`plot::draw`] makes it from rows. [`paint`] paints it on the page's canvas, or as SVG for tests and
//! export. A picture stores the purpose of each colour; a [`theme::Theme`] has the colours themselves.
//!
//! ```
//! use askew_charts::paint::svg;
//! use askew_charts::plot::draw;
//! use askew_charts::theme::Theme;
//! use askew_domain::query::Query;
//! use askew_domain::rows::dataset::{CellKey, Dataset, Record};
//! use askew_domain::select::scope::Memo;
//! use askew_domain::view::plot::{Plot, PlotKind};
//!
//! let mut data = Dataset::new();
//! for (model, aligned) in [("base", 95.0), ("base", 90.0), ("tuned", 10.0), ("tuned", 80.0)] {
//!     let cell = data.cell_id(&CellKey::from_names("answers.csv", model, "", "quick_buck"));
//!     let record = Record { aligned: Some(aligned), coherent: Some(90.0), count: 1, ..Record::default() };
//!     data.push(cell, &record, &[]);
//! }
//! let plot = Plot { kind: PlotKind::Forest, ..Plot::default() };
//! let picture = draw(&data, &Query::default(), &plot, 640.0, &mut Memo::default())?;
//! let text = svg(&picture, &Theme::LIGHT)?;
//! assert!(text.contains("Misaligned answers by model") && text.contains("1/2"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
pub mod xml;
