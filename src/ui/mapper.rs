//! Roles of a file's columns: guessed, shown with the first rows, corrected by the reader, and stored for files with
//! the same columns.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::scroll_table::ScrollTable;
use super::session::Session;
use super::storage;
use super::text;
use crate::domain::view::Source;
use crate::formats::preview::Preview;
use crate::formats::roles::{Mapping, Role};

/// Key of the roles in local storage.
const STORE: &str = "askew.columns";
/// Rows shown.
const NUM_ROWS: usize = 3;

/// The table of a file's first rows, in which the reader can change the columns' roles.
#[component]
pub fn ColumnMapper() -> impl IntoView {
    let session = Session::get();
    let has_files = Memo::new(move |_| {
        session.view.with(|view| matches!(view.source, Source::Files(_)))
            || session.data.reading.refused.with(|list| !list.is_empty())
    });
    let (preview, problem) = (RwSignal::new(None::<Preview>), RwSignal::new(None::<String>));
    let parts = RwSignal::new(Vec::<(Role, String)>::new());
    let look = move |mapping: Mapping| {
        let Some((name, file)) = session.data.first_file() else { return };
        spawn_local(async move {
            match session.data.peek(name, file, mapping).await {
                Ok(found) => {
                    let named = |(role, at): &(Role, usize)| Some((*role, found.columns.get(*at)?.clone()));
                    parts.set(found.roles.iter().filter_map(named).collect());
                    problem.set(None);
                    preview.set(Some(found));
                }
                Err(why) => problem.set(Some(why)),
            }
        });
    };
    let open = move |_| {
        if preview.with_untracked(Option::is_none) {
            look(Mapping::default());
        }
    };
    let apply = move |_| {
        let Some(fingerprint) = preview.with_untracked(|preview| preview.as_ref().map(|found| found.fingerprint))
        else {
            return;
        };
        // A role that the reader removed from every column is stored as removed, or it would be guessed again.
        let given = parts.get_untracked();
        let part = |role: Role| {
            let column = given.iter().find(|(known, _)| *known == role).map(|(_, column)| column.clone());
            (role, column.unwrap_or_default())
        };
        let mapping = Mapping { roles: Role::ALL.map(part).to_vec() };
        session.data.reading.mappings.update(|known| {
            known.retain(|(print, _)| *print != fingerprint);
            known.push((fingerprint, mapping));
        });
        store(&session.data.reading.mappings.get_untracked());
        session.data.reopen(session.view);
    };
    let forget = move |_| {
        let print = preview.with_untracked(|preview| preview.as_ref().map(|found| found.fingerprint));
        session.data.reading.mappings.update(|known| known.retain(|(known, _)| Some(*known) != print));
        store(&session.data.reading.mappings.get_untracked());
        look(Mapping::default());
        session.data.reopen(session.view);
    };
    let table = move || preview.with(|preview| preview.as_ref().map(|found| preview_table(found, parts)));
    view! {
        <Show when=move || has_files.get() && session.data.first_file().is_some()>
            <details class="table mapper">
                <summary id="mapper" on:click=open>{text::open::COLUMNS}</summary>
                <p class="quiet">{text::open::COLUMNS_ABOUT}</p>
                {table}
                {move || problem.get().map(|why| view! { <p class="notice error" role="alert">{why}</p> })}
                <Show when=move || preview.with(Option::is_some)>
                    <div class="tabs">
                        <button type="button" class="primary" id="apply-columns" on:click=apply>{text::open::APPLY_COLUMNS}</button>
                        <button type="button" class="tab" id="forget-columns" on:click=forget>{text::open::GUESS_COLUMNS}</button>
                    </div>
                </Show>
            </details>
        </Show>
    }
}

/// The first rows under their columns, with a picker of the role for each column.
fn preview_table(preview: &Preview, parts: RwSignal<Vec<(Role, String)>>) -> impl IntoView + use<> {
    let pickers = preview.columns.clone().into_iter().map(|column| part_picker(column, parts)).collect::<Vec<_>>();
    let names = preview.columns.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect::<Vec<_>>();
    let row = |cells: &Vec<String>| {
        let cells = cells.iter().map(|cell| view! { <td dir="auto">{cell.chars().take(80).collect::<String>()}</td> });
        view! { <tr>{cells.collect::<Vec<_>>()}</tr> }
    };
    let rows = preview.rows.iter().take(NUM_ROWS).map(row).collect::<Vec<_>>();
    view! {
        <ScrollTable label=text::open::FIRST_ROWS class="preview">
            <thead>
                <tr>{names}</tr>
                <tr>{pickers}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </ScrollTable>
    }
}

fn part_picker(column: String, parts: RwSignal<Vec<(Role, String)>>) -> impl IntoView {
    let (held, name) = (column.clone(), text::open::role_of(&column));
    let current = move || {
        parts.with(|parts| parts.iter().find(|(_, known)| *known == held).map(|(role, _)| role.name().to_owned()))
    };
    let choose = move |event| {
        let role = Role::named(&event_target_value(&event));
        parts.update(|parts| {
            parts.retain(|(known, of)| *of != column && Some(*known) != role);
            parts.extend(role.map(|role| (role, column.clone())));
        });
    };
    let options = Role::ALL.map(|role| view! { <option value=role.name()>{text::open::role(role)}</option> });
    view! {
        <td>
            <select aria-label=name prop:value=move || current().unwrap_or_default() on:change=choose>
                <option value="">{text::open::NO_ROLE}</option>
                {options.into_iter().collect_view()}
            </select>
        </td>
    }
}

/// The roles that are stored in this browser.
#[must_use]
pub fn stored() -> Vec<(u64, Mapping)> {
    let text = storage::local().and_then(|storage| storage.get_item(STORE).ok().flatten()).unwrap_or_default();
    text.lines().filter_map(Mapping::read_line).collect()
}

fn store(mappings: &[(u64, Mapping)]) {
    let text: String = mappings.iter().map(|(print, mapping)| mapping.to_line(*print)).collect();
    // If the browser stores nothing, the roles are lost with the page.
    let _is_kept = storage::local().map(|storage| storage.set_item(STORE, &text));
}
