//! Components that only the explorer's app has.
//!
//! The first screen is a separate app, so that a reader of charts downloads nothing else. It has no [`Parts`] and loads
//! the explorer's app ([`super::handover`]) when one of them is needed. Both apps are made of the same components.

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

/// Functions that draw the explorer's components.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// Runs at the start: reads the labels and the columns that are stored in this browser.
    pub start: fn(Session),
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

impl Parts {
    /// Every component of the explorer.
    pub const ALL: Self = Self {
        start: |session| {
            session.data.reading.mappings.set(mapper::stored());
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
