//! Domain to a laid out picture to any plotters backend.
//!
//! Every figure becomes a [`picture::Picture`]: shapes in CSS pixels, marks that open answers, and the table of its numbers.
//! [`paint`] paints any of them: on the page's canvas, or as SVG for tests and export. A picture holds no colours, but what
//! they are for, which a [`theme::Theme`] knows.

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
