//! Finds a secret in a text of others, however it is written there, and hides it.
//!
//! Each [`Form`] reads the text as a sequence of characters, and one pass (Knuth, Morris, Pratt) searches that sequence,
//! so a long hostile text costs a few readings of it. Only visible ASCII characters count. Whatever else stands between
//! them (zero-width and other invisible characters, spaces, line ends, combining marks) changes nothing.

use std::collections::VecDeque;
use std::ops::Range;

use data_encoding::{BASE64_NOPAD, HEXLOWER};

/// A secret is also hidden when the end of the text cuts it off, if this many of its characters are there.
const LEAST_CHARS: usize = 6;

/// How a secret may be written in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// With any of its characters as escapes: [`escape`].
    Escaped,
    /// In base64, in the standard or the URL alphabet, after this number of other bytes (modulo 3).
    Base64(usize),
    /// In hexadecimal, with or without colons.
    Hex,
}

/// The text with every occurrence of the secret replaced by `mark`. The secret consists of visible ASCII characters, of
/// [`LEAST_CHARS`] at least.
pub(super) fn hide(secret: &str, text: String, mark: &str) -> String {
    let forms = [Form::Plain, Form::Escaped, Form::Base64(0), Form::Base64(1), Form::Base64(2), Form::Hex];
    forms.into_iter().fold(text, |text, form| {
        let places = form.places(secret, &text);
        if places.is_empty() {
            return text;
        }
        let (mut hidden, mut end) = (String::with_capacity(text.len()), 0);
        for place in places {
            hidden.push_str(&text[end..place.start.max(end)]);
            hidden.push_str(mark);
            end = place.end;
        }
        hidden.push_str(&text[end..]);
        hidden
    })
}

impl Form {
    /// The secret as this form writes it. Of base64, only the characters that the neighbouring bytes do not change.
    fn needle(self, secret: &str) -> String {
        match self {
            Self::Plain | Self::Escaped => secret.to_owned(),
            Self::Hex => HEXLOWER.encode(secret.as_bytes()),
            Self::Base64(before) => {
                let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
                // A character holds six bits.
                let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
                BASE64_NOPAD.encode(&bytes)[start..end].to_owned()
            }
        }
    }

    /// The first character of a text: its bytes, and the character that is compared. `None` for one that does not count.
    fn read(self, text: &str, first: char) -> (usize, Option<u8>) {
        let written = (self != Self::Plain).then(|| escape(text)).flatten();
        let (len, code) = written.unwrap_or((first.len_utf8(), u32::from(first)));
        let byte = u8::try_from(code).ok().filter(u8::is_ascii_graphic);
        let compared = byte.and_then(|byte| match (self, byte) {
            (Self::Base64(_), b'-') => Some(b'+'),
            (Self::Base64(_), b'_') => Some(b'/'),
            (Self::Hex, b':') => None,
            (Self::Hex, _) => Some(byte.to_ascii_lowercase()),
            _ => Some(byte),
        });
        (len, compared)
    }

    /// The byte ranges of a text that hold the secret, in order.
    fn places(self, secret: &str, text: &str) -> Vec<Range<usize>> {
        let needle = self.needle(secret).into_bytes();
        let borders = borders(&needle);
        let (mut found, mut matched, mut at) = (Vec::new(), 0, 0);
        // The first bytes of the characters that are matched at the moment.
        let mut starts = VecDeque::with_capacity(needle.len());
        while let Some(first) = text[at..].chars().next() {
            let (len, byte) = self.read(&text[at..], first);
            let start = at;
            at += len;
            let Some(byte) = byte else { continue };
            while matched > 0 && needle[matched] != byte {
                matched = borders[matched - 1];
            }
            matched += usize::from(needle[matched] == byte);
            starts.push_back(start);
            starts.drain(..starts.len() - matched);
            if matched == needle.len() {
                found.extend(starts.front().map(|&start| self.widened(start..at, text)));
                matched = 0;
                starts.clear();
            }
        }
        if matched >= LEAST_CHARS {
            found.extend(starts.front().map(|&start| self.widened(start..text.len(), text)));
        }
        found
    }

