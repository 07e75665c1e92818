//! Repositories on the public hub: which one a reader's text refers to, and what the hub's listing says about it. A
//! listing is not trusted: an entry that is not a plain path, size or sum is left out.
//!
//! The crate sends no requests. A caller fetches the address from [`Repository::listing`] for [`Repository::read`].
//!
//! ```
//! use askew_hub::{HubError, Repository};
//!
//! let found = Repository::named(" owner/some-model-GGUF/model-Q4_0.gguf ")?.unwrap();
//! assert_eq!((found.id.as_str(), found.file.as_deref()), ("owner/some-model-GGUF", Some("model-Q4_0.gguf")));
//! # Ok::<(), HubError>(())
//! ```

pub mod catalogue;
pub mod cost;

use std::collections::BTreeSet;

use data_encoding::HEXLOWER_PERMISSIVE;
use miniserde::json::{Array, Object, Value};

pub use crate::catalogue::ListedAdapter;
use crate::catalogue::{ADAPTERS, HUB, LISTED, Listed};
use askew_domain::text::plain::{is_invisible, visible};
use askew_json as json;
use askew_protocol::{Sha256Sum, Source};

/// Largest listing that is read, in bytes. A listing of 10 000 files takes about 3 MB.
pub const MAX_LISTING_BYTES: usize = 8 << 20;
/// Longest part of a repository's name (the hub's own limit), in characters.
const MAX_NAME_CHARS: usize = 96;
const MAX_PATH_CHARS: usize = 500;
/// PEFT's file name for an adapter's weights.
pub const WEIGHTS: &str = "adapter_model.safetensors";
/// PEFT's file name for an adapter's configuration.
const SETTINGS: &str = "adapter_config.json";
/// Hosts of the hub, as they appear in addresses.
const HOSTS: [&str; 3] = ["huggingface.co/", "www.huggingface.co/", "hf.co/"];
/// Names that appear in place of an owner in addresses of pages that are not a model's.
const OTHER_KINDS: [&str; 7] = ["datasets", "spaces", "collections", "papers", "docs", "models", "api"];

/// Why a repository cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The text refers to something else on the hub.
    #[error("this is not a model repository ({0}): give owner/name, or the address of a model's page")]
    NoModel(String),
    /// The repository does not exist or is private. The hub gives the same answer for both.
    #[error("the hub has no public repository {0}: check owner and name (a private one cannot be read from here)")]
    NoRepository(String),
    /// Its owner requires an account and an agreement.
    #[error(
        "the repository {0} is gated: its owner requires an account and an agreement, which this page cannot provide. Choose a copy that is not \
         gated, or download the file yourself and choose it from the disk"
    )]
    Gated(String),
    /// It has no file that can be run.
    #[error(
        "the repository {0} has no GGUF file and no PEFT adapter: choose another one (those with GGUF files usually have GGUF in their names)"
    )]
    Nothing(String),
    /// Its models are all split into parts.
    #[error(
        "the GGUF files of {0} are split into parts, which cannot be run here: choose a smaller quantization, or join them \
         with llama-gguf-split --merge and choose the file from the disk"
    )]
    Split(String),
    /// The named file is not in the repository, or cannot be loaded.
    #[error("{0} has no file {1} that can be loaded here: enter only {0} to see its files that can")]
    NoFile(String, String),
    /// The request got no answer.
    #[error("the hub could not be reached: check the connection, and whether this network or an extension blocks it")]
    Unreachable,
    /// The hub answered with an unexpected HTTP status.
    #[error("the hub answered with status {0}: try again later, or give the file's whole address")]
    Status(u16),
    /// The answer is not a listing.
    #[error("the hub's listing of {0} cannot be read: give the file's whole address")]
    Unreadable(String),
}

impl HubError {
    /// The error as a sentence, with a capital letter and a full stop.
    #[must_use]
    pub fn sentence(&self) -> String {
        askew_domain::text::words::sentence(self)
    }
}

/// A repository of models, and the revision and file that the reader named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// `owner/name`.
    pub id: String,
    /// A branch, tag or commit other than the newest.
    pub revision: Option<String>,
    /// Path of one file in it, as the reader gave it. A path from an address may contain percent signs.
    pub file: Option<String>,
}

