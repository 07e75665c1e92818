//! An answer token by token: each column's probabilities, and the logit lens.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use crate::protocol::ScoredToken;
use crate::protocol::status::Answer;
use crate::ui::lab::state::LabState;
use crate::ui::lab::state::insight::Lens;
use crate::ui::lab::state::session::LabSession;
use crate::ui::scroll_table::ScrollTable;
use crate::ui::text;

/// Difference in log-probability (a factor of e³, about twenty) and KL divergence in nats that are shown in full
/// colour.
const FULL_DIFFERENCE: f32 = 3.0;
const FULL_DIVERGENCE: f32 = 1.0;

/// Buttons that choose a column's text, and the results about it.
#[component]
pub fn TokenByToken(
    /// The latest answer.
    answer: Memo<Option<Answer>>,
) -> impl IntoView {
    let lab = LabSession::get().lab;
    let insight = lab.insight;
    let has_ended = Memo::new(move |_| {
        answer.with(|answer| {
            answer.as_ref().is_some_and(|answer| answer.end.is_some() && !answer.first().tokens.is_empty())
        })
    });
    let number = Memo::new(move |_| lab.columns.number());
    let look = move |column| {
        move |_| {
            if let Some(answer) = answer.get_untracked() {
                insight.look_at(lab, &answer, column);
            }
        }
    };
    let is_open = move |column| insight.text_of.get() == column && insight.scored.with(|scored| !scored.is_empty());
    let buttons = move || {
        let button = |column| {
            let pressed = move || is_open(column).to_string();
            view! {
                <button type="button" class="tab" data-look=column.to_string() aria-pressed=pressed
                    disabled=move || lab.is_busy() on:click=look(column)>
                    {move || text::tokens::token_by_token(&lab.columns.name(column))}
                </button>
            }
        };
        (0..number.get()).map(button).collect::<Vec<_>>()
    };
    let tokens = Memo::new(move |_| {
        let column = insight.text_of.get();
        insight.scored.with(|scored| scored.iter().find(|(of, _)| *of == column).map(|(_, tokens)| tokens.clone()))
    });
    view! {
        <Show when=move || has_ended.get()>
            <div class="tabs" role="group" aria-label=text::tokens::LOOK>{buttons}</div>
            <div role="status">
                <Show when=move || insight.is_pending()><p class="quiet" id="looking">{text::tokens::LOOKING}</p></Show>
            </div>
            {move || tokens.get().filter(|tokens| !tokens.is_empty()).map(|tokens| view! { <Strip tokens=tokens.clone()/> <Place tokens/> })}
        </Show>
    }
}

/// The text, coloured by the difference between columns. It is one control that the arrow keys move through.
#[component]
fn Strip(tokens: Vec<ScoredToken>) -> impl IntoView {
    let lab = LabSession::get().lab;
    let insight = lab.insight;
    let has_two = tokens.first().is_some_and(|token| token.columns.len() > 1);
    let by_divergence = RwSignal::new(false);
    let last = tokens.len() - 1;
    let strip = NodeRef::<html::Div>::new();
    let go = move |event: KeyboardEvent| {
        let at = insight.place.get_untracked();
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => (at + 1).min(last),
            "ArrowLeft" | "ArrowUp" => at.saturating_sub(1),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        insight.place.set(to);
    };
    let click = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let at = target.and_then(|target| target.get_attribute("data-at")).and_then(|at| at.parse().ok());
        if let Some(at) = at {
            insight.place.set(at);
        }
    };
    let spoken = {
        let tokens = tokens.clone();
        move || tokens.get(insight.place.get()).map(|token| said_of(lab, token))
    };
    let spans = tokens.into_iter().enumerate().map(|(at, token)| {
        let shown = if token.piece.is_empty() { "·".to_owned() } else { token.piece.clone() };
        let colour = move || tint(&token, by_divergence.get());
        view! {
            <span
                class="token"
                class:chosen=move || insight.place.get() == at
                data-at=at.to_string()
                style:background-color=colour
            >
                {shown}
            </span>
        }
    });
    view! {
        <Show when=move || has_two>
            <div class="tabs" role="group" aria-label=text::tokens::COLOURED>
                <button type="button" class="tab" aria-pressed=move || (!by_divergence.get()).to_string()
                    on:click=move |_| by_divergence.set(false)>{text::tokens::BY_DIFFERENCE}</button>
                <button type="button" class="tab" id="by-divergence" aria-pressed=move || by_divergence.get().to_string()
                    on:click=move |_| by_divergence.set(true)>{text::tokens::BY_DIVERGENCE}</button>
            </div>
            <p class="quiet">{move || if by_divergence.get() { text::tokens::DIVERGENCE_KEY } else { text::tokens::DIFFERENCE_KEY }}</p>
        </Show>
        <div
            id="tokens"
            class="strip"
            node_ref=strip
            tabindex="0"
            role="slider"
            aria-label=text::tokens::LABEL
            aria-valuemin="1"
            aria-valuemax=(last + 1).to_string()
            aria-valuenow=move || (insight.place.get() + 1).to_string()
            aria-valuetext=spoken
            on:keydown=go
            on:click=click
        >
            {spans.collect_view()}
        </div>
    }
}

