//! A figure on the page: title, finding in words, chart, table and exports.

use leptos::prelude::*;

use super::chart::Chart;
use super::session::Session;
use super::table::NumbersTable;
use crate::charts::picture::{Picture, Target};
use crate::domain::query::Query;

/// A figure with everything around it. Shows nothing if the figure has no mark.
#[component]
pub fn Figure(
    /// Its id in the document and in file names.
    id: &'static str,
    /// The figure, laid out for `width`.
    #[prop(into)]
    picture: Signal<Picture>,
    /// Available width in CSS pixels, kept up to date.
    width: RwSignal<f64>,
    /// The selected mark. The page shows its answers.
    #[prop(into)]
    chosen: Signal<Option<Target>>,
    /// The query that the figure answers.
    #[prop(into)]
    query: Signal<Query>,
) -> impl IntoView {
    let session = Session::get();
    let on_open = Callback::new(move |target| session.open(target));
    let has_marks = Memo::new(move |_| picture.with(|picture| !picture.table.rows.is_empty()));
    let notes = move || {
        let note = |words: String| view! { <p class="quiet">{words}</p> };
        picture.with(|picture| picture.notes.iter().cloned().map(note).collect::<Vec<_>>())
    };
    view! {
        <Show when=move || has_marks.get()>
            <figure id=id>
                <figcaption>
                    <h2>{move || picture.with(|picture| picture.title.clone())}</h2>
                    <p>{move || picture.with(|picture| picture.finding.clone())}</p>
                </figcaption>
                <Chart picture width chosen on_open/>
                {notes}
                <NumbersTable picture on_open/>
                {session.parts.map(|parts| (parts.export)(id, picture, query))}
            </figure>
        </Show>
    }
}
