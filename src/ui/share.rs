//! Sharing a view: its link, a page of its own, a frame in another page.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::controls::Tick;
use super::export::save_text;
use super::session::Session;
use super::text;
use crate::domain::view::View;
use crate::domain::view::plot::{Plot, PlotKind};
use crate::explorer::question::{Explore, Explored};

/// Answers that a report quotes from each group.
const REPORT_ANSWERS: usize = 5;

/// All ways to share the view.
#[component]
pub fn Share() -> impl IntoView {
    view! {
        <details class="table share">
            <summary id="share">{text::share::SUMMARY}</summary>
            <p class="quiet">{text::share::LINK_IS_VIEW}</p>
            <SavePage/>
            <EmbedCode/>
        </details>
    }
}

/// The button that saves the view as a page.
#[component]
fn SavePage() -> impl IntoView {
    let session = Session::get();
    let (problem, wanted) = (RwSignal::new(None::<String>), RwSignal::new(false));
    let is_unlisted = RwSignal::new(true);
    // The worker that writes the page may first have to take over the data.
    Effect::new(move || {
        if !wanted.get() || !session.data.reading.can_explore.get() {
            return;
        }
        wanted.set(false);
        let view = session.view.get_untracked();
        let plot = |kind: PlotKind| Plot { kind, ..Plot::default() };
        let mut plots = vec![plot(PlotKind::Forest), plot(PlotKind::Heat), plot(PlotKind::Flow)];
        if !plots.contains(&view.plot) {
            plots.insert(0, view.plot.clone());
        }
        let report = Explore::Report {
            query: Box::new(view.query()),
            plots,
            source: session.source_name(),
            link: window().location().href().unwrap_or_default(),
            num_answers: REPORT_ANSWERS,
            seed: 1,
            is_unlisted: is_unlisted.get_untracked(),
        };
        spawn_local(async move {
            let saved = match session.data.explore(report).await {
                Ok(Explored::Written(page)) => save_text("askew-report.html", &page, "text/html"),
                Ok(_) => Ok(()),
                Err(why) => Err(why),
            };
            problem.set(saved.err());
        });
    });
    let ask = move |_| {
        session.data.want_explorer(session.view);
        wanted.set(true);
    };
    view! {
        <div class="tabs">
        <button type="button" id="report" on:click=ask>{text::share::SAVE_PAGE}</button>
        <Tick id="unlisted" chosen=is_unlisted label=text::share::UNLISTED/>
        </div>
        {move || problem.get().map(|why| view! { <p class="notice error" role="alert">{why}</p> })}
    }
}

/// The HTML code that shows this view in another page.
#[component]
fn EmbedCode() -> impl IntoView {
    let session = Session::get();
    let code = move || {
        let here = window().location().href().unwrap_or_default();
        let here = here.split('#').next().unwrap_or_default();
        let fragment = session.view.with(|view| View { is_embedded: true, ..view.clone() }.to_fragment());
        // A fragment has no quotes and no angle brackets: everything but letters and digits is percent-encoded.
        format!(
            "<iframe src=\"{here}#{}\" title=\"{}\" width=\"100%\" height=\"640\" loading=\"lazy\"></iframe>",
            fragment.replace('&', "&amp;"),
            text::share::FRAME_TITLE
        )
    };
    view! {
        <label class="field">
            <span>{text::share::EMBED_HINT}</span>
            <textarea id="embed-code" rows="3" readonly prop:value=code></textarea>
        </label>
    }
}
