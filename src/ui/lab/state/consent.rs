//! Consent: before anything is downloaded from the hub, its cost on this machine and one button.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::add_ons::{AddOn, add};
use super::{JUDGE_SLOT, LabState, SLOT};
use crate::hub;
use crate::hub::{HubError, HubFile, ListedAdapter, Listing, Repository};
use crate::protocol::{AddOnFile, AddOnKind, Command, ShelfItem, Source};
use crate::ui::fetch::fetch_listing;
use crate::ui::text;

/// Ending of the names of models, and of some adapters.
const GGUF: &str = ".gguf";

/// Handles to the proposal. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Consent {
    pub(crate) proposal: RwSignal<Option<Proposal>>,
    /// Number of the newest proposal. Replies to older ones are dropped.
    number: StoredValue<u32>,
    /// The element that had the focus before.
    opener: StoredValue<Option<HtmlElement>, LocalStorage>,
}

/// Purpose of a file from the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// As the model of a slot.
    Model(u32),
    /// Added to the model that answers.
    AddOn,
}

/// A proposal, and its stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    /// Purpose of the file.
    pub(crate) want: Want,
    pub(crate) title: String,
    pub(crate) stage: Stage,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stage {
    /// The hub's reply is pending.
    Asking,
    /// Nothing to agree to, with the reason.
    Failed(String),
    /// A repository with several files to choose from.
    Choose(Listing),
    /// The offer with its cost.
    Agree(Box<Offer>),
}

impl Stage {
    pub(crate) fn agree(offer: Offer) -> Self {
        Self::Agree(Box::new(offer))
    }
}

/// Files to download: a model, an adapter, or both.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Offer {
    pub(crate) model: Option<Wanted>,
    pub(crate) adapter: Option<Wanted>,
}

/// A file, with the facts about it that are known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) file: HubFile,
    pub(crate) licence: Option<String>,
    /// Layers, and keys in each layer, of a listed model.
    pub(crate) shape: Option<(u64, u64)>,
    /// Base model that an adapter names.
    pub(crate) base: Option<String>,
    /// Why the hub reported nothing about the file.
    pub(crate) unlisted: Option<String>,
}

impl Wanted {
    pub(crate) fn of(listing: &Listing, file: &HubFile) -> Self {
        let name = file.path.rsplit('/').next().unwrap_or_default().to_owned();
        let (licence, base) = (listing.licence.clone(), listing.base.clone());
        Self { name, file: file.clone(), licence, shape: None, base, unlisted: None }
    }
}

/// The file of a repository that is meant, or a listing of several.
async fn ask(repository: &Repository) -> Result<Result<Wanted, Listing>, HubError> {
    match fetch_listing(repository).await {
        Ok(listing) => Ok(match repository.pick(&listing)? {
            Some(file) => Ok(Wanted::of(&listing, file)),
            None => Err(listing),
        }),
        // The file may exist although the listing failed; less is known then.
        Err(error) => match repository.unlisted(&error) {
            Some(file) => {
                let unlisted = Some(error.sentence());
                Ok(Ok(Wanted { unlisted, ..Wanted::of(&Listing::default(), &file) }))
            }
            None => Err(error),
        },
    }
}

async fn ask_one(repository: &Repository) -> Result<Wanted, HubError> {
    ask(repository).await?.map_err(|_listing| HubError::Nothing(repository.id.clone()))
}

/// An offer of a listed model, and of an adapter for it if one is given.
async fn ask_pair(address: &str, name: &str, adapter: Option<&ListedAdapter>) -> Result<Offer, HubError> {
    let listed = hub::listed(address);
    let known = listed.and_then(|listed| listed.known);
    let repository = Repository::of_address(address).ok_or_else(|| HubError::NoModel(address.to_owned()))?;
    let mut model = match known {
        Some((num_bytes, sum)) => Wanted::of(&Listing::default(), &HubFile::known(address, num_bytes, sum)),
        None => ask_one(&repository).await?,
    };
    model.name = name.to_owned();
    model.shape = listed.map(|listed| listed.shape);
    model.licence = listed.map(|listed| listed.licence.to_owned());
    let adapter = match adapter {
        Some(adapter) => Some(ask_adapter(adapter).await?),
        None => None,
    };
    Ok(Offer { model: Some(model), adapter })
}

async fn ask_adapter(adapter: &ListedAdapter) -> Result<Wanted, HubError> {
    let found = ask_one(&Repository::of_adapter(adapter)).await?;
    Ok(Wanted { name: adapter.name.to_owned(), base: Some(adapter.base.to_owned()), ..found })
}

impl Consent {
    /// Starts without a proposal.
    #[must_use]
    pub fn new() -> Self {
        Self { proposal: RwSignal::new(None), number: StoredValue::new(0), opener: StoredValue::new_local(None) }
    }

    /// Proposes a listed model, alone or with an adapter.
    pub(crate) fn propose_listed(
        self,
        lab: LabState,
        want: Want,
        (address, name): (String, String),
        adapter: Option<&'static ListedAdapter>,
    ) {
        let title = adapter.map_or_else(|| name.clone(), |adapter| text::shelf::pair(&name, adapter.name));
        self.propose(lab, want, title, async move { ask_pair(&address, &name, adapter).await.map(Stage::agree) });
    }

