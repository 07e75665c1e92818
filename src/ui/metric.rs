//! The metric of each group, and the baseline that is subtracted.

use leptos::prelude::*;

use super::session::Session;
use super::text;
use crate::domain::query::metric::Metric;

/// The pickers of the metric and, if the data have several groups, of the baseline.
#[component]
pub fn MetricPicker() -> impl IntoView {
    let session = Session::get();
    let summary = Memo::new(move |_| {
        session.data.reading.opened.with(|opened| opened.as_ref().map(|open| open.summary.clone())).unwrap_or_default()
    });
    let metric = move || session.view.with(|view| view.metric.clone());
    let choose = move |event| {
        if let Ok(metric) = event_target_value(&event).parse() {
            session.view.update(|view| view.metric = metric);
        }
    };
    let options = move || {
        let usual = [Metric::Rate, Metric::MisalignAt(Some(5)), Metric::MisalignAt(None), Metric::Count];
        let means = summary.get().columns.into_iter().map(Metric::Mean);
        let mut all: Vec<Metric> = usual.into_iter().chain(means).collect();
        // A link may name another metric.
        let now = metric();
        if !all.contains(&now) {
            all.push(now);
        }
        all.into_iter()
            .map(|metric| view! { <option value=metric.to_string()>{text::filters::metric(&metric)}</option> })
            .collect::<Vec<_>>()
    };
    let baseline = move || session.view.with(|view| view.baseline.clone()).unwrap_or_default();
    let subtract = move |event| {
        let name = Some(event_target_value(&event)).filter(|name| !name.is_empty());
        session.view.update(|view| view.baseline = name);
    };
    let groups = move || {
        let option = |name: String| view! { <option value=name.clone()>{name.clone()}</option> };
        summary.get().groups.into_iter().map(option).collect::<Vec<_>>()
    };
    view! {
        <label class="field">
            <span>{text::filters::METRIC}</span>
            <select id="metric" prop:value=move || metric().to_string() on:change=choose>{options}</select>
        </label>
        <Show when=move || { summary.with(|summary| summary.groups.len()) > 1 }>
            <label class="field">
                <span>{text::filters::BASELINE}</span>
                <select id="baseline" prop:value=baseline on:change=subtract>
                    <option value="">{text::filters::NO_BASELINE}</option>
                    {groups}
                </select>
            </label>
        </Show>
    }
}
