//! Controls of the rule, its thresholds, the interval and the ways of asking.

use leptos::prelude::*;

use super::session::Session;
use super::text;
use crate::domain::rule::{Preset, Rule, RuleBody, ScoreRule};
use crate::domain::stats::interval::IntervalKind;
use crate::domain::values::cell::Variant;

/// All controls of the Results screen.
#[component]
pub fn Controls() -> impl IntoView {
    let session = Session::get();
    let sentence = move || session.view.with(|view| view.rule.describe());
    let source = move || session.view.with(|view| view.rule.preset.source());
    view! {
        <section class="controls" aria-label=text::controls::CONTROLS>
            <RulePicker/>
            <Thresholds/>
            <Verdicts/>
            <IntervalPicker/>
            <Variants/>
            <p class="rule-sentence">
                {sentence} <span class="quiet">{text::controls::RULE_OF} {source} ")"</span>
            </p>
        </section>
    }
}

/// A checkbox with its label.
#[component]
pub fn Tick(
    /// Id of the input.
    id: &'static str,
    /// Whether it is ticked.
    chosen: RwSignal<bool>,
    /// Words next to it.
    label: &'static str,
) -> impl IntoView {
    let change = move |event| chosen.set(event_target_checked(&event));
    view! {
        <label class="tick">
            <input id=id type="checkbox" prop:checked=chosen on:change=change/>
            <span>{label}</span>
        </label>
    }
}

/// Adds an item that a list lacks, or removes one that it has.
pub fn flip<T: PartialEq + Clone>(list: &mut Vec<T>, item: &T) {
    match list.iter().position(|known| known == item) {
        Some(at) => {
            list.remove(at);
        }
        None => list.push(item.clone()),
    }
}

#[component]
fn RulePicker() -> impl IntoView {
    let session = Session::get();
    let current = move || session.view.with(|view| view.rule.preset.name());
    let choose = move |event| {
        if let Some(preset) = Preset::named(&event_target_value(&event)) {
            session.view.update(|view| {
                view.rule = Rule::preset(preset);
                restart_reading(view);
            });
        }
    };
    let options = Preset::ALL.map(|preset| view! { <option value=preset.name()>{preset.name()}</option> });
    view! {
        <label class="field">
            <span>{text::controls::RULE}</span>
            <select id="rule" prop:value=current on:change=choose>{options.into_iter().collect_view()}</select>
        </label>
    }
}

/// Another rule selects other answers, so the reader starts at the first page.
fn restart_reading(view: &mut crate::domain::view::View) {
    if let Some(open) = &mut view.selection {
        open.offset = 0;
    }
}

/// One of the two thresholds of a rule.
#[derive(Debug, Clone, Copy)]
enum Threshold {
    Aligned,
    Coherent,
}

impl Threshold {
    fn of(self, rule: &ScoreRule) -> f64 {
        match self {
            Self::Aligned => rule.aligned.at,
            Self::Coherent => rule.coherent.at,
        }
    }

    fn set(self, rule: &mut ScoreRule, at: f64) {
        match self {
            Self::Aligned => rule.aligned.at = at,
            Self::Coherent => rule.coherent.at = at,
        }
    }

    fn label(self, rule: &ScoreRule) -> String {
        match self {
            Self::Aligned => text::controls::aligned_slider(rule.aligned.inclusive),
            Self::Coherent => text::controls::coherent_slider(rule.coherent.inclusive),
        }
    }
}

fn scores(rule: &Rule) -> Option<ScoreRule> {
    match &rule.body {
        RuleBody::Scores(scores) => Some(*scores),
        RuleBody::Verdict(_) => None,
    }
}

/// The sliders of both thresholds, for a rule on scores.
#[component]
fn Thresholds() -> impl IntoView {
    let session = Session::get();
    let has_scores = Memo::new(move |_| session.view.with(|view| scores(&view.rule).is_some()));
    let is_changed = move || session.view.with(|view| view.rule.is_changed());
    let reset = move |_| session.view.update(|view| view.rule = Rule::preset(view.rule.preset));
    view! {
        <Show when=move || has_scores.get()>
            <ThresholdHandle threshold=Threshold::Aligned id="aligned"/>
            <ThresholdHandle threshold=Threshold::Coherent id="coherent"/>
            <Show when=is_changed>
                <button type="button" on:click=reset>{text::controls::RESET_THRESHOLDS}</button>
            </Show>
        </Show>
    }
}

/// The slider of one threshold.
#[component]
fn ThresholdHandle(threshold: Threshold, id: &'static str) -> impl IntoView {
    let session = Session::get();
    let rule = move || session.view.with(|view| scores(&view.rule));
    let at = move || rule().map_or(0.0, |rule| threshold.of(&rule)).to_string();
    let label = move || rule().map(|rule| threshold.label(&rule));
    let set = move |event| {
        let Ok(at) = event_target_value(&event).parse::<f64>() else { return };
        session.view.update(|view| {
            if let RuleBody::Scores(rule) = &mut view.rule.body {
                threshold.set(rule, at.clamp(0.0, 100.0));
            }
            restart_reading(view);
        });
    };
    view! {
        <label class="field">
            <span>{label} " " <output for=id>{at}</output></span>
            <input id=id type="range" min="0" max="100" step="1" prop:value=at on:input=set/>
        </label>
    }
}

