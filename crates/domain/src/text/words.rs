//! Formats of numbers and sentences, for every screen and message.

/// A size in powers of ten, as file managers count: "12 KB", "49.2 MB", "1.2 GB". KB are rounded up, MB and GB to the
/// nearest tenth.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    if bytes <= 999_000 {
        return format!("{} KB", bytes.div_ceil(1000));
    }
    // What would round to 1000.0 MB is 1.0 GB.
    let (tenth, name) = if bytes < 999_950_000 { (100_000, "MB") } else { (100_000_000, "GB") };
    let tenths = bytes.saturating_add(tenth / 2) / tenth;
    format!("{}.{} {name}", thousands(tenths / 10), tenths % 10)
}

/// A count with narrow no-break spaces (U+202F) between groups of three digits: "1 234 567".
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// An error's message as a sentence, with a capital letter and a full stop.
#[must_use]
pub fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal_from_a_megabyte_on() {
        for (bytes, text) in [
            (0, "0 KB"),
            (1, "1 KB"),
            (1_000, "1 KB"),
            (11_001, "12 KB"),
            (999_000, "999 KB"),
            (999_001, "1.0 MB"),
            (1_000_000, "1.0 MB"),
            (1_049_999, "1.0 MB"),
            (1_050_000, "1.1 MB"),
            (49_200_000, "49.2 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (1_234_567_890, "1.2 GB"),
            (1_234_000_000_000, "1\u{202f}234.0 GB"),
        ] {
            assert_eq!(size_text(bytes), text, "{bytes} bytes");
        }
        assert_eq!(size_text(u64::MAX), "18\u{202f}446\u{202f}744\u{202f}073.7 GB");
    }

    #[test]
    fn counts_have_groups_of_three_digits() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1\u{202f}000"),
            (98_765, "98\u{202f}765"),
            (1_234_567, "1\u{202f}234\u{202f}567"),
        ] {
            assert_eq!(thousands(count), text);
        }
    }
}
