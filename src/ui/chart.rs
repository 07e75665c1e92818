//! A figure on a canvas, with a focusable button over every mark.

use leptos::html;
use leptos::prelude::*;
use plotters_canvas::CanvasBackend;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, ResizeObserver};

use super::session::Session;
use super::text;
use crate::charts::measure::FONT;
use crate::charts::paint::{PaintError, Painting};
use crate::charts::picture::{Handle, Mark, Picture, Target, Threshold};
use crate::charts::theme::Theme;
use crate::domain::rule::RuleBody;

/// A figure. The canvas is only a picture; the buttons over it take focus and clicks, and screen readers read them.
#[component]
pub fn Chart(
    /// The figure, laid out for `width`.
    picture: Signal<Picture>,
    /// Available width in CSS pixels, kept up to date.
    width: RwSignal<f64>,
    /// The selected mark. The page shows its answers.
    chosen: Signal<Option<Target>>,
    /// Called with the target when the reader opens a mark.
    on_open: Callback<Target>,
) -> impl IntoView {
    let session = Session::get();
    let (frame, canvas) = (NodeRef::<html::Div>::new(), NodeRef::<html::Canvas>::new());
    watch_width(frame, width);
    let chosen_mark = Memo::new(move |_| {
        let chosen = chosen.get()?;
        picture.with(|picture| {
            let is_it = |mark: &Mark| mark.target.as_ref() == Some(&chosen);
            // If only a part of a group is open, the group's mark counts as open.
            let is_near = |mark: &Mark| mark.target.as_ref().is_some_and(|target| target.group == chosen.group);
            let at = picture.marks.iter().position(is_it).or_else(|| picture.marks.iter().position(is_near));
            u32::try_from(at?).ok()
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
    let height = move || format!("{}px", picture.with(|picture| picture.height));
    // A handle stays the same element while it is dragged and the figure is redrawn.
    let thresholds = Memo::new(move |_| {
        picture.with(|picture| picture.handles.iter().map(|handle| handle.threshold).collect::<Vec<_>>())
    });
    let handles = move || {
        let one = |threshold| view! { <DragHandle threshold picture/> };
        thresholds.get().into_iter().map(one).collect::<Vec<_>>()
    };
    view! {
        <div class="chart" node_ref=frame style:height=height>
            <canvas node_ref=canvas aria-hidden="true"></canvas>
            <ul class="marks" aria-label=move || picture.with(Picture::alt_text) on:keydown=move_focus>
                {move || mark_buttons(picture, chosen_mark, on_open)}
            </ul>
            {handles}
        </div>
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a width on a page")]
pub(super) const fn css(length: f64) -> f32 {
    length as f32
}

/// One button over each mark. A chart is one stop of the Tab key; arrow keys move within it.
fn mark_buttons(picture: Signal<Picture>, chosen: Memo<Option<u32>>, on_open: Callback<Target>) -> Vec<impl IntoView> {
    let marks = picture.with(|picture| picture.marks.clone());
    let chosen_mark = chosen.get().map_or(usize::MAX, |mark| mark as usize);
    let first = if chosen_mark < marks.len() { chosen_mark } else { 0 };
    let button = |(number, mark): (usize, Mark)| {
        let Mark { at, size, sentence, target, .. } = mark;
        let [left, top, width, height] = [at.0, at.1, size.0, size.1].map(|length| format!("{length}px"));
        let is_chosen = chosen_mark == number;
        let tabindex = if first == number { "0" } else { "-1" };
        let opens = target.is_some();
        let open = move |_| {
            if let Some(target) = &target {
                on_open.run(target.clone());
            }
        };
        view! {
            <li style:left=left style:top=top style:width=width style:height=height>
                <button
                    type="button"
                    tabindex=tabindex
                    aria-pressed=opens.then(|| is_chosen.to_string())
                    aria-label=sentence.clone()
                    title=sentence
                    on:click=open
                ></button>
            </li>
        }
    };
    marks.into_iter().enumerate().map(button).collect()
}

/// A threshold on the chart, moved by dragging or by arrow keys.
#[component]
fn DragHandle(threshold: Threshold, picture: Signal<Picture>) -> impl IntoView {
    let session = Session::get();
    let line = NodeRef::<html::Div>::new();
    let handle = Memo::new(move |before: Option<&Option<Handle>>| {
        let found =
            picture.with(|picture| picture.handles.iter().find(|handle| handle.threshold == threshold).copied());
        found.or(before.copied().flatten())
    });
    let set = move |value: f64| {
        session.view.update(|view| {
            if let RuleBody::Scores(rule) = &mut view.rule.body {
                let at = value.round().clamp(0.0, 100.0);
                match threshold {
                    Threshold::Aligned => rule.aligned.at = at,
                    Threshold::Coherent => rule.coherent.at = at,
                }
            }
        });
    };
    let drag = move |event: PointerEvent| {
        if event.buttons() & 1 == 0 {
            return;
        }
        let frame = line.get_untracked().and_then(|line| line.parent_element());
        let Some((frame, handle)) = frame.zip(handle.get_untracked()) else { return };
        let bounds = frame.get_bounding_client_rect();
        let at = if handle.is_upright {
            f64::from(event.client_x()) - bounds.left()
        } else {
            f64::from(event.client_y()) - bounds.top()
        };
        let (from, to) = (f64::from(handle.ends.0), f64::from(handle.ends.1));
        set((at - from) / (to - from) * 100.0);
    };
    let grab = move |event: PointerEvent| {
        event.prevent_default();
        let Some(line) = line.get_untracked() else { return };
        // Without pointer capture, dragging ends at the line's edge. The sliders still move the threshold.
        let _is_kept = line.set_pointer_capture(event.pointer_id());
        let _is_focused = line.focus();
    };
    let key = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => 1.0,
            "ArrowLeft" | "ArrowDown" => -1.0,
            "PageUp" => 10.0,
            "PageDown" => -10.0,
            "Home" => -100.0,
            "End" => 100.0,
            _ => return,
        };
        event.prevent_default();
        // Starts from the view's value: the figure may not be redrawn yet since the last key.
        let value = session.view.with_untracked(|view| match &view.rule.body {
            RuleBody::Scores(rule) => Some(match threshold {
                Threshold::Aligned => rule.aligned.at,
                Threshold::Coherent => rule.coherent.at,
            }),
            _ => None,
        });
        if let Some(value) = value {
            set(value + step);
        }
    };
    // Left, top, width and height in CSS pixels.
    let place = move || {
        let Some(handle) = handle.get() else { return [0.0; 4] };
        let (from, to) = (f64::from(handle.ends.0), f64::from(handle.ends.1));
        let at = (to - from).mul_add(handle.value / 100.0, from) - HANDLE / 2.0;
        let (start, end) = (f64::from(handle.span.0), f64::from(handle.span.1));
        let (start, length) = (start.min(end), (end - start).abs());
        if handle.is_upright { [at, start, HANDLE, length] } else { [start, at, length, HANDLE] }
    };
    let side = move |at: usize| move || format!("{}px", place()[at]);
    let is_upright = move || handle.get().is_some_and(|handle| handle.is_upright);
    let name = match threshold {
        Threshold::Aligned => text::controls::ALIGNED_THRESHOLD,
        Threshold::Coherent => text::controls::COHERENT_THRESHOLD,
    };
    view! {
        <div
            node_ref=line
            class="handle"
            class:upright=is_upright
            style:left=side(0)
            style:top=side(1)
            style:width=side(2)
            style:height=side(3)
            role="slider"
            tabindex="0"
            aria-label=name
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || handle.get().map(|handle| handle.value.to_string())
            aria-orientation=move || if is_upright() { "horizontal" } else { "vertical" }
            on:pointerdown=grab
            on:pointermove=drag
            on:keydown=key
        ></div>
    }
}

/// Thickness of a threshold's handle, in CSS pixels.
const HANDLE: f64 = 24.0;

/// Arrow keys, Home and End move the focus between the marks.
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

/// Width of a text in CSS pixels, measured by the canvas, which lays out no DOM.
pub(super) fn measure(canvas: &HtmlCanvasElement, text: &str, size: f64) -> f64 {
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|found| found.dyn_into::<CanvasRenderingContext2d>().ok()) else { return 0.0 };
    context.set_font(&format!("{size}px {FONT}"));
    context.measure_text(text).map_or(0.0, |metrics| metrics.width())
}

/// Keeps `width` equal to the element's width in CSS pixels.
pub(super) fn watch_width(frame: NodeRef<html::Div>, width: RwSignal<f64>) {
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
