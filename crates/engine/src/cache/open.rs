//! Decides once where a model's bytes will come from.

use sha2::{Digest, Sha256};

use super::source::{Copy, KeptSource, with_rest};
use super::story::Story;
use super::{Answer, Cache, Entry, Http, Mode, Store, StoreError, StoreFile, Wanted};
use crate::RuntimeError;
use askew_domain::text::words::size_text;

/// Opens a model's bytes. A complete copy is read without asking the server. A partial copy is resumed if the server
/// still has the same file and sends parts. Otherwise the download starts at the first byte.
///
/// # Errors
/// [`RuntimeError::Source`] if the server is needed and does not answer.
pub async fn open<S: Store + Clone, H: Http>(
    store: Option<&S>,
    http: Option<&H>,
    wanted: Wanted,
) -> Result<KeptSource<S, H::Body>, RuntimeError> {
    let key = Entry::key(&wanted.address);
    let cache = store.map(|store| Cache::new(store.clone()));
    let mut story = Story::default();
    let mut part = None;
    if let Some(cache) = &cache
        && let Some(entry) = cache.entry(&key).await
    {
        match find(cache, &key, entry, &wanted).await {
            Ok(Some(copy)) if copy.entry.is_complete => return Ok(KeptSource::whole(wanted, copy)),
            Ok(copy) => part = copy,
            Err(error) => story.not_kept = Some(error.to_string()),
        }
    }

    let absent = || RuntimeError::Source(format!("{} is not in this browser", wanted.name));
    let http = http.ok_or_else(absent)?;
    if let Some(copy) = part {
        let asked = http.get(&wanted.address, copy.entry.num_bytes).await;
        match fit_together(&copy.entry, &wanted, asked.map_err(|error| with_rest(error, &copy.entry))?) {
            Ok(answer) => {
                story.from_copy = copy.entry.num_bytes;
                let total = answer.total.or(copy.entry.total);
                let is_total_exact = answer.is_total_exact;
                let (hasher, body) = (Sha256::new(), Some(answer.body));
                return Ok(KeptSource { wanted, copy: Some(copy), body, hasher, at: 0, total, is_total_exact, story });
            }
            Err(why) => story.began_again = Some(why),
        }
    }
    let gone = || RuntimeError::Source(format!("{}: the server does not send this file", wanted.address));
    let answer = http.get(&wanted.address, 0).await?.filter(|answer| answer.first_byte == 0).ok_or_else(gone)?;
    let mut copy = None;
    if let Some(cache) = cache.filter(|_| wanted.keep && story.not_kept.is_none()) {
        match begin(cache, key, &wanted, &answer).await {
            Ok(begun) => copy = Some(begun),
            Err(error) => story.not_kept = Some(error),
        }
    } else if wanted.keep && story.not_kept.is_none() {
        story.not_kept = Some("this browser does not let pages store files here".to_owned());
    }
    let hasher = Sha256::new();
    let Answer { total, is_total_exact, body, .. } = answer;
    Ok(KeptSource { wanted, copy, body: Some(body), hasher, at: 0, total, is_total_exact, story })
}

/// Opens the bytes of an entry. `None` if they are fewer than the entry says, or are not the wanted file.
async fn find<S: Store + Clone>(
    cache: &Cache<S>,
    key: &str,
    entry: Entry,
    wanted: &Wanted,
) -> Result<Option<Copy<S>>, StoreError> {
    let is_other = entry.is_complete && wanted.pin.is_some_and(|pin| pin != entry.sha256);
    let mode = if entry.is_complete { Mode::Read } else { Mode::Write };
    let file = if is_other { None } else { cache.open_bytes(key, mode).await? };
    let is_there = |file: &S::File| file.num_bytes().is_ok_and(|num_bytes| num_bytes >= entry.num_bytes);
    let Some(file) = file.filter(is_there) else {
        cache.remove(key).await?;
        return Ok(None);
    };
    let is_growing = !entry.is_complete;
    Ok(Some(Copy { cache: Cache::new(cache.store.clone()), key: key.to_owned(), file, entry, is_growing }))
}

/// Accepts an answer that continues where a copy ends. Otherwise returns the reason that it does not.
fn fit_together<B>(entry: &Entry, wanted: &Wanted, answer: Option<Answer<B>>) -> Result<Answer<B>, &'static str> {
    const CHANGED: &str = "the file has changed since";
    let answer = answer.ok_or(CHANGED)?;
    let is_same_length = entry.total.is_none() || answer.total.is_none() || entry.total == answer.total;
    match (&entry.version, &answer.version) {
        (Some(old), Some(new)) if old != new => return Err(CHANGED),
        _ if !is_same_length => return Err(CHANGED),
        // The file's SHA-256 is known, so a change is detected at the end.
        _ if wanted.pin.is_some() => {}
        (Some(_), Some(_)) => {}
        _ => return Err("the server does not say whether the file is still the same"),
    }
    if answer.first_byte != entry.num_bytes {
        return Err("the server does not send parts of files");
    }
    Ok(answer)
}

/// Creates an empty copy, or says why it cannot.
async fn begin<S: Store, B>(
    cache: Cache<S>,
    key: String,
    wanted: &Wanted,
    answer: &Answer<B>,
) -> Result<Copy<S>, String> {
    // The old copy is useless now, and its room is needed.
    cache.remove(&key).await.map_err(|error| error.to_string())?;
    if let (Some(room), Some(total)) = (cache.room().await, answer.total)
        && total > room
    {
        return Err(format!("it needs {}, and the browser grants {} more", size_text(total), size_text(room)));
    }
    let entry = Entry {
        address: wanted.address.clone(),
        name: wanted.name.clone(),
        total: answer.total,
        version: answer.version.clone(),
        num_bytes: 0,
        sha256: Sha256::new().finalize().into(),
        is_complete: false,
        saved_ms: cache.store.now_ms(),
    };
    let file = cache.open_bytes(&key, Mode::Write).await.map_err(|error| error.to_string())?;
    let file = file.ok_or_else(|| "the file could not be created".to_owned())?;
    cache.write_entry(&key, &entry).await.map_err(|error| error.to_string())?;
    Ok(Copy { cache, key, file, entry, is_growing: true })
}
