//! Taking a figure along: picture, numbers, code, link.

use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, Url};

use super::chart::{device_pixels, measure};
use super::session::Session;
use super::text;
use crate::charts::export::Numbers;
use crate::charts::forest::{Drawing, FONT, svg};
use crate::charts::layout::ForestLayout;
use crate::charts::spec::Forest;
use crate::charts::theme::Theme;
use crate::domain::query::Row;

/// Width of an exported picture in CSS pixels.
const WIDTH: f64 = 900.0;
/// Device pixels a CSS pixel of an exported picture.
const SCALE: f64 = 3.0;
/// Room above a picture for its title, its rule and its source.
const HEAD: f64 = 84.0;

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
    chart: Memo<Forest>,
    /// Its numbers.
    table: Memo<Vec<(String, Row)>>,
) -> impl IntoView {
    let problem = RwSignal::new(None::<String>);
    let session = Session::get();
    let take = move |kind: Kind| {
        let numbers = Numbers {
            title: chart.with_untracked(|chart| chart.title.clone()),
            rule: session.view.with_untracked(|view| view.rule.describe()),
            source: session.source_name(),
            rows: table.get_untracked(),
        };
        let name = format!("askew-{id}.{}", kind.ending());
        let taken = chart.with_untracked(|chart| export(kind, chart, &numbers, &name));
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

fn export(kind: Kind, chart: &Forest, numbers: &Numbers, name: &str) -> Result<(), String> {
    match kind {
        Kind::Svg => {
            let inner = svg(chart, &Theme::LIGHT, WIDTH).map_err(|error| error.to_string())?;
            save_text(name, &with_head(&inner, numbers), "image/svg+xml")
        }
        Kind::Png => {
            let canvas = picture(chart, numbers).ok_or("this browser could not draw the picture: export SVG")?;
            let address = canvas.to_data_url().map_err(|_thrown| "this browser keeps its canvas: export SVG")?;
            save(name, &address)
        }
        Kind::Csv => save_text(name, &numbers.csv(), "text/csv"),
        Kind::Python => save_text(name, &numbers.python(), "text/x-python"),
        Kind::R => save_text(name, &numbers.r(), "text/plain"),
        Kind::VegaLite => save_text(name, &numbers.vega_lite(), "application/json"),
    }
}

/// What stands above a picture: size and words of each line.
fn head(numbers: &Numbers) -> [(f64, &str); 3] {
    [(18.0, &numbers.title), (12.0, &numbers.rule), (12.0, &numbers.source)]
}

/// Baselines of the head's lines.
const BASELINES: [f64; 3] = [26.0, 48.0, 66.0];

/// An SVG picture with its head above it.
fn with_head(inner: &str, numbers: &Numbers) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let height = inner.split("height=\"").nth(1).and_then(|rest| rest.split('"').next()?.parse::<f64>().ok());
    let height = height.unwrap_or_default() + HEAD;
    let lines = head(numbers).into_iter().zip(BASELINES).map(|((size, words), y)| {
        format!(
            "<text x=\"2\" y=\"{y}\" font-size=\"{size}\" font-family=\"{FONT}\" fill=\"#1b1f24\">{}</text>\n",
            escape(words)
        )
    });
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}<g transform=\"translate(0 {HEAD})\">\n{inner}</g>\n</svg>\n",
        lines.collect::<String>()
    )
}

/// The same on a canvas.
fn picture(chart: &Forest, numbers: &Numbers) -> Option<HtmlCanvasElement> {
    let layout = ForestLayout::new(chart, WIDTH);
    let (plot, all) = (new_canvas()?, new_canvas()?);
    plot.set_width(device_pixels(layout.width * SCALE));
    plot.set_height(device_pixels(layout.height * SCALE));
    let measure = |text: &str, size: f64| measure(&all, text, size);
    let drawing =
        Drawing { chart, layout: &layout, theme: &Theme::LIGHT, scale: SCALE, chosen: None, measure: &measure };
    drawing.draw(&CanvasBackend::with_canvas_object(plot.clone())?.into_drawing_area()).ok()?;
    all.set_width(plot.width());
    all.set_height(device_pixels((layout.height + HEAD) * SCALE));
    let context: CanvasRenderingContext2d = all.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_fill_style_str("#ffffff");
    context.fill_rect(0.0, 0.0, f64::from(all.width()), f64::from(all.height()));
    context.set_fill_style_str("#1b1f24");
    for ((size, words), y) in head(numbers).into_iter().zip(BASELINES) {
        context.set_font(&format!("{}px {FONT}", size * SCALE));
        context.fill_text(words, 2.0 * SCALE, y * SCALE).ok()?;
    }
    context.draw_image_with_html_canvas_element(&plot, 0.0, HEAD * SCALE).ok()?;
    Some(all)
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
