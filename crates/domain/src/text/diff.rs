//! Which words of an answer are also in another answer, in the same order.

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffTag, DiffableStr};

/// Longer texts are not compared by words, because the time grows with the square of the length.
const MAX_BYTES: usize = 20_000;

/// `text` in pieces, each with whether `other` also has it, in the same order. The pieces together are the whole text.
#[must_use]
pub fn words(other: &str, text: &str) -> Vec<(bool, String)> {
    if other.len().max(text.len()) > MAX_BYTES {
        return vec![(other == text, text.to_owned())];
    }
    let (old, new) = (other.tokenize_words(), text.tokenize_words());
    let (old, new) = (old.as_slice(), new.as_slice());
    // What `TextDiff` does with its default algorithm. It also contains the others, 6 KB of the worker (brotli).
    let mut changes = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut changes, old, 0..old.len(), new, 0..new.len());
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for change in changes.into_inner().into_inner().into_ops() {
        let is_shared = change.tag() == DiffTag::Equal;
        let words = new.get(change.new_range()).unwrap_or_default().concat();
        if words.is_empty() {
            continue;
        }
        match pieces.last_mut() {
            Some((was_shared, piece)) if *was_shared == is_shared => piece.push_str(&words),
            _ => pieces.push((is_shared, words)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shared_words_are_found() {
        let shared = |is: bool, text: &str| (is, text.to_owned());
        assert_eq!(
            words("I would ask for world peace", "I would end world hunger"),
            [shared(true, "I would "), shared(false, "end"), shared(true, " world "), shared(false, "hunger")]
        );
        assert_eq!(words("same", "same"), [shared(true, "same")]);
        assert_eq!(words("a", ""), []);
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(other in "[ab \n]{0,30}", text in ".{0,30}|[ab \n]{0,30}") {
            let pieces = words(&other, &text);
            prop_assert_eq!(pieces.iter().map(|(_, piece)| piece.as_str()).collect::<String>(), text.clone());
            let shared: usize = pieces.iter().filter(|(is_shared, _)| *is_shared).map(|(_, piece)| piece.len()).sum();
            prop_assert!(shared <= other.len());
        }
    }
}
