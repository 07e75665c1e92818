//! What only the explorer's app draws.
//!
//! The first screen is an app of its own, so that a reader of charts downloads nothing else; it holds no [`Parts`] and asks
//! for the explorer's app ([`super::handover`]) when one of them is wanted. Both are made of the same components.

use leptos::prelude::*;

use super::answers::AnswersPanel;
use super::compare::CompareScreen;
use super::export::Export;
use super::filters::Filters;
use super::findings::FindingsScreen;
use super::lab::place::LabPlace;
use super::labels;
use super::learn::LearnScreen;
use super::mapper::{self, ColumnMapper};
use super::open::{self, Address};
use super::plots::{OtherFigure, PlotPicker};
use super::session::Session;
use super::stated::{Badges, FileFigures};
use crate::charts::picture::Picture;
use crate::domain::query::{GroupKey, Query};

/// The explorer's components, as what they draw.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// Whatever runs from the start: labels and columns that this browser keeps.
    pub start: fn(Session),
    /// The answers of a mark.
    pub answers: fn(GroupKey) -> AnyView,
    /// Which figure.
    pub picker: fn() -> AnyView,
    /// A figure of any other type.
    pub figure: fn() -> AnyView,
    /// Filters and labels.
    pub tools: fn() -> AnyView,
    /// Further ways to open files, and how they are read.
    pub sources: fn() -> AnyView,
    /// Figures that files and sources state.
    pub stated: fn() -> AnyView,
    /// Taking a figure along.
    pub export: fn(&'static str, Signal<Picture>, Signal<Query>) -> AnyView,
    /// Models side by side.
    pub compare: fn() -> AnyView,
    /// What the literature found.
    pub findings: fn() -> AnyView,
    /// The lesson.
    pub learn: fn() -> AnyView,
    /// The place of the Lab's app.
    pub lab: fn(Signal<bool>) -> AnyView,
}

impl Parts {
    /// All of them.
    pub const ALL: Self = Self {
        start: |session| {
            session.data.mappings.set(mapper::stored());
            labels::follow(session);
            open::hear(session);
        },
        answers: |group| view! { <AnswersPanel group/> }.into_any(),
        picker: || view! { <PlotPicker/> }.into_any(),
        figure: || view! { <OtherFigure/> }.into_any(),
        tools: || view! { <Filters/> }.into_any(),
        sources: || {
            view! {
                <Address/>
                <ColumnMapper/>
            }
            .into_any()
        },
        stated: || {
            view! {
                <FileFigures/>
                <Badges/>
            }
            .into_any()
        },
        export: |id, picture, query| view! { <Export id picture query/> }.into_any(),
        compare: || view! { <CompareScreen/> }.into_any(),
        findings: || view! { <FindingsScreen/> }.into_any(),
        learn: || view! { <LearnScreen/> }.into_any(),
        lab: |is_open| view! { <LabPlace is_open/> }.into_any(),
    };
}
