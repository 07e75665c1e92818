//! Describes the models that can be loaded without choosing a file.

use super::cache::Entry;
use askew_domain::text::words::size_text;
use askew_protocol::{Shelf, ShelfItem, Source};
use data_encoding::HEXLOWER;

/// Hexadecimal digits of a SHA-256 that are shown.
const SUM_CHARS: usize = 12;

/// The shelf, from the saved models with their keys, the bytes that may still be saved, the models that are offered by
/// name, and a function that formats a time in milliseconds since 1970.
pub fn shelf(
    kept: &[(String, Entry)],
    room: Option<u64>,
    offers: Vec<ShelfItem>,
    date: impl Fn(f64) -> String,
) -> Shelf {
    let total = kept.iter().map(|(_, entry)| entry.num_bytes).sum();
    let mut summary = match kept {
        [] => "No model is kept in this browser".to_owned(),
        _ => format!("Kept in this browser: {}", size_text(total)),
    };
    if let Some(room) = room {
        summary.push_str(&format!("; room for {} more", size_text(room)));
    }
    let kept = kept.iter().map(|(key, entry)| kept_item(key, entry, &date(entry.saved_ms))).collect();
    Shelf { summary, room, kept, offers }
}

fn kept_item(key: &str, entry: &Entry, date: &str) -> ShelfItem {
    let here = size_text(entry.num_bytes);
    let what = match entry.total {
        _ if entry.is_complete => format!("{here}, SHA-256 {}…", &HEXLOWER.encode(&entry.sha256)[..SUM_CHARS]),
        Some(total) => format!("{here} of {}, incomplete", size_text(total)),
        None => format!("{here}, incomplete"),
    };
    ShelfItem {
        name: entry.name.clone(),
        detail: format!("{what}, {date}"),
        source: Source::Kept(key.to_owned()),
        address: entry.address.clone(),
        num_bytes: entry.num_bytes,
        is_part: !entry.is_complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shelf_says_what_is_here() {
        let entry = |is_complete| Entry {
            address: "https://example.org/a.gguf".into(),
            name: "a.gguf".into(),
            total: Some(98_362_432),
            version: None,
            num_bytes: if is_complete { 98_362_432 } else { 49_000_000 },
            sha256: [0xab; 32],
            is_complete,
            saved_ms: 0.0,
        };
        let kept = [("k1".to_owned(), entry(true)), ("k2".to_owned(), entry(false))];
        let shelf = shelf(&kept, Some(10_737_400_000), Vec::new(), |_| "today".to_owned());
        assert_eq!(shelf.summary, "Kept in this browser: 147.4 MB; room for 10.7 GB more");
        assert_eq!(shelf.kept[0].detail, "98.4 MB, SHA-256 abababababab…, today");
        assert_eq!(shelf.kept[1].detail, "49.0 MB of 98.4 MB, incomplete, today");
        assert_eq!((shelf.kept[0].is_part, shelf.kept[1].is_part), (false, true));
        assert_eq!(shelf.kept[1].source, Source::Kept("k2".into()));
        assert_eq!(super::shelf(&[], None, Vec::new(), |_| String::new()).summary, "No model is kept in this browser");
    }
}
