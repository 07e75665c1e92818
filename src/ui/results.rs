//! The Results screen.

use leptos::prelude::*;

use super::answers::AnswersPanel;
use super::chart::Chart;
use super::controls::Controls;
use super::export::{EXPORT_WIDTH, Export};
use super::filters::Filters;
use super::open::{Notices, SourceCard};
use super::session::Session;
use super::table::RateTable;
use crate::charts::forest::forest;
use crate::charts::names::model_labels;
use crate::charts::picture::Picture;
use crate::domain::metric::Metric;
use crate::domain::query::{GroupKey, Outcome, Row};
use crate::domain::view::Source;
use crate::runtime::data_protocol::Stated;

/// Charts, their tables, and the answers behind a mark.
#[component]
pub fn ResultsScreen() -> impl IntoView {
    let session = Session::get();
    let has_data = Memo::new(move |_| session.data.opened.with(Option::is_some));
    let is_open = Memo::new(move |_| has_data.get() && session.view.with(|view| view.selection.is_some()));
    // Another mark is another panel; a page or a part of the same mark is not.
    let open_group =
        Memo::new(move |_| session.view.with(|view| view.selection.as_ref().map(|open| open.group.clone())));
    // Without its data a mark has nothing to open: the page asks for the files first.
    let panel = move || has_data.get().then(|| open_group.get().map(|group| view! { <AnswersPanel group/> }));
    view! {
        <SourceCard/>
        <Notices/>
        <Controls/>
        <Filters/>
        <div class="columns" class:reading=move || is_open.get()>
            <div class="charts">
                <div>
                    <ByModel/>
                    <Warnings/>
                </div>
                <ByQuestion/>
            </div>
            {panel}
        </div>
        <StatedFigures/>
    }
}

fn rows(outcome: &Option<Outcome>) -> Vec<Row> {
    outcome.as_ref().map(|outcome| outcome.rows.clone()).unwrap_or_default()
}

#[component]
fn ByModel() -> impl IntoView {
    let session = Session::get();
    let draw = Callback::new(move |width| {
        session.data.models.with(|outcome| {
            let rows = rows(outcome);
            let labels = model_labels(&rows);
            let label = |key: &GroupKey| {
                labels.iter().find(|(known, _)| known == key).map(|(_, label)| label.clone()).unwrap_or_default()
            };
            forest("Misaligned answers by model", &rows, &Metric::Rate, label, width)
        })
    });
    let table = Memo::new(move |_| {
        let rows = session.data.models.with(rows);
        let labels = model_labels(&rows).into_iter().map(|(_, label)| label);
        labels.zip(rows).collect::<Vec<_>>()
    });
    let chosen = move || session.data.focus.get();
    view! { <Figure id="by-model" heading="Model" draw table chosen=Signal::derive(chosen)/> }
}

#[component]
fn ByQuestion() -> impl IntoView {
    let session = Session::get();
    let title = move || {
        let focus = session.data.focus.get();
        format!("By question: {}", focus.and_then(|group| group.model).unwrap_or_default())
    };
    let name = |key: &GroupKey| key.question.clone().unwrap_or_default();
    let draw = Callback::new(move |width| {
        session.data.questions.with(|outcome| forest(&title(), &rows(outcome), &Metric::Rate, name, width))
    });
    let table = Memo::new(move |_| {
        session
            .data
            .questions
            .with(|outcome| rows(outcome).into_iter().map(|row| (name(&row.key), row)).collect::<Vec<_>>())
    });
    let chosen = move || session.view.with(|view| view.selection.as_ref().map(|open| open.group.clone()));
    view! { <Figure id="by-question" heading="Question" draw table chosen=Signal::derive(chosen)/> }
}

/// A chart with its title, its finding in words and its table.
#[component]
fn Figure(
    id: &'static str,
    heading: &'static str,
    draw: Callback<f32, Picture>,
    table: Memo<Vec<(String, Row)>>,
    chosen: Signal<Option<GroupKey>>,
) -> impl IntoView {
    let session = Session::get();
    let on_open = Callback::new(move |group| session.open(group));
    let picture = Memo::new(move |_| draw.run(EXPORT_WIDTH));
    let has_marks = Memo::new(move |_| picture.with(|picture| !picture.marks.is_empty()));
    let notes = move || picture.with(|picture| picture.notes.iter().cloned().map(note).collect::<Vec<_>>());
    view! {
        <Show when=move || has_marks.get()>
            <figure id=id>
                <figcaption>
                    <h2>{move || picture.with(|picture| picture.title.clone())}</h2>
                    <p>{move || picture.with(|picture| picture.finding.clone())}</p>
                </figcaption>
                <Chart draw chosen on_open/>
                {notes}
                <RateTable caption="Rates, with the rule above" heading rows=table on_open/>
                <Export id picture/>
            </figure>
        </Show>
    }
}

fn note(words: String) -> impl IntoView {
    view! { <p class="quiet">{words}</p> }
}

/// What to know beside the rates.
#[component]
fn Warnings() -> impl IntoView {
    let session = Session::get();
    let list =
        move || session.data.models.with(|models| models.as_ref().map(|m| m.warnings.clone()).unwrap_or_default());
    let items = move || list().into_iter().map(|warning| view! { <li>{warning.to_string()}</li> }).collect::<Vec<_>>();
    view! {
        <Show when=move || !list().is_empty()>
            <section class="warnings" aria-label="Read with care">
                <h2>"Read with care"</h2>
                <ul>{items}</ul>
            </section>
        </Show>
    }
}

/// Figures that sources state, for which no rows are public.
#[component]
fn StatedFigures() -> impl IntoView {
    let session = Session::get();
    let is_shown = move || {
        let is_published = session.view.with(|view| matches!(view.source, Source::Published(_)));
        is_published && session.data.stated.with(|list| !list.is_empty())
    };
    let body = move || session.data.stated.get().into_iter().map(stated_row).collect::<Vec<_>>();
    view! {
        <Show when=is_shown>
            <details class="table stated">
                <summary>"Figures that sources state, without public rows"</summary>
                <div class="scroll" tabindex="0" role="region" aria-label="Figures that sources state">
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">"Condition"</th>
                                <th scope="col">"Measure"</th>
                                <th scope="col">"Figure"</th>
                                <th scope="col">"How"</th>
                                <th scope="col">"Source"</th>
                            </tr>
                        </thead>
                        <tbody>{body}</tbody>
                    </table>
                </div>
            </details>
        </Show>
    }
}

fn stated_row(figure: Stated) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{figure.condition}</th>
            <td>{figure.measure}</td>
            <td>{figure.value} " " {figure.unit}</td>
            <td>{figure.rule}</td>
            <td><a href=figure.url rel="noreferrer noopener" target="_blank">{figure.source}</a></td>
        </tr>
    }
}
