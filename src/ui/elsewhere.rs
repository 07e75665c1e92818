//! Files of other sites: the form for their addresses, and the question before those of a link are loaded.

use leptos::prelude::*;

use super::embedded::{OwnTab, is_framed};
use super::session::Session;
use super::text;
use crate::domain::text::plain::{host, visible};
use crate::domain::view::{Source, is_beside_page};
use crate::explorer::protocol::Refused;

/// Opens the files at these addresses. Addresses that browsers and readers could read differently are refused.
fn open(session: Session, addresses: &[String]) {
    let is_plain = |address: &&String| is_beside_page(address) || host(address).is_some();
    match addresses.iter().find(|address| !is_plain(address)) {
        None => session.data.open_linked(session.view, addresses),
        Some(odd) => {
            let refused = Refused { file: visible(odd).into_owned(), message: text::open::ODD_ADDRESS.to_owned() };
            session.data.reading.refused.set(vec![refused]);
        }
    }
}

/// The form that opens files of other sites by their addresses.
#[component]
pub fn Address() -> impl IntoView {
    let session = Session::get();
    let address = RwSignal::new(String::new());
    let load = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let addresses: Vec<String> = address.get().split_whitespace().map(str::to_owned).collect();
        open(session, &addresses);
    };
    view! {
        <details class="table address">
            <summary>{text::open::FROM_ADDRESS}</summary>
            <form on:submit=load>
                <label class="field grow">
                    <span>{text::open::ADDRESS_HINT}</span>
                    <input
                        id="address"
                        type="url"
                        required
                        placeholder=text::open::ADDRESS_EXAMPLE
                        prop:value=address
                        on:input=move |event| address.set(event_target_value(&event))
                    />
                </label>
                <button type="submit" id="open-address">{text::open::LOAD}</button>
            </form>
        </details>
    }
}

/// The addresses that the view names on other sites, and the button that loads them.
#[component]
pub fn Addresses() -> impl IntoView {
    let session = Session::get();
    let is_waiting = Memo::new(move |_| session.data.is_waiting_for_files(session.view));
    let addresses = move || match session.view.with(|view| view.source.clone()) {
        source @ Source::Addresses(_) if source.is_beside_page() => Vec::new(),
        Source::Addresses(addresses) if is_waiting.get() => addresses,
        _ => Vec::new(),
    };
    let load = move |_| open(session, &addresses());
    view! {
        <Show when=move || !addresses().is_empty()>
            <div class="notice wait">
                <p>{text::open::WAITS_FOR_ADDRESSES}</p>
                <ul>{move || addresses().iter().map(|address| foreign(address)).collect_view()}</ul>
                {match is_framed() {
                    true => view! { <OwnTab/> }.into_any(),
                    false => view! {
                        <p>
                            {text::open::PRESS_LOAD}
                            <button type="button" id="load-addresses" on:click=load>{text::open::LOAD}</button>
                        </p>
                    }.into_any(),
                }}
            </div>
        </Show>
    }
}

/// An address on another site: its host first, as the browser reads it.
fn foreign(address: &str) -> impl IntoView + use<> {
    let host = host(address).unwrap_or_else(|| text::open::NO_HOST.to_owned());
    let address = visible(address).into_owned();
    view! { <li><b>{host}</b> ": " <bdi class="aside">{address}</bdi></li> }
}
