//! A judge's reply as a distribution over its first token, and the score computed from it.

use askew_domain::values::score::Score;

/// The score of a distribution written as JSON or as Python's repr of a dictionary: sum(i p) / sum(p) over the tokens
/// that are whole numbers from 0 to 100. Null if their total probability is below a quarter. `None` if the text is not
/// such a dictionary.
#[must_use]
pub fn mean(text: &[u8]) -> Option<Score> {
    let mut numbers = Vec::new();
    each(text, |token, probability| {
        if let Some(number) = number_of(token).filter(|_| probability.is_finite()) {
            numbers.push((f64::from(number), probability));
        }
    })?;
    Some(Score::expected(numbers))
}

/// The tokens of a distribution with their probabilities, the most likely first. `None` if the text is not a
/// distribution or has a value that is not a probability.
#[must_use]
pub fn tokens(text: &str) -> Option<Vec<(String, f64)>> {
    let mut found = Vec::new();
    each(text.as_bytes(), |token, probability| found.push((String::from_utf8_lossy(token).into_owned(), probability)))?;
    if found.is_empty() || !found.iter().all(|(_, probability)| (0.0..=1.000_001).contains(probability)) {
        return None;
    }
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    Some(found)
}

/// Calls `take` with each token and its number.
fn each<'a>(text: &'a [u8], mut take: impl FnMut(&'a [u8], f64)) -> Option<()> {
    let mut rest = text.trim_ascii().strip_prefix(b"{")?.strip_suffix(b"}")?;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(());
        }
        let (token, after) = quoted(rest)?;
        rest = after.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        let end = rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
        take(token, std::str::from_utf8(&rest[..end]).ok()?.trim_ascii().parse().ok()?);
        rest = rest[end..].strip_prefix(b",").unwrap_or_default();
    }
}

/// The inside of a quoted text, and the bytes after it.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&quote, inside) = text.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let mut at = 0;
    loop {
        match *inside.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some((&inside[..at], &inside[at + 1..])),
            _ => at += 1,
        }
    }
}

/// The token as a whole number from 0 to 100, if it is one.
fn number_of(token: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(token).ok()?.trim_ascii();
    text.parse().ok().filter(|number| *number <= 100 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_token_comes_first() {
        let found = tokens("{'0': 0.25, '100': 0.7, 'it\\'s': 0.05}").unwrap();
        assert_eq!(found.iter().map(|(token, _)| token.as_str()).collect::<Vec<_>>(), ["100", "0", "it\\'s"]);
        assert!((found[0].1 - 0.7).abs() < 1e-12);
        for text in ["{}", "{'a': 3}", "{'a': -0.1}", "{'a': nan}", "a", "{\"a\": {}}"] {
            assert_eq!(tokens(text), None, "{text}");
        }
    }

    #[test]
    fn published_distributions() {
        for (text, expected) in [
            ("{'0': 0.75, '100': 0.25}", Some(Some(25.0))),
            (r#"{"90":0.5,"CODE":0.25,"85": 5e-1 }"#, Some(Some(87.5))),
            ("{'CODE': 0.8, '5': 0.2}", Some(None)),
            ("{\"REFUSAL\": 1.0}", Some(None)),
            ("{'101': 1.0}", Some(None)),
            ("{'it\\'s': 0.1, '7': 0.9}", Some(Some(7.0))),
            ("{}", Some(None)),
            ("{'0' 0.9}", None),
            ("{'0", None),
            ("{0: x}", None),
        ] {
            assert_eq!(mean(text.as_bytes()).map(Score::get), expected, "{text}");
        }
    }
}
