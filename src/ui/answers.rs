//! The panel of answers behind a mark.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use super::answer::answer_item;
use super::controls::Tick;
use super::data::PAGE;
use super::export::save_text;
use super::session::Session;
use super::text;
use crate::domain::answers::Part;
use crate::domain::query::{GroupKey, Row};
use crate::domain::text::words::size_text;
use crate::domain::view::{Screen, Source};
use crate::explorer::protocol::{Opening, PublishedFile};
use crate::explorer::question::{Explore, Explored};
use crate::formats::markdown::Block;

/// The panel of the open mark.
#[component]
pub fn AnswersPanel(
    /// Group of the open mark.
    group: GroupKey,
) -> impl IntoView {
    let session = Session::get();
    let label = group.label();
    let heading = NodeRef::<html::H2>::new();
    // Opening a mark moves the focus to the panel, for readers who use a keyboard or a screen reader.
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
        <section class="answers" aria-label=text::answers::PANEL on:keydown=move |event| step_through(session, &event)>
            <header>
                <h2 node_ref=heading tabindex="-1">{label}</h2>
                <button type="button" on:click=close>{text::answers::CLOSE}</button>
            </header>
            <p class="caution">{text::NOT_ADVICE}</p>
            <PartTabs row=Signal::derive(row)/>
            <AnswerList/>
        </section>
    }
}

/// The mark's row among the rates that are known.
fn row_of(session: Session, group: &GroupKey) -> Option<Row> {
    let rates = if group.question.is_some() { session.data.drawn.questions } else { session.data.drawn.models };
    rates.with(|rates| rates.as_ref()?.rows.iter().find(|row| row.key == *group).cloned())
}

/// Buttons for the parts of the mark's rows. Each opens its answers.
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
    view! {
        <div class="tabs" role="group" aria-label=text::answers::PARTS class:away=move || session.is_blind.get()>
            {tabs.into_iter().collect_view()}
        </div>
    }
}

