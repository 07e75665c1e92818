//! Embeds shaders without comments and indentation, which would only make the download larger.

/// The WGSL of these files, one after the other, without comments and indentation.
macro_rules! wgsl {
    ($($file:literal),+ $(,)?) => {{
        const SOURCE: &str = concat!($(include_str!($file)),+);
        const BARE: [u8; $crate::ops::wgsl::bare_len(SOURCE)] = $crate::ops::wgsl::bare(SOURCE);
        const TEXT: &str = match core::str::from_utf8(&BARE) {
            Ok(text) => text,
            Err(_) => panic!("comments end at ends of lines, so what is left is text"),
        };
        TEXT
    }};
}
pub(super) use wgsl;

/// Length of the stripped source in bytes.
pub(super) const fn bare_len(source: &str) -> usize {
    let (mut len, mut at) = (0, 0);
    let source = source.as_bytes();
    while at < source.len() {
        let (from, to, next) = line(source, at);
        // Includes the end of the line.
        len += if to > from { to - from + 1 } else { 0 };
        at = next;
    }
    len
}

/// The stripped source. Its length is that of [`bare_len`].
pub(super) const fn bare<const LEN: usize>(source: &str) -> [u8; LEN] {
    let (mut bare, mut len, mut at) = ([0; LEN], 0, 0);
    let source = source.as_bytes();
    while at < source.len() {
        let (mut from, to, next) = line(source, at);
        if to > from {
            while from < to {
                bare[len] = source[from];
                (len, from) = (len + 1, from + 1);
            }
            bare[len] = b'\n';
            len += 1;
        }
        at = next;
    }
    bare
}

/// Returns the start and end of the code in the line at `at`, and the start of the next line. WGSL does not have
/// strings, so two slashes always start a comment.
const fn line(source: &[u8], at: usize) -> (usize, usize, usize) {
    let (mut from, mut end) = (at, at);
    while end < source.len() && source[end] != b'\n' {
        end += 1;
    }
    while from < end && source[from] == b' ' {
        from += 1;
    }
    let mut to = from;
    while to < end && !(source[to] == b'/' && to + 1 < end && source[to + 1] == b'/') {
        to += 1;
    }
    while to > from && source[to - 1] == b' ' {
        to -= 1;
    }
    (from, to, end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_left() {
        const SOURCE: &str = "// What it is.\nfn f() {\n    let a = 1 / 2; // Half: ½.\n\n    //\n}";
        const BARE: [u8; bare_len(SOURCE)] = bare(SOURCE);
        assert_eq!(std::str::from_utf8(&BARE).unwrap(), "fn f() {\nlet a = 1 / 2;\n}\n");
    }

    /// The assumptions that the stripping depends on.
    #[test]
    fn no_shader_has_comments_of_other_kinds() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops");
        let mut num_files = 0;
        for folder in [folder.clone(), folder.join("quant")] {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|ending| ending == "wgsl") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    assert!(!text.contains("/*") && !text.contains('\t'), "{}", path.display());
                    num_files += 1;
                }
            }
        }
        assert!(num_files > 20, "{num_files}");
    }
}
