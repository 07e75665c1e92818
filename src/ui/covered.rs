//! Texts that a reader may not want to see without warning.

use leptos::prelude::*;

use super::controls::flip;
use super::session::Session;
use super::text;
use crate::domain::text::harm::Harm;

/// Covers a text that may disturb with a button; its scores stay visible. One press uncovers all texts of that kind for
/// this session.
#[component]
pub fn Covered(
    /// Kind of harm that the text seems to touch on.
    harm: Option<Harm>,
    /// The text.
    children: ChildrenFn,
) -> impl IntoView {
    let session = Session::get();
    let Some(harm) = harm else { return children().into_any() };
    let is_shown = Memo::new(move |_| session.revealed.with(|revealed| revealed.contains(&harm)));
    let toggle = move |_| session.revealed.update(|revealed| flip(revealed, &harm));
    view! {
        <button type="button" class="cover" aria-expanded=move || is_shown.get().to_string() on:click=toggle>
            {move || if is_shown.get() { text::answers::HIDE } else { text::answers::SHOW }} " (" {harm.describe()} {text::answers::BY_A_GUESS}
        </button>
        <Show when=move || is_shown.get()>{children()}</Show>
        <Show when=move || harm == Harm::SelfHarm><CrisisLines/></Show>
    }
    .into_any()
}

/// Crisis lines, shown with every text about self-harm.
#[component]
fn CrisisLines() -> impl IntoView {
    let lines = text::answers::CRISIS_LINES.map(|(country, line)| view! { <li>{country} ": " <b>{line}</b></li> });
    view! {
        <details class="crisis">
            <summary>{text::answers::CRISIS_SUMMARY}</summary>
            <ul>{lines.into_iter().collect_view()}</ul>
            <p class="quiet">{text::answers::CRISIS_ELSEWHERE}</p>
        </details>
    }
}
