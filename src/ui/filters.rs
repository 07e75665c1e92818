//! Filters: names, settings of the data set, words in the answers, and the judge.

use leptos::prelude::*;

use super::controls::flip;
use super::labels::LabelTools;
use super::metric::MetricPicker;
use super::session::Session;
use super::text;
use crate::domain::filter::Filter;
use crate::domain::text::search::{Search, Within};
use crate::domain::values::facet::{Number, Setting};
use crate::domain::view::View;
use crate::explorer::protocol::Summary;

/// Maximum number of names listed of one kind, so that the page stays small.
const MAX_NAMES: usize = 60;

/// A kind of name that rows have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Facet {
    Files,
    Models,
    Groups,
    Seeds,
    Categories,
    Questions,
}

impl Facet {
    const ALL: [Self; 6] = [Self::Files, Self::Models, Self::Groups, Self::Seeds, Self::Categories, Self::Questions];

    const fn label(self) -> &'static str {
        match self {
            Self::Files => text::filters::FILES,
            Self::Models => text::filters::MODELS,
            Self::Groups => text::filters::GROUPS,
            Self::Seeds => text::filters::SEEDS,
            Self::Categories => text::filters::CATEGORIES,
            Self::Questions => text::filters::QUESTIONS,
        }
    }

    fn names(self, summary: &Summary) -> &[String] {
        match self {
            Self::Files => &summary.files,
            Self::Models => &summary.models,
            Self::Groups => &summary.groups,
            Self::Seeds => &summary.seeds,
            Self::Categories => &summary.categories,
            Self::Questions => &summary.questions,
        }
    }

    const fn chosen(self, filter: &Filter) -> &Vec<String> {
        match self {
            Self::Files => &filter.files,
            Self::Models => &filter.models,
            Self::Groups => &filter.groups,
            Self::Seeds => &filter.seeds,
            Self::Categories => &filter.categories,
            Self::Questions => &filter.questions,
        }
    }

    const fn chosen_mut(self, filter: &mut Filter) -> &mut Vec<String> {
        match self {
            Self::Files => &mut filter.files,
            Self::Models => &mut filter.models,
            Self::Groups => &mut filter.groups,
            Self::Seeds => &mut filter.seeds,
            Self::Categories => &mut filter.categories,
            Self::Questions => &mut filter.questions,
        }
    }
}

/// All filters, folded until one is set.
#[component]
pub fn Filters() -> impl IntoView {
    let session = Session::get();
    let has_data = Memo::new(move |_| session.data.reading.opened.with(Option::is_some));
    let num_set = Memo::new(move |_| {
        session.view.with(|view| {
            let names = Facet::ALL.iter().filter(|facet| !facet.chosen(&view.filter).is_empty()).count();
            names
                + usize::from(view.filter.search.is_some())
                + view.filter.conditions.len()
                + view.filter.settings.len()
        })
    });
    let clear = move |_| {
        session.view.update(|view| {
            // The ways of asking have boxes of their own.
            view.filter = Filter { variants: std::mem::take(&mut view.filter.variants), ..Filter::default() };
        });
    };
    let is_open = has_data.get_untracked() && num_set.get_untracked() > 0;
    view! {
        <Show when=move || has_data.get()>
            <div class="tools">
            <details class="table filters" open=is_open>
                <summary id="filters">
                    {text::filters::SUMMARY}
                    {move || (num_set.get() > 0).then(|| text::filters::num_set(num_set.get()))}
                </summary>
                <div class="controls">
                    <SearchBox/>
                    <JudgePicker/>
                    <MetricPicker/>
                </div>
                <div class="facets">{Facet::ALL.into_iter().map(|facet| view! { <FacetList facet/> }).collect::<Vec<_>>()} <SettingLists/></div>
                <Show when=move || { num_set.get() > 0 }>
                    <button type="button" id="clear-filters" on:click=clear>{text::filters::CLEAR}</button>
                </Show>
            </details>
            <LabelTools/>
            </div>
        </Show>
    }
}

/// The search box: words or a regular expression. Applied on Enter and when the reader leaves the box.
#[component]
fn SearchBox() -> impl IntoView {
    let session = Session::get();
    let search = move || session.view.with(|view| view.filter.search.clone().unwrap_or_default());
    let set = move |change: &dyn Fn(&mut Search)| {
        session.view.update(|view| {
            let mut search = view.filter.search.take().unwrap_or_default();
            change(&mut search);
            view.filter.search = Some(search).filter(|search| !search.pattern.is_empty() || search.is_regex);
            restart(view);
        });
    };
    let options =
        Within::ALL.map(|within| view! { <option value=within.name()>{text::filters::within(within)}</option> });
    view! {
        <label class="field">
            <span>{text::filters::SEARCH}</span>
            <input
                id="search"
                type="text"
                placeholder=text::filters::SEARCH_PLACEHOLDER
                prop:value=move || search().pattern
                on:change=move |event| set(&|search| search.pattern = event_target_value(&event))
            />
        </label>
        <label class="field">
            <span>{text::filters::SEARCH_IN}</span>
            <select
                id="search-within"
                prop:value=move || search().within.name()
                on:change=move |event| {
                    set(&|search| search.within = Within::named(&event_target_value(&event)).unwrap_or_default());
                }
            >
                {options.into_iter().collect_view()}
            </select>
        </label>
        <label class="tick">
            <input
                id="search-regex"
                type="checkbox"
                prop:checked=move || search().is_regex
                on:change=move |event| set(&|search| search.is_regex = event_target_checked(&event))
            />
            <span>{text::filters::REGEX}</span>
        </label>
    }
}

