//! The Findings screen: each finding with a view to open, or with the figures that its source states.

use leptos::prelude::*;

use super::session::Session;
use super::text;
use crate::explorer::protocol::{Finding, Stated};

#[component]
pub fn FindingsScreen() -> impl IntoView {
    let session = Session::get();
    let cards = move || {
        let stated = session.data.shipped.stated.get();
        session.data.shipped.findings.get().into_iter().map(|finding| card(finding, &stated)).collect::<Vec<_>>()
    };
    view! {
        <h1>{text::findings::HEADING}</h1>
        <p>{text::findings::ABOUT}</p>
        <ul class="findings">{cards}</ul>
    }
}

fn card(finding: Finding, stated: &[Stated]) -> impl IntoView + use<> {
    let Finding { id, title, sentence, view, stated: conditions, source } = finding;
    let is_here = |figure: &&Stated| {
        conditions.contains(&figure.condition) || conditions.iter().any(|name| is_run_of(&figure.condition, name))
    };
    let figures: Vec<_> = stated.iter().filter(is_here).map(figure).collect();
    let (num_figures, has_figures) = (figures.len(), !figures.is_empty());
    let (has_view, is_elsewhere) = (!view.is_empty(), view.contains("url="));
    let open = has_view.then(|| {
        let words = if is_elsewhere { text::findings::OPEN_AT_SOURCE } else { text::findings::OPEN };
        view! { <p><a class="open-finding" href=format!("#{view}")>{words}</a></p> }
    });
    let nothing = (!has_view && !has_figures).then(|| view! { <p class="quiet">{text::findings::NO_DATA}</p> });
    view! {
        <li class="card" id=format!("finding-{id}")>
            <h2>{title}</h2>
            <p>{sentence}</p>
            {open}
            {has_figures.then(|| view! {
                <details>
                    <summary>{num_figures} {text::findings::STATED}</summary>
                    <ul class="stated-figures">{figures}</ul>
                </details>
            })}
            {nothing}
            <p class="quiet">{source}</p>
        </li>
    }
}

/// Whether a condition is a run of another: "HHH seed 0" is a run of "HHH".
fn is_run_of(condition: &str, name: &str) -> bool {
    condition.strip_prefix(name).is_some_and(|rest| rest.starts_with(" seed"))
}

fn figure(figure: &Stated) -> impl IntoView + use<> {
    let Stated { condition, measure, value, unit, rule, .. } = figure.clone();
    view! { <li title=rule>{condition} ", " {measure} ": " <b>{value} " " {unit}</b></li> }
}
