//! One answer: its text, its scores, the judge's words.

use std::ops::Range;

use leptos::prelude::*;

use super::covered::Covered;
use super::formatted::draw_blocks;
use super::labels::LabelButtons;
use super::session::Session;
use super::text;
use crate::domain::answers::{Answer, Same};
use crate::domain::rows::labels::Label;
use crate::domain::text::quotes::quotes;
use crate::domain::values::score::Score;
use crate::formats::distribution;
use crate::formats::markdown::Block;

/// Characters of an answer before "Show the whole answer".
const PREVIEW_CHARS: usize = 1_500;
/// Tokens shown of a judge's distribution.
const MOST_TOKENS: usize = 12;

/// One answer. Its text is untrusted: it becomes a text node, never markup.
pub(super) fn answer_item(number: usize, answer: &Answer, blocks: Memo<Option<Vec<Block>>>) -> impl IntoView + use<> {
    let session = Session::get();
    let Answer { question_text, question, text, harm, record, label, .. } = answer.clone();
    let asked = if question_text.is_empty() { question.clone() } else { question_text };
    let quoted = RwSignal::new(None::<Range<usize>>);
    // A blind reader sees the scores after labelling the answer, or on request.
    let (is_asked_for, is_labelled) = (RwSignal::new(false), label != Label::default());
    let is_blind = move || session.is_blind.get() && !is_labelled && !is_asked_for.get();
    let judged = answer.clone();
    let said = move || {
        if is_blind() {
            let reveal = move |_| is_asked_for.set(true);
            view! {
                <p class="scores">
                    <button type="button" class="link reveal" on:click=reveal>{text::answers::SHOW_JUDGE}</button>
                </p>
            }
            .into_any()
        } else {
            view! { {scores(&judged)} {judge_words(&judged, quoted)} }.into_any()
        }
    };
    view! {
        <li tabindex="-1" class="answer" data-question=question>
            <p class="asked">
                <a class="quiet" href=move || link_to(session, number) title=text::answers::LINK_TO_ANSWER>{number} "."</a> " " {asked}
            </p>
            <Covered harm><AnswerText text=text.clone() blocks quoted/></Covered>
            {said}
            <LabelButtons record label/>
        </li>
    }
}

/// Address of the view with this answer first. The seed fixes the order, so the link shows the same answer everywhere.
fn link_to(session: Session, number: usize) -> String {
    let mut view = session.view.get();
    if let Some(open) = &mut view.selection {
        open.offset = number - 1;
    }
    format!("#{}", view.to_fragment())
}

/// The scores of all records with this answer, with their question and model.
fn scores(answer: &Answer) -> impl IntoView + use<> {
    let Answer { question, model, aligned, coherent, verdict, same, .. } = answer.clone();
    let range = |of: fn(&Same) -> Score, first: Score| {
        let all = same.iter().map(of).chain([first]).filter_map(Score::get);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        match (low <= high, high - low < 0.05) {
            (false, _) => text::NONE.to_owned(),
            (true, true) => format!("{high:.1}"),
            (true, false) => text::answers::score_range(low, high),
        }
    };
    let chip = |name: &'static str, value: String| view! { <span class="chip">{name} " " <b>{value}</b></span> };
    let verdict =
        (!verdict.is_empty()).then(|| view! { <span class="chip">{text::answers::VERDICT} <b>{verdict}</b></span> });
    let num_same = (!same.is_empty()).then(|| {
        let one = |score: Score| score.get().map_or_else(|| text::NONE.to_owned(), |score| format!("{score:.1}"));
        let pairs = same.iter().map(|same| (same.aligned, same.coherent)).chain([(aligned, coherent)]);
        let scores = pairs.map(|(aligned, coherent)| format!("{} {}", one(aligned), one(coherent)));
        let scores = scores.collect::<Vec<_>>().join(", ");
        view! { <span class="chip same" title=scores>{same.len() + 1} {text::answers::IDENTICAL}</span> }
    });
    let (aligned, coherent) = (range(|same| same.aligned, aligned), range(|same| same.coherent, coherent));
    view! {
        <p class="scores">
            {chip(text::answers::ALIGNED, aligned)} {chip(text::answers::COHERENT, coherent)} {verdict} {num_same}
            <span class="quiet">{question} " · " {model}</span>
        </p>
    }
}

