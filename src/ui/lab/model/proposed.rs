//! The panel of a proposed download: the choice of a file, its cost, and the consent.

use leptos::html;
use leptos::prelude::*;

use crate::domain::text::words::size_text;
use crate::hub;
use crate::hub::cost::{Fit, cache_bytes, memory, tokens_per_sec};
use crate::hub::{HubFile, Listing};
use crate::protocol::Probe;
use crate::ui::lab::state::consent::{Offer, Stage, Want, Wanted, kept_copy};
use crate::ui::lab::state::session::LabSession;
use crate::ui::lab::state::{COLUMNS, JUDGE_SLOT, LabState, SLOT};
use crate::ui::text;

/// Maximum number of files of a kind in the list.
const MAX_SHOWN: usize = 60;

impl Offer {
    /// The cost as lines of name and value.
    fn lines(&self, lab: LabState, want: Want) -> Vec<(&'static str, String)> {
        let mut sizes: Vec<Option<u64>> = self.files().map(|wanted| wanted.file.num_bytes).collect();
        let is_here = self.model.as_ref().is_some_and(|model| kept_copy(lab, &model.file.address).is_some());
        if is_here {
            sizes[0] = Some(0);
        }
        let mut lines = vec![(text::cost::LINE_DOWNLOAD, text::cost::download(&sizes, hub::host()))];
        if let Some(model) = &self.model {
            let is_wide = self.adapter.is_some() || want == Want::Model(JUDGE_SLOT);
            let columns = if is_wide { u64::from(COLUMNS) } else { 1 };
            let probe = lab.status.with(|status| status.probe.clone());
            let needed =
                self.num_bytes().map(|weights| weights + model.shape.map_or(0, |shape| cache_bytes(shape, columns)));
            let fit = needed.zip(probe.as_ref()).map(|(needed, probe)| Fit::of(needed, memory(probe)));
            lines.push((
                text::cost::LINE_MEMORY,
                text::cost::memory(needed, model.shape.is_some(), fit, probe.as_ref()),
            ));
            let room = lab.status.with(|status| status.shelf.as_ref().and_then(|shelf| shelf.room));
            let keep = lab.keeps_downloads.get().then(|| model.file.num_bytes.map(|needed| Fit::of(needed, room)));
            lines.push((
                text::cost::LINE_ROOM,
                if is_here { text::cost::IS_HERE.to_owned() } else { text::cost::room(keep) },
            ));
            lines.push((text::cost::LINE_SPEED, self.speed_line(model, lab)));
        }
        if let Some(adapter) = &self.adapter {
            lines.push((text::cost::LINE_BASE, adapter.base.clone().unwrap_or_else(|| text::cost::NO_BASE.to_owned())));
        }
        let licences: Vec<&str> =
            self.files().map(|wanted| wanted.licence.as_deref().unwrap_or(text::cost::NO_LICENCE)).collect();
        lines.push((text::cost::LINE_LICENCE, licences.join("; ")));
        lines.push((
            text::cost::LINE_CHECK,
            text::cost::check(self.files().all(|wanted| wanted.file.sha256.is_some())).to_owned(),
        ));
        lines
    }

    fn speed_line(&self, model: &Wanted, lab: LabState) -> String {
        let is_on_cpu = lab.status.with(|status| matches!(status.probe, Some(Probe::Missing(_))));
        let Some(num_bytes) = model.file.num_bytes.filter(|_| !is_on_cpu) else {
            return text::cost::NO_SPEED.to_owned();
        };
        match lab.status.with(|status| status.speed) {
            None => text::cost::MEASURING.to_owned(),
            Some(None) => text::cost::NO_SPEED.to_owned(),
            Some(Some(speed)) => text::cost::speed(tokens_per_sec(speed, num_bytes), speed),
        }
    }

    /// An objection to the offer, and whether it forbids the download. A different base only warns: names can be
    /// spelled differently.
    fn objection(&self, lab: LabState) -> Option<(String, bool)> {
        let Self { model: None, adapter: Some(adapter) } = self else { return None };
        let Some(loaded) = lab.status.with(|status| status.ready(SLOT).map(|loaded| loaded.card.name.clone())) else {
            return Some((text::cost::NO_MODEL_FOR_ADAPTER.to_owned(), true));
        };
        let base = adapter.base.as_deref()?;
        (!lab.is_model(base)).then(|| (text::cost::another_base(base, &loaded), false))
    }
}