    /// Proposes a listed adapter.
    pub(crate) fn propose_adapter(self, lab: LabState, adapter: &'static ListedAdapter) {
        let ask = async move {
            let adapter = Some(ask_adapter(adapter).await?);
            Ok(Stage::agree(Offer { adapter, ..Offer::default() }))
        };
        self.propose(lab, Want::AddOn, text::cost::the_adapter(adapter.name, adapter.base), ask);
    }

    /// Proposes what a reader typed, if it names something of the hub. Returns whether it does.
    pub(crate) fn takes(self, lab: LabState, want: Want, text: &str) -> bool {
        let repository = match Repository::named(text) {
            // A listing does not mark steering vectors, so they load like any other address.
            Ok(Some(repository)) if want == Want::AddOn && repository.names_vectors() => return false,
            Ok(Some(repository)) => repository,
            Ok(None) => return false,
            Err(error) => {
                self.propose(lab, want, text.to_owned(), async { Err(error) });
                return true;
            }
        };
        let title = repository.id.clone();
        self.propose(lab, want, title, async move {
            Ok(match (ask(&repository).await?, want) {
                // An adapter cannot judge.
                (Ok(file), Want::Model(JUDGE_SLOT)) if !file.file.path.ends_with(GGUF) => no_judge(),
                (Err(listing), Want::Model(JUDGE_SLOT)) if listing.models.is_empty() => no_judge(),
                (Err(listing), Want::Model(JUDGE_SLOT)) => Stage::Choose(Listing { adapters: Vec::new(), ..listing }),
                (Ok(file), _) => Stage::agree(Offer::of(file, want)),
                (Err(listing), _) => Stage::Choose(listing),
            })
        });
        true
    }

    fn propose(
        self,
        lab: LabState,
        want: Want,
        title: String,
        ask: impl Future<Output = Result<Stage, HubError>> + 'static,
    ) {
        self.number.update_value(|number| *number += 1);
        let number = self.number.get_value();
        self.opener.set_value(document().active_element().and_then(|element| element.dyn_into().ok()));
        self.proposal.set(Some(Proposal { want, title, stage: Stage::Asking }));
        spawn_local(async move {
            let stage = ask.await.unwrap_or_else(|error| Stage::Failed(error.sentence()));
            if self.number.try_get_value() == Some(number) {
                self.go_on(lab, stage);
            }
        });
    }

    pub(crate) fn go_on(self, lab: LabState, stage: Stage) {
        // The speed in the offer is measured once, when it is first needed.
        let wants_speed = matches!(&stage, Stage::Agree(offer) if offer.model.is_some());
        if wants_speed && lab.status.with_untracked(|status| status.speed.is_none()) {
            lab.send(&Command::Measure, &[]);
        }
        self.proposal.update(|proposal| {
            if let Some(proposal) = proposal {
                proposal.stage = stage;
            }
        });
    }

    /// Closes the proposal and returns the focus.
    pub(crate) fn close(self) {
        self.number.update_value(|number| *number += 1);
        self.proposal.set(None);
        let opener = self.opener.try_update_value(Option::take).flatten();
        if let Some(opener) = opener.filter(|opener| opener.is_connected()) {
            // If this fails, the focus stays where it is.
            opener.focus().ok();
        }
    }

    pub(crate) fn agree(self, lab: LabState, want: Want, offer: Offer) {
        self.close();
        let slot = if let Want::Model(slot) = want { slot } else { SLOT };
        let Offer { model, adapter } = offer;
        let add_on = adapter.map(|wanted| add_on(&wanted));
        match model {
            Some(Wanted { file, name, .. }) => {
                // A stored copy is checked against the checksum that was stored with it.
                let (source, sha256) = match untrack(|| kept_copy(lab, &file.address)) {
                    Some(copy) => (copy, None),
                    None => (file.source(), file.sha256),
                };
                lab.load_agreed(slot, (source, sha256), &name, add_on.into_iter().collect());
            }
            None => add(lab, add_on.into_iter().collect()),
        }
    }
}

impl Default for Consent {
    fn default() -> Self {
        Self::new()
    }
}

impl Offer {
    /// An offer of one file. Its ending decides between model and adapter; adapters may be GGUF files too.
    pub(crate) fn of(file: Wanted, want: Want) -> Self {
        if file.file.path.ends_with(GGUF) && want != Want::AddOn {
            Self { model: Some(file), adapter: None }
        } else {
            Self { model: None, adapter: Some(file) }
        }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &Wanted> {
        self.model.iter().chain(&self.adapter)
    }

    /// Bytes in all. `None` if the size of a file is not known.
    pub(crate) fn num_bytes(&self) -> Option<u64> {
        self.files().map(|wanted| wanted.file.num_bytes).sum()
    }
}

fn no_judge() -> Stage {
    Stage::Failed(text::judge::NO_JUDGE_THERE.to_owned())
}

fn add_on(wanted: &Wanted) -> AddOn {
    let kind = if wanted.file.path.ends_with(GGUF) { AddOnKind::Adapter } else { AddOnKind::PeftAdapter };
    let file = AddOnFile { sha256: wanted.file.sha256, ..AddOnFile::new(&wanted.name, kind, wanted.file.source()) };
    AddOn { file, attachments: Vec::new() }
}

/// A whole copy of a file in this browser, from any commit.
pub(crate) fn kept_copy(lab: LabState, address: &str) -> Option<Source> {
    let is_copy = |item: &&ShelfItem| !item.is_part && hub::is_same_file(&item.address, address);
    lab.status.with(|status| status.shelf.as_ref()?.kept.iter().find(is_copy).map(|item| item.source.clone()))
}
