//! Lists of models: those stored in this browser, and some by name.

use leptos::prelude::*;

use crate::hub;
use crate::hub::ListedAdapter;
use crate::protocol::{Shelf as Stock, ShelfItem, Source};
use crate::ui::lab::state::consent::{Want, kept_copy};
use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{JUDGE_SLOT, SLOT};
use crate::ui::text;

/// Both lists, once the engine has reported them.
#[component]
pub fn Shelf() -> impl IntoView {
    let session = LabSession::get();
    let stock = Memo::new(move |_| session.lab.status.with(|status| status.shelf.clone()));
    move || stock.get().map(lists)
}

/// The same models in one list, for a separate judge.
#[component]
pub fn JudgeShelf() -> impl IntoView {
    let session = LabSession::get();
    let stock = Memo::new(move |_| session.lab.status.with(|status| status.shelf.clone()));
    let items =
        |stock: Stock| stock.kept.into_iter().chain(stock.offers).map(|known| item(known, JUDGE_SLOT)).collect_view();
    view! {
        <details class="shelf" id="judge-shelf">
            <summary>{text::shelf::JUDGE_SHELF}</summary>
            <ul>{move || stock.get().map(items)}</ul>
        </details>
    }
}

fn lists(stock: Stock) -> impl IntoView {
    let Stock { summary, kept, offers, .. } = stock;
    let is_any_kept = !kept.is_empty();
    view! {
        <div class="shelf">
            <details id="kept" open=is_any_kept>
                <summary>{summary}</summary>
                <ul>{kept.into_iter().map(|known| item(known, SLOT)).collect_view()}</ul>
            </details>
            <details id="offers">
                <summary>{text::shelf::OFFERS}</summary>
                <p class="quiet">{text::shelf::OFFERS_HINT}</p>
                <ul>{offers.into_iter().map(|offer| item(offer, SLOT)).collect_view()}</ul>
            </details>
        </div>
    }
}

/// One model of a list, with the button that loads it into a slot.
fn item(item: ShelfItem, slot: u32) -> impl IntoView {
    let session = LabSession::get();
    let ShelfItem { name, detail, source, address, num_bytes, is_part } = item;
    let key = match &source {
        Source::Kept(key) => Some(key.clone()),
        Source::Disk | Source::Url(_) => None,
    };
    let is_judge = slot == JUDGE_SLOT;
    let pairs = (key.is_none() && !is_judge).then(|| pairs(&address, &name));
    let load = {
        let (name, is_kept) = (name.clone(), key.is_some());
        move |_| match untrack(|| kept_copy(session.lab, &address)) {
            // A model that is stored, in whole or in part, loads without a question.
            Some(copy) if !is_kept => session.lab.load_listed(slot, &copy, &name),
            None if !is_kept => {
                let what = (address.clone(), name.clone());
                session.lab.consent.propose_listed(session.lab, Want::Model(slot), what, None);
            }
            _ => session.lab.load_listed(slot, &source, &name),
        }
    };
    let delete = key.filter(|_| !is_judge).map(|key| {
        view! { <button type="button" class="drop" on:click=move |_| session.lab.forget(&key)>{text::shelf::DELETE}</button> }
    });
    view! {
        <li data-bytes=num_bytes.to_string()>
            <span><b>{name}</b> " " <span class="quiet">{detail}</span></span>
            <span class="tabs">
                <button type="button" class="take" disabled=move || is_judge && session.lab.is_busy() on:click=load>{if is_part { text::shelf::RESUME } else { text::lab::LOAD }}</button>
                {delete}
            </span>
            {pairs}
        </li>
    }
}

/// Buttons that load the model with an adapter that was made for it.
fn pairs(address: &str, name: &str) -> impl IntoView + use<> {
    let lab = LabSession::get().lab;
    let base = hub::listed(address).map(|listed| listed.base);
    let fitting = hub::adapters().iter().filter(|adapter| Some(adapter.base) == base);
    let button = |adapter: &'static ListedAdapter| {
        let (address, name, label) = (address.to_owned(), name.to_owned(), text::shelf::pair(name, adapter.name));
        let propose =
            move |_| lab.consent.propose_listed(lab, Want::Model(SLOT), (address.clone(), name.clone()), Some(adapter));
        view! { <button type="button" class="pair" aria-label=label on:click=propose>{adapter.name}</button> }
    };
    let buttons = fitting.map(button).collect::<Vec<_>>();
    (!buttons.is_empty())
        .then(|| view! { <span class="tabs pairs"><span class="quiet">{text::shelf::PAIRS}</span>{buttons}</span> })
}
