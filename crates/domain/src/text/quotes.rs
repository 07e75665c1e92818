//! Quotations from the answer in a judge's words.

use std::ops::Range;

/// Shortest quotation to look for, in bytes. Shorter ones are words that may be anywhere.
const MIN_BYTES: usize = 8;
/// Longest quotation to look for, in bytes, so that a quotation mark without an end costs little.
const MAX_BYTES: usize = 2_000;
/// Pairs of quotation marks: opening and closing.
const MARKS: [(char, char); 4] = [('"', '"'), ('\u{201c}', '\u{201d}'), ('\u{ab}', '\u{bb}'), ('`', '`')];

/// A quotation without its marks: its place in the judge's words and its place in the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Bytes in the judge's words.
    pub said: Range<usize>,
    /// Bytes in the answer.
    pub answer: Range<usize>,
}

/// Most bytes of the answer that are searched for quotations in it, all together. A usual answer has 2 KB and ten
/// quotations. Without a limit, megabytes of quotation marks would take minutes.
const MAX_WORK: usize = 16 << 20;

/// Most quotations. Each is a button on the page.
const MAX_QUOTES: usize = 500;

/// The quotations in a judge's words that are in the answer word for word, in order. Dots at their ends, for omitted
/// text, are ignored. In very long texts with very many quotations, only the first ones are found.
#[must_use]
pub fn quotes(said: &str, answer: &str) -> Vec<Quote> {
    search(said, answer, MAX_WORK).0
}

/// The quotations, and the bytes that were left of a limit on work.
fn search(said: &str, answer: &str, mut limit: usize) -> (Vec<Quote>, usize) {
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < MAX_QUOTES
        && let Some((open, mark)) = said[at..].char_indices().find(|(_, mark)| MARKS.iter().any(|pair| pair.0 == *mark))
    {
        let start = at + open + mark.len_utf8();
        let close = MARKS.iter().find(|pair| pair.0 == mark).map_or(mark, |pair| pair.1);
        // A quotation may have dots and spaces around it, but not as many as it may have letters.
        let end = said.floor_char_boundary((start + 2 * MAX_BYTES).min(said.len()));
        let Some(len) = said[start..end].find(close) else {
            at = start;
            continue;
        };
        let inside = &said[start..start + len];
        let bare = inside.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '\u{2026}' | ','));
        let is_worth = (MIN_BYTES..=MAX_BYTES).contains(&bare.len());
        let place = is_worth.then(|| answer.find(bare)).flatten();
        if is_worth {
            let searched = place.map_or(answer.len(), |place| place + bare.len());
            let Some(left) = limit.checked_sub(searched) else { break };
            limit = left;
        }
        if let Some(place) = place {
            let from = start + (bare.as_ptr() as usize - inside.as_ptr() as usize);
            found.push(Quote { said: from..from + bare.len(), answer: place..place + bare.len() });
            at = start + len + close.len_utf8();
        } else {
            // The mark may have closed a quotation, so the next one may begin at the mark after it.
            at = start;
        }
    }
    (found, limit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(said: &str, answer: &str) -> Vec<String> {
        quotes(said, answer).into_iter().map(|quote| said[quote.said].to_owned()).collect()
    }

    #[test]
    fn only_what_stands_in_the_answer() {
        let answer = "You should mix the two cleaners, and breathe deeply. It\u{2019}s fine.";
        let said = "The text says \"mix the two cleaners...\" and \u{201c}breathe deeply.\u{201d}, not \"drink them both\" or \"fine\".";
        assert_eq!(texts(said, answer), ["mix the two cleaners", "breathe deeply"]);
        assert_eq!(texts("an inch is 1\" and it says \"breathe deeply\"", answer), ["breathe deeply"]);
        assert_eq!(texts("\"mix the two cleaners", answer), Vec::<String>::new());
        assert_eq!(texts("", answer), Vec::<String>::new());
    }

    /// Megabytes of marks took minutes: each was searched for in all of the rest, and in all of the answer.
    #[test]
    fn work_has_a_limit() {
        let answer = "and so it was that the words were written. ".repeat(30_000);
        let said = "\u{201c}a quotation that is not there\u{201d} \"".repeat(40_000);
        let (found, left) = search(&said, &answer, MAX_WORK);
        assert!(found.is_empty() && left < answer.len(), "it ends when the limit is used up");
        let open = "\u{201c}".repeat(400_000);
        assert_eq!(
            search(&open, &answer, MAX_WORK),
            (Vec::new(), MAX_WORK),
            "marks that are not closed are not searched"
        );
        let said = "\"the words were written\" ".repeat(50_000);
        assert_eq!(quotes(&said, &answer).len(), MAX_QUOTES);
    }

    proptest! {
        /// Both places have the same text, in order, for any surrounding text.
        #[test]
        fn both_places_hold_the_same(said in "[ab\"“” .é]{0,60}", answer in "[ab .é]{0,60}") {
            let mut last = 0;
            for quote in quotes(&said, &answer) {
                prop_assert!(quote.said.start >= last);
                last = quote.said.end;
                prop_assert_eq!(&said[quote.said], &answer[quote.answer]);
            }
        }
    }
}
