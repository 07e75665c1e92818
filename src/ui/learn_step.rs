//! A step of a lesson: its text, the reader's forecast, and the outcome.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::session::Session;
use super::storage;
use super::text::learn as words;
use crate::domain::view::{Screen, View};
use crate::explorer::question::{Explore, Explored};
use crate::lab::lesson::{Answer, Choice, Forecast, Forecasts, Link, Question, Rates, Step, pieces};

/// Key of the forecasts in session storage: they are kept until the tab is closed.
const STORE: &str = "askew.forecasts";
/// First position of the slider, in percent.
const MIDDLE: u8 = 50;

/// Handles to the state of a step.
#[derive(Debug, Clone, Copy)]
struct State {
    /// Rates of the step's view, once they are known.
    rates: RwSignal<Rates>,
    /// Why they are not known.
    problem: RwSignal<Option<String>>,
    /// The reader's forecast.
    forecast: RwSignal<Option<Forecast>>,
    /// Whether the reader has just made it. Then the outcome takes the focus; with a link it does not.
    has_just_said: StoredValue<bool>,
}

/// A step without its title.
#[component]
pub fn StepBody(step: Step) -> impl IntoView {
    let session = Session::get();
    let kept = step.question.as_ref().and_then(|_| stored().of(&step.id).cloned());
    let state = State {
        rates: RwSignal::default(),
        problem: RwSignal::default(),
        forecast: RwSignal::new(kept),
        has_just_said: StoredValue::new(false),
    };
    let Step { id, text, prompt, question, view, after, links, .. } = step;
    let has_question = question.is_some();
    let has_data = has_data(session, view.clone());
    ask_rates(session, state, view.clone(), has_data);
    let is_seen = Memo::new(move |_| !has_question || state.forecast.with(Option::is_some));
    let say = Callback::new(move |forecast: Option<Forecast>| {
        state.has_just_said.set_value(forecast.is_some());
        let mut all = stored();
        all.set(&id, forecast.clone());
        store(&all);
        state.forecast.set(forecast);
    });
    let asked = question.map(|question| view! { <Ask question state say/> });
    let answers = StoredValue::new(view.clone());
    let after = StoredValue::new(after);
    let paragraphs = move || after.get_value().into_iter().map(|text| paragraph(text, state)).collect::<Vec<_>>();
    let seen = move || answers.get_value().map(|view| view! { <Seen view has_data/> });
    view! {
        {text.into_iter().map(|text| paragraph(text, state)).collect::<Vec<_>>()}
        {prompt.map(|prompt| view! { <blockquote class="lesson-prompt" id="lesson-prompt">{prompt}</blockquote> })}
        {asked}
        {move || state.problem.get().map(|why| view! { <p class="notice error" role="alert">{why}</p> })}
        <Show when=move || is_seen.get()>{paragraphs} {seen}</Show>
        {(!links.is_empty()).then(|| view! { <ul class="lesson-links">{links.into_iter().map(|link| goes_on(session, link)).collect::<Vec<_>>()}</ul> })}
    }
}

/// Whether the worker that counts holds the step's data.
fn has_data(session: Session, view: Option<View>) -> Memo<bool> {
    let source = view.map(|view| view.source);
    Memo::new(move |_| {
        let is_it = session.data.reading.opened.with(|open| open.as_ref().map(|open| &open.source) == source.as_ref());
        source.is_some()
            && is_it
            && session.data.reading.can_explore.get()
            && session.data.reading.progress.with(Option::is_none)
    })
}

/// Requests the rates that the step names.
fn ask_rates(session: Session, state: State, view: Option<View>, has_data: Memo<bool>) {
    Effect::new(move || {
        let Some(query) = view.as_ref().filter(|_| has_data.get()).map(|view| Box::new(view.query())) else { return };
        spawn_local(async move {
            let found = session.data.explore(Explore::Rates { query, by: Rates::groupings() }).await;
            // The reader may be at another step by now.
            match found {
                Ok(Explored::Rates(rows)) => {
                    // An earlier request may have failed because the data were still loading.
                    let _was_told = state.problem.try_set(None);
                    drop(state.rates.try_set(Rates(rows)));
                }
                Ok(_) => {}
                Err(why) => drop(state.problem.try_set(Some(why))),
            }
        });
    });
}

/// A paragraph with the rates of the groups that it names. A rate that is not known yet is an ellipsis.
fn paragraph(text: String, state: State) -> impl IntoView {
    let pieces: Vec<(bool, String)> = pieces(&text).map(|(is_name, piece)| (is_name, piece.to_owned())).collect();
    let piece = |(is_name, piece): (bool, String)| {
        if !is_name {
            return piece.into_any();
        }
        let name = piece.clone();
        let rate = move || state.rates.with(|rates| rates.named(&name).map_or_else(|| "…".to_owned(), words::rate));
        view! { <b data-group=piece>{rate}</b> }.into_any()
    };
    view! { <p>{pieces.into_iter().map(piece).collect::<Vec<_>>()}</p> }
}

