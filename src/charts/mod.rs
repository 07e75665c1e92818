//! Domain to a pure chart specification to any plotters backend.
//!
//! [`spec`] says what a chart shows, [`layout`] where each mark stands, [`forest`] draws both with plotters: on the
//! page's canvas, or as SVG for tests and export. A specification holds no colours and no pixels.

pub mod export;
pub mod forest;
pub mod layout;
pub mod picture;
pub mod spec;
pub mod theme;