/// The labels of a categorical judge: which count as misaligned, and which are in the denominator.
#[component]
fn Verdicts() -> impl IntoView {
    let session = Session::get();
    let is_verdict = Memo::new(move |_| session.view.with(|view| scores(&view.rule).is_none()));
    let labels = move || {
        session
            .data
            .reading
            .opened
            .with(|opened| opened.as_ref().map(|opened| opened.summary.verdicts.clone()))
            .unwrap_or_default()
    };
    let boxes = move || labels().into_iter().map(|label| view! { <VerdictBoxes label/> }).collect::<Vec<_>>();
    view! {
        <Show when=move || is_verdict.get()>
            <fieldset class="field">
                <legend>{text::controls::VERDICTS}</legend>
                <Show when=move || labels().is_empty()>
                    <p class="quiet">{text::controls::NO_VERDICTS}</p>
                </Show>
                {boxes}
            </fieldset>
        </Show>
    }
}

/// The two boxes of one label.
#[component]
fn VerdictBoxes(label: String) -> impl IntoView {
    let session = Session::get();
    let name = label.clone();
    let toggle_box = move |is_numerator: bool, caption: &'static str| {
        let (held, toggled) = (label.clone(), label.clone());
        let list = move |rule: &Rule| match &rule.body {
            RuleBody::Verdict(rule) if is_numerator => rule.misaligned.contains(&held),
            RuleBody::Verdict(rule) => rule.counted.contains(&held),
            RuleBody::Scores(_) => false,
        };
        let toggle = move |_| {
            session.view.update(|view| {
                if let RuleBody::Verdict(rule) = &mut view.rule.body {
                    flip(if is_numerator { &mut rule.misaligned } else { &mut rule.counted }, &toggled);
                }
            });
        };
        let is_on = move || session.view.with(|view| list(&view.rule));
        view! {
            <label class="tick">
                <input type="checkbox" prop:checked=is_on on:change=toggle/>
                {caption}
            </label>
        }
    };
    view! { <div class="verdict"><b>{name}</b> {toggle_box(true, text::controls::VERDICT_MISALIGNED)} {toggle_box(false, text::controls::VERDICT_COUNTED)}</div> }
}

#[component]
fn IntervalPicker() -> impl IntoView {
    let session = Session::get();
    let current = move || session.view.with(|view| view.interval);
    let choose = move |event| {
        if let Some(kind) = IntervalKind::named(&event_target_value(&event)) {
            session.view.update(|view| view.interval = kind);
        }
    };
    let options =
        IntervalKind::ALL.map(|kind| view! { <option value=kind.name()>{text::controls::interval(kind)}</option> });
    view! {
        <label class="field" title=move || text::controls::interval_means(current())>
            <span>{text::controls::INTERVAL_OVER}</span>
            <select id="interval" prop:value=move || current().name() on:change=choose>{options.into_iter().collect_view()}</select>
        </label>
    }
}

/// The ways of asking to include, if the data set has several.
#[component]
fn Variants() -> impl IntoView {
    let session = Session::get();
    let present = Memo::new(move |_| {
        let questions = session
            .data
            .reading
            .opened
            .with(|opened| opened.as_ref().map(|opened| opened.summary.questions.clone()))
            .unwrap_or_default();
        [Variant::Main, Variant::Json, Variant::Template]
            .into_iter()
            .filter(|&variant| questions.iter().any(|question| Variant::of(question) == variant))
            .collect::<Vec<_>>()
    });
    let boxes =
        move || present.get().into_iter().map(|variant| view! { <VariantBox variant present/> }).collect::<Vec<_>>();
    view! {
        <Show when=move || { present.with(Vec::len) > 1 }>
            <fieldset class="field">
                <legend>{text::controls::VARIANTS}</legend>
                <div class="ticks">{boxes}</div>
            </fieldset>
        </Show>
    }
}

/// The box of one way of asking.
#[component]
fn VariantBox(variant: Variant, present: Memo<Vec<Variant>>) -> impl IntoView {
    let session = Session::get();
    let is_on =
        move || session.view.with(|view| view.filter.variants.is_empty() || view.filter.variants.contains(&variant));
    let toggle = move |_| {
        session.view.update(|view| {
            let mut shown =
                if view.filter.variants.is_empty() { present.get_untracked() } else { view.filter.variants.clone() };
            flip(&mut shown, &variant);
            shown.sort_unstable();
            // All boxes ticked and no box ticked both mean: no filter.
            view.filter.variants = if shown.len() == present.with_untracked(Vec::len) { Vec::new() } else { shown };
        });
    };
    view! {
        <label class="tick">
            <input type="checkbox" name=variant.name() prop:checked=is_on on:change=toggle/>
            {text::controls::variant(variant)}
        </label>
    }
}
