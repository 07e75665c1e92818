//! All types of figures but the first: their picker, and the figure drawn by the explorer's worker.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::chart::css;

use super::figure::Figure;
use super::session::Session;
use super::share::Share;
use super::text;
use crate::charts::picture::Picture;
use crate::domain::query::By;
use crate::domain::select::judge::Judges;
use crate::domain::view::View;
use crate::domain::view::plot::{Plot, PlotKind, by_text};
use crate::explorer::protocol::Summary;
use crate::explorer::question::{Explore, Explored};

/// The picker of the type of figure. Types that the data cannot show are disabled, with the reason.
#[component]
pub fn PlotPicker() -> impl IntoView {
    let session = Session::get();
    let has_data = Memo::new(move |_| session.data.reading.opened.with(Option::is_some));
    let kind = Memo::new(move |_| session.view.with(|view| view.plot.kind));
    let choose = move |event| {
        let kind = PlotKind::named(&event_target_value(&event)).unwrap_or_default();
        // Another type has other settings.
        session.view.update(|view| view.plot = Plot { kind, ..Plot::default() });
    };
    // Reasons why the data cannot show a type. Known once the worker that draws figures holds the data.
    let reasons = RwSignal::new(Vec::<(PlotKind, String)>::new());
    Effect::new(move || {
        session.data.reading.opened.track();
        let query = Box::new(session.view.with(View::query));
        if !session.data.reading.can_explore.get() {
            reasons.set(Vec::new());
            return;
        }
        spawn_local(async move {
            if let Ok(Explored::Types(types)) = session.data.explore(Explore::Types { query }).await {
                reasons.set(types.into_iter().filter_map(|(kind, why)| Some((kind, why?))).collect());
            }
        });
    });
    let reason = move |kind: PlotKind| {
        reasons.with(|reasons| reasons.iter().find(|(known, _)| *known == kind).map(|(_, why)| why.clone()))
    };
    let options = move || {
        PlotKind::ALL.map(|kind| {
            let is_off = move || reason(kind).is_some();
            view! { <option value=kind.name() disabled=is_off title=move || reason(kind)>{text::figures::plot(kind)}</option> }
        })
    };
    view! {
        <Show when=move || has_data.get()>
            <section class="controls plot-picker" aria-label=text::figures::FIGURE>
                <label class="field">
                    <span>{text::figures::FIGURE}</span>
                    <select id="plot" prop:value=move || kind.get().name() on:change=choose>
                        {options().into_iter().collect_view()}
                    </select>
                </label>
                <Parts kind/>
                <p class="quiet plot-about">{move || text::figures::plot_shows(kind.get())}</p>
            </section>
            <Share/>
        </Show>
    }
}

/// Settings of a type: its groups, its axis, its column, its second judge.
#[component]
fn Parts(kind: Memo<PlotKind>) -> impl IntoView {
    let has_rows = move || {
        !matches!(
            kind.get(),
            PlotKind::Forest | PlotKind::Flow | PlotKind::Plane | PlotKind::Slopes | PlotKind::Scatter
        )
    };
    let has_series =
        move || matches!(kind.get(), PlotKind::Dots | PlotKind::Heat | PlotKind::Missing | PlotKind::Scatter);
    view! {
        <Show when=has_rows><GroupPicker id="plot-rows" label=text::figures::ROWS is_series=false/></Show>
        <Show when=has_series><GroupPicker id="plot-series" label=text::figures::SERIES is_series=true/></Show>
        <Show when=move || kind.get() == PlotKind::Lines><OverPicker/></Show>
        <Show when=move || kind.get() == PlotKind::Histogram><ColumnPicker/></Show>
        <Show when=move || kind.get() == PlotKind::Judges><SecondJudge/></Show>
    }
}

fn summary(session: Session) -> Summary {
    session.data.reading.opened.with(|opened| opened.as_ref().map(|opened| opened.summary.clone())).unwrap_or_default()
}

/// Names of the groupings that have more than one value in the data.
fn groupings(summary: &Summary) -> Vec<String> {
    let parts = [
        ("model", summary.models.len()),
        ("question", summary.questions.len()),
        ("group", summary.groups.len()),
        ("file", summary.files.len()),
        ("seed", summary.seeds.len()),
        ("category", summary.categories.len()),
        ("variant", 2),
    ];
    let names = parts.into_iter().filter(|(_, num)| *num > 1).map(|(name, _)| name.to_owned());
    names.chain(summary.settings.iter().map(|(name, _)| name.clone())).collect()
}

/// The picker of a grouping.
#[component]
fn GroupPicker(id: &'static str, label: &'static str, is_series: bool) -> impl IntoView {
    let session = Session::get();
    let current = move || {
        let by = session.view.with(|view| if is_series { view.plot.series.clone() } else { view.plot.rows.clone() });
        by.as_ref().map(by_text).unwrap_or_default()
    };
    let choose = move |event| {
        let by = Some(event_target_value(&event)).filter(|name| !name.is_empty()).map(|name| By::read(&name));
        session.view.update(|view| *(if is_series { &mut view.plot.series } else { &mut view.plot.rows }) = by);
    };
    let options = move || {
        let mut names = groupings(&summary(session));
        // A link may name a grouping of several parts.
        let now = current();
        if !now.is_empty() && !names.contains(&now) {
            names.push(now);
        }
        names
            .into_iter()
            .map(|name| view! { <option value=name.clone()>{text::figures::grouping(&name)}</option> })
            .collect::<Vec<_>>()
    };
    view! {
        <label class="field">
            <span>{label}</span>
            <select id=id prop:value=current on:change=choose>
                <option value="">{text::figures::DEFAULT}</option>
                {options}
            </select>
        </label>
    }
}

