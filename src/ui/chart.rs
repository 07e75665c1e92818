//! A forest chart on a canvas, with a focusable button over every mark.

use leptos::html;
use leptos::prelude::*;
use plotters::drawing::IntoDrawingArea;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, KeyboardEvent, ResizeObserver};

use super::session::Session;
use crate::charts::forest::{DrawError, Drawing, FONT};
use crate::charts::layout::ForestLayout;
use crate::charts::spec::Forest;
use crate::charts::theme::Theme;
use crate::domain::query::GroupKey;

/// Dots with intervals. The canvas is a picture; the buttons over it are what is focused, pressed and read out.
#[component]
pub fn ForestChart(
    /// What is shown.
    #[prop(into)]
    chart: Signal<Forest>,
    /// The mark that is open.
    #[prop(into)]
    chosen: Signal<Option<GroupKey>>,
    /// Called with the mark that the reader opens.
    #[prop(into)]
    on_open: Callback<GroupKey>,
) -> impl IntoView {
    let session = Session::get();
    let (frame, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    let width = RwSignal::new(0.0);
    watch_width(frame, width);
    let layout = Memo::new(move |_| chart.with(|chart| ForestLayout::new(chart, width.get())));
    Effect::new(move || {
        let Some(canvas) = canvas.get().filter(|_| width.get() > 0.0) else { return };
        let theme = if session.is_dark.get() { Theme::DARK } else { Theme::LIGHT };
        let chosen = chosen.get();
        let scale = window().device_pixel_ratio().max(1.0);
        let measure = |text: &str, size: f64| measure(&canvas, text, size);
        let drawn = chart.with(|chart| {
            layout.with(|layout| {
                let chosen = chosen.as_ref();
                draw(&canvas, &Drawing { chart, layout, theme: &theme, scale, chosen, measure: &measure })
            })
        });
        if let Err(error) = drawn {
            web_sys::console::error_1(&error.to_string().into());
        }
    });
    let height = move || format!("{}px", layout.with(|layout| layout.height));
    view! {
        <div class="chart" node_ref=frame style:height=height>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <ul class="marks" aria-label=move || chart.with(Forest::alt_text) on:keydown=move_focus>
                {move || mark_buttons(chart, layout, chosen, on_open)}
            </ul>
        </div>
    }
}

/// One button a mark, over its row. A chart is one stop of the Tab key; arrows move within it.
fn mark_buttons(
    chart: Signal<Forest>,
    layout: Memo<ForestLayout>,
    chosen: Signal<Option<GroupKey>>,
    on_open: Callback<GroupKey>,
) -> Vec<impl IntoView> {
    let (marks, layout) = (chart.with(|chart| chart.marks.clone()), layout.get());
    let chosen_row = chosen.with(|chosen| marks.iter().position(|mark| Some(&mark.group) == chosen.as_ref()));
    let button = |(row, mark): (usize, crate::charts::spec::Mark)| {
        let (top, height) = (format!("{}px", layout.row_top(row)), format!("{}px", layout.row_height));
        let is_chosen = chosen_row == Some(row);
        let tabindex = if chosen_row.unwrap_or(0) == row { "0" } else { "-1" };
        let (sentence, group) = (mark.sentence(), mark.group);
        view! {
            <li style:top=top style:height=height>
                <button
                    type="button"
                    tabindex=tabindex
                    aria-pressed=is_chosen.to_string()
                    aria-label=sentence.clone()
                    title=sentence
                    on:click=move |_| on_open.run(group.clone())
                ></button>
            </li>
        }
    };
    marks.into_iter().enumerate().map(button).collect()
}

/// Arrow keys, Home and End move between the marks.
fn move_focus(event: KeyboardEvent) {
    let Some(list) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return;
    };
    let Ok(buttons) = list.query_selector_all("button") else { return };
    let Some(active) = document().active_element() else { return };
    let num = buttons.length();
    let at = (0..num).find(|&at| buttons.get(at).is_some_and(|node| node.is_same_node(Some(&active)))).unwrap_or(0);
    let to = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => (at + 1).min(num.saturating_sub(1)),
        "ArrowUp" | "ArrowLeft" => at.saturating_sub(1),
        "Home" => 0,
        "End" => num.saturating_sub(1),
        _ => return,
    };
    event.prevent_default();
    if let Some(button) = buttons.get(to).and_then(|node| node.dyn_into::<HtmlElement>().ok())
        && let Err(error) = button.focus()
    {
        web_sys::console::error_1(&error);
    }
}

fn draw(canvas: &HtmlCanvasElement, drawing: &Drawing<'_>) -> Result<(), DrawError> {
    canvas.set_width(device_pixels(drawing.layout.width * drawing.scale));
    canvas.set_height(device_pixels(drawing.layout.height * drawing.scale));
    let Some(backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return Ok(()) };
    drawing.draw(&backend.into_drawing_area())
}

/// Width of a text by the canvas itself, which lays out no DOM.
pub(super) fn measure(canvas: &HtmlCanvasElement, text: &str, size: f64) -> f64 {
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|found| found.dyn_into::<CanvasRenderingContext2d>().ok()) else { return 0.0 };
    context.set_font(&format!("{size}px {FONT}"));
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a canvas is far smaller than 2^32 pixels")]
pub(super) fn device_pixels(length: f64) -> u32 {
    length.round() as u32
}

/// Keeps `width` at the element's width in CSS pixels.
fn watch_width(frame: NodeRef<html::Div>, width: RwSignal<f64>) {
    Effect::new(move || {
        let Some(frame) = frame.get() else { return };
        let element = frame.clone();
        let on_resize = Closure::<dyn Fn()>::new(move || {
            let now = f64::from(element.client_width());
            if width.try_get_untracked().is_some_and(|before| (before - now).abs() >= 1.0) {
                width.set(now);
            }
        });
        let Ok(observer) = ResizeObserver::new(on_resize.as_ref().unchecked_ref()) else { return };
        observer.observe(&frame);
        let guard = StoredValue::new_local((observer, on_resize));
        on_cleanup(move || guard.with_value(|(observer, _)| observer.disconnect()));
    });
}
