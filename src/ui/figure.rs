//! A figure on the page: its title, its finding in words, the chart, its table, and what can be taken along.

use leptos::prelude::*;

use super::chart::Chart;
use super::session::Session;
use super::table::NumbersTable;
use crate::charts::picture::{Picture, Target};
use crate::domain::query::Query;

/// A figure with everything that belongs to it; nothing where it has no mark.
#[component]
pub fn Figure(
    /// Its name within the document and within files' names.
    id: &'static str,
    /// The figure, laid out for `width`.
    #[prop(into)]
    picture: Signal<Picture>,
    /// Kept at the width that there is.
    width: RwSignal<f64>,
    /// The mark that is open.
    #[prop(into)]
    chosen: Signal<Option<Target>>,
    /// What the figure was asked by.
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