/// The picker of the setting along the axis.
#[component]
fn OverPicker() -> impl IntoView {
    let session = Session::get();
    let current = move || session.view.with(|view| view.plot.over.clone());
    let options = move || {
        let settings = summary(session).settings.into_iter().map(|(name, _)| name);
        let names = settings.chain(["seed".to_owned()]);
        names.map(|name| view! { <option value=name.clone()>{name.clone()}</option> }).collect::<Vec<_>>()
    };
    view! {
        <label class="field">
            <span>{text::figures::OVER}</span>
            <select
                id="plot-over"
                prop:value=current
                on:change=move |event| session.view.update(|view| view.plot.over = event_target_value(&event))
            >
                <option value="">{text::figures::DEFAULT}</option>
                {options}
            </select>
        </label>
    }
}

fn columns(session: Session) -> Vec<AnyView> {
    let option = |name: String| view! { <option value=name.clone()>{name.clone()}</option> }.into_any();
    summary(session).columns.into_iter().map(option).collect()
}

/// The picker of a numeric column.
#[component]
fn ColumnPicker() -> impl IntoView {
    let session = Session::get();
    view! {
        <label class="field">
            <span>{text::figures::COLUMN}</span>
            <select
                id="plot-column"
                prop:value=move || session.view.with(|view| view.plot.column.clone())
                on:change=move |event| session.view.update(|view| view.plot.column = event_target_value(&event))
            >
                <option value="">{text::figures::ALIGNMENT}</option>
                {move || columns(session)}
            </select>
        </label>
    }
}

/// The pickers of the second judge's columns.
#[component]
fn SecondJudge() -> impl IntoView {
    let session = Session::get();
    let picker = move |id: &'static str, label: &'static str, is_aligned: bool| {
        let current = move || {
            let second = session.view.with(|view| view.plot.second.clone()).unwrap_or_default();
            if is_aligned { second.aligned } else { second.coherent }
        };
        let choose = move |event| {
            session.view.update(|view| {
                let second: &mut Judges = view.plot.second.get_or_insert_default();
                *(if is_aligned { &mut second.aligned } else { &mut second.coherent }) = event_target_value(&event);
            });
        };
        view! {
            <label class="field">
                <span>{label}</span>
                <select id=id prop:value=current on:change=choose>{move || columns(session)}</select>
            </label>
        }
    };
    view! {
        {picker("plot-aligned", text::figures::SECOND_ALIGNED, true)}
        {picker("plot-coherent", text::figures::SECOND_COHERENT, false)}
    }
}

/// The figure that the view names.
#[component]
pub fn OtherFigure() -> impl IntoView {
    let session = Session::get();
    let width = RwSignal::new(0.0);
    let frame = NodeRef::<leptos::html::Div>::new();
    super::chart::watch_width(frame, width);
    let query = Memo::new(move |_| session.view.with(View::query));
    let plot = Memo::new(move |_| session.view.with(|view| view.plot.clone()));
    let (picture, problem) = (RwSignal::new(Picture::default()), RwSignal::new(None::<String>));
    let asked = StoredValue::new(0_u32);
    let source = StoredValue::new(None);
    Effect::new(move || {
        if session.data.is_other(source) {
            asked.update_value(|asked| *asked += 1);
            picture.set(Picture::default());
            problem.set(None);
        }
        session.data.drawn.label_changes.track();
        let (query, plot, width) = (Box::new(query.get()), Box::new(plot.get()), css(width.get()));
        if !session.data.reading.can_explore.get() {
            session.data.want_explorer(session.view);
            return;
        }
        if width < 1.0 {
            return;
        }
        asked.update_value(|asked| *asked += 1);
        let number = asked.get_value();
        spawn_local(async move {
            let drawn = session.data.explore(Explore::Draw { query, plot, width }).await;
            // A newer figure was requested in the meantime, or the figure is no longer shown.
            if asked.try_get_value() != Some(number) {
                return;
            }
            match drawn {
                Ok(Explored::Drawn(drawn)) => {
                    picture.set(*drawn);
                    problem.set(None);
                }
                Ok(_) => {}
                Err(why) => {
                    picture.set(Picture::default());
                    problem.set(Some(why));
                }
            }
        });
    });
    let is_waiting = move || problem.with(Option::is_none) && picture.with(|picture| picture.shapes.is_empty());
    let chosen = Signal::derive(move || session.chosen());
    view! {
        <div node_ref=frame class="other-figure">
            <div role="status">
                <Show when=is_waiting><p class="notice">{text::figures::DRAWING}</p></Show>
                {move || problem.get().map(|why| view! { <p class="notice wait" id="plot-problem">{why}</p> })}
            </div>
            <Figure id="figure" picture width chosen query/>
        </div>
    }
}
