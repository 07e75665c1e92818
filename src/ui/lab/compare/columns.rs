//! Sliders of the columns that answer side by side.

use leptos::prelude::*;

use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{SLOT, pocket};
use crate::ui::text;

/// Minimum, maximum and step of a scale.
const SCALES: (&str, &str, &str) = ("-1", "2", "0.05");

/// Sliders for every column, adapter and vector.
#[component]
pub fn ColumnDials() -> impl IntoView {
    let lab = LabSession::get().lab;
    let columns = lab.columns;
    let has_add_ons = Memo::new(move |_| columns.add_ons.with(|add_ons| !add_ons.is_empty()));
    let most = move || lab.status.with(|status| status.ready(SLOT).map_or(1, |loaded| loaded.columns as usize));
    let number = Memo::new(move |_| columns.number());
    let rows = move || {
        // Each slider belongs to one of them.
        columns.add_ons.track();
        (1..number.get()).map(|column| view! { <ColumnRow column/> }).collect::<Vec<_>>()
    };
    view! {
        <Show when=move || has_add_ons.get()>
            <fieldset class="pair">
                <legend>{text::lab::COLUMNS_LEGEND}</legend>
                <p class="quiet">{text::lab::COLUMNS_HINT}</p>
                {rows}
                <div class="tabs">
                    <Show when=move || number.get() < most()>
                        <button type="button" id="add-column" disabled=move || lab.is_busy() on:click=move |_| columns.add()>
                            {text::lab::ADD_COLUMN}
                        </button>
                    </Show>
                    <Show when=move || { number.get() > 2 }>
                        <button type="button" id="drop-column" disabled=move || lab.is_busy() on:click=move |_| columns.drop_last()>
                            {text::lab::DROP_COLUMN}
                        </button>
                    </Show>
                </div>
            </fieldset>
        </Show>
    }
}

/// The sliders of one column.
#[component]
fn ColumnRow(column: usize) -> impl IntoView {
    let columns = LabSession::get().lab.columns;
    let add_ons = columns.add_ons.get_untracked();
    let dials = add_ons.into_iter().enumerate().map(|(add_on, name)| view! { <ScaleDial column add_on name/> });
    view! { <div class="controls">{dials.collect_view()}</div> }
}

/// The slider of one adapter or vector in one column.
#[component]
fn ScaleDial(column: usize, add_on: usize, name: String) -> impl IntoView {
    let lab = LabSession::get().lab;
    let id = format!("scale-{column}-{add_on}");
    let scale = move || lab.columns.scale(column, add_on);
    let set = move |event| {
        if let Ok(scale) = event_target_value(&event).parse::<f32>() {
            lab.columns.set(lab, column, add_on, scale);
        }
    };
    let is_pockets = lab.is_pocket.get_untracked() && name == pocket::ADAPTER_NAME;
    let name = if is_pockets { text::lab::POCKET_SLIDER.to_owned() } else { name };
    let (least, most, step) = SCALES;
    view! {
        <label class="field grow">
            <span>{text::lab::strength_in(column)} ": " {name} " " <output for=id.clone()>{move || format!("{:.2}", scale())}</output></span>
            <input id=id type="range" min=least max=most step=step prop:value=move || scale().to_string() on:input=set/>
        </label>
    }
}