impl Repository {
    /// Reads `owner/name`, `owner/name/file.gguf` or an address of the hub. Returns `None` for any other text, such as
    /// another site's address or a file on this page's server.
    ///
    /// # Errors
    /// [`HubError::NoModel`] for a page of the hub that is not a model's.
    pub fn named(text: &str) -> Result<Option<Self>, HubError> {
        let text = text.trim();
        let after_scheme = ["https://", "http://"].iter().find_map(|scheme| strip_prefix(text, scheme));
        let rest = after_scheme.unwrap_or(text);
        let on_hub = HOSTS.iter().find_map(|host| strip_prefix(rest, host));
        let path = match (on_hub, after_scheme) {
            (Some(path), _) => path,
            (None, Some(_)) => return Ok(None),
            (None, None) => rest,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let [owner, name, below @ ..] = parts.as_slice() else { return not_models(on_hub, text) };
        let is_file = |name: &str| name.ends_with(".gguf") || name.ends_with(".safetensors");
        // Without the hub's name, a path may also be one on this page's server.
        let is_of_page =
            path.starts_with(['/', '.']) || is_file(name) || below.last().is_some_and(|last| !last.ends_with(".gguf"));
        if on_hub.is_none() && is_of_page {
            return Ok(None);
        }
        if OTHER_KINDS.contains(owner) || ![owner, name].into_iter().all(|part| is_name(part)) {
            return not_models(on_hub, text);
        }
        let (revision, below) = match below {
            ["tree" | "blob" | "resolve" | "raw", revision, below @ ..] if on_hub.is_some() => (Some(*revision), below),
            _ => (None, below),
        };
        if revision.is_some_and(|revision| !is_name(revision)) {
            return not_models(on_hub, text);
        }
        let file = Some(below.join("/")).filter(|path| is_file(path));
        let revision = revision.filter(|revision| *revision != "main").map(str::to_owned);
        Ok(Some(Self { id: format!("{owner}/{name}"), revision, file }))
    }

    /// The repository and the file that an address of the hub refers to.
    #[must_use]
    pub fn of_address(address: &str) -> Option<Self> {
        Self::named(address).ok().flatten()
    }

    /// The repository of a listed adapter. Its files are at the top level.
    #[must_use]
    pub fn of_adapter(adapter: &ListedAdapter) -> Self {
        Self { id: adapter.repository.to_owned(), revision: None, file: Some(WEIGHTS.to_owned()) }
    }

    /// Whether the named file is neither a model nor PEFT weights. It may hold steering vectors.
    #[must_use]
    pub fn names_vectors(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.ends_with(".gguf") && !file.ends_with(WEIGHTS))
    }

    /// The address of the hub's listing of its files.
    #[must_use]
    pub fn listing(&self) -> String {
        catalogue::hub_listing(&self.id, self.revision.as_deref())
    }

    /// Reads the hub's answer to the request for the listing.
    ///
    /// # Errors
    /// [`HubError`] for another status than 200, for an unreadable answer, and if no file can be run.
    pub fn read(&self, status: u16, body: &[u8]) -> Result<Listing, HubError> {
        match status {
            200 => {}
            // The hub answers 401 to readers who are not signed in if the repository does not exist.
            401 | 404 => return Err(HubError::NoRepository(self.id.clone())),
            403 => return Err(HubError::Gated(self.id.clone())),
            _ => return Err(HubError::Status(status)),
        }
        let unreadable = || HubError::Unreadable(self.id.clone());
        if body.len() > MAX_LISTING_BYTES {
            return Err(unreadable());
        }
        let answer = json::object(body).ok_or_else(unreadable)?;
        if matches!(answer.get("gated"), Some(Value::String(_) | Value::Bool(true))) {
            return Err(HubError::Gated(self.id.clone()));
        }
        let Some(Value::Array(siblings)) = answer.get("siblings") else { return Err(unreadable()) };
        let commit = answer.get("sha").and_then(json::text).filter(|sha| is_commit(sha));
        let revision = commit.or(self.revision.as_deref()).unwrap_or("main");
        let files = self.files(siblings, revision);
        let tag = |name| answer.get("tags").and_then(|tags| tag(tags, name));
        let (licence, base) = (tag("license:"), tag("base_model:adapter:"));
        let is_model = |file: &&HubFile| file.path.ends_with(".gguf");
        let (split, models): (Vec<HubFile>, Vec<HubFile>) =
            files.iter().filter(is_model).cloned().partition(|file| is_part(&file.path));
        let folder = |file: &HubFile, name: &str| file.path.strip_suffix(name).map(str::to_owned);
        let with_settings: BTreeSet<String> = files.iter().filter_map(|file| folder(file, SETTINGS)).collect();
        let is_adapter = |file: &&HubFile| folder(file, WEIGHTS).is_some_and(|folder| with_settings.contains(&folder));
        let adapters: Vec<HubFile> = files.iter().filter(is_adapter).cloned().collect();
        match (models.is_empty() && adapters.is_empty(), split.is_empty()) {
            (true, true) => Err(HubError::Nothing(self.id.clone())),
            (true, false) => Err(HubError::Split(self.id.clone())),
            _ => Ok(Listing {
                licence,
                base,
                models: by_size(models),
                adapters: by_size(adapters),
                num_parts: split.len(),
            }),
        }
    }

