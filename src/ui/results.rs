//! The Results screen.

use leptos::prelude::*;

use super::chart::css;
use super::controls::Controls;
use super::figure::Figure;
use super::open::{Notices, SourceCard};
use super::session::Session;
use super::stated::StatedFigures;
use super::text;
use crate::charts::forest::forest;
use crate::charts::names::model_labels;
use crate::charts::picture::Target;
use crate::domain::answers::Part;
use crate::domain::query::metric::Metric;
use crate::domain::query::{GroupKey, Outcome, Row};
use crate::domain::view::View;
use crate::domain::view::plot::PlotKind;

/// Charts, their tables, and the panel of the open mark's answers.
#[component]
pub fn ResultsScreen() -> impl IntoView {
    let session = Session::get();
    let has_data = Memo::new(move |_| session.data.reading.opened.with(Option::is_some));
    let is_open = Memo::new(move |_| has_data.get() && session.view.with(|view| view.selection.is_some()));
    // Another mark needs a new panel. Another page or part of the same mark does not.
    let open_group =
        Memo::new(move |_| session.view.with(|view| view.selection.as_ref().map(|open| open.group.clone())));
    // Without data a mark has no answers: the page first asks for the files.
    let parts = session.parts;
    let panel = move || {
        let group = open_group.get().filter(|_| has_data.get());
        parts.zip(group).map(|(parts, group)| (parts.answers)(group))
    };
    let is_default = Memo::new(move |_| session.view.with(|view| view.plot.kind == PlotKind::Forest));
    let figures = move || match parts.filter(|_| !is_default.get()) {
        None => view! { <ByModel/> }.into_any(),
        Some(parts) => (parts.figure)(),
    };
    view! {
        <SourceCard/>
        <Notices/>
        <Controls/>
        {parts.map(|parts| (parts.tools)())}
        <div class="columns" class:reading=move || is_open.get()>
            <div>
                {parts.map(|parts| (parts.picker)())}
                <div class="charts" class:single=move || !is_default.get()>
                    <div>
                        {figures}
                        {parts.map(|parts| (parts.stated)())}
                        <Warnings/>
                    </div>
                    <Show when=move || is_default.get()><ByQuestion/></Show>
                </div>
            </div>
            {panel}
        </div>
        <StatedFigures/>
    }
}

fn rows(outcome: &Option<Outcome>) -> Vec<Row> {
    outcome.as_ref().map(|outcome| outcome.rows.clone()).unwrap_or_default()
}

fn metric(session: Session) -> Metric {
    session.view.with(|view| view.metric.clone())
}

/// The chart of rates by model.
#[component]
fn ByModel() -> impl IntoView {
    let session = Session::get();
    let width = RwSignal::new(0.0);
    let picture = Memo::new(move |_| {
        session.data.drawn.models.with(|outcome| {
            let rows = rows(outcome);
            let labels = model_labels(&rows);
            let label = |key: &GroupKey| {
                labels.iter().find(|(known, _)| known == key).map(|(_, label)| label.clone()).unwrap_or_default()
            };
            forest(text::results::BY_MODEL, &rows, &metric(session), label, css(width.get()))
        })
    });
    let chosen = move || session.data.drawn.focus.get().map(|group| Target { group, part: Part::default() });
    let query = move || session.view.with(View::by_model);
    view! { <Figure id="by-model" picture width chosen=Signal::derive(chosen) query=Signal::derive(query)/> }
}

/// The chart of rates by question, of one model.
#[component]
fn ByQuestion() -> impl IntoView {
    let session = Session::get();
    let width = RwSignal::new(0.0);
    let picture = Memo::new(move |_| {
        let model = session.data.drawn.focus.get().and_then(|group| group.model).unwrap_or_default();
        let name = |key: &GroupKey| key.question.clone().unwrap_or_default();
        let title = text::results::by_question(&model);
        session
            .data
            .drawn
            .questions
            .with(|outcome| forest(&title, &rows(outcome), &metric(session), name, css(width.get())))
    });
    let chosen = move || session.chosen();
    let query = move || {
        let focus = session.data.drawn.focus.get().unwrap_or_default();
        session.view.with(|view| view.by_question(&focus))
    };
    view! { <Figure id="by-question" picture width chosen=Signal::derive(chosen) query=Signal::derive(query)/> }
}

/// Warnings about the rates.
#[component]
fn Warnings() -> impl IntoView {
    let session = Session::get();
    let list = move || {
        session.data.drawn.models.with(|models| models.as_ref().map(|m| m.warnings.clone()).unwrap_or_default())
    };
    let items = move || list().into_iter().map(|warning| view! { <li>{warning.to_string()}</li> }).collect::<Vec<_>>();
    view! {
        <Show when=move || !list().is_empty()>
            <section class="warnings" aria-label=text::results::WARNINGS>
                <h2>{text::results::WARNINGS}</h2>
                <ul>{items}</ul>
            </section>
        </Show>
    }
}