/// The question, with the form before the forecast and the outcome after it.
#[component]
fn Ask(question: Question, state: State, say: Callback<Option<Forecast>>) -> impl IntoView {
    let Question { text, answer } = question;
    let heading = NodeRef::<html::H3>::new();
    Effect::new(move || {
        if let Some(heading) = heading.get()
            && state.has_just_said.try_update_value(std::mem::take).unwrap_or_default()
            && let Err(error) = heading.focus()
        {
            web_sys::console::error_1(&error);
        }
    });
    let has_said = Memo::new(move |_| state.forecast.with(Option::is_some));
    let asked = answer.clone();
    let came_out = Memo::new(move |_| {
        let forecast = state.forecast.get()?;
        let words = state.rates.with(|rates| came_out(&answer, &forecast, rates));
        Some(words.unwrap_or_else(|| words::COUNTING.to_owned()))
    });
    let (asked, text) = (StoredValue::new(asked), StoredValue::new(text));
    let form = move || view! { <Form text=text.get_value() answer=asked.get_value() say/> };
    view! {
        <section class="card forecast">
            <Show when=move || !has_said.get()>{form}</Show>
            <Show when=move || has_said.get()>
                <p class="asked">{text.get_value()}</p>
                <h3 id="outcome" tabindex="-1" node_ref=heading>{words::OUTCOME}</h3>
            </Show>
            // An empty status element first, so that screen readers announce the outcome when it is filled.
            <p role="status" id="score" class="score">{move || came_out.get()}</p>
            <Show when=move || has_said.get()>
                <button type="button" id="again" on:click=move |_| say.run(None)>{words::AGAIN}</button>
            </Show>
        </section>
    }
}

/// The outcome in words, once the rates are known.
fn came_out(answer: &Answer, forecast: &Forecast, rates: &Rates) -> Option<String> {
    match answer {
        Answer::Share(group) => rates.named(group).map(|row| words::share_came_out(forecast, row)),
        Answer::Halving { choices, .. } => {
            answer.halving(rates).map(|right| words::choice_came_out(forecast, choices, right))
        }
    }
}

/// The form of a forecast.
#[component]
fn Form(text: String, answer: Answer, say: Callback<Option<Forecast>>) -> impl IntoView {
    let forecast = RwSignal::new(match &answer {
        Answer::Share(_) => Some(Forecast::Percent(MIDDLE)),
        Answer::Halving { .. } => None,
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(forecast) = forecast.get_untracked() {
            say.run(Some(forecast));
        }
    };
    let dial = match answer {
        Answer::Share(_) => view! { <Slider forecast/> }.into_any(),
        Answer::Halving { choices, .. } => view! { <Choices choices forecast/> }.into_any(),
    };
    view! {
        <form on:submit=submit>
            <fieldset class="field">
                <legend class="asked">{text}</legend>
                {dial}
            </fieldset>
            <p class="tabs">
                <button type="submit" class="primary" id="commit" disabled=move || forecast.with(Option::is_none)>{words::COMMIT}</button>
                <button type="button" id="skip-forecast" on:click=move |_| say.run(Some(Forecast::Skipped))>{words::SKIP}</button>
            </p>
        </form>
    }
}

/// The slider of a forecast in percent.
#[component]
fn Slider(forecast: RwSignal<Option<Forecast>>) -> impl IntoView {
    let percent = move || match forecast.get() {
        Some(Forecast::Percent(percent)) => percent,
        _ => MIDDLE,
    };
    let set = move |event| {
        if let Ok(percent) = event_target_value(&event).parse() {
            forecast.set(Some(Forecast::Percent(percent)));
        }
    };
    view! {
        <label class="field">
            <span>{words::YOUR_FORECAST} ": " <output id="said">{percent} " %"</output></span>
            <input
                id="forecast"
                type="range"
                min="0"
                max="100"
                step="1"
                prop:value=move || percent().to_string()
                aria-valuetext=move || format!("{} %", percent())
                on:input=set
            />
        </label>
    }
}

/// The choices of a forecast.
#[component]
fn Choices(choices: Vec<Choice>, forecast: RwSignal<Option<Forecast>>) -> impl IntoView {
    let choose = move |group: Option<String>, label: String| {
        view! {
            <label class="tick">
                <input
                    type="radio"
                    name="forecast"
                    value=group.clone().unwrap_or_default()
                    on:change=move |_| forecast.set(Some(Forecast::Group(group.clone())))
                />
                <span>{label}</span>
            </label>
        }
    };
    let none = choose(None, words::NONE_OF_THESE.to_owned());
    let all = choices.into_iter().map(|Choice { group, label }| choose(Some(group), label)).collect::<Vec<_>>();
    view! { <div class="ticks">{all} {none}</div> }
}

/// The step's figure or its open answers, and a link to the view.
#[component]
fn Seen(view: View, has_data: Memo<bool>) -> impl IntoView {
    let session = Session::get();
    let is_reading = view.selection.is_some();
    let open = Memo::new(move |_| session.view.with(|view| view.selection.as_ref().map(|open| open.group.clone())));
    let results =
        move || session.view.with(|now| format!("#{}", View { screen: Screen::Results, ..now.clone() }.to_fragment()));
    let parts = session.parts;
    let figure = move || parts.filter(|_| !is_reading).map(|parts| (parts.figure)());
    let panel = move || parts.zip(open.get()).map(|(parts, group)| (parts.answers)(group));
    view! {
        <Show when=move || has_data.get()>{figure} {panel}</Show>
        <p><a id="open-view" href=results>{words::OPEN_VIEW}</a></p>
    }
}

/// A link of the step. A screen without data of its own keeps the view, so that the reader can return to the step.
fn goes_on(session: Session, link: Link) -> impl IntoView {
    let Link { label, view } = link;
    let href = move || {
        session.view.with(|now| {
            let has_data = view.source != View::default().source;
            let view = if has_data { view.clone() } else { View { screen: view.screen, ..now.clone() } };
            format!("#{}", View { step: now.step.clone(), ..view }.to_fragment())
        })
    };
    view! { <li><a href=href>{label}</a></li> }
}

fn stored() -> Forecasts {
    let text = storage::session().and_then(|storage| storage.get_item(STORE).ok().flatten());
    text.map(|text| Forecasts::from_text(&text)).unwrap_or_default()
}

fn store(forecasts: &Forecasts) {
    // If the browser stores nothing, the forecast is lost with the step.
    let _is_kept = storage::session().map(|storage| storage.set_item(STORE, &forecasts.to_text()));
}
