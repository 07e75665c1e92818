//! Taking a figure along: picture, numbers, code, link.

use leptos::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, HtmlCanvasElement, Url};

use super::chart::measure;
use super::session::Session;
use super::text;
use crate::charts::export::Export as Taken;
use crate::charts::paint::{Painting, svg};
use crate::charts::picture::Picture;
use crate::charts::theme::Theme;

/// Width of an exported picture in CSS pixels.
pub(super) const EXPORT_WIDTH: f32 = 900.0;
/// Device pixels a CSS pixel of an exported picture.
const SCALE: f64 = 3.0;

/// What can be taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
    Csv,
    Python,
    R,
    VegaLite,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Svg, Self::Png, Self::Csv, Self::Python, Self::R, Self::VegaLite];

    const fn label(self) -> &'static str {
        match self {
            Self::Svg => "SVG",
            Self::Png => "PNG",
            Self::Csv => "CSV",
            Self::Python => "Python",
            Self::R => "R",
            Self::VegaLite => "Vega-Lite",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Csv => "csv",
            Self::Python => "py",
            Self::R => "R",
            Self::VegaLite => "vl.json",
        }
    }
}

/// The buttons under a figure.
#[component]
pub fn Export(
    /// The figure's name within file names.
    id: &'static str,
    /// The figure.
    picture: Memo<Picture>,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let session = Session::get();
    let take = move |kind: Kind| {
        let rule = session.view.with_untracked(|view| view.rule.describe());
        let source = session.source_name();
        let name = format!("askew-{id}.{}", kind.ending());
        let taken =
            picture.with_untracked(|picture| export(kind, &Taken { picture, rule: &rule, source: &source }, &name));
        problem.set(taken.err());
    };
    let button = move |kind: Kind| {
        view! { <button type="button" class="tab" data-export=kind.ending() on:click=move |_| take(kind)>{kind.label()}</button> }
    };
    view! {
        <details class="table export">
            <summary>{text::EXPORT}</summary>
            <div class="tabs">{Kind::ALL.into_iter().map(button).collect_view()}</div>
            <p class="quiet">{text::NOT_ADVICE}</p>
            <div role="alert">{move || problem.get().map(|words| view! { <p class="notice error">{words}</p> })}</div>
        </details>
    }
}

fn export(kind: Kind, taken: &Taken<'_>, name: &str) -> Result<(), String> {
    match kind {
        Kind::Svg => {
            let text = svg(&taken.framed(), &Theme::LIGHT).map_err(|error| error.to_string())?;
            save_text(name, &text, "image/svg+xml")
        }
        Kind::Png => {
            let canvas = paint(&taken.framed()).ok_or("this browser could not draw the picture: export SVG")?;
            let address = canvas.to_data_url().map_err(|_thrown| "this browser keeps its canvas: export SVG")?;
            save(name, &address)
        }
        Kind::Csv => save_text(name, &taken.csv(), "text/csv"),
        Kind::Python => save_text(name, &taken.python(), "text/x-python"),
        Kind::R => save_text(name, &taken.r(), "text/plain"),
        Kind::VegaLite => save_text(name, &taken.vega_lite(), "application/json"),
    }
}

/// A picture on a canvas of its own.
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

fn save_text(name: &str, text: &str, kind: &str) -> Result<(), String> {
    let failed = |_thrown: JsValue| "this browser could not make the file".to_owned();
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options).map_err(failed)?;
    let address = Url::create_object_url_with_blob(&blob).map_err(failed)?;
    let saved = save(name, &address);
    // The download has begun: it keeps what it needs.
    Url::revoke_object_url(&address).map_err(failed)?;
    saved
}

fn save(name: &str, address: &str) -> Result<(), String> {
    let link = document().create_element("a").ok().and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
    let link = link.ok_or("this browser could not start the download")?;
    link.set_href(address);
    link.set_download(name);
    link.click();
    Ok(())
}
