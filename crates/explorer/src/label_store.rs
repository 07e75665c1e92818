//! The reader's labels as a text in the browser's storage, which several tabs may change.
//!
//! The text is one line with the version, then the labels' own table. A tab never writes what it has in memory: it reads
//! the text again and applies its change ([`merge`]), so that it keeps the labels of other tabs.

use askew_domain::rows::labels::LabelRow;
use askew_formats::labels;
use data_encoding::HEXLOWER;

/// Start of the text. The number of labels follows, so that a text that was cut off is noticed.
const VERSION: &str = "askew labels 1: ";

/// The text for labels.
#[must_use]
pub fn to_text(rows: &[LabelRow]) -> String {
    format!("{VERSION}{}\n{}", rows.len(), labels::write(rows))
}

/// The labels in a text of [`to_text`], or in the hexadecimal digits that Askew 0.1 stored.
///
/// # Errors
/// A sentence that says why the text cannot be read. The caller must not overwrite it.
pub fn from_text(text: &str) -> Result<Vec<LabelRow>, String> {
    let (first, table) = text.split_once('\n').unwrap_or((text, ""));
    match first.strip_prefix(VERSION) {
        Some(count) => {
            let rows = labels::read(table.as_bytes()).map_err(|error| error.to_string())?;
            let is_whole = count.parse() == Ok(rows.len()) && table.ends_with('\n');
            is_whole.then_some(rows).ok_or_else(|| "a part of them is missing".to_owned())
        }
        None if first.starts_with("askew labels ") => Err(format!("another version of Askew stored them ({first})")),
        None => from_digits(text).ok_or_else(|| "they are damaged".to_owned()),
    }
}

fn from_digits(text: &str) -> Option<Vec<LabelRow>> {
    let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
    let (rows, rest) = postcard::take_from_bytes(&bytes).ok()?;
    rest.is_empty().then_some(rows)
}

/// Applies a change to stored labels: `before` are the labels that the page knew for some answers, `now` are those that
/// it knows. All other labels stay as they are stored.
#[must_use]
pub fn merge(mut stored: Vec<LabelRow>, before: &[LabelRow], now: &[LabelRow]) -> Vec<LabelRow> {
    let is_same = |a: &LabelRow, b: &LabelRow| a.identity == b.identity && a.question == b.question;
    let changed: Vec<&LabelRow> = now.iter().filter(|row| !before.contains(row)).collect();
    let removed = before.iter().filter(|row| !now.iter().any(|known| is_same(known, row)));
    let touched: Vec<&LabelRow> = removed.chain(changed.iter().copied()).collect();
    stored.retain(|row| !touched.iter().any(|touched| is_same(touched, row)));
    stored.extend(changed.into_iter().cloned());
    stored
}

#[cfg(test)]
mod tests {
    use askew_domain::rows::labels::Label;
    use proptest::prelude::*;

    use super::*;

    fn row(identity: u64, kind: u8) -> LabelRow {
        let label = Label { in_domain: Some(kind.is_multiple_of(2)), kind: Some(format!("kind, \"{kind}\"\n")) };
        LabelRow { question: format!("question {}", identity % 3), identity, label, is_by_hand: true }
    }

    #[test]
    fn labels_come_back_from_either_text() {
        let rows = vec![row(1, 1), row(2, 2)];
        assert_eq!(from_text(&to_text(&rows)), Ok(rows.clone()));
        let digits = HEXLOWER.encode(&postcard::to_allocvec(&rows).unwrap());
        assert_eq!(from_text(&digits), Ok(rows));
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_not_empty() {
        let text = to_text(&[row(1, 1)]);
        let cuts = (0..text.len()).filter_map(|end| text.get(..end)).map(str::to_owned);
        for damaged in cuts.chain(["{}".to_owned(), "0g".to_owned(), text.replace("no,", "maybe,")]) {
            assert!(from_text(&damaged).is_err(), "{damaged}");
        }
        let other = from_text("askew labels 2: 1\nquestion").unwrap_err();
        assert!(other.contains("another version"), "{other}");
    }

    /// A change that a tab makes: it labels an answer, or takes its label back.
    #[derive(Debug, Clone, Copy)]
    struct Change {
        tab: usize,
        identity: u64,
        kind: Option<u8>,
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let change = (0..3_usize, 0..6_u64, prop::option::of(0..4_u8));
        prop::collection::vec(change.prop_map(|(tab, identity, kind)| Change { tab, identity, kind }), 0..40)
    }

    proptest! {
        /// Tabs that know only their own changes lose none of each other's.
        #[test]
        fn labels_of_all_tabs_survive_any_order(changes in changes()) {
            let mut text = to_text(&[]);
            let mut tabs = vec![Vec::<LabelRow>::new(); 3];
            let mut expected = std::collections::BTreeMap::new();
            for Change { tab, identity, kind } in changes {
                let before = tabs[tab].clone();
                // A tab can only take back a label that it shows, and only change it to another.
                let is_change = match kind {
                    Some(kind) => !before.contains(&row(identity, kind)),
                    None => before.iter().any(|row| row.identity == identity),
                };
                if !is_change {
                    continue;
                }
                tabs[tab].retain(|row| row.identity != identity);
                tabs[tab].extend(kind.map(|kind| row(identity, kind)));
                match kind {
                    Some(kind) => drop(expected.insert(identity, row(identity, kind))),
                    None => drop(expected.remove(&identity)),
                }
                text = to_text(&merge(from_text(&text).unwrap(), &before, &tabs[tab]));
            }
            let mut found = from_text(&text).unwrap();
            found.sort_by_key(|row| row.identity);
            prop_assert_eq!(found, expected.into_values().collect::<Vec<_>>());
        }
    }
}
