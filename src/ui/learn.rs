//! The Learn screen: a lesson, step by step. The address holds the step and its view.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::fetch::fetch_text;
use super::learn_step::StepBody;
use super::open::Notices;
use super::session::Session;
use super::text::learn as words;
use super::{address, text};
use crate::domain::view::{Screen, View};
use crate::lab::lesson::{Lesson, Step};

/// The lesson's file, relative to the page.
const LESSON: &str = "data/lessons/narrow.json";

/// The Learn screen: loads the lesson and shows it.
#[component]
pub fn LearnScreen() -> impl IntoView {
    let lesson = RwSignal::new(None::<Result<Lesson, String>>);
    spawn_local(async move {
        let found = fetch_text(LESSON).await;
        let found = found.and_then(|text| Lesson::from_json(&text).map_err(|error| format!("{LESSON}: {error}")));
        // The reader may have left the screen by now.
        let _is_here = lesson.try_set(Some(found));
    });
    let body = move || match lesson.get() {
        None => view! { <p class="notice">{words::COMING}</p> }.into_any(),
        Some(Err(why)) => view! { <p class="notice error" id="lesson-problem" role="alert">{why}</p> }.into_any(),
        Some(Ok(lesson)) => view! { <LessonBody lesson/> }.into_any(),
    };
    view! { <div class="lesson">{body}</div> }
}

/// The lesson: its list of steps, and the open step or the introduction.
#[component]
fn LessonBody(lesson: Lesson) -> impl IntoView {
    let session = Session::get();
    let (title, number) = (lesson.title.clone(), lesson.steps.len());
    let lesson = StoredValue::new(lesson);
    let found = Memo::new(move |_| {
        let id = session.view.with(|view| view.step.clone());
        lesson.with_value(|lesson| id.and_then(|id| lesson.step(&id).map(|(at, step)| (at, step.clone()))))
    });
    follow_step(session, found);
    Effect::new(move || {
        let screen = format!("{} · {}", text::screen(Screen::Learn), text::NAME);
        let step = found.with(|found| found.as_ref().map(|(_, step)| format!("{} · ", step.title)));
        document().set_title(&(step.unwrap_or_default() + &screen));
    });
    // A reader who moves to another step gets the focus on its heading. A reader who opens a link does not.
    let has_moved = StoredValue::new(false);
    let href = move |at: Option<usize>| {
        let step = at.and_then(|at| lesson.with_value(|lesson| lesson.steps.get(at).cloned()));
        session.view.with(|now| match step {
            Some(step) => format!("#{}", step.shown_by(now).to_fragment()),
            None => format!("#{}", View { step: None, selection: None, ..now.clone() }.to_fragment()),
        })
    };
    let entry = move |at: Option<usize>, label: String, name: String| {
        let is_here = move || (found.with(|found| found.as_ref().map(|(at, _)| *at)) == at).then_some("step");
        view! {
            <li>
                <a href=move || href(at) aria-current=is_here on:click=move |_| has_moved.set_value(true)>{label} <span class="step-name">{name}</span></a>
            </li>
        }
    };
    let entries = lesson.with_value(|lesson| {
        let step = |(at, step): (usize, &Step)| entry(Some(at), (at + 1).to_string(), format!(". {}", step.title));
        let start = entry(None, words::START.to_owned(), String::new());
        std::iter::once(start).chain(lesson.steps.iter().enumerate().map(step)).collect::<Vec<_>>()
    });
    let begin = move || {
        let paragraph = |text: &String| view! { <p>{text.clone()}</p> };
        let paragraphs = lesson.with_value(|lesson| lesson.introduction.iter().map(paragraph).collect::<Vec<_>>());
        view! {
            <section aria-label=words::START>
                {paragraphs}
                <p><a class="button" id="begin" href=move || href(Some(0)) on:click=move |_| has_moved.set_value(true)>{words::BEGIN}</a></p>
            </section>
        }
    };
    let step = move || {
        match found.get() {
        None => begin().into_any(),
        Some((at, step)) => view! {
            <section aria-labelledby="step-title">
                <StepTitle at number step=step.clone() has_moved/>
                <Notices/>
                <StepBody step/>
                <nav class="pager" aria-label=text::learn::PAGER>
                    <a id="previous-step" href=move || href(at.checked_sub(1)) on:click=move |_| has_moved.set_value(true)>{words::PREVIOUS}</a>
                    {(at + 1 < number).then(|| view! {
                        <a class="button" id="next-step" href=move || href(Some(at + 1)) on:click=move |_| has_moved.set_value(true)>{words::NEXT}</a>
                    })}
                </nav>
            </section>
        }
        .into_any(),
    }
    };
    view! {
        <h1>{title}</h1>
        <div class="lesson-columns">
            <nav aria-label=words::STEPS><ol class="lesson-steps">{entries}</ol></nav>
            {step}
        </div>
    }
}

/// Sets the view to the step's view: a link may name only the step.
fn follow_step(session: Session, found: Memo<Option<(usize, Step)>>) {
    Effect::new(move || {
        let Some((_, step)) = found.get() else { return };
        let wanted = session.view.with(|now| {
            let wanted = step.shown_by(now);
            // The reader chooses which answers to read.
            let without = |view: &View| View { selection: None, ..view.clone() };
            (now.screen == Screen::Learn && without(now) != without(&wanted)).then_some(wanted)
        });
        if let Some(wanted) = wanted {
            // Replaces the history entry, so that "back" does not return to the same step.
            address::write(&wanted.to_fragment(), false);
            session.view.set(wanted);
        }
    });
}

#[component]
fn StepTitle(at: usize, number: usize, step: Step, has_moved: StoredValue<bool>) -> impl IntoView {
    let heading = NodeRef::<html::H2>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get()
            && has_moved.try_update_value(std::mem::take).unwrap_or_default()
            && let Err(error) = heading.focus()
        {
            web_sys::console::error_1(&error);
        }
    });
    view! {
        <p class="quiet step-of">{words::step_of(at, number)}</p>
        <h2 id="step-title" tabindex="-1" node_ref=heading>{step.title}</h2>
    }
}
