//! GPT-2's one-to-one map between bytes and printable letters (`bytes_to_unicode` in its `encoder.py`).

/// Whether a byte is its own letter.
fn is_printable(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The letter of a byte: its own code point if it is printable, otherwise the next free one from U+0100.
fn letter(byte: u8) -> char {
    if is_printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&b| !is_printable(b)).count();
    u32::try_from(before).ok().and_then(|n| char::from_u32(0x100 + n)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Writes bytes as letters.
pub(super) fn to_letters(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| letter(byte)).collect()
}

/// Converts letters back to bytes. Characters that are not such letters are copied unchanged.
pub(super) fn from_letters(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len());
    for c in String::from_utf8_lossy(letters).chars() {
        match byte(c) {
            Some(byte) => out.push(byte),
            None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out
}

fn byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ 0..=0xFF => u8::try_from(code).ok().filter(|&b| is_printable(b)),
        code => (0..=0xFFu8).filter(|&b| !is_printable(b)).nth(code.checked_sub(0x100)? as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_letter() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(from_letters(to_letters(&all).as_bytes()), all);
        assert_eq!(to_letters(b" \n"), "\u{120}\u{10A}");
    }
}
