//! Repositories of the public hub: what a reader's words name there, and what the hub's listing says of it. Nothing of a
//! listing is trusted: what is no plain path, size or sum is left out.

pub mod catalogue;
pub mod cost;

use std::collections::BTreeSet;

use miniserde::json::{Array, Object, Value};

pub use crate::catalogue::ListedAdapter;
use crate::catalogue::{ADAPTERS, HUB, LISTED, Listed};
use askew_json as json;
use askew_protocol::Sha256Sum;
use askew_protocol::Source;

/// Largest listing that is read, in bytes: one of 10 000 files takes about 3 MB.
pub const MAX_LISTING_BYTES: usize = 8 << 20;
/// Longest part of a repository's name, which is the hub's own limit, and longest path of a file.
const MAX_NAME_CHARS: usize = 96;
const MAX_PATH_CHARS: usize = 500;
/// What PEFT calls an adapter's weights.
pub const WEIGHTS: &str = "adapter_model.safetensors";
/// And its configuration.
const SETTINGS: &str = "adapter_config.json";
/// The hub's other addresses.
const HOSTS: [&str; 3] = ["huggingface.co/", "www.huggingface.co/", "hf.co/"];
/// What stands in the place of an owner in addresses of what is no model.
const OTHER_KINDS: [&str; 7] = ["datasets", "spaces", "collections", "papers", "docs", "models", "api"];

/// Why nothing of a repository can be offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The words name something else of the hub.
    #[error("this is no repository of a model ({0}): give owner/name, or the address of a model's page")]
    NoModel(String),
    /// There is none of that name, or it is private: the hub says the same of both.
    #[error("the hub knows no public repository {0}: check owner and name (a private one cannot be read from here)")]
    NoRepository(String),
    /// Its owner wants an account and an agreement.
    #[error(
        "the repository {0} is gated: its owner wants an account and an agreement, which this page cannot give. Choose a copy that is not \
         gated, or download the file yourself and choose it from the disk"
    )]
    Gated(String),
    /// It holds nothing that can be run.
    #[error(
        "the repository {0} holds neither a GGUF file nor a PEFT adapter: repositories with GGUF files mostly say so in their names"
    )]
    Nothing(String),
    /// It holds models, but in parts.
    #[error(
        "the GGUF files of {0} are cut into parts, which cannot be run here: choose a smaller quantization, or join them \
         with llama-gguf-split --merge and choose the file from the disk"
    )]
    Split(String),
    /// The file that was named is not there.
    #[error("there is no file {1} in {0} that can be loaded here: give {0} alone to see those that can")]
    NoFile(String, String),
    /// No answer came.
    #[error("the hub could not be reached: check the connection, and whether this network or an extension blocks it")]
    Unreachable,
    /// An answer that says nothing of the repository.
    #[error("the hub answers {0}: try again later, or give the file's whole address")]
    Status(u16),
    /// An answer that is no listing.
    #[error("the hub's listing of {0} cannot be read: give the file's whole address")]
    Unreadable(String),
}

impl HubError {
    /// As a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        askew_domain::text::words::sentence(self)
    }
}

/// A repository of models, and what of it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// `owner/name`.
    pub id: String,
    /// A branch, tag or commit other than the newest.
    pub revision: Option<String>,
    /// One file's path in it, as it was given: in an address it may hold percent signs.
    pub file: Option<String>,
}

impl Repository {
    /// What `owner/name`, `owner/name/file.gguf` or an address of the hub means; none where the text is something else,
    /// such as another site's address or a file beside the page.
    ///
    /// # Errors
    /// [`HubError::NoModel`] for a page of the hub that is no model's.
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
        // Without the hub's name, a path may as well be one of this page.
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

    /// The repository and the file of an address of the hub.
    #[must_use]
    pub fn of_address(address: &str) -> Option<Self> {
        Self::named(address).ok().flatten()
    }

    /// The repository of a listed adapter, whose files lie at its top.
    #[must_use]
    pub fn of_adapter(adapter: &ListedAdapter) -> Self {
        Self { id: adapter.repository.to_owned(), revision: None, file: Some(WEIGHTS.to_owned()) }
    }

    /// Whether a file is meant that is neither a model nor PEFT's: steering vectors, it may be.
    #[must_use]
    pub fn names_vectors(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.ends_with(".gguf") && !file.ends_with(WEIGHTS))
    }

    /// Where the hub lists its files.
    #[must_use]
    pub fn listing(&self) -> String {
        catalogue::hub_listing(&self.id, self.revision.as_deref())
    }

    /// What the hub's answer says.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn read(&self, status: u16, body: &[u8]) -> Result<Listing, HubError> {
        match status {
            200 => {}
            // The hub answers 401 where there is no such repository, to whoever has not signed in.
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

    /// Entries that are files with plain paths.
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

    /// The file of a listing that is meant: the one that was named, or the only one; none where there is a choice.
    ///
    /// # Errors
    /// [`HubError::NoFile`]; [`HubError::Split`] where it is a part of one.
    pub fn pick<'a>(&self, listing: &'a Listing) -> Result<Option<&'a HubFile>, HubError> {
        let mut files = listing.models.iter().chain(&listing.adapters);
        let Some(wanted) = &self.file else {
            let only = files.next();
            return Ok(only.filter(|_| files.next().is_none()));
        };
        if is_part(wanted) {
            return Err(HubError::Split(self.id.clone()));
        }
        // As it is, or as an address writes it.
        let is_wanted = |file: &&HubFile| file.path == *wanted || file.address.ends_with(&format!("/{wanted}"));
        files.find(is_wanted).map(Some).ok_or_else(|| HubError::NoFile(self.id.clone(), wanted.clone()))
    }

    /// The file that was named, where the hub lists nothing but may give it all the same.
    #[must_use]
    pub fn unlisted(&self, error: &HubError) -> Option<HubFile> {
        let path = self.file.clone()?;
        let is_no_answer = matches!(error, HubError::Unreachable | HubError::Status(_) | HubError::Unreadable(_));
        let address = catalogue::hub_file(&self.id, self.revision.as_deref().unwrap_or("main"), &path);
        // Percent signs of an address stay what they are.
        let address = address.replace("%25", "%");
        (is_no_answer && !is_part(&path)).then_some(HubFile { path, address, num_bytes: None, sha256: None })
    }
}

