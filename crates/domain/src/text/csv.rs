//! Cells of CSV tables, for all exports.

/// A cell, quoted if it must be (RFC 4180).
#[must_use]
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_is_quoted() {
        let cases = [("plain text", "plain text"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\"")];
        for (text, expected) in cases.into_iter().chain([("a\nb", "\"a\nb\""), ("a\rb", "\"a\rb\""), ("", "")]) {
            assert_eq!(quoted(text), expected);
        }
    }
}
