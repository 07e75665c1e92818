//! The Compare screen: models side by side on one question.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::controls::Tick;
use super::covered::Covered;
use super::open::{Notices, SourceCard};
use super::session::Session;
use super::text;
use crate::domain::answers::Part;
use crate::domain::query::GroupKey;
use crate::explorer::question::{Column, Compared, Explore, Explored};

/// Maximum number of columns: with more, a column is too narrow to read.
const MAX_COLUMNS: usize = 4;
/// Answers of each column on a page.
const PAGE: usize = 5;

/// The Compare screen. Without answers, a note on where to find them.
#[component]
pub fn CompareScreen() -> impl IntoView {
    let session = Session::get();
    let data = session.data;
    let has_answers = Memo::new(move |_| {
        data.reading.opened.with(|opened| opened.as_ref().is_some_and(|opened| opened.summary.has_answers))
    });
    view! {
        <SourceCard/>
        <Notices/>
        <Show
            when=move || has_answers.get()
            fallback=|| view! { <p class="notice wait" id="compare-needs">{text::compare::NEEDS}</p> }
        >
            <SideBySide/>
        </Show>
    }
}

/// The controls and the columns.
#[component]
fn SideBySide() -> impl IntoView {
    let session = Session::get();
    let data = session.data;
    let questions = Memo::new(move |_| {
        data.reading
            .opened
            .with(|opened| opened.as_ref().map(|open| open.summary.questions.clone()))
            .unwrap_or_default()
    });
    let question = Memo::new(move |_| {
        let named = session.view.with(|view| view.question.clone());
        named
            .filter(|name| questions.with(|known| known.contains(name)))
            .or_else(|| questions.with(|q| q.first().cloned()))
    });
    let groups = Memo::new(move |_| {
        data.drawn.models.with(|models| {
            let rows = models.as_ref().map(|models| models.rows.as_slice()).unwrap_or_default();
            rows.iter().map(|row| row.key.clone()).collect::<Vec<_>>()
        })
    });
    // The reader's choice of columns, as indices of groups.
    let chosen = RwSignal::new(Vec::<usize>::new());
    let shown = Memo::new(move |_| {
        let known = groups.with(Vec::len);
        let mut list: Vec<usize> = chosen.with(|chosen| chosen.iter().copied().filter(|&at| at < known).collect());
        if list.is_empty() {
            list = (0..known.min(3)).collect();
        }
        list
    });
    let (part, seed, offset) = (RwSignal::new(Part::All), RwSignal::new(1_u64), RwSignal::new(0_usize));
    let only_differing = RwSignal::new(false);
    let (columns, problem) = (RwSignal::new(Vec::<Column>::new()), RwSignal::new(None::<String>));
    let asked = StoredValue::new(0_u32);
    let source = StoredValue::new(None);
    Effect::new(move || {
        if data.is_other(source) {
            asked.update_value(|asked| *asked += 1);
            columns.set(Vec::new());
            problem.set(None);
        }
        data.drawn.label_changes.track();
        let query = Box::new(session.view.with(|view| view.query()));
        let (Some(question), keys) = (question.get(), groups.get()) else { return };
        let groups: Vec<GroupKey> = shown.get().into_iter().filter_map(|at| keys.get(at).cloned()).collect();
        let ask = Explore::SideBySide {
            query,
            groups,
            question,
            part: part.get(),
            seed: seed.get(),
            offset: offset.get(),
            limit: PAGE,
        };
        if !data.reading.can_explore.get() {
            data.want_explorer(session.view);
            return;
        }
        asked.update_value(|asked| *asked += 1);
        let number = asked.get_value();
        spawn_local(async move {
            let found = data.explore(ask).await;
            if asked.try_get_value() != Some(number) {
                return;
            }
            match found {
                Ok(Explored::SideBySide(found)) => {
                    columns.set(found);
                    problem.set(None);
                }
                Ok(_) => {}
                Err(why) => problem.set(Some(why)),
            }
        });
    });
    let options = move || {
        let option = |name: String| view! { <option value=name.clone()>{name.clone()}</option> };
        questions.get().into_iter().map(option).collect::<Vec<_>>()
    };
    let choose_question = move |event| {
        offset.set(0);
        session.view.update(|view| view.question = Some(event_target_value(&event)));
    };
    let parts = Part::ALL.map(|part| view! { <option value=part.name()>{text::part(part)}</option> });
    let choose_part = move |event| {
        offset.set(0);
        part.set(Part::named(&event_target_value(&event)).unwrap_or_default());
    };
    let most = move || columns.with(|columns| columns.iter().map(|column| column.total).max().unwrap_or_default());
    let body = move || {
        let (keys, shown, columns, only) = (groups.get(), shown.get(), columns.get(), only_differing.get());
        let keys = shown.into_iter().filter_map(|at| keys.get(at).cloned());
        keys.zip(columns).map(|(key, column)| one_column(&key, column, only)).collect::<Vec<_>>()
    };
    view! {
        <section class="controls" aria-label=text::compare::CONTROLS>
            <label class="field">
                <span>{text::compare::QUESTION}</span>
                <select id="compare-question" prop:value=move || question.get() on:change=choose_question>{options}</select>
            </label>
            <label class="field">
                <span>{text::compare::PART}</span>
                <select id="compare-part" prop:value=move || part.get().name() on:change=choose_part>
                    {parts.into_iter().collect_view()}
                </select>
            </label>
            <Tick id="only-differing" chosen=only_differing label=text::compare::ONLY_DIFFERING/>
            <button type="button" on:click=move |_| seed.update(|seed| *seed = seed.wrapping_add(1))>{text::answers::SHUFFLE}</button>
        </section>
        <ModelBoxes groups shown chosen/>
        <p class="caution">{text::NOT_ADVICE}</p>
        {move || problem.get().map(|why| view! { <p class="notice error" role="alert">{why}</p> })}
        <div class="side-by-side">{body}</div>
        <nav class="pager" aria-label=text::answers::PAGES>
            <button
                type="button"
                disabled=move || offset.get() == 0
                on:click=move |_| offset.update(|offset| *offset = offset.saturating_sub(PAGE))
            >
                {text::answers::PREVIOUS}
            </button>
            <button
                type="button"
                disabled=move || { offset.get() + PAGE >= most() }
                on:click=move |_| offset.update(|offset| *offset += PAGE)
            >
                {text::answers::NEXT}
            </button>
        </nav>
    }
}