/// What a repository holds that can be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its licence, as its owner names it.
    pub licence: Option<String>,
    /// The repository of the model that its adapters were made for.
    pub base: Option<String>,
    /// Models in one file each.
    pub models: Vec<HubFile>,
    /// Weights of PEFT adapters with their configuration beside them.
    pub adapters: Vec<HubFile>,
    /// Files that are parts of models, which cannot be run.
    pub num_parts: usize,
}

/// A file of the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFile {
    /// Its path in the repository.
    pub path: String,
    /// Where its bytes lie: at a commit, where the hub named one.
    pub address: String,
    /// Its length, where the hub says.
    pub num_bytes: Option<u64>,
    /// Its SHA-256, where the hub says.
    pub sha256: Option<Sha256Sum>,
}

impl HubFile {
    /// A file of the catalogue that is known without asking.
    #[must_use]
    pub fn known(address: &str, num_bytes: u64, sha256: Sha256Sum) -> Self {
        let path = address.rsplit('/').next().unwrap_or_default().to_owned();
        Self { path, address: address.to_owned(), num_bytes: Some(num_bytes), sha256: Some(sha256) }
    }

    /// How it is loaded.
    #[must_use]
    pub fn source(&self) -> Source {
        Source::Url(self.address.clone())
    }
}

/// The model of the list at an address.
#[must_use]
pub fn listed(address: &str) -> Option<&'static Listed> {
    LISTED.iter().find(|listed| listed.address == address)
}

/// The adapters of the list.
#[must_use]
pub fn adapters() -> &'static [ListedAdapter] {
    &ADAPTERS
}

/// Whether one of the names that a model goes by says that it is `base`, whoever's it is: spellings differ in case and
/// signs.
#[must_use]
pub fn is_base(base: &str, names: &[&str]) -> bool {
    let letters = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let base = letters(base.rsplit('/').next().unwrap_or_default());
    !base.is_empty() && names.iter().any(|name| letters(name).contains(&base))
}

/// Whether two addresses mean the same file of the hub, at whatever commit.
#[must_use]
pub fn is_same_file(one: &str, other: &str) -> bool {
    let name = |address| Repository::of_address(address).map(|found| (found.id, found.file));
    one == other || name(one).is_some_and(|found| found.1.is_some() && Some(found) == name(other))
}

/// The host of the hub.
#[must_use]
pub fn host() -> &'static str {
    HUB.split('/').nth(2).unwrap_or_default()
}

fn not_models(on_hub: Option<&str>, text: &str) -> Result<Option<Repository>, HubError> {
    if on_hub.is_some() { Err(HubError::NoModel(text.chars().take(MAX_NAME_CHARS).collect())) } else { Ok(None) }
}

/// [`str::strip_prefix`], whatever the case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// Whether it can be an owner, a repository or a revision.
fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    (1..=MAX_NAME_CHARS).contains(&text.len())
        && text.chars().all(is_plain)
        && !text.starts_with('.')
        && !text.contains("..")
}

/// Whether it is a path downwards in letters that can be shown as they are.
fn is_path(path: &str) -> bool {
    // Marks of direction would show another name than is fetched.
    let is_shown = |c: char| {
        !c.is_control()
            && !matches!(c, '\\' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let is_step = |step: &str| !matches!(step, "" | "." | "..");
    path.len() <= MAX_PATH_CHARS && path.chars().all(is_shown) && path.split('/').all(is_step)
}

/// Whether a file is one of several, as llama.cpp numbers them: `name-00001-of-00003.gguf`.
fn is_part(path: &str) -> bool {
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut ends = path.strip_suffix(".gguf").unwrap_or_default().rsplitn(4, '-');
    let (last, of, first) = (ends.next(), ends.next(), ends.next());
    of == Some("of") && last.is_some_and(is_number) && first.is_some_and(is_number)
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Hexadecimal as a sum.
fn sum(hex: &str) -> Option<Sha256Sum> {
    let mut bytes = [0; 32];
    let is_hex = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)).take(if is_hex { 32 } else { 0 }) {
        *byte = u8::from_str_radix(&hex[at..at + 2], 16).ok()?;
    }
    is_hex.then_some(bytes)
}

/// What follows a name among a repository's tags, in plain letters.
fn tag(tags: &Value, name: &str) -> Option<String> {
    let Value::Array(tags) = tags else { return None };
    let value = tags.iter().filter_map(json::text).find_map(|tag| tag.strip_prefix(name))?;
    value.split('/').all(is_name).then(|| value.to_owned())
}

/// The smallest first.
fn by_size(mut files: Vec<HubFile>) -> Vec<HubFile> {
    files.sort_by(|a, b| (a.num_bytes.unwrap_or(u64::MAX), &a.path).cmp(&(b.num_bytes.unwrap_or(u64::MAX), &b.path)));
    files
}
