//! Recognises a file by its first bytes.

use super::error::{FormatError, Packed};

/// Number of first bytes that are examined.
pub const HEAD_BYTES: usize = 4096;

/// Kinds of files by how they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Delimited text.
    Table,
    /// JSON: a document, a list or lines.
    Json,
    /// A container, or a table that is not text.
    Packed(Packed),
}

/// Recognises a file by its first bytes, at most [`HEAD_BYTES`] of them.
///
/// # Errors
/// [`FormatError::Empty`] or [`FormatError::OtherKind`], which names what was found.
pub fn kind_of(head: &[u8]) -> Result<Kind, FormatError> {
    const CONVERT: &str = "export it as CSV and open that";
    const PACKED: [(&[u8], Packed); 6] = [
        (b"PK\x03\x04", Packed::Zip),
        (b"PK\x05\x06", Packed::Zip),
        (b"\x1f\x8b", Packed::Gzip),
        (b"\x28\xb5\x2f\xfd", Packed::Zstd),
        (b"\x50\x2a\x4d\x18", Packed::Zstd),
        (b"PAR1", Packed::Parquet),
    ];
    const KINDS: [(&[u8], &str, &str); 7] = [
        (b"GGUF", "a GGUF model", "open it in the Lab"),
        (b"%PDF", "a PDF document", CONVERT),
        (b"\x89PNG", "a picture", CONVERT),
        (b"\xff\xd8\xff", "a picture", CONVERT),
        (b"\xff\xfe", "text in UTF-16", "save it as UTF-8 and open that"),
        (b"\xfe\xff", "text in UTF-16", "save it as UTF-8 and open that"),
        (b"SQLite format 3", "an SQLite database", CONVERT),
    ];
    let other =
        |found: &str, advice: &str| Err(FormatError::OtherKind { found: found.to_owned(), advice: advice.to_owned() });
    if head.is_empty() {
        return Err(FormatError::Empty);
    }
    if let Some((_, packed)) = PACKED.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Ok(Kind::Packed(*packed));
    }
    if let Some((_, found, advice)) = KINDS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return other(found, advice);
    }
    if head.get(257..262) == Some(b"ustar".as_slice()) {
        return other("a tar archive", "unpack it and open its folder");
    }
    if head.contains(&0) {
        return other("a binary file", CONVERT);
    }
    let text = without_mark(head).trim_ascii_start();
    match text.first() {
        None => other("a file of blanks only", "export it again"),
        Some(b'{' | b'[') => Ok(Kind::Json),
        Some(b'<') => other("a web page or XML", "download the raw file and open that"),
        Some(_) if is_yaml(text) => other("YAML: questions or settings", "open the answers"),
        Some(_) => Ok(Kind::Table),
    }
}

/// Whether a text begins like YAML, ignoring comments: a list of named things, or a name and a value.
fn is_yaml(text: &[u8]) -> bool {
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let Some(line) = lines.find(|line| !line.is_empty() && !line.starts_with(b"#")) else { return false };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ');
    let end = line.iter().position(|byte| !is_name(byte)).unwrap_or(line.len());
    let has_colon = matches!(&line[end..], [b':'] | [b':', b' ', ..]) && end > 0;
    line == b"---" || (has_colon && !line.iter().any(|byte| matches!(byte, b',' | b';' | b'\t')))
}

/// The text without the byte order mark that some programs write at the start.
#[must_use]
pub fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (head, kind) in [
            (b"PAR1\x15".as_slice(), Kind::Packed(Packed::Parquet)),
            (b"PK\x03\x04", Kind::Packed(Packed::Zip)),
            (b"\xef\xbb\xbf {\"a\":1}", Kind::Json),
            (b"\n[1]", Kind::Json),
            (b"\xef\xbb\xbfquestion,answer", Kind::Table),
        ] {
            assert_eq!(kind_of(head), Ok(kind));
        }
    }

    #[test]
    fn other_kinds_are_named() {
        let found = |head: &[u8]| match kind_of(head) {
            Err(FormatError::OtherKind { found, .. }) => found,
            other => format!("{other:?}"),
        };
        assert_eq!(found(b"question\0answer"), "a binary file");
        assert_eq!(found(b"<!DOCTYPE html>"), "a web page or XML");
        assert_eq!(found(b"# Ours\n\n  judge: &judge gpt-4o\n"), "YAML: questions or settings");
        assert_eq!(kind_of(b"question: asked,answer\n1,2"), Ok(Kind::Table));
        assert_eq!(found(b"- id: deception\n  type: free"), "YAML: questions or settings");
        assert_eq!(kind_of(b""), Err(FormatError::Empty));
    }
}
