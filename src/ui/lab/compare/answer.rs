//! What the columns answer, side by side while they write.

use leptos::prelude::*;

use super::tokens::TokenByToken;
use crate::protocol::status::{Answer, Mark, Written};
use crate::protocol::{Cost, StopReason};
use crate::ui::lab::app::LabSession;
use crate::ui::lab::pocket;
use crate::ui::text;

/// The latest answer, while it is written and after.
#[component]
pub fn AnswerPane() -> impl IntoView {
    let lab = LabSession::get().lab;
    let is_reading = lab.is_reading;
    // While a new prompt is read, the answer before is over.
    let answer = Memo::new(move |_| {
        let answer = lab.status.with(|status| status.answer.clone());
        if is_reading.get() { None } else { answer }
    });
    let cost = move |of: fn(&Cost) -> String| answer.with(|answer| Some(of(answer.as_ref()?.end.as_ref()?)));
    let number = Memo::new(move |_| lab.columns.number());
    let columns = move || (0..number.get()).map(|column| view! { <AnswerColumn answer column/> }).collect::<Vec<_>>();
    view! {
        <Show when=move || is_reading.get() || answer.with(Option::is_some)>
            <section class="answer-pane" aria-label="The model's answer">
                <h2>"Answer"</h2>
                <p class="caution">{text::LIVE_CAUTION}</p>
                <div class="beside">{columns}</div>
                <p
                    class="quiet"
                    id="answer-cost"
                    data-prefill-tokens=move || cost(|cost| cost.prefill_tokens.to_string())
                    data-prefill-ms=move || cost(|cost| cost.prefill_ms.to_string())
                    data-decode-ms=move || cost(|cost| cost.decode_ms.to_string())
                    data-steps=move || answer.with(|answer| answer.as_ref().map(|answer| answer.num_steps().to_string()))
                >
                    {move || answer.with(|answer| answer.as_ref().map(cost_line)).unwrap_or_else(|| text::READING.to_owned())}
                </p>
                <TokenByToken answer/>
            </section>
        </Show>
    }
}

/// What one column writes. Whoever listens hears it sentence by sentence.
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
        (true, 0) => pocket::HEADINGS[0].to_owned(),
        (true, 1) if lab.columns.name(1).ends_with("× 1") => pocket::HEADINGS[1].to_owned(),
        (false, 0) if lab.columns.number() == 1 => String::new(),
        _ => lab.columns.name(column),
    };
    let spoken = Memo::new(move |_| written.with(|written| written.last_sentence().to_owned()));
    let is_marked = move || diverges.get().is_some() || written.with(|written| !written.changes.is_empty());
    // The first column's number is left out, as it always was.
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

/// The text with its marks. It is untrusted: text nodes, never markup.
fn segments(written: &Written, diverges: Option<usize>) -> Vec<AnyView> {
    let segment = |(text, mark): (&str, Option<Mark>)| {
        let text = text.to_owned();
        match mark {
            None => text.into_any(),
            Some(Mark::Diverges) => view! { <mark class="diverges" title=text::DIVERGES>{text}</mark> }.into_any(),
            Some(Mark::Changed) => view! { <mark class="changed" title=text::CHANGED>{text}</mark> }.into_any(),
        }
    };
    written.segments(diverges).into_iter().map(segment).collect()
}

fn marks_key(diverges: bool, num_changes: usize) -> String {
    let first = diverges.then_some(text::DIVERGES).into_iter();
    first.chain((num_changes > 0).then_some(text::CHANGED)).map(|text| format!("{text}.")).collect::<Vec<_>>().join(" ")
}

fn cost_line(answer: &Answer) -> String {
    let speed = answer.tokens_per_sec().map(|speed| format!(", {speed:.1} tokens a second")).unwrap_or_default();
    let so_far = format!("{} prompt tokens, {} tokens{speed}", answer.prompt_tokens, answer.first().tokens.len());
    let Some((cost, reason)) = answer.end.as_ref().zip(answer.first().end) else { return so_far };
    let why = match reason {
        StopReason::EndOfText => "the model ended its answer",
        StopReason::Length => "the longest length was reached",
        StopReason::StopString => "a stop string appeared",
        StopReason::Asked => "stopped",
    };
    if cost.device.backend == "cpu" {
        return format!("{so_far}; {why}; on the {}: slow", cost.device.adapter);
    }
    let device = if cost.device.adapter.is_empty() { "no named adapter" } else { &cost.device.adapter };
    format!("{so_far}; {why}; {} dispatches a token on {device} ({})", cost.dispatches_per_token, cost.device.backend)
}