/// The proposed download, shown where it was requested.
#[component]
pub fn Proposed(
    /// Purpose of the download.
    want: Want,
) -> impl IntoView {
    let lab = LabSession::get().lab;
    let consent = lab.consent;
    let here = Memo::new(move |_| consent.proposal.get().filter(|proposal| proposal.want == want));
    let asking = move || {
        here.with(|here| here.as_ref().is_some_and(|here| here.stage == Stage::Asking))
            .then(|| text::cost::asking(hub::host()))
    };
    let failed = move || {
        here.get().and_then(|here| match here.stage {
            Stage::Failed(why) => Some(view! { <p class="notice error" id="hub-problem">{why}</p> }),
            _ => None,
        })
    };
    let panel = move || {
        here.get().and_then(|here| match here.stage {
            Stage::Choose(listing) => Some(choose(here.title, &listing, want).into_any()),
            Stage::Agree(offer) => Some(agree(here.title, *offer, want).into_any()),
            Stage::Asking | Stage::Failed(_) => None,
        })
    };
    view! {
        <div role="status">{move || asking().map(|words| view! { <p class="quiet" id="hub-asked">{words}</p> })}</div>
        <div role="alert">{failed}</div>
        {panel}
    }
}

/// A heading that takes the focus when it appears: the pressed button may be far away.
fn heading(words: String) -> impl IntoView {
    let node = NodeRef::<html::H2>::new();
    node.on_load(|heading| {
        request_animation_frame(move || {
            // The heading may already be gone.
            heading.focus().ok();
        });
    });
    view! { <h2 id="consent-title" tabindex="-1" node_ref=node>{words}</h2> }
}

fn choose(title: String, listing: &Listing, want: Want) -> impl IntoView + use<> {
    let lab = LabSession::get().lab;
    let consent = lab.consent;
    let item = |file: &HubFile| {
        let wanted = Wanted::of(listing, file);
        let size = file.num_bytes.map_or_else(|| text::cost::NO_SIZE.to_owned(), size_text);
        let take = move |_| consent.go_on(lab, Stage::agree(Offer::of(wanted.clone(), want)));
        view! {
            <li>
                <span><b>{file.path.clone()}</b> " " <span class="quiet">{size}</span></span>
                <button type="button" class="take" on:click=take>{text::cost::CHOOSE}</button>
            </li>
        }
    };
    let list = |files: &[HubFile]| files.iter().take(MAX_SHOWN).map(item).collect_view();
    let hidden = listing.models.len().saturating_sub(MAX_SHOWN) + listing.adapters.len().saturating_sub(MAX_SHOWN);
    let notes = [text::cost::parts(listing.num_parts), text::cost::more_files(hidden)].into_iter().flatten();
    view! {
        <section class="card shelf" id="consent" aria-labelledby="consent-title">
            {heading(text::cost::choose_of(&title))}
            <ul>{list(&listing.models)}</ul>
            {(!listing.adapters.is_empty()).then(|| view! {
                <h3>{text::cost::ADAPTERS_OF_REPOSITORY}</h3>
                <ul>{list(&listing.adapters)}</ul>
            })}
            {notes.map(|note| view! { <p class="quiet">{note}</p> }).collect_view()}
            <button type="button" class="drop" on:click=move |_| consent.close()>{text::cost::NOT_NOW}</button>
        </section>
    }
}

fn agree(title: String, offer: Offer, want: Want) -> impl IntoView {
    // The repository's name alone does not say which file.
    let file = offer.files().next().map(|wanted| wanted.file.path.clone()).filter(|_| title.contains('/'));
    let title = file.map_or_else(|| title.clone(), |file| format!("{title}, {file}"));
    let lab = LabSession::get().lab;
    let consent = lab.consent;
    let offer = StoredValue::new(offer);
    let lines = move || {
        let line = |(name, value): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
        offer.with_value(|offer| offer.lines(lab, want)).into_iter().map(line).collect_view()
    };
    let unlisted = offer.with_value(|offer| offer.files().find_map(|wanted| wanted.unlisted.clone()));
    let objection = Memo::new(move |_| offer.with_value(|offer| offer.objection(lab)));
    // A model replaces one that is answering. Everything else waits.
    let waits = want == Want::Model(JUDGE_SLOT) || offer.with_value(|offer| offer.model.is_none());
    let is_impossible =
        move || objection.with(|objection| objection.as_ref().is_some_and(|(_, is_impossible)| *is_impossible));
    let is_blocked = move || is_impossible() || waits && lab.is_busy();
    view! {
        <section class="card" id="consent" aria-labelledby="consent-title">
            {heading(text::cost::consent_to(&title))}
            {unlisted.map(|why| view! { <p class="notice wait" id="consent-unlisted">{why} " " {text::cost::HUB_SILENT}</p> })}
            <dl>{lines}</dl>
            {move || objection.get().map(|(why, _)| view! { <p class="notice wait" id="consent-objection">{why}</p> })}
            <p class="tabs">
                <button type="button" class="primary" id="consent-yes" disabled=is_blocked on:click=move |_| consent.agree(lab, want, offer.get_value())>
                    {text::cost::DOWNLOAD}
                </button>
                <button type="button" class="drop" on:click=move |_| consent.close()>{text::cost::NOT_NOW}</button>
            </p>
        </section>
    }
}