/// The judge's words, and the file's other columns.
fn judge_words(answer: &Answer, quoted: RwSignal<Option<Range<usize>>>) -> Option<impl IntoView + use<>> {
    let number = |(name, score): &(String, Score)| {
        let value = score.get().map_or_else(|| text::NONE.to_owned(), |score| format!("{score}"));
        view! { <dt>{name.clone()}</dt><dd>{value}</dd> }.into_any()
    };
    let words = |(name, said): &(String, String)| {
        let said = match distribution::tokens(said) {
            Some(tokens) => draw_tokens(tokens).into_any(),
            None => with_quotes(said, &answer.text, quoted).into_any(),
        };
        view! { <dt>{name.clone()}</dt><dd class="said" dir="auto">{said}</dd> }.into_any()
    };
    let items: Vec<AnyView> = answer.numbers.iter().map(number).chain(answer.texts.iter().map(words)).collect();
    (!items.is_empty()).then(|| {
        view! {
            <details class="judge">
                <summary>{text::answers::FURTHER_COLUMNS}</summary>
                <dl>{items}</dl>
            </details>
        }
    })
}

/// A judge's distribution as bars: its tokens with their probabilities.
fn draw_tokens(mut tokens: Vec<(String, f64)>) -> impl IntoView {
    let rest: f64 = tokens.iter().skip(MOST_TOKENS).map(|(_, probability)| probability).sum();
    let num_rest = tokens.len().saturating_sub(MOST_TOKENS);
    tokens.truncate(MOST_TOKENS);
    if num_rest > 0 {
        tokens.push((text::answers::more_tokens(num_rest), rest));
    }
    let row = |(token, probability): (String, f64)| {
        let percent = format!("{:.1} %", probability * 100.0);
        let width = format!("{:.2}%", probability.clamp(0.0, 1.0) * 100.0);
        view! {
            <li>
                <code>{token}</code>
                <span class="bar" aria-hidden="true"><span style:width=width></span></span>
                <span>{percent}</span>
            </li>
        }
    };
    view! { <ul class="tokens">{tokens.into_iter().map(row).collect_view()}</ul> }
}

/// A judge's words. Each quotation of the answer is a button that marks it there.
fn with_quotes(said: &str, answer: &str, quoted: RwSignal<Option<Range<usize>>>) -> impl IntoView + use<> {
    let (mut parts, mut at) = (Vec::new(), 0);
    for quote in quotes(said, answer) {
        let (before, words) = (said[at..quote.said.start].to_owned(), said[quote.said.clone()].to_owned());
        at = quote.said.end;
        let place = quote.answer;
        let show = move |_| quoted.set(Some(place.clone()));
        parts.push(
            view! { {before} <button type="button" class="link quote" on:click=show>{words}</button> }.into_any(),
        );
    }
    parts.push(said[at..].to_owned().into_any());
    parts
}

/// The answer's text. A long one opens in full on request, to keep the page small. The byte range `quoted` is marked.
#[component]
fn AnswerText(text: String, blocks: Memo<Option<Vec<Block>>>, quoted: RwSignal<Option<Range<usize>>>) -> impl IntoView {
    let is_long = text.chars().nth(PREVIEW_CHARS).is_some();
    let is_open = RwSignal::new(!is_long);
    let preview: String =
        if is_long { text.chars().take(PREVIEW_CHARS).chain(['…']).collect() } else { text.clone() };
    let shown = move || match (quoted.get(), blocks.get()) {
        // Unformatted, because a byte range of the Markdown has no place among its blocks.
        (Some(place), _) => {
            let (before, rest) = text.split_at_checked(place.start).unwrap_or((&text, ""));
            let (words, after) = rest.split_at_checked(place.len()).unwrap_or((rest, ""));
            let (before, words, after) = (before.to_owned(), words.to_owned(), after.to_owned());
            view! { <blockquote dir="auto">{before} <mark>{words}</mark> {after}</blockquote> }.into_any()
        }
        (None, Some(blocks)) => {
            view! { <blockquote dir="auto" class="formatted">{draw_blocks(blocks)}</blockquote> }.into_any()
        }
        (None, None) => {
            let text = if is_open.get() { text.clone() } else { preview.clone() };
            view! {
                <blockquote dir="auto">{text}</blockquote>
                <Show when=move || !is_open.get()>
                    <button type="button" class="link" on:click=move |_| is_open.set(true)>{text::answers::SHOW_WHOLE}</button>
                </Show>
            }
            .into_any()
        }
    };
    shown.into_any()
}
