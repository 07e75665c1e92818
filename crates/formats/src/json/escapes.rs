//! Escapes in JSON strings.

/// Decodes the inside of a JSON string into `text`. Returns whether a part of it was not valid text.
pub fn unescape(bytes: &[u8], text: &mut String) -> bool {
    text.clear();
    let (mut is_lossy, mut rest) = (false, bytes);
    let mut push = |text: &mut String, bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(part) => text.push_str(part),
        Err(_) => {
            is_lossy = true;
            text.push_str(&String::from_utf8_lossy(bytes));
        }
    };
    while let Some(at) = memchr::memchr(b'\\', rest) {
        push(text, &rest[..at]);
        let escape = rest.get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match escape {
            b'n' => text.push('\n'),
            b't' => text.push('\t'),
            b'r' => text.push('\r'),
            b'b' => text.push('\u{8}'),
            b'f' => text.push('\u{c}'),
            b'u' => {
                let (character, after) = unicode(rest);
                text.push(character);
                rest = after;
            }
            other => push(text, &[other]),
        }
    }
    push(text, rest);
    is_lossy
}

/// The character of `\uXXXX` (after the `u`), or of two of them if they are a surrogate pair, and the bytes after it.
fn unicode(bytes: &[u8]) -> (char, &[u8]) {
    const BAD: char = char::REPLACEMENT_CHARACTER;
    let unit = |bytes: &[u8]| {
        let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(bytes) else { return (BAD, bytes) };
    let rest = &bytes[4..];
    let second = rest.strip_prefix(b"\\u").and_then(unit);
    let units = [Some(first), second];
    let is_pair = (0xD800..0xDC00).contains(&first) && second.is_some_and(|unit| (0xDC00..0xE000).contains(&unit));
    let len = if is_pair { 2 } else { 1 };
    let mut decoded = char::decode_utf16(units.into_iter().take(len).flatten());
    let character = decoded.next().and_then(Result::ok).unwrap_or(BAD);
    (character, if is_pair { &rest[6..] } else { rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut text = String::new();
        assert!(!unescape(br#"a\n\"\\\/\u00e9\ud83e\udd80\u0041"#, &mut text));
        assert_eq!(text, "a\n\"\\/é🦀A");
        for (broken, expected) in
            [(r"\ud83ex", "\u{fffd}x"), (r"\u12", "\u{fffd}12"), ("\\", "\\"), (r"\udd80", "\u{fffd}")]
        {
            unescape(broken.as_bytes(), &mut text);
            assert_eq!(text, expected);
        }
        assert!(unescape(b"\xff", &mut text));
    }
}