/// One page of answers with its controls.
#[component]
fn AnswerList() -> impl IntoView {
    let session = Session::get();
    let page = session.data.drawn.answers;
    let total = move || page.with(|page| page.as_ref().map_or(0, |page| page.total));
    // The worker parses Markdown, if the reader wants it formatted.
    let formatted = RwSignal::new(Vec::<Vec<Block>>::new());
    let is_formatted = session.is_formatted;
    Effect::new(move || {
        formatted.set(Vec::new());
        let texts = page.with(|page| {
            page.iter().flat_map(|page| page.answers.iter().map(|answer| answer.text.clone())).collect::<Vec<_>>()
        });
        if !is_formatted.get() || texts.is_empty() || !session.data.reading.can_explore.get() {
            return;
        }
        spawn_local(async move {
            if let Ok(Explored::Formatted(blocks)) = session.data.explore(Explore::Format { texts }).await {
                let _is_here = formatted.try_set(blocks);
            }
        });
    });
    let num_distinct = move || page.with(|page| page.as_ref().map_or(0, |page| page.num_distinct));
    let items = move || {
        page.with(|page| {
            let Some(page) = page else { return Vec::new() };
            let numbered = page.answers.iter().enumerate();
            // Each answer has its own memo, so that items opened by the reader stay open when blocks arrive.
            let blocks = move |at: usize| Memo::new(move |_| formatted.with(|blocks| blocks.get(at).cloned()));
            numbered.map(|(at, answer)| answer_item(page.offset + at + 1, answer, blocks(at))).collect()
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
    // A list of one part would reveal what the judge said, so blind reading shows all parts.
    let read_blind = move |event| {
        let is_blind = event_target_checked(&event);
        session.is_blind.set(is_blind);
        if is_blind {
            session.view.update(|view| {
                if let Some(open) = &mut view.selection {
                    (open.part, open.offset) = (Part::All, 0);
                }
            });
        }
    };
    // Both are false while a link's files still have to be chosen.
    let holds = move |has_answers: bool| {
        let opened = session.data.reading.opened;
        opened.with(|opened| opened.as_ref().is_some_and(|data| data.summary.has_answers == has_answers))
    };
    let (has_answers, is_counts) = (move || holds(true), move || holds(false));
    view! {
        <Show when=is_counts><NoTexts/></Show>
        <Show when=has_answers>
            <p class="quiet order">
                <span id="answer-count">{total}</span> {text::answers::AFTER_COUNT}
                {move || (num_distinct() < total()).then(|| text::answers::different(num_distinct()))}
                {text::answers::ORDER} {seed} ") "
                <button type="button" class="link" on:click=shuffle>{text::answers::SHUFFLE}</button> " "
                <Tick id="formatted" chosen=is_formatted label=text::answers::FORMATTED/> " "
                <label class="tick" title=text::answers::BLIND_HINT>
                    <input id="blind" type="checkbox" prop:checked=session.is_blind on:change=read_blind/>
                    <span>{text::answers::BLIND}</span>
                </label>
            </p>
            <ol class="answer-list">{items}</ol>
            <Pager total=Signal::derive(num_distinct)/>
            <TakeAnswers/>
            <p class="quiet keys">{text::answers::KEYS}</p>
        </Show>
    }
}

/// Shown for shipped figures, which hold counts only: where the texts are, and a button that loads them.
#[component]
fn NoTexts() -> impl IntoView {
    let session = Session::get();
    let data = session.data;
    let url = move || match session.view.with(|view| view.source.clone()) {
        Source::Published(id) => data
            .shipped
            .collections
            .with(|list| list.iter().find(|known| known.id == id).map(|known| known.url.clone())),
        Source::Files(_) | Source::Addresses(_) => None,
    };
    let file = move || session.view.with(|view| view.selection.as_ref().and_then(|open| open.group.file.clone()));
    let published = move || {
        let file = file()?;
        data.shipped.files.with(|files| files.iter().find(|known| known.file == file).cloned())
    };
    let load = move |_| {
        if let Some(PublishedFile { file, address, sha256, .. }) = published() {
            data.keep_selection();
            data.open_addresses(
                session.view,
                vec![Opening { name: file, address: Some(address), sha256: Some(sha256) }],
            );
        }
    };
    let size = move || published().map(|file| size_text(file.bytes));
    view! {
        <div class="no-texts">
            <p>{text::answers::COUNTS_ONLY}</p>
            <Show when=move || published().is_some()>
                <p>
                    <button type="button" class="primary" id="load-answers" on:click=load>{text::answers::LOAD} {size} ")"</button>
                </p>
                <p class="quiet">{text::answers::LOAD_HINT}</p>
            </Show>
            <p class="quiet">
                {text::answers::OR_DOWNLOAD} <b>{file}</b> {text::answers::DOWNLOAD_FROM}
                <a href=url rel="noreferrer noopener" target="_blank">{text::answers::DOWNLOAD_SOURCE}</a> {text::answers::DROP_HERE}
            </p>
        </div>
    }
}

/// Buttons that save the answers of this part as a file.
#[component]
fn TakeAnswers() -> impl IntoView {
    let session = Session::get();
    let problem = RwSignal::new(None::<String>);
    let take = move |is_json: bool| {
        let Some((open, query)) =
            session.view.with_untracked(|view| view.selection.clone().map(|open| (open, view.query())))
        else {
            return;
        };
        let (query, group, part) = (Box::new(query), Box::new(open.group), open.part);
        spawn_local(async move {
            let written = session.data.explore(Explore::WriteAnswers { query, group, part, is_json }).await;
            let saved = match written {
                Ok(Explored::Written(text)) if is_json => save_text("askew-answers.jsonl", &text, "application/jsonl"),
                Ok(Explored::Written(text)) => save_text("askew-answers.csv", &text, "text/csv"),
                Ok(_) => Ok(()),
                Err(why) => Err(why),
            };
            problem.set(saved.err());
        });
    };
    view! {
        <p class="tabs">
            <button type="button" class="tab" data-export="answers-csv" on:click=move |_| take(false)>{text::answers::SAVE_CSV}</button>
            <button type="button" class="tab" data-export="answers-jsonl" on:click=move |_| take(true)>{text::answers::SAVE_JSONL}</button>
        </p>
        {move || problem.get().map(|words| view! { <p class="notice error" role="alert">{words}</p> })}
    }
}

/// Buttons to the previous and the next page.
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
            <nav class="pager" aria-label=text::answers::PAGES>
                <button type="button" disabled=move || { offset() == 0 } on:click=move |_| go(offset().saturating_sub(PAGE))>
                    {text::answers::PREVIOUS}
                </button>
                <span>{move || offset() + 1} {text::answers::PAGE_TO} {last} {text::answers::PAGE_OF} {move || total.get()}</span>
                <button type="button" disabled=move || { last() >= total.get() } on:click=move |_| go(offset() + PAGE)>
                    {text::answers::NEXT}
                </button>
            </nav>
        </Show>
    }
}

/// Keys: `j` and `k` step through the answers, `o` uncovers a text, `c` compares models on the question, `/` searches.
fn step_through(session: Session, event: &KeyboardEvent) {
    // Not while the reader types in a text box.
    let is_typing = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"));
    if is_typing || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let active = document().active_element();
    let here = active.as_ref().and_then(|active| active.closest(".answer").ok().flatten());
    let press = |selector: &str| {
        let found = here.as_ref().and_then(|here| here.query_selector(selector).ok().flatten());
        if let Some(button) = found.and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            button.click();
        }
    };
    match event.key().as_str() {
        "j" => step(event, 1),
        "k" => step(event, -1),
        "o" => press(".cover, .reveal"),
        "c" => {
            if let Some(question) = here.as_ref().and_then(|here| here.get_attribute("data-question")) {
                event.prevent_default();
                session.view.update(|view| (view.screen, view.question) = (Screen::Compare, Some(question)));
            }
        }
        "/" => {
            let search = document().get_element_by_id("search").and_then(|box_| box_.dyn_into::<HtmlElement>().ok());
            let folded = document().get_element_by_id("filters").and_then(|summary| summary.parent_element());
            if let (Some(search), Some(folded)) = (search, folded) {
                event.prevent_default();
                let _is_open = folded.set_attribute("open", "");
                let _is_focused = search.focus();
            }
        }
        _ => {}
    }
}

/// Moves the focus by a number of answers.
fn step(event: &KeyboardEvent, step: i64) {
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
