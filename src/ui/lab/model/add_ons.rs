//! Adapters and steering vectors of the model: from files, from addresses, and made from pairs of texts.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use super::proposed::Proposed;
use crate::hub;
use crate::hub::{ListedAdapter, WEIGHTS};
use crate::protocol::{AddOnFile, AddOnKind, Source};
use crate::ui::file_picker::FilePicker;
use crate::ui::lab::state::add_ons::{AddOn, add};
use crate::ui::lab::state::consent::Want;
use crate::ui::lab::state::session::LabSession;
use crate::ui::text;

/// Bytes at the start of a GGUF file that name its architecture.
const HEAD_BYTES: f64 = 4096.0;
/// Architecture name in GGUF files of steering vectors.
const CONTROL_VECTOR: &str = "controlvector";

/// The list of adapters and vectors, and the forms that add to it.
#[component]
pub fn AddOns() -> impl IntoView {
    let lab = LabSession::get().lab;
    let add_ons = lab.add_ons;
    let address = RwSignal::new(String::new());
    let chosen = move |files: Vec<File>| spawn_local(async move { add(lab, of_files(files).await) });
    let fetch = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let typed = address.get_untracked();
        if lab.consent.takes(lab, Want::AddOn, &typed) {
            return;
        }
        if let Some(add_on) = of_address(typed.trim()) {
            add(lab, vec![add_on]);
            address.set(String::new());
        }
    };
    let items = move || {
        let item = |(at, add_on): (usize, AddOn)| view! { <AddOnItem at add_on/> };
        add_ons.get().into_iter().enumerate().map(item).collect::<Vec<_>>()
    };
    view! {
        <details class="card" id="beside">
            <summary>{move || text::add_ons::summary(add_ons.with(Vec::len))}</summary>
            <p class="quiet">{text::add_ons::HINT}</p>
            <ul class="sides">{items}</ul>
            <div role="status">
                <Show when=move || lab.is_laying_out.get()><p class="quiet" id="laying-out">{text::add_ons::LAYING_OUT}</p></Show>
            </div>
            <div class="load">
                <FilePicker
                    id="side-files"
                    label=text::add_ons::CHOOSE
                    accept=".gguf,.safetensors,.json"
                    multiple=true
                    disabled=Signal::derive(move || lab.is_busy())
                    on_files=chosen
                />
                <form on:submit=fetch>
                    <label class="field grow">
                        <span>{text::add_ons::ADDRESS}</span>
                        <input id="side-url" type="text" placeholder=text::add_ons::ADDRESS_EXAMPLE
                            prop:value=address on:input=move |event| address.set(event_target_value(&event))/>
                    </label>
                    <button type="submit" id="side-fetch" disabled=move || lab.is_busy()>{text::add_ons::ADD}</button>
                </form>
            </div>
            <Proposed want=Want::AddOn/>
            <Adapters/>
            <ContrastForm/>
        </details>
    }
}

/// Adapters by name. Only those made for the loaded model can be added.
#[component]
fn Adapters() -> impl IntoView {
    let lab = LabSession::get().lab;
    let item = |adapter: &'static ListedAdapter| {
        let fits = Memo::new(move |_| lab.is_model(adapter.base));
        let label = text::add_ons::adapter_for(adapter.name, adapter.base);
        let wants = move || (!fits.get()).then(|| view! { <span class="quiet">{text::add_ons::WANTS_BASE}</span> });
        let propose = move |_| lab.consent.propose_adapter(lab, adapter);
        view! {
            <li>
                <span><b>{adapter.name}</b> " " <span class="quiet">{text::add_ons::for_base(adapter.base)}</span> " " {wants}</span>
                <button type="button" class="take" aria-label=label disabled=move || !fits.get() || lab.is_busy() on:click=propose>{text::add_ons::ADD}</button>
            </li>
        }
    };
    view! {
        <details class="shelf" id="adapters">
            <summary>{text::add_ons::ADAPTERS}</summary>
            <p class="quiet">{text::add_ons::ADAPTERS_HINT}</p>
            <ul>{hub::adapters().iter().map(item).collect_view()}</ul>
        </details>
    }
}