/// The pickers of the judge's columns, if the file has several judges.
#[component]
fn JudgePicker() -> impl IntoView {
    let session = Session::get();
    let columns = Memo::new(move |_| {
        session
            .data
            .reading
            .opened
            .with(|opened| opened.as_ref().map(|open| open.summary.columns.clone()).unwrap_or_default())
    });
    let has_choice = move || columns.with(|columns| columns.len() > 2);
    let picker = move |id: &'static str, label: &'static str, is_aligned: bool| {
        let current = move || {
            session
                .view
                .with(|view| if is_aligned { view.judges.aligned.clone() } else { view.judges.coherent.clone() })
        };
        let choose = move |event| {
            session.view.update(|view| {
                let column = if is_aligned { &mut view.judges.aligned } else { &mut view.judges.coherent };
                *column = event_target_value(&event);
                restart(view);
            });
        };
        let options = move || {
            let option = |name: String| {
                let value = name.clone();
                view! { <option value=value>{name}</option> }
            };
            columns.get().into_iter().map(option).collect::<Vec<_>>()
        };
        view! {
            <label class="field">
                <span>{label}</span>
                <select id=id prop:value=current on:change=choose>{options}</select>
            </label>
        }
    };
    view! {
        <Show when=has_choice>
            {picker("judge-aligned", text::filters::JUDGE_ALIGNED, true)}
            {picker("judge-coherent", text::filters::JUDGE_COHERENT, false)}
        </Show>
    }
}

/// The boxes of the names of one kind, if there are several.
#[component]
fn FacetList(facet: Facet) -> impl IntoView {
    let session = Session::get();
    let names = Memo::new(move |_| {
        let opened = session.data.reading.opened.get();
        opened.map(|opened| facet.names(&opened.summary).to_vec()).unwrap_or_default()
    });
    let boxes = move || {
        let listed = names.get().into_iter().take(MAX_NAMES);
        listed.map(|name| view! { <NameBox facet name/> }).collect::<Vec<_>>()
    };
    let num_hidden = move || names.with(Vec::len).saturating_sub(MAX_NAMES);
    view! {
        <Show when=move || { names.with(Vec::len) > 1 }>
            <fieldset class="field facet">
                <legend>{facet.label()} " (" {move || names.with(Vec::len)} ")"</legend>
                <div class="names">{boxes}</div>
                <Show when=move || { num_hidden() > 0 }>
                    <p class="quiet">{num_hidden} {text::filters::MORE_NAMES}</p>
                </Show>
            </fieldset>
        </Show>
    }
}

/// The boxes of the values of each setting: training steps, layers, ranks.
#[component]
fn SettingLists() -> impl IntoView {
    let session = Session::get();
    let settings = Memo::new(move |_| {
        let opened = session.data.reading.opened.get();
        opened.map(|opened| opened.summary.settings).unwrap_or_default()
    });
    let list = |(name, values): (String, Vec<Number>)| {
        let title = format!("{name} ({})", values.len());
        let setting = |value: Number| view! { <SettingBox setting=Setting { name: name.clone(), value }/> };
        let boxes = values.into_iter().take(MAX_NAMES).map(setting).collect::<Vec<_>>();
        view! {
            <fieldset class="field facet">
                <legend>{title}</legend>
                <div class="names">{boxes}</div>
            </fieldset>
        }
    };
    move || settings.get().into_iter().filter(|(_, values)| values.len() > 1).map(list).collect::<Vec<_>>()
}

#[component]
fn SettingBox(setting: Setting) -> impl IntoView {
    let session = Session::get();
    let (held, toggled) = (setting.clone(), setting.clone());
    let is_on = move || session.view.with(|view| view.filter.settings.contains(&held));
    let toggle = move |_| {
        session.view.update(|view| {
            flip(&mut view.filter.settings, &toggled);
            restart(view);
        });
    };
    view! {
        <label class="tick">
            <input type="checkbox" name=setting.name prop:checked=is_on on:change=toggle/>
            <span>{setting.value.to_string()}</span>
        </label>
    }
}

#[component]
fn NameBox(facet: Facet, name: String) -> impl IntoView {
    let session = Session::get();
    let (held, toggled) = (name.clone(), name.clone());
    let is_on = move || session.view.with(|view| facet.chosen(&view.filter).contains(&held));
    let toggle = move |_| {
        session.view.update(|view| {
            flip(facet.chosen_mut(&mut view.filter), &toggled);
            restart(view);
        });
    };
    view! {
        <label class="tick">
            <input type="checkbox" name=facet.label() prop:checked=is_on on:change=toggle/>
            <span>{name}</span>
        </label>
    }
}

/// The filter selects other rows, so the reader starts at the first page.
fn restart(view: &mut View) {
    if let Some(open) = &mut view.selection {
        open.offset = 0;
    }
}