    /// In base64, the characters at the ends hold bits of the secret and of its neighbours.
    fn widened(self, place: Range<usize>, text: &str) -> Range<usize> {
        if !matches!(self, Self::Base64(_)) {
            return place;
        }
        let is_digit = |at: usize| {
            text.as_bytes().get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte))
        };
        let start = place.start.checked_sub(1).filter(|&at| is_digit(at)).unwrap_or(place.start);
        start..place.end + usize::from(is_digit(place.end))
    }
}

/// For each beginning of a needle, how long its longest proper border is: a beginning that is also its end.
fn borders(needle: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; needle.len()];
    let mut len = 0;
    for at in 1..needle.len() {
        while len > 0 && needle[len] != needle[at] {
            len = borders[len - 1];
        }
        len += usize::from(needle[len] == needle[at]);
        borders[at] = len;
    }
    borders
}

/// The escape at the beginning of a text: its length in bytes, and its code point. A percent sign, backslash or
/// ampersand may be escaped itself, any number of times. These signs without an escape after them are characters.
fn escape(text: &str) -> Option<(usize, u32)> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'%' => percent(bytes),
        b'\\' => Some(backslash(text)),
        b'&' => entity(text),
        _ => None,
    }
}

fn hex(bytes: Option<&[u8]>) -> Option<u32> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    bytes?.iter().try_fold(0_u32, |number, byte| Some(number << 4 | digit(byte)?))
}

/// `%73`, `%2573`.
fn percent(bytes: &[u8]) -> Option<(usize, u32)> {
    let mut at = 1;
    while bytes[at..].starts_with(b"25") && hex(bytes.get(at + 2..at + 4)).is_some() {
        at += 2;
    }
    Some((at + 2, hex(bytes.get(at..at + 2))?))
}

/// `\u0073`, `\u{73}`, `\x73`, `\/`, `\n`, and the same after more backslashes.
fn backslash(text: &str) -> (usize, u32) {
    let at = text.len() - text.trim_start_matches('\\').len();
    let bytes = text.as_bytes();
    let code = match bytes.get(at) {
        Some(b'u') if bytes.get(at + 1) == Some(&b'{') => {
            let digits = bytes[at + 2..].iter().take(7).position(|byte| *byte == b'}');
            digits.and_then(|len| Some((at + 3 + len, hex(bytes.get(at + 2..at + 2 + len))?)))
        }
        Some(b'u') => hex(bytes.get(at + 1..at + 5)).map(|code| (at + 5, code)),
        Some(b'x') => hex(bytes.get(at + 1..at + 3)).map(|code| (at + 3, code)),
        // Line ends, tabs and the like are nothing between two characters.
        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'0') => Some((at + 1, 0)),
        Some(byte) if byte.is_ascii_graphic() => Some((at + 1, u32::from(*byte))),
        _ => None,
    };
    code.unwrap_or((at, u32::from(b'\\')))
}

/// `&#115;`, `&#x73;`, `&lt;`, `&amp;#115;`.
fn entity(text: &str) -> Option<(usize, u32)> {
    let mut at = 1;
    while text[at..].starts_with("amp;") {
        at += 4;
    }
    let rest = &text[at..];
    let end = rest.bytes().take(10).position(|byte| byte == b';');
    let code = end.and_then(|end| match &rest[..end] {
        "lt" => Some('<'.into()),
        "gt" => Some('>'.into()),
        "quot" => Some('"'.into()),
        "apos" => Some('\''.into()),
        name => match name.strip_prefix("#x").or_else(|| name.strip_prefix("#X")) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => name.strip_prefix('#')?.parse().ok(),
        },
    });
    match (code, end) {
        (Some(code), Some(end)) => Some((at + end + 1, code)),
        _ => (at > 1).then_some((at, u32::from(b'&'))),
    }
}

#[cfg(test)]
mod tests;
