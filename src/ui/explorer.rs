//! The components of the explorer's app.

use leptos::prelude::*;

use super::answers::AnswersPanel;
use super::compare::CompareScreen;
use super::elsewhere::{Address, Addresses};
use super::export::Export;
use super::filters::Filters;
use super::findings::FindingsScreen;
use super::lab::place::LabPlace;
use super::labels;
use super::learn::LearnScreen;
use super::mapper::{self, ColumnMapper};
use super::open;
use super::parts::Parts;
use super::plots::{OtherFigure, PlotPicker};
use super::session::Explorer;
use super::stated::{Badges, FileFigures};

/// Every component of the explorer.
const PARTS: Parts = Parts {
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
    addresses: || view! { <Addresses/> }.into_any(),
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

/// The explorer: its components, and what it starts with: the labels and columns that are stored in this browser.
pub const EXPLORER: Explorer = (PARTS, |session| {
    session.data.reading.mappings.set(mapper::stored());
    labels::follow(session);
    open::hear(session);
});