    /// The entries that are files with plain paths.
    fn files(&self, siblings: &Array, revision: &str) -> Vec<HubFile> {
        let file = |entry: &Value| {
            let Value::Object(entry) = entry else { return None };
            let path = entry.get("rfilename").and_then(json::text).filter(|path| is_path(path))?;
            let lfs = match entry.get("lfs") {
                Some(Value::Object(lfs)) => Some(lfs),
                _ => None,
            };
            let num_bytes = |object: &Object| object.get("size").and_then(json::whole);
            Some(HubFile {
                path: path.to_owned(),
                address: catalogue::hub_file(&self.id, revision, path),
                num_bytes: num_bytes(entry).or_else(|| lfs.and_then(num_bytes)),
                sha256: lfs.and_then(|lfs| lfs.get("sha256")).and_then(json::text).and_then(sum),
            })
        };
        siblings.iter().filter_map(file).collect()
    }

    /// The file to load: the named one, or the only one. `None` if there are several to choose from.
    ///
    /// # Errors
    /// [`HubError::NoFile`]; [`HubError::Split`] if the file is a part of a model.
    pub fn pick<'a>(&self, listing: &'a Listing) -> Result<Option<&'a HubFile>, HubError> {
        let mut files = listing.models.iter().chain(&listing.adapters);
        let Some(wanted) = &self.file else {
            let only = files.next();
            return Ok(only.filter(|_| files.next().is_none()));
        };
        if is_part(wanted) {
            return Err(HubError::Split(self.id.clone()));
        }
        // The path as it is, or as it is written in an address.
        let is_wanted = |file: &&HubFile| file.path == *wanted || file.address.ends_with(&format!("/{wanted}"));
        files.find(is_wanted).map(Some).ok_or_else(|| HubError::NoFile(self.id.clone(), wanted.clone()))
    }

    /// The named file, for when the hub gave no listing but may still serve the file.
    #[must_use]
    pub fn unlisted(&self, error: &HubError) -> Option<HubFile> {
        let path = self.file.clone()?;
        let is_no_answer = matches!(error, HubError::Unreachable | HubError::Status(_) | HubError::Unreadable(_));
        let address = catalogue::hub_file(&self.id, self.revision.as_deref().unwrap_or("main"), &path);
        // Percent signs in an address are already encoded.
        let address = address.replace("%25", "%");
        (is_no_answer && !is_part(&path)).then_some(HubFile { path, address, num_bytes: None, sha256: None })
    }
}

/// The files in a repository that can be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its licence, as its owner wrote it.
    pub licence: Option<String>,
    /// The repository of the model that its adapters were trained on.
    pub base: Option<String>,
    /// Models that are in one file each.
    pub models: Vec<HubFile>,
    /// Weights of PEFT adapters that have their configuration in the same folder.
    pub adapters: Vec<HubFile>,
    /// Number of files that are parts of models, which cannot be run.
    pub num_parts: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFile {
    /// Its path in the repository.
    pub path: String,
    /// Address of its bytes, at a commit if the hub named one.
    pub address: String,
    /// Its length, if the hub gives it.
    pub num_bytes: Option<u64>,
    /// Its SHA-256, if the hub gives it.
    pub sha256: Option<Sha256Sum>,
}

