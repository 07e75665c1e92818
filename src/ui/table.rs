//! The table behind a chart: every row, with its numbers in full.

use leptos::prelude::*;

use crate::charts::words::percent;
use crate::domain::query::{GroupKey, Row};

/// Most rows shown: the document stays small whatever the data.
const MAX_ROWS: usize = 200;

/// Rates as a table.
#[component]
pub fn RateTable(
    /// What the table shows.
    caption: &'static str,
    /// Heading of the first column.
    heading: &'static str,
    /// Rows with their names.
    #[prop(into)]
    rows: Signal<Vec<(String, Row)>>,
    /// Called with the row that the reader opens.
    #[prop(into)]
    on_open: Callback<GroupKey>,
) -> impl IntoView {
    let num_rows = Memo::new(move |_| rows.with(Vec::len));
    let body = move || {
        rows.with(|rows| {
            rows.iter().take(MAX_ROWS).map(|(name, row)| table_row(name, row, on_open)).collect::<Vec<_>>()
        })
    };
    let hidden = move || num_rows.get().saturating_sub(MAX_ROWS);
    view! {
        <details class="table">
            <summary>"Table of these numbers (" {move || num_rows.get()} " rows)"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=caption>
                <table>
                    <caption>{caption}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{heading}</th>
                            <th scope="col">"Rate"</th>
                            <th scope="col">"95 % interval"</th>
                            <th scope="col">"Kind of interval"</th>
                            <th scope="col">"Misaligned"</th>
                            <th scope="col">"Of"</th>
                            <th scope="col">"All rows"</th>
                            <th scope="col">"No alignment score"</th>
                            <th scope="col">"No coherence score"</th>
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
            <Show when=move || { hidden() > 0 }>
                <p class="quiet">{hidden} " more rows are not shown."</p>
            </Show>
        </details>
    }
}

/// `<data>` holds the number in full beside its rounded text.
fn number(value: f64) -> impl IntoView {
    view! { <data value=value.to_string()>{percent(value)}</data> }
}

fn table_row(name: &str, row: &Row, on_open: Callback<GroupKey>) -> impl IntoView + use<> {
    let interval = row.interval;
    let (group, name) = (row.key.clone(), name.to_owned());
    let ends = interval.map(|found| view! { {number(found.low)} " to " {number(found.high)} });
    view! {
        <tr>
            <th scope="row">
                <button type="button" class="link" on:click=move |_| on_open.run(group.clone())>{name}</button>
            </th>
            <td>{row.value.map_or_else(|| "none".into_any(), |rate| number(rate).into_any())}</td>
            <td>{ends}</td>
            <td>{interval.map_or("none", |found| found.method.describe())}</td>
            <td>{row.tally.misaligned}</td>
            <td>{row.tally.denominator}</td>
            <td>{row.tally.rows}</td>
            <td>{row.tally.null_aligned}</td>
            <td>{row.tally.null_coherent}</td>
        </tr>
    }
}
