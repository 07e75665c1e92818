//! The page: header, screens and footer.

use leptos::prelude::*;

use super::about::AboutScreen;
use super::embedded::OwnTab;
use super::more::More;
use super::open::DropZone;
use super::results::ResultsScreen;
use super::session::{Explorer, Session};
use super::{embedded, focus, handover, text};
use crate::domain::view::{Screen, View};

/// Draws the page into the document's body: the first screen alone, or the whole page in its place.
pub fn mount(explorer: Option<Explorer>) {
    console_error_panic_hook::set_once();
    if explorer.is_some() {
        let place = handover::take_over();
        let files = handover::take_files();
        mount_to_body(move || view! { <App explorer place=place.clone() files=files.clone()/> });
    } else {
        let Some(body) = document().body() else { return };
        handover::keep_until_left(mount_to(body, move || view! { <App explorer place=None files=Vec::new()/> }));
    }
}

/// The page around the current screen.
#[component]
fn App(explorer: Option<Explorer>, place: Option<String>, files: Vec<web_sys::File>) -> impl IntoView {
    let session = Session::start(explorer);
    let parts = session.parts;
    let screen = Memo::new(move |_| session.view.with(|view| view.screen));
    Effect::new(move || document().set_title(&format!("{} · {}", text::screen(screen.get()), text::NAME)));
    focus::give_back(place, move || session.view.with(|view| view.selection.is_some()));
    let is_framed = embedded::is_framed();
    let is_open = Memo::new(move |_| !is_framed && matches!(screen.get(), Screen::Lab | Screen::SelfTest));
    let body = move || match screen.get() {
        Screen::Results => {
            // For readers who move by headings. Others read the titles of the charts.
            view! { <h1 class="unseen">{text::screen(Screen::Results)}</h1> <ResultsScreen/> }.into_any()
        }
        Screen::Compare => {
            let compare = parts.map(|parts| (parts.compare)());
            view! { <h1 class="unseen">{text::screen(Screen::Compare)}</h1> {compare} }.into_any()
        }
        Screen::Findings => parts.map(|parts| (parts.findings)()).into_any(),
        Screen::Learn => parts.map(|parts| (parts.learn)()).into_any(),
        Screen::About => view! { <AboutScreen/> }.into_any(),
        Screen::Lab | Screen::SelfTest if is_framed => view! { <OwnTab/> }.into_any(),
        // The Lab's app draws these screens in its own place.
        Screen::Lab | Screen::SelfTest => ().into_any(),
    };
    let rest = match parts {
        Some(parts) => (parts.lab)(is_open.into()),
        None => view! { <More/> }.into_any(),
    };
    // After the session's own effects, which open the source of the address: the newest opening wins.
    Effect::new(move || session.open_files(files.clone()));
    let is_embedded = Memo::new(move |_| session.view.with(|view| view.is_embedded));
    embedded::tell_height(is_embedded);
    let whole =
        move || session.view.with(|view| format!("#{}", View { is_embedded: false, ..view.clone() }.to_fragment()));
    view! {
        <Show when=move || !is_embedded.get()>
            <a class="skip" href="#main" on:click=skip_to_main>{text::SKIP_TO_CONTENT}</a>
        </Show>
        <DropZone>
            <Show when=move || !is_embedded.get()><Header/></Show>
            <main id="main" tabindex="-1" class:embedded=move || is_embedded.get()>{body} {rest}</main>
            <footer>
                <Show when=move || is_embedded.get()>
                    <p><a href=whole target="_blank" rel="noopener">{text::OPEN_WHOLE}</a></p>
                </Show>
                <p>{text::PRIVACY}</p>
            </footer>
        </DropZone>
    }
}

/// The address holds the view, so this link must not change it.
fn skip_to_main(event: web_sys::MouseEvent) {
    use wasm_bindgen::JsCast;
    event.prevent_default();
    if let Some(main) =
        document().get_element_by_id("main").and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok())
        && let Err(error) = main.focus()
    {
        web_sys::console::error_1(&error);
    }
}

/// The product's name and the navigation.
#[component]
fn Header() -> impl IntoView {
    let session = Session::get();
    let link = |screen: Screen| {
        let is_here = move || session.view.with(|view| view.screen == screen).then_some("page");
        view! { <a href=move || session.link_to(screen) aria-current=is_here>{text::screen(screen)}</a> }
    };
    view! {
        <header class="top">
            <p class="brand"><span class="mark" aria-hidden="true"></span>{text::NAME}</p>
            <p class="tagline">{text::TAGLINE}</p>
            <nav aria-label=text::SCREENS>{Screen::MAIN.into_iter().map(link).collect_view()}</nav>
        </header>
    }
}
