//! Which words of an answer are also in another answer, in the same order.

use similar::{ChangeTag, TextDiff};

/// Longer texts are not compared by words, because the time grows with the square of the length.
const MAX_BYTES: usize = 20_000;

/// `text` in pieces, each with whether `other` also has it, in the same order. The pieces together are the whole text.
#[must_use]
pub fn words(other: &str, text: &str) -> Vec<(bool, String)> {
    if other.len().max(text.len()) > MAX_BYTES {
        return vec![(other == text, text.to_owned())];
    }
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for change in TextDiff::from_words(other, text).iter_all_changes() {
        let is_shared = match change.tag() {
            ChangeTag::Equal => true,
            ChangeTag::Insert => false,
            ChangeTag::Delete => continue,
        };
        match pieces.last_mut() {
            Some((was_shared, piece)) if *was_shared == is_shared => piece.push_str(change.value()),
            _ => pieces.push((is_shared, change.value().to_owned())),
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
