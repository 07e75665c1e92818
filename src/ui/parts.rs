//! Components that only the explorer's app has.
//!
//! The first screen is a separate app, so that a reader of charts downloads nothing else. It has no [`Parts`] and loads
//! the explorer's app ([`super::more`]) when one of them is needed. Both apps are made of the same components.

use leptos::prelude::*;

use crate::charts::picture::Picture;
use crate::domain::query::{GroupKey, Query};

/// Functions that draw the explorer's components.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// Panel of a mark's answers.
    pub answers: fn(GroupKey) -> AnyView,
    /// Picker of the type of figure.
    pub picker: fn() -> AnyView,
    /// Figure of any other type than the first one.
    pub figure: fn() -> AnyView,
    /// Filters and labels.
    pub tools: fn() -> AnyView,
    /// Other ways to open files, and the columns of a file.
    pub sources: fn() -> AnyView,
    /// Addresses of the view on other sites, which the reader may load.
    pub addresses: fn() -> AnyView,
    /// Figures that files and sources state.
    pub stated: fn() -> AnyView,
    /// Exports of a figure.
    pub export: fn(&'static str, Signal<Picture>, Signal<Query>) -> AnyView,
    /// Compare screen.
    pub compare: fn() -> AnyView,
    /// Findings screen.
    pub findings: fn() -> AnyView,
    /// Learn screen.
    pub learn: fn() -> AnyView,
    /// Place of the Lab's app.
    pub lab: fn(Signal<bool>) -> AnyView,
}
