//! Exports of a figure: picture, numbers, code, link.

use leptos::prelude::*;
use leptos::task::spawn_local;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, HtmlCanvasElement, Url};

use super::chart::measure;
use super::session::Session;
use super::text;
use crate::charts::paint::Painting;
use crate::charts::picture::Picture;
use crate::charts::theme::Theme;
use crate::domain::query::Query;
use crate::explorer::question::{Explore, Explored, Form};

/// Device pixels for a CSS pixel of an exported picture.
const SCALE: f64 = 3.0;

/// The buttons under a figure.
#[component]
pub fn Export(
    /// The figure's id, for file names.
    id: &'static str,
    /// The figure.
    picture: Signal<Picture>,
    /// The query that the figure answers.
    query: Signal<Query>,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let session = Session::get();
    let take = move |form: Option<Form>| {
        session.data.want_explorer(session.view);
        spawn_local(async move {
            let taken = export(session, id, form, picture.get_untracked(), query.get_untracked()).await;
            problem.set(taken.err());
        });
    };
    let button = move |form: Form| {
        view! {
            <button type="button" class="tab" data-export=form.ending() on:click=move |_| take(Some(form))>
                {form.label()}
            </button>
        }
    };
    view! {
        <details class="table export">
            <summary>{text::export::EXPORT}</summary>
            <div class="tabs">
                <button type="button" class="tab" data-export="png" on:click=move |_| take(None)>{text::export::PNG}</button>
                {Form::ALL.into_iter().map(button).collect_view()}
            </div>
            <p class="quiet">{text::export::FORMULAS}</p>
            <p class="quiet">{text::NOT_ADVICE}</p>
            <div role="alert">{move || problem.get().map(|words| view! { <p class="notice error">{words}</p> })}</div>
        </details>
    }
}

/// Saves a figure in a text form. Without a form, saves it as PNG.
async fn export(session: Session, id: &str, form: Option<Form>, picture: Picture, query: Query) -> Result<(), String> {
    let (picture, query, source) = (Box::new(picture), Box::new(query), session.source_name());
    let Some(form) = form else {
        let Explored::Drawn(framed) = session.data.explore(Explore::Frame { picture, query, source }).await? else {
            return Ok(());
        };
        let canvas = paint(&framed).ok_or(text::export::NO_PICTURE)?;
        let address = canvas.to_data_url().map_err(|_thrown| text::export::NO_CANVAS)?;
        return save(&format!("askew-{id}.png"), &address);
    };
    let Explored::Written(text) = session.data.explore(Explore::Write { picture, query, form, source }).await? else {
        return Ok(());
    };
    save_text(&format!("askew-{id}.{}", form.ending()), &text, form.media_type())
}

/// Draws a picture on a new canvas.
fn paint(picture: &Picture) -> Option<HtmlCanvasElement> {
    let (canvas, ruler) = (new_canvas()?, new_canvas()?);
    let measure = |text: &str, size: f64| measure(&ruler, text, size);
    let painting = Painting { picture, theme: &Theme::LIGHT, scale: SCALE, chosen: None, measure: &measure };
    let (width, height) = painting.size();
    canvas.set_width(width);
    canvas.set_height(height);
    painting.paint(&mut CanvasBackend::with_canvas_object(canvas.clone())?).ok()?;
    Some(canvas)
}

fn new_canvas() -> Option<HtmlCanvasElement> {
    document().create_element("canvas").ok()?.dyn_into().ok()
}

pub(super) fn save_text(name: &str, text: &str, kind: &str) -> Result<(), String> {
    let failed = |_thrown: JsValue| text::export::NO_FILE.to_owned();
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).map_err(failed)?;
    let address = Url::create_object_url_with_blob(&blob).map_err(failed)?;
    let saved = save(name, &address);
    // The download has started, so it no longer needs the address.
    Url::revoke_object_url(&address).map_err(failed)?;
    saved
}

fn save(name: &str, address: &str) -> Result<(), String> {
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    let link = link.ok_or(text::export::NO_DOWNLOAD)?;
    link.set_href(address);
    link.set_download(name);
    link.click();
    Ok(())
}
