//! The button of the first screen's app that loads the explorer's app.

use leptos::prelude::*;

use super::part::{Code, Part};
use super::session::Session;
use super::text;
use crate::domain::filter::Filter;
use crate::domain::query::metric::Metric;
use crate::domain::view::plot::PlotKind;
use crate::domain::view::{Screen, Source, View};

/// Whether a view needs the explorer's app.
#[must_use]
pub fn needs_explorer(view: &View) -> bool {
    let variants = Filter { variants: view.filter.variants.clone(), ..Filter::default() };
    !matches!(view.screen, Screen::Results | Screen::About)
        || !matches!(view.source, Source::Published(_))
        || view.selection.is_some()
        || view.plot.kind != PlotKind::Forest
        || view.filter != variants
        || view.metric != Metric::Rate
        || view.baseline.is_some()
}

/// In the first app: the button that loads the explorer's app. Also loads it when the view needs it.
#[component]
pub fn More() -> impl IntoView {
    let session = Session::get();
    let part = Part::named("explorer_app");
    Effect::new(move || {
        let is_wanted = session.wants_explorer.get() || session.view.with(needs_explorer);
        if is_wanted {
            part.load();
        }
    });
    view! {
        <p class="more" role="status">
            <button
                type="button"
                id="more"
                disabled=move || part.code() == Code::Coming
                on:click=move |_| session.wants_explorer.set(true)
            >
                {move || if part.code() == Code::Coming { text::MORE_COMING } else { text::MORE }}
            </button>
        </p>
        <div role="alert">
            <Show when=move || part.code() == Code::Failed>
                <p class="notice error" id="more-absent">
                    {text::MORE_ABSENT} " "
                    <button type="button" id="more-again" on:click=move |_| part.load_again()>{text::LOAD_AGAIN}</button>
                </p>
            </Show>
        </div>
    }
}
