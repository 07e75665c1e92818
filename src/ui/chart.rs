//! A figure on a canvas, with a focusable button over every mark.

use leptos::html;
use leptos::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, KeyboardEvent, ResizeObserver};

use super::session::Session;
use crate::charts::measure::FONT;
use crate::charts::paint::{PaintError, Painting};
use crate::charts::picture::{Mark, Picture};
use crate::charts::theme::Theme;
use crate::domain::query::GroupKey;

/// A figure. The canvas is a picture; the buttons over it are what is focused, pressed and read out.
#[component]
pub fn Chart(
    /// Lays the figure out for a width.
    draw: Callback<f32, Picture>,
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
    let picture = Memo::new(move |_| draw.run(css(width.get())));
    let chosen_mark = Memo::new(move |_| {
        let chosen = chosen.get()?;
        picture.with(|picture| {
            let is_it = |mark: &Mark| mark.target.as_ref().is_some_and(|target| target.group == chosen);
            u32::try_from(picture.marks.iter().position(is_it)?).ok()
        })
    });
    Effect::new(move || {
        let Some(canvas) = canvas.get().filter(|_| width.get() > 0.0) else { return };
        let theme = if session.is_dark.get() { Theme::DARK } else { Theme::LIGHT };
        let scale = window().device_pixel_ratio().max(1.0);
        let measure = |text: &str, size: f64| measure(&canvas, text, size);
        let chosen = chosen_mark.get();
        let painted = picture
            .with(|picture| paint(&canvas, &Painting { picture, theme: &theme, scale, chosen, measure: &measure }));
        if let Err(error) = painted {
            web_sys::console::error_1(&error.to_string().into());
        }
    });
    let height = move || format!("height:{}px", picture.with(|picture| picture.height));
    view! {
        <div class="chart" node_ref=frame style=height>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <ul class="marks" aria-label=move || picture.with(Picture::alt_text) on:keydown=move_focus>
                {move || mark_buttons(picture, chosen_mark, on_open)}
            </ul>
        </div>
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a width on a page")]
pub(super) const fn css(length: f64) -> f32 {
    length as f32
}

/// One button a mark, over its row. A chart is one stop of the Tab key; arrows move within it.
fn mark_buttons(picture: Memo<Picture>, chosen: Memo<Option<u32>>, on_open: Callback<GroupKey>) -> Vec<impl IntoView> {
    let marks = picture.with(|picture| picture.marks.clone());
    let chosen_mark = chosen.get().map_or(usize::MAX, |mark| mark as usize);
    let first = if chosen_mark < marks.len() { chosen_mark } else { 0 };
    let button = |(number, mark): (usize, Mark)| {
        let style = format!("top:{}px;height:{}px", mark.at.1, mark.size.1);
        let is_chosen = chosen_mark == number;
        let tabindex = if first == number { "0" } else { "-1" };
        let Mark { sentence, target, .. } = mark;
        let open = move |_| {
            if let Some(target) = &target {
                on_open.run(target.group.clone());
            }
        };
        view! {
            <li style=style>
                <button
                    type="button"
                    tabindex=tabindex
                    aria-pressed=is_chosen.to_string()
                    aria-label=sentence.clone()
                    title=sentence
                    on:click=open
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

fn paint(canvas: &HtmlCanvasElement, painting: &Painting<'_>) -> Result<(), PaintError> {
    let (width, height) = painting.size();
    canvas.set_width(width);
    canvas.set_height(height);
    let Some(mut backend) = CanvasBackend::with_canvas_object(canvas.clone()) else { return Ok(()) };
    painting.paint(&mut backend)
}

/// Width of a text by the canvas itself, which lays out no DOM.
pub(super) fn measure(canvas: &HtmlCanvasElement, text: &str, size: f64) -> f64 {
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|found| found.dyn_into::<CanvasRenderingContext2d>().ok()) else { return 0.0 };
    context.set_font(&format!("{size}px {FONT}"));
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
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
