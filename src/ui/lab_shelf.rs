//! Models at hand: those kept in this browser, and some by name.

use leptos::prelude::*;

use super::lab_app::LabSession;
use crate::runtime::protocol::{Shelf as Stock, ShelfItem, Source};

/// Both lists, once the engine has told of them.
#[component]
pub fn Shelf() -> impl IntoView {
    let session = LabSession::get();
    let stock = Memo::new(move |_| session.lab.status.with(|status| status.shelf.clone()));
    move || stock.get().map(lists)
}

fn lists(stock: Stock) -> impl IntoView {
    let Stock { summary, kept, offers } = stock;
    let is_any_kept = !kept.is_empty();
    view! {
        <div class="shelf">
            <details id="kept" open=is_any_kept>
                <summary>{summary}</summary>
                <ul>{kept.into_iter().map(item).collect_view()}</ul>
            </details>
            <details id="offers">
                <summary>"Small models by name"</summary>
                <p class="quiet">"Each is fetched from the hub that is named, and only when you press Load."</p>
                <ul>{offers.into_iter().map(item).collect_view()}</ul>
            </details>
        </div>
    }
}

fn item(item: ShelfItem) -> impl IntoView {
    let session = LabSession::get();
    let ShelfItem { name, detail, source, num_bytes, is_part } = item;
    let key = match &source {
        Source::Kept(key) => Some(key.clone()),
        Source::Disk | Source::Url(_) => None,
    };
    let load = {
        let name = name.clone();
        move |_| session.lab.load_listed(&source, &name)
    };
    let delete = key.map(|key| {
        view! { <button type="button" class="drop" on:click=move |_| session.lab.forget(&key)>"Delete"</button> }
    });
    view! {
        <li data-bytes=num_bytes.to_string()>
            <span><b>{name}</b> " " <span class="quiet">{detail}</span></span>
            <span class="tabs">
                <button type="button" class="take" on:click=load>{if is_part { "Go on" } else { "Load" }}</button>
                {delete}
            </span>
        </li>
    }
}
