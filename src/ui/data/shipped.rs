//! What ships with the page, as the worker lists it.

use leptos::prelude::*;

use crate::explorer::protocol::{Collection, Finding, PublishedFile, Stated};

/// Lists of what ships with the page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shipped {
    /// Collections of figures.
    pub collections: RwSignal<Vec<Collection>>,
    /// Figures that sources state.
    pub stated: RwSignal<Vec<Stated>>,
    /// Findings of the literature.
    pub findings: RwSignal<Vec<Finding>>,
    /// Files from which the collections were counted.
    pub files: RwSignal<Vec<PublishedFile>>,
}