/// The boxes of the groups that can be columns.
#[component]
fn ModelBoxes(groups: Memo<Vec<GroupKey>>, shown: Memo<Vec<usize>>, chosen: RwSignal<Vec<usize>>) -> impl IntoView {
    const MAX_LISTED: usize = 60;
    let boxes = move || {
        let item = |(at, key): (usize, GroupKey)| {
            let is_on = move || shown.with(|shown| shown.contains(&at));
            let toggle = move |_| {
                let mut list = shown.get_untracked();
                match list.iter().position(|&known| known == at) {
                    Some(place) if list.len() > 1 => {
                        list.remove(place);
                    }
                    Some(_) => {}
                    None => {
                        list.push(at);
                        if list.len() > MAX_COLUMNS {
                            list.remove(0);
                        }
                    }
                }
                chosen.set(list);
            };
            view! {
                <label class="tick">
                    <input type="checkbox" name="column" prop:checked=is_on on:change=toggle/>
                    <span>{key.label()}</span>
                </label>
            }
        };
        groups.get().into_iter().take(MAX_LISTED).enumerate().map(item).collect::<Vec<_>>()
    };
    view! {
        <details class="table" open>
            <summary>{text::compare::MODELS}</summary>
            <div class="ticks">{boxes}</div>
        </details>
    }
}

fn one_column(key: &GroupKey, column: Column, only_differing: bool) -> impl IntoView + use<> {
    let Column { total, answers } = column;
    let items = answers.into_iter().map(|compared| one_answer(compared, only_differing)).collect::<Vec<_>>();
    view! {
        <section class="column" aria-label=key.label()>
            <h2>{key.label()}</h2>
            <p class="quiet">{total} {text::answers::AFTER_COUNT}</p>
            <ol class="answer-list">{items}</ol>
        </section>
    }
}

fn one_answer(compared: Compared, only_differing: bool) -> impl IntoView {
    let Compared { answer, pieces } = compared;
    let is_first = pieces.is_empty();
    let pieces = if is_first { vec![(true, answer.text.clone())] } else { pieces };
    let text = move || {
        let piece = |(is_shared, text): (bool, String)| match (is_shared, only_differing && !is_first) {
            (true, true) => view! { <span class="quiet">" … "</span> }.into_any(),
            (true, false) => view! { <span>{text}</span> }.into_any(),
            (false, _) => view! { <mark>{text}</mark> }.into_any(),
        };
        let pieces = pieces.clone().into_iter().map(piece).collect::<Vec<_>>();
        view! { <blockquote dir="auto">{pieces}</blockquote> }
    };
    let score = |score: crate::domain::values::score::Score| {
        score.get().map_or_else(|| text::NONE.to_owned(), |at| format!("{at:.1}"))
    };
    let num_same = (!answer.same.is_empty()).then(|| {
        let num = answer.same.len() + 1;
        view! { <span class="chip same">{num} {text::answers::IDENTICAL}</span> }
    });
    view! {
        <li class="answer">
            <Covered harm=answer.harm>{text()}</Covered>
            <p class="scores">
                <span class="chip">{text::compare::ALIGNED} <b>{score(answer.aligned)}</b></span>
                <span class="chip">{text::compare::COHERENT} <b>{score(answer.coherent)}</b></span>
                {num_same}
            </p>
        </li>
    }
}
