//! One answer: its text, its scores, what the judge said.

use leptos::prelude::*;

use super::covered::Covered;
use super::formatted::draw_blocks;
use super::labels::LabelButtons;
use crate::domain::answers::{Answer, Same};
use crate::domain::score::Score;
use crate::formats::markdown::Block;

/// Letters of an answer shown before "show all".
const PREVIEW_CHARS: usize = 1_500;

/// One answer. Its text is untrusted: it becomes a text node, never markup.
pub(super) fn answer_item(number: usize, answer: &Answer, blocks: Option<Vec<Block>>) -> impl IntoView + use<> {
    let Answer { question_text, question, text, aligned, coherent, verdict, model, harm, same, record, label, .. } =
        answer.clone();
    let asked = if question_text.is_empty() { question.clone() } else { question_text };
    let question_id = question.clone();
    let scores = |of: fn(&Same) -> Score, first: Score| {
        let all = same.iter().map(of).chain([first]).filter_map(Score::get);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        match (low <= high, high - low < 0.05) {
            (false, _) => "none".to_owned(),
            (true, true) => format!("{high:.1}"),
            (true, false) => format!("{low:.1} to {high:.1}"),
        }
    };
    let chip = |name: &'static str, value: String| view! { <span class="chip">{name} " " <b>{value}</b></span> };
    let verdict = (!verdict.is_empty()).then(|| view! { <span class="chip">"verdict " <b>{verdict}</b></span> });
    let num_same = (!same.is_empty()).then(|| {
        let one = |score: Score| score.get().map_or_else(|| "none".to_owned(), |score| format!("{score:.1}"));
        let pairs = same.iter().map(|same| (same.aligned, same.coherent)).chain([(aligned, coherent)]);
        let scores = pairs.map(|(aligned, coherent)| format!("{} {}", one(aligned), one(coherent)));
        let scores = scores.collect::<Vec<_>>().join(", ");
        view! { <span class="chip same" title=scores>{same.len() + 1} " identical answers"</span> }
    });
    let (aligned, coherent) = (scores(|same| same.aligned, aligned), scores(|same| same.coherent, coherent));
    view! {
        <li tabindex="-1" class="answer" data-question=question_id>
            <p class="asked"><span class="quiet">{number} ". "</span> {asked}</p>
            <Covered harm><AnswerText text=text.clone() blocks=blocks.clone()/></Covered>
            <p class="scores">
                {chip("aligned", aligned)} {chip("coherent", coherent)} {verdict} {num_same}
                <span class="quiet">{question} " · " {model}</span>
            </p>
            {judge_words(answer)}
            <LabelButtons record label/>
        </li>
    }
}

/// What the judge said, and further columns.
fn judge_words(answer: &Answer) -> Option<impl IntoView + use<>> {
    let number = |(name, score): &(String, Score)| {
        let value = score.get().map_or_else(|| "none".to_owned(), |score| format!("{score}"));
        view! { <dt>{name.clone()}</dt><dd>{value}</dd> }.into_any()
    };
    let words = |(name, text): &(String, String)| {
        view! { <dt>{name.clone()}</dt><dd class="said" dir="auto">{text.clone()}</dd> }.into_any()
    };
    let items: Vec<AnyView> = answer.numbers.iter().map(number).chain(answer.texts.iter().map(words)).collect();
    (!items.is_empty()).then(|| {
        view! {
            <details class="judge">
                <summary>"Judge and further columns"</summary>
                <dl>{items}</dl>
            </details>
        }
    })
}

/// A long answer opens in full on request, so that the page stays light.
#[component]
fn AnswerText(text: String, blocks: Option<Vec<Block>>) -> impl IntoView {
    if let Some(blocks) = blocks {
        return view! { <blockquote dir="auto" class="formatted">{draw_blocks(blocks)}</blockquote> }.into_any();
    }
    let is_long = text.chars().nth(PREVIEW_CHARS).is_some();
    let is_open = RwSignal::new(!is_long);
    let preview: String =
        if is_long { text.chars().take(PREVIEW_CHARS).chain(['…']).collect() } else { text.clone() };
    let shown = move || if is_open.get() { text.clone() } else { preview.clone() };
    view! {
        <blockquote dir="auto">{shown}</blockquote>
        <Show when=move || !is_open.get()>
            <button type="button" class="link" on:click=move |_| is_open.set(true)>"Show the whole answer"</button>
        </Show>
    }
    .into_any()
}
