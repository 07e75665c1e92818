//! The answers behind a mark.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::data::PAGE;
use super::session::Session;
use super::text;
use crate::domain::answers::{Answer, Part};
use crate::domain::query::{GroupKey, Row};
use crate::domain::score::Score;
use crate::domain::view::Source;

/// Letters of an answer shown before "show all".
const PREVIEW_CHARS: usize = 1_500;

/// The panel of the open mark.
#[component]
pub fn AnswersPanel(
    /// The mark that is open.
    group: GroupKey,
) -> impl IntoView {
    let session = Session::get();
    let label = group.label();
    let heading = NodeRef::<html::H2>::new();
    // A keyboard or screen-reader user who opens a mark lands on what it opened.
    Effect::new(move || {
        if let Some(heading) = heading.get()
            && session.has_just_opened.try_update_value(std::mem::take).unwrap_or_default()
            && let Err(error) = heading.focus()
        {
            web_sys::console::error_1(&error);
        }
    });
    let close = move |_| session.view.update(|view| view.selection = None);
    let row = move || row_of(session, &group);
    view! {
        <section class="answers" aria-label="Answers" on:keydown=step_through>
            <header>
                <h2 node_ref=heading tabindex="-1">{label}</h2>
                <button type="button" on:click=close>"Close"</button>
            </header>
            <p class="caution">{text::NOT_ADVICE}</p>
            <PartTabs row=Signal::derive(row)/>
            <AnswerList/>
        </section>
    }
}

/// The mark's row among the rates that are known.
fn row_of(session: Session, group: &GroupKey) -> Option<Row> {
    let rates = if group.question.is_some() { session.data.questions } else { session.data.models };
    rates.with(|rates| rates.as_ref()?.rows.iter().find(|row| row.key == *group).cloned())
}

/// Where the rows went: each part opens its answers.
#[component]
fn PartTabs(row: Signal<Option<Row>>) -> impl IntoView {
    let session = Session::get();
    let current = move || session.view.with(|view| view.selection.as_ref().map(|open| open.part));
    let tabs = Part::ALL.map(|part| {
        let count = move || row.with(|row| row.as_ref().map(|row| part.count(&row.tally)));
        let open = move |_| {
            session.view.update(|view| {
                if let Some(open) = &mut view.selection {
                    (open.part, open.offset) = (part, 0);
                }
            });
        };
        view! {
            <button
                type="button"
                class="tab"
                data-part=part.name()
                aria-pressed=move || (current() == Some(part)).to_string()
                on:click=open
            >
                <b>{count}</b> " " {text::part(part)}
            </button>
        }
    });
    view! { <div class="tabs" role="group" aria-label="Where the rows went">{tabs.into_iter().collect_view()}</div> }
}

#[component]
fn AnswerList() -> impl IntoView {
    let session = Session::get();
    let page = session.data.answers;
    let total = move || page.with(|page| page.as_ref().map_or(0, |page| page.total));
    let items = move || {
        page.with(|page| {
            let Some(page) = page else { return Vec::new() };
            let numbered = page.answers.iter().enumerate();
            numbered.map(|(at, answer)| answer_item(page.offset + at + 1, answer)).collect()
        })
    };
    let seed = move || session.view.with(|view| view.selection.as_ref().map_or(0, |open| open.seed));
    let shuffle = move |_| {
        session.view.update(|view| {
            if let Some(open) = &mut view.selection {
                (open.seed, open.offset) = (open.seed.wrapping_add(1), 0);
            }
        });
    };
    // Neither holds while a link's files are yet to be chosen.
    let holds = move |has_answers: bool| {
        let opened = session.data.opened;
        opened.with(|opened| opened.as_ref().is_some_and(|data| data.summary.has_answers == has_answers))
    };
    let (has_answers, is_counts) = (move || holds(true), move || holds(false));
    view! {
        <Show when=is_counts><NoTexts/></Show>
        <Show when=has_answers>
            <p class="quiet order">
                <span id="answer-count">{total}</span> " answers in random order (seed " {seed} ") "
                <button type="button" class="link" on:click=shuffle>"Shuffle"</button>
            </p>
            <ol class="answer-list">{items}</ol>
            <Pager total=Signal::derive(total)/>
        </Show>
    }
}