/// One adapter or set of vectors, with the layers and matrices in which it acts.
#[component]
fn AddOnItem(at: usize, add_on: AddOn) -> impl IntoView {
    let lab = LabSession::get().lab;
    let AddOn { file, .. } = add_on;
    let is_adapter = matches!(file.kind, AddOnKind::Adapter | AddOnKind::PeftAdapter);
    let (layers, modules) = (list(&file.layers), file.modules.join(", "));
    let change = move |set: &dyn Fn(&mut AddOnFile)| {
        let mut add_ons = lab.add_ons.get_untracked();
        if let Some(add_on) = add_ons.get_mut(at) {
            set(&mut add_on.file);
        }
        lab.lay_out(add_ons);
    };
    let set_layers = move |event| {
        let layers = numbers(&event_target_value(&event));
        change(&|file| file.layers.clone_from(&layers));
    };
    let set_modules = move |event| {
        let text = event_target_value(&event);
        let names = text.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned);
        let names: Vec<String> = names.collect();
        change(&|file| file.modules.clone_from(&names));
    };
    let drop_it = move |_| {
        let mut add_ons = lab.add_ons.get_untracked();
        add_ons.remove(at.min(add_ons.len() - 1));
        lab.lay_out(add_ons);
    };
    let kind = text::add_ons::kind(&file.kind);
    view! {
        <li>
            <span><b>{file.name}</b> " " <span class="quiet">{kind}</span></span>
            <label class="field">
                <span>{text::add_ons::LAYERS}</span>
                <input type="text" class="layers" placeholder=text::add_ons::ALL_LAYERS prop:value=layers on:change=set_layers disabled=move || lab.is_busy()/>
            </label>
            <Show when=move || is_adapter>
                <label class="field">
                    <span>{text::add_ons::MATRICES}</span>
                    <input type="text" class="modules" placeholder=text::add_ons::MATRICES_EXAMPLE prop:value=modules.clone() on:change=set_modules disabled=move || lab.is_busy()/>
                </label>
            </Show>
            <button type="button" class="drop" disabled=move || lab.is_busy() on:click=drop_it>{text::add_ons::REMOVE}</button>
        </li>
    }
}

/// The form that makes steering vectors from texts that the reader types.
#[component]
fn ContrastForm() -> impl IntoView {
    let lab = LabSession::get().lab;
    let (toward, away) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let pairs = move || -> Vec<(String, String)> {
        toward.with(|toward| away.with(|away| lines(toward).into_iter().zip(lines(away)).collect()))
    };
    let is_even = move || toward.with(|toward| away.with(|away| lines(toward).len() == lines(away).len()));
    let make = move |_| {
        let number = lab.add_ons.with_untracked(|add_ons| {
            add_ons.iter().filter(|add_on| matches!(add_on.file.kind, AddOnKind::Contrast(_))).count()
        });
        let name = format!("steering {}", number + 1);
        let file = AddOnFile::new(&name, AddOnKind::Contrast(pairs()), Source::Disk);
        add(lab, vec![AddOn { file, attachments: Vec::new() }]);
    };
    let area = |id: &'static str, label: &'static str, value: RwSignal<String>| {
        view! {
            <label class="field grow">
                <span>{label}</span>
                <textarea id=id rows="3" prop:value=value on:input=move |event| value.set(event_target_value(&event))></textarea>
            </label>
        }
    };
    view! {
        <details>
            <summary>{text::add_ons::CONTRAST}</summary>
            <p class="quiet">{text::add_ons::CONTRAST_HINT}</p>
            <div class="controls">
                {area("contrast-toward", text::add_ons::CONTRAST_TOWARD, toward)}
                {area("contrast-away", text::add_ons::CONTRAST_AWAY, away)}
            </div>
            <button type="button" id="contrast-make" disabled=move || lab.is_busy() || pairs().is_empty() || !is_even() on:click=make>
                {text::add_ons::CONTRAST_MAKE}
            </button>
        </details>
    }
}

/// Files from the disk: adapters with the configuration chosen together with them, or what the files declare to be.
async fn of_files(files: Vec<File>) -> Vec<AddOn> {
    let (settings, weights): (Vec<File>, Vec<File>) =
        files.into_iter().partition(|file| file.name().ends_with(".json"));
    let mut add_ons = Vec::new();
    for file in weights {
        let name = file.name();
        let (kind, attachments): (AddOnKind, Vec<JsValue>) = if name.ends_with(".gguf") {
            let kind = if holds_vectors(&file).await { AddOnKind::Steering } else { AddOnKind::Adapter };
            (kind, vec![file.into()])
        } else if let Some(settings) = settings.first() {
            (AddOnKind::PeftAdapter, vec![file.into(), settings.clone().into()])
        } else {
            (AddOnKind::Steering, vec![file.into()])
        };
        add_ons.push(AddOn { file: AddOnFile::new(&name, kind, Source::Disk), attachments });
    }
    add_ons
}

/// Whether a GGUF file declares steering vectors.
async fn holds_vectors(file: &File) -> bool {
    let Ok(head) = file.slice_with_f64_and_f64(0.0, HEAD_BYTES) else { return false };
    let text = JsFuture::from(head.text()).await.ok().and_then(|text| text.as_string());
    text.is_some_and(|text| text.contains(CONTROL_VECTOR))
}

/// An adapter or vectors at an address. The ending decides which.
fn of_address(address: &str) -> Option<AddOn> {
    let name = address.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())?;
    let kind = if name.ends_with(".gguf") {
        AddOnKind::Adapter
    } else if name == WEIGHTS {
        AddOnKind::PeftAdapter
    } else {
        AddOnKind::Steering
    };
    Some(AddOn { file: AddOnFile::new(name, kind, Source::Url(address.to_owned())), attachments: Vec::new() })
}

/// "0, 4-7" as numbers. Parts that are not numbers are left out.
fn numbers(text: &str) -> Vec<u32> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        // No model has so many layers.
        Some(first..=last.min(first.saturating_add(1000)))
    };
    let mut all: Vec<u32> = text.split([',', ' ']).filter_map(range).flatten().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
