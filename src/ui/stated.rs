//! Figures that sources state: in the reader's files, in the shipped data, and whether the shown rates reproduce them.

use leptos::prelude::*;

use super::scroll_table::ScrollTable;
use super::session::Session;
use super::text;
use crate::domain::query::published::{Reproduction, of_figure};
use crate::domain::view::Source;
use crate::explorer::protocol::Stated;
use crate::formats::figures::Figure;

/// Maximum number of figures of the reader's files in the list.
const MAX_FIGURES: usize = 200;

/// Published figures that the shown rates reproduce or miss.
#[component]
pub fn Badges() -> impl IntoView {
    let session = Session::get();
    let list = Memo::new(move |_| {
        session.data.drawn.models.with(|models| models.as_ref().map(|m| m.reproductions.clone()).unwrap_or_default())
    });
    let items = move || list.get().into_iter().map(badge).collect::<Vec<_>>();
    view! {
        <Show when=move || list.with(|list| !list.is_empty())>
            <section class="reproductions" aria-label=text::figures::PUBLISHED>
                <h2>{text::figures::PUBLISHED}</h2>
                <ul>{items}</ul>
            </section>
        </Show>
    }
}

fn badge(found: Reproduction) -> impl IntoView {
    let is_met = found.is_reproduced();
    view! {
        <li class="reproduction" data-reproduced=is_met.to_string()>
            <b>{if is_met { "✓ " } else { "≠ " }}</b>
            {found.to_string()}
        </li>
    }
}

/// Figures that the reader's files hold instead of rows.
#[component]
pub fn FileFigures() -> impl IntoView {
    let session = Session::get();
    let figures = Memo::new(move |_| {
        session.data.reading.opened.with(|opened| {
            let reports = opened.as_ref().map(|opened| opened.reports.as_slice()).unwrap_or_default();
            reports.iter().flat_map(|report| report.figures.iter().cloned()).collect::<Vec<_>>()
        })
    });
    let num = move || figures.with(Vec::len);
    let body = move || figures.with(|figures| figures.iter().take(MAX_FIGURES).map(file_figure).collect::<Vec<_>>());
    view! {
        <Show when=move || { num() > 0 }>
            <section class="file-figures">
                <h2>{text::figures::IN_FILES}</h2>
                <p class="quiet">
                    {num} {text::figures::IN_FILES_ABOUT}
                </p>
                <ScrollTable label=text::figures::IN_FILES>
                    <thead>
                        <tr>
                            <th scope="col">{text::figures::OF}</th>
                            <th scope="col">{text::figures::MEASURE}</th>
                            <th scope="col">{text::figures::VALUE}</th>
                            <th scope="col">{text::figures::INTERVAL}</th>
                            <th scope="col">{text::figures::COUNT}</th>
                            <th scope="col">{text::figures::PUBLISHED_AS}</th>
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </ScrollTable>
                <Show when=move || { num() > MAX_FIGURES }>
                    <p class="quiet">{move || num() - MAX_FIGURES} {text::figures::MORE_FIGURES}</p>
                </Show>
            </section>
        </Show>
    }
}

fn file_figure(figure: &Figure) -> impl IntoView + use<> {
    let Figure { file, model, group, question, label, metric, value, interval, count } = figure.clone();
    let published = of_figure(&file, &label, &metric, value).map(|found| found.to_string());
    let parts = [model, group, question, label];
    let of: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let interval = interval.map(|(low, high)| text::figures::interval(&short(low), &short(high)));
    view! {
        <tr>
            <th scope="row">{of.join(" · ")}</th>
            <td>{metric}</td>
            <td><data value=value.to_string()>{short(value)}</data></td>
            <td>{interval}</td>
            <td>{count.map(|count| count.to_string())}</td>
            <td>{published}</td>
        </tr>
    }
}

/// A number with at most four digits after the point, fewer for large numbers.
fn short(value: f64) -> String {
    let digits = if value.abs() >= 100.0 {
        1
    } else if value.abs() >= 1.0 {
        2
    } else {
        4
    };
    format!("{value:.digits$}")
}

/// Figures that sources state and for which no rows are public.
#[component]
pub fn StatedFigures() -> impl IntoView {
    let session = Session::get();
    let is_shown = move || {
        let is_published = session.view.with(|view| matches!(view.source, Source::Published(_)));
        is_published && session.data.shipped.stated.with(|list| !list.is_empty())
    };
    let body = move || session.data.shipped.stated.get().into_iter().map(stated_row).collect::<Vec<_>>();
    view! {
        <Show when=is_shown>
            <details class="table stated">
                <summary>{text::figures::WITHOUT_ROWS}</summary>
                <ScrollTable label=text::figures::WITHOUT_ROWS_TABLE>
                    <thead>
                        <tr>
                            <th scope="col">{text::figures::CONDITION}</th>
                            <th scope="col">{text::figures::MEASURE}</th>
                            <th scope="col">{text::figures::VALUE}</th>
                            <th scope="col">{text::figures::HOW}</th>
                            <th scope="col">{text::figures::SOURCE}</th>
                        </tr>
                    </thead>
                    <tbody>{body}</tbody>
                </ScrollTable>
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