/// Shipped figures hold counts only: says where the texts are.
#[component]
fn NoTexts() -> impl IntoView {
    let session = Session::get();
    let url = move || match session.view.with(|view| view.source.clone()) {
        Source::Published(id) => session
            .data
            .collections
            .with(|list| list.iter().find(|known| known.id == id).map(|known| known.url.clone())),
        Source::Files(_) | Source::Addresses(_) => None,
    };
    let file = move || session.view.with(|view| view.selection.as_ref().and_then(|open| open.group.file.clone()));
    view! {
        <div class="no-texts">
            <p>
                "These figures ship as counts, without the answers. To read the answers behind this mark, download "
                <b>{file}</b> " from " <a href=url rel="noreferrer noopener" target="_blank">"its source"</a>
                " and drop it on this page."
            </p>
        </div>
    }
}

#[component]
fn Pager(total: Signal<usize>) -> impl IntoView {
    let session = Session::get();
    let offset = move || session.view.with(|view| view.selection.as_ref().map_or(0, |open| open.offset));
    let go = move |to: usize| {
        session.view.update(|view| {
            if let Some(open) = &mut view.selection {
                open.offset = to;
            }
        });
    };
    let last = move || (offset() + PAGE).min(total.get());
    view! {
        <Show when=move || { total.get() > PAGE }>
            <nav class="pager" aria-label="Pages of answers">
                <button type="button" disabled=move || { offset() == 0 } on:click=move |_| go(offset().saturating_sub(PAGE))>
                    "Previous"
                </button>
                <span>{move || offset() + 1} " to " {last} " of " {move || total.get()}</span>
                <button type="button" disabled=move || { last() >= total.get() } on:click=move |_| go(offset() + PAGE)>
                    "Next"
                </button>
            </nav>
        </Show>
    }
}

/// One answer. Its text is untrusted: it becomes a text node, never markup.
fn answer_item(number: usize, answer: &Answer) -> impl IntoView + use<> {
    let Answer { question_text, question, text, aligned, coherent, verdict, model, .. } = answer.clone();
    let asked = if question_text.is_empty() { question.clone() } else { question_text };
    let chip = |name: &'static str, score: Score| {
        let value = score.get().map_or_else(|| "none".to_owned(), |score| format!("{score:.1}"));
        view! { <span class="chip">{name} " " <b>{value}</b></span> }
    };
    let verdict = (!verdict.is_empty()).then(|| view! { <span class="chip">"verdict " <b>{verdict}</b></span> });
    view! {
        <li tabindex="-1" class="answer">
            <p class="asked"><span class="quiet">{number} ". "</span> {asked}</p>
            <AnswerText text/>
            <p class="scores">
                {chip("aligned", aligned)} {chip("coherent", coherent)} {verdict}
                <span class="quiet">{question} " · " {model}</span>
            </p>
        </li>
    }
}

/// A long answer opens in full on request, so that the page stays light.
#[component]
fn AnswerText(text: String) -> impl IntoView {
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
}

/// `j` and `k` step through the answers.
fn step_through(event: KeyboardEvent) {
    let step = match event.key().as_str() {
        "j" => 1,
        "k" => -1,
        _ => return,
    };
    let Some(panel) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return;
    };
    let Ok(items) = panel.query_selector_all(".answer") else { return };
    let active = document().active_element();
    let num = i64::from(items.length());
    let holds = |at: i64| {
        let node = u32::try_from(at).ok().and_then(|at| items.get(at));
        node.is_some_and(|node| node.contains(active.as_ref().map(AsRef::as_ref)))
    };
    let at =
        (0..num).find(|&at| holds(at)).map_or(if step > 0 { 0 } else { num - 1 }, |at| (at + step).clamp(0, num - 1));
    let item = u32::try_from(at).ok().and_then(|at| items.get(at)).and_then(|node| node.dyn_into::<HtmlElement>().ok());
    if let Some(item) = item {
        event.prevent_default();
        if let Err(error) = item.focus() {
            web_sys::console::error_1(&error);
        }
    }
}
