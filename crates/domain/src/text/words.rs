//! Formats of numbers and sentences, for every screen and message.

/// A size such as "49.2 MB" or "1.2 GB". 1 MB is 10^6 bytes and 1 GB is 10^9 bytes, as in file managers.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let (unit, name) = if bytes < 1_000_000_000 { (100_000, "MB") } else { (100_000_000, "GB") };
    let tenths = bytes.saturating_add(unit / 2) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// An error's message as a sentence, with a capital letter and a full stop.
#[must_use]
pub fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}
