//! The answers of all columns, side by side, as they are written.

use leptos::prelude::*;

use super::tokens::TokenByToken;
use crate::protocol::status::{Answer, Mark, Written};
use crate::protocol::{Cost, StopReason};
use crate::ui::lab::state::session::LabSession;
use crate::ui::text;

/// The latest answer, during and after writing.
#[component]
pub fn AnswerPane() -> impl IntoView {
    let lab = LabSession::get().lab;
    let is_reading = lab.is_reading;
    // While a new prompt is read, the previous answer is over.
    let answer = Memo::new(move |_| {
        let answer = lab.status.with(|status| status.answer.clone());
        if is_reading.get() { None } else { answer }
    });
    let cost = move |of: fn(&Cost) -> String| answer.with(|answer| Some(of(answer.as_ref()?.end.as_ref()?)));
    let number = Memo::new(move |_| lab.columns.number());
    let columns = move || (0..number.get()).map(|column| view! { <AnswerColumn answer column/> }).collect::<Vec<_>>();
    view! {
        <Show when=move || is_reading.get() || answer.with(Option::is_some)>
            <section class="answer-pane" aria-label=text::lab::ANSWER_PANE>
                <h2>{text::lab::ANSWER}</h2>
                <p class="caution">{text::lab::LIVE_CAUTION}</p>
                <div class="beside">{columns}</div>
                <p
                    class="quiet"
                    id="answer-cost"
                    data-prefill-tokens=move || cost(|cost| cost.prefill_tokens.to_string())
                    data-prefill-ms=move || cost(|cost| cost.prefill_ms.to_string())
                    data-decode-ms=move || cost(|cost| cost.decode_ms.to_string())
                    data-steps=move || answer.with(|answer| answer.as_ref().map(|answer| answer.num_steps().to_string()))
                >
                    {move || answer.with(|answer| answer.as_ref().map(cost_line)).unwrap_or_else(|| text::lab::READING.to_owned())}
                </p>
                <TokenByToken answer/>
            </section>
        </Show>
    }
}

/// The text of one column. Screen readers announce it sentence by sentence.
#[component]
fn AnswerColumn(answer: Memo<Option<Answer>>, column: usize) -> impl IntoView {
    let lab = LabSession::get().lab;
    let is_writing = move || lab.is_at_work();
    let written =
        Memo::new(move |_| answer.with(|answer| answer.as_ref()?.columns.get(column).cloned()).unwrap_or_default());
    let diverges = Memo::new(move |_| {
        let answer = answer.get()?;
        written.with(|written| written.diverges_from(answer.first()))
    });
    let tokens =
        move || written.with(|written| written.tokens.iter().map(u32::to_string).collect::<Vec<_>>().join(","));
    let logprobs =
        move || written.with(|written| written.logprobs.iter().map(f32::to_string).collect::<Vec<_>>().join(","));
    let heading = move || match (lab.is_pocket.get(), column) {
        (true, 0) => text::lab::POCKET_HEADINGS[0].to_owned(),
        (true, 1) if lab.columns.name(1).ends_with("× 1") => text::lab::POCKET_HEADINGS[1].to_owned(),
        (false, 0) if lab.columns.number() == 1 => String::new(),
        _ => lab.columns.name(column),
    };
    let spoken = Memo::new(move |_| written.with(|written| written.last_sentence().to_owned()));
    let is_marked = move || diverges.get().is_some() || written.with(|written| !written.changes.is_empty());
    // The first column's id has no number.
    let id = if column == 0 { "answer".to_owned() } else { format!("answer-{column}") };
    view! {
        <div>
            <h3>{heading}</h3>
            <blockquote
                id=id
                class="written"
                dir="auto"
                data-tokens=tokens
                data-logprobs=logprobs
                data-diverges=move || diverges.get().map(|at| at.to_string())
                data-changes=move || written.with(|written| format!("{:?}", written.changes))
                data-done=move || (!is_writing()).to_string()
                aria-busy=move || is_writing().to_string()
            >
                {move || written.with(|written| segments(written, diverges.get()))}
            </blockquote>
            <Show when=is_marked><p class="quiet marks-key">{move || marks_key(diverges.get().is_some(), written.with(|it| it.changes.len()))}</p></Show>
            <p class="unseen" aria-live="polite">{spoken}</p>
        </div>
    }
}

/// The text with its marks. It is untrusted: it becomes text nodes, never markup.
fn segments(written: &Written, diverges: Option<usize>) -> Vec<AnyView> {
    let segment = |(text, mark): (&str, Option<Mark>)| {
        let text = text.to_owned();
        match mark {
            None => text.into_any(),
            Some(Mark::Diverges) => view! { <mark class="diverges" title=text::lab::DIVERGES>{text}</mark> }.into_any(),
            Some(Mark::Changed) => view! { <mark class="changed" title=text::lab::CHANGED>{text}</mark> }.into_any(),
        }
    };
    written.segments(diverges).into_iter().map(segment).collect()
}

fn marks_key(diverges: bool, num_changes: usize) -> String {
    let first = diverges.then_some(text::lab::DIVERGES).into_iter();
    first
        .chain((num_changes > 0).then_some(text::lab::CHANGED))
        .map(|text| format!("{text}."))
        .collect::<Vec<_>>()
        .join(" ")
}

fn cost_line(answer: &Answer) -> String {
    let num_tokens = answer.first().tokens.len();
    let so_far = text::lab::answer_so_far(answer.prompt_tokens, num_tokens, answer.tokens_per_sec());
    let Some((cost, reason)) = answer.end.as_ref().zip(answer.first().end) else { return so_far };
    let why = match reason {
        StopReason::EndOfText => text::lab::ENDED_BY_MODEL,
        StopReason::Length => text::lab::ENDED_BY_LENGTH,
        StopReason::StopString => text::lab::ENDED_BY_STRING,
        StopReason::Asked => text::lab::ENDED_BY_READER,
    };
    if cost.device.backend == "cpu" {
        return text::lab::answer_on_cpu(&so_far, why, &cost.device.adapter);
    }
    let device = if cost.device.adapter.is_empty() { text::lab::UNNAMED_ADAPTER } else { &cost.device.adapter };
    text::lab::answer_on_gpu(&so_far, why, cost.dispatches_per_token, device, &cost.device.backend)
}
