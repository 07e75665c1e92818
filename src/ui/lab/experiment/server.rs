//! The reader's permission to ask an experiment's servers, their API keys, and their errors.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::lab::experiment::Draft;
use crate::lab::server::Key;
use crate::ui::lab::state::server::ServerState;
use crate::ui::lab::state::session::LabSession;
use crate::ui::text;

/// Asks the reader to permit an experiment's servers, and shows the servers' errors.
#[component]
pub fn ServersPanel(
    /// State of the servers of the run.
    state: ServerState,
    /// Receives the experiment that may run.
    start: Callback<Draft>,
) -> impl IntoView {
    let session = LabSession::get();
    let is_waiting = move || state.named.with(|named| !named.is_empty());
    let typed = StoredValue::new_local(BTreeMap::<String, String>::new());
    let problem = RwSignal::new(None);
    let leave = move || {
        typed.set_value(BTreeMap::new());
        state.named.set(Vec::new());
        problem.set(None);
        state.waiting.try_update_value(Option::take).flatten()
    };
    let go = move |_| {
        let written = typed.with_value(|typed| typed.iter().filter(|(_, key)| !key.is_empty()).map(pair_of).collect());
        match written {
            Some::<BTreeMap<String, Key>>(keys) => state.keys.set_value(keys),
            None => return problem.set(Some(text::experiment::BAD_KEY)),
        }
        if let Some(draft) = leave() {
            start.run(draft);
        }
    };
    let field = move |(url, models): (String, String)| {
        let of = url.clone();
        let write = move |event| {
            typed.update_value(|typed| drop(typed.insert(of.clone(), event_target_value(&event))));
        };
        view! {
            <li>
                <code>{url.clone()}</code> " (" {models} ") "
                <label class="field">
                    <span>{text::experiment::SERVER_KEY}</span>
                    <input type="password" class="server-key" autocomplete="off" on:input=write/>
                </label>
            </li>
        }
    };
    let trouble = |line: String| view! { <p class="notice error">{line}</p> };
    view! {
        <Show when=is_waiting>
            <div class="notice" id="servers" role="group" aria-label=text::experiment::SERVERS>
                <p>{text::experiment::SERVERS_ASKED}</p>
                <ul>{move || state.named.get().into_iter().map(field).collect_view()}</ul>
                {move || problem.get().map(|why| view! { <p class="notice error" role="alert">{why}</p> })}
                <div class="tabs">
                    <button type="button" class="primary" id="ask-servers" disabled=move || session.lab.is_busy() on:click=go>{text::experiment::ASK_SERVERS}</button>
                    <button type="button" id="leave-servers" on:click=move |_| drop(leave())>{text::experiment::LEAVE_SERVERS}</button>
                </div>
            </div>
        </Show>
        <div id="server-troubles" role="status">
            {move || state.troubles.get().into_iter().map(trouble).collect_view()}
        </div>
    }
}

fn pair_of((url, key): (&String, &String)) -> Option<(String, Key)> {
    Some((url.clone(), Key::new(key)?))
}
