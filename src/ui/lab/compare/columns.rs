//! The columns that answer side by side: the scales of the adapters and vectors in each, which can change during an
//! answer.

use leptos::prelude::*;

use crate::protocol::Column;
use crate::ui::lab::app::LabSession;
use crate::ui::lab::state::{LabState, SLOT};
use crate::ui::text;

/// Minimum, maximum and step of a scale.
const SCALES: (&str, &str, &str) = ("-1", "2", "0.05");

/// Handles to the columns.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Names of the adapters, then of the steering vectors.
    sides: RwSignal<Vec<String>>,
    /// Scales of each column, one for each adapter or vector. The first column is the base model alone.
    scales: RwSignal<Vec<Vec<f32>>>,
}

impl Default for Columns {
    fn default() -> Self {
        Self { sides: RwSignal::default(), scales: RwSignal::new(vec![Vec::new()]) }
    }
}

impl Columns {
    /// Sets the columns for these adapters and vectors: the base model alone, and a second column with the first
    /// adapter at 1.
    pub fn lay_out(self, sides: &[String]) {
        if self.sides.with_untracked(|known| known == sides) && self.number_untracked() > 1 {
            return;
        }
        let alone = vec![0.0; sides.len()];
        let mut first = alone.clone();
        first.iter_mut().take(1).for_each(|scale| *scale = 1.0);
        self.scales.set(if sides.is_empty() { vec![alone] } else { vec![alone, first] });
        self.sides.set(sides.to_vec());
    }

    /// Number of columns.
    #[must_use]
    pub fn number(self) -> usize {
        self.scales.with(Vec::len)
    }

    fn number_untracked(self) -> usize {
        self.scales.with_untracked(Vec::len)
    }

    /// The columns for a request. They share one seed, so only the model differs between them.
    #[must_use]
    pub fn asked(self) -> Vec<Column> {
        let column = |scales: &Vec<f32>| Column { scales: scales.clone(), seed: None };
        self.scales.with_untracked(|all| all.iter().map(column).collect())
    }

    /// Name of a column: its adapters and vectors with their scales.
    #[must_use]
    pub fn name(self, column: usize) -> String {
        let scales = self.scales.with(|all| all.get(column).cloned()).unwrap_or_default();
        let felt = self.sides.with(|sides| {
            let felt = sides.iter().zip(&scales).filter(|(_, scale)| **scale != 0.0);
            felt.map(|(name, scale)| format!("{name} × {scale}")).collect::<Vec<_>>()
        });
        if felt.is_empty() { text::lab::MODEL_ALONE.to_owned() } else { felt.join(", ") }
    }

    fn scale(self, column: usize, side: usize) -> f32 {
        self.scales.with(|all| all.get(column).and_then(|scales| scales.get(side)).copied().unwrap_or(0.0))
    }

    /// Sets a scale, also in the answer that is under way.
    fn set(self, lab: LabState, column: usize, side: usize, scale: f32) {
        self.scales.update(|all| {
            if let Some(place) = all.get_mut(column).and_then(|scales| scales.get_mut(side)) {
                *place = scale;
            }
        });
        let scales = self.scales.with_untracked(|all| all.get(column).cloned()).unwrap_or_default();
        lab.set_scales(column, scales);
    }

    fn add(self) {
        self.scales.update(|all| all.extend(all.last().cloned()));
    }

    fn drop_last(self) {
        self.scales.update(|all| {
            all.pop();
        });
    }
}

/// Sliders for every column, adapter and vector.
#[component]
pub fn ColumnDials() -> impl IntoView {
    let lab = LabSession::get().lab;
    let columns = lab.columns;
    let has_sides = Memo::new(move |_| columns.sides.with(|sides| !sides.is_empty()));
    let most = move || lab.status.with(|status| status.ready(SLOT).map_or(1, |loaded| loaded.columns as usize));
    let number = Memo::new(move |_| columns.number());
    let rows = move || (1..number.get()).map(|column| view! { <ColumnRow column/> }).collect::<Vec<_>>();
    view! {
        <Show when=move || has_sides.get()>
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
    let sides = columns.sides.get_untracked();
    let dials = sides.into_iter().enumerate().map(|(side, name)| view! { <ScaleDial column side name/> });
    view! { <div class="controls">{dials.collect_view()}</div> }
}

/// The slider of one adapter or vector in one column.
#[component]
fn ScaleDial(column: usize, side: usize, name: String) -> impl IntoView {
    let lab = LabSession::get().lab;
    let id = format!("scale-{column}-{side}");
    let scale = move || lab.columns.scale(column, side);
    let set = move |event| {
        if let Ok(scale) = event_target_value(&event).parse::<f32>() {
            lab.columns.set(lab, column, side, scale);
        }
    };
    let name = if lab.is_pocket.get_untracked() { text::lab::POCKET_SLIDER.to_owned() } else { name };
    let (least, most, step) = SCALES;
    view! {
        <label class="field grow">
            <span>{text::lab::strength_in(column)} ": " {name} " " <output for=id.clone()>{move || format!("{:.2}", scale())}</output></span>
            <input id=id type="range" min=least max=most step=step prop:value=move || scale().to_string() on:input=set/>
        </label>
    }
}