/// Colour of a token: by the difference in log-probability that the last column makes, or by its divergence from the
/// first.
fn tint(token: &ScoredToken, by_divergence: bool) -> String {
    let ([first, .., last], [_, _, ..]) = (&token.columns[..], &token.columns[..]) else { return String::new() };
    let (share, colour) = if by_divergence {
        (last.kl / FULL_DIVERGENCE, "var(--more)")
    } else {
        let difference = last.logprob - first.logprob;
        (difference.abs() / FULL_DIFFERENCE, if difference > 0.0 { "var(--more)" } else { "var(--less)" })
    };
    format!("color-mix(in srgb, {colour} {:.0}%, transparent)", share.clamp(0.0, 1.0) * 60.0)
}

/// What a screen reader announces for a token.
fn said_of(lab: LabState, token: &ScoredToken) -> String {
    let column = |(at, score): (usize, &crate::protocol::TokenScore)| {
        format!("{}: {}", lab.columns.name(at), percent(score.logprob.exp()))
    };
    let columns: Vec<String> = token.columns.iter().enumerate().map(column).collect();
    format!("“{}”: {}", token.piece, columns.join("; "))
}

fn percent(share: f32) -> String {
    if share > 0.0 && share < 0.001 { "< 0.1 %".to_owned() } else { format!("{:.1} %", share * 100.0) }
}

/// The table of the selected token, and the logit lens.
#[component]
fn Place(tokens: Vec<ScoredToken>) -> impl IntoView {
    let lab = LabSession::get().lab;
    let insight = lab.insight;
    let table = {
        let tokens = tokens.clone();
        move || {
            let token = tokens.get(insight.place.get())?;
            let row = |(at, score): (usize, &crate::protocol::TokenScore)| {
                let word = |(word, share): &(String, f32)| view! { <li><code>{word.clone()}</code> " " {percent(*share)}</li> };
                let words = score.top.iter().map(word).collect_view();
                view! {
                    <tr>
                        <th scope="row">{lab.columns.name(at)}</th>
                        <td data-logprob=score.logprob.to_string()>{percent(score.logprob.exp())}</td>
                        <td>{format!("{:.3}", score.kl)}</td>
                        <td><ul class="words">{words}</ul></td>
                    </tr>
                }
            };
            let rows = token.columns.iter().enumerate().map(row).collect_view();
            let caption = text::tokens::caption(&token.piece, insight.place.get() + 1);
            Some(view! {
                <ScrollTable label=text::tokens::TABLE class="figures" id="token">
                    <caption>{caption}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{text::tokens::COLUMN}</th>
                            <th scope="col">{text::tokens::PROBABILITY}</th>
                            <th scope="col">{text::tokens::KL}</th>
                            <th scope="col">{text::tokens::LIKELIEST}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </ScrollTable>
            })
        }
    };
    let at = move || (insight.text_of.get(), insight.place.get());
    let lens = move || insight.lens.get().filter(|(of, _)| *of == at()).map(|(_, lens)| draw_lens(lab, &lens));
    view! {
        {table}
        <button type="button" id="lens" disabled=move || lab.is_busy() on:click=move |_| insight.look_through(lab, &tokens)>
            {text::tokens::LENS}
        </button>
        {lens}
    }
}

/// Table of what every column would predict after each layer.
fn draw_lens(lab: LabState, lens: &Lens) -> impl IntoView + use<> {
    let num_layers = lens.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |top: Option<&(String, f32)>| {
        let (word, share) = top.cloned().unwrap_or_default();
        view! { <td><code>{word}</code> " " <span class="quiet">{percent(share)}</span></td> }
    };
    let row = |layer: usize| {
        let cells = lens.iter().map(|column| cell(column.get(layer).and_then(|top| top.first()))).collect_view();
        view! { <tr><th scope="row">{layer + 1}</th>{cells}</tr> }
    };
    let heads = (0..lens.len()).map(|at| view! { <th scope="col">{lab.columns.name(at)}</th> }).collect_view();
    let rows = (0..num_layers).map(row).collect_view();
    view! {
        <ScrollTable label=text::tokens::LENS_CAPTION class="figures" id="lens-table">
            <caption>{text::tokens::LENS_CAPTION}</caption>
            <thead><tr><th scope="col">{text::tokens::LENS_LAYER}</th>{heads}</tr></thead>
            <tbody>{rows}</tbody>
        </ScrollTable>
    }
}