impl HubFile {
    /// A file of the catalogue, with a length and a sum that are known without a request.
    #[must_use]
    pub fn known(address: &str, num_bytes: u64, sha256: Sha256Sum) -> Self {
        let path = address.rsplit('/').next().unwrap_or_default().to_owned();
        Self { path, address: address.to_owned(), num_bytes: Some(num_bytes), sha256: Some(sha256) }
    }

    /// The source to load it from.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::Url(self.address.clone())
    }
}

/// The listed model at an address.
#[must_use]
pub fn listed(address: &str) -> Option<&'static Listed> {
    LISTED.iter().find(|listed| listed.address == address)
}

/// The listed adapters.
#[must_use]
pub fn adapters() -> &'static [ListedAdapter] {
    &ADAPTERS
}

/// Whether one of a model's names contains `base`, by any publisher. Case and punctuation are ignored because spellings
/// differ.
#[must_use]
pub fn is_base(base: &str, names: &[&str]) -> bool {
    let letters = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let base = letters(base.rsplit('/').next().unwrap_or_default());
    !base.is_empty() && names.iter().any(|name| letters(name).contains(&base))
}

/// Whether two addresses refer to the same file on the hub, at any commit.
#[must_use]
pub fn is_same_file(one: &str, other: &str) -> bool {
    let name = |address| Repository::of_address(address).map(|found| (found.id, found.file));
    one == other || name(one).is_some_and(|found| found.1.is_some() && Some(found) == name(other))
}

/// The hub's host name.
#[must_use]
pub fn host() -> &'static str {
    HUB.split('/').nth(2).unwrap_or_default()
}

fn not_models(on_hub: Option<&str>, text: &str) -> Result<Option<Repository>, HubError> {
    if on_hub.is_some() {
        Err(HubError::NoModel(visible(text).chars().take(MAX_NAME_CHARS).collect()))
    } else {
        Ok(None)
    }
}

/// [`str::strip_prefix`] without regard to case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Whether the text can be an owner, a repository or a revision.
fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    (1..=MAX_NAME_CHARS).contains(&text.len())
        && text.chars().all(is_plain)
        && !text.starts_with('.')
        && !text.contains("..")
}

/// Whether it is a downward path with only characters that can be shown as they are.
fn is_path(path: &str) -> bool {
    // Direction marks would make the shown name differ from the fetched one.
    let is_shown = |c: char| c != '\\' && !is_invisible(c);
    let is_step = |step: &str| !matches!(step, "" | "." | "..");
    path.len() <= MAX_PATH_CHARS && path.chars().all(is_shown) && path.split('/').all(is_step)
}

/// Whether a file is one part of several, numbered as by llama.cpp: `name-00001-of-00003.gguf`.
fn is_part(path: &str) -> bool {
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut ends = path.strip_suffix(".gguf").unwrap_or_default().rsplitn(4, '-');
    let (last, of, first) = (ends.next(), ends.next(), ends.next());
    of == Some("of") && last.is_some_and(is_number) && first.is_some_and(is_number)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Parses a SHA-256 from hexadecimal digits.
fn sum(hex: &str) -> Option<Sha256Sum> {
    HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?.try_into().ok()
}

/// The text after `name` in one of a repository's tags, if it contains only plain characters.
fn tag(tags: &Value, name: &str) -> Option<String> {
    let Value::Array(tags) = tags else { return None };
    let value = tags.iter().filter_map(json::text).find_map(|tag| tag.strip_prefix(name))?;
    value.split('/').all(is_name).then(|| value.to_owned())
}

/// Sorts the files, smallest first. Files of unknown size come last.
fn by_size(mut files: Vec<HubFile>) -> Vec<HubFile> {
    files.sort_by(|a, b| (a.num_bytes.unwrap_or(u64::MAX), &a.path).cmp(&(b.num_bytes.unwrap_or(u64::MAX), &b.path)));
    files
}
