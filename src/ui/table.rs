//! The table behind a figure: every row with its exact numbers.

use leptos::prelude::*;

use super::scroll_table::ScrollTable;
use super::text;
use crate::charts::picture::{Cell, Picture, TableRow, Target};
use crate::charts::words::percent;

/// Maximum number of rows shown, so that the document stays small.
const MAX_ROWS: usize = 200;

/// The numbers of a figure as a table.
#[component]
pub fn NumbersTable(
    /// The figure.
    #[prop(into)]
    picture: Signal<Picture>,
    /// Called with the row's target when the reader opens it.
    on_open: Callback<Target>,
) -> impl IntoView {
    let num_rows = Memo::new(move |_| picture.with(|picture| picture.table.rows.len()));
    let head = move || {
        let names = picture.with(|picture| picture.table.columns.clone());
        names.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect::<Vec<_>>()
    };
    let body = move || {
        picture.with(|picture| {
            picture.table.rows.iter().take(MAX_ROWS).map(|row| table_row(row, on_open)).collect::<Vec<_>>()
        })
    };
    let title = move || picture.with(|picture| picture.title.clone());
    let hidden = move || num_rows.get().saturating_sub(MAX_ROWS);
    view! {
        <details class="table">
            <summary>{text::figures::TABLE} {move || num_rows.get()} {text::figures::TABLE_ROWS}</summary>
            <ScrollTable label=title>
                <caption>{title}</caption>
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{body}</tbody>
            </ScrollTable>
            <Show when=move || { hidden() > 0 }>
                <p class="quiet">{hidden} {text::figures::MORE_ROWS}</p>
            </Show>
        </details>
    }
}

fn table_row(row: &TableRow, on_open: Callback<Target>) -> impl IntoView + use<> {
    let mut cells = row.cells.iter();
    let name = cells.next().map(text).unwrap_or_default();
    let first = match row.target.clone() {
        None => name.into_any(),
        Some(target) => {
            view! { <button type="button" class="link" on:click=move |_| on_open.run(target.clone())>{name}</button> }
                .into_any()
        }
    };
    let others = cells.map(cell).collect::<Vec<_>>();
    view! {
        <tr>
            <th scope="row">{first}</th>
            {others}
        </tr>
    }
}

/// A cell. `<data>` holds the exact number next to the rounded text.
fn cell(cell: &Cell) -> AnyView {
    match cell {
        Cell::Percent(value) | Cell::Number(value) => {
            view! { <td><data value=value.to_string()>{text(cell)}</data></td> }.into_any()
        }
        Cell::Text(_) | Cell::Count(_) | Cell::Empty => view! { <td>{text(cell)}</td> }.into_any(),
    }
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Number(value) => format!("{value:.3}"),
        Cell::Percent(value) => percent(*value),
        Cell::Empty => text::NONE.to_owned(),
    }
}
