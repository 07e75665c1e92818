//! Numbers and sentences as every screen and message writes them.

/// "49.2 MB", "1.2 GB": a million or a thousand million bytes, as file managers count.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    let (unit, name) = if bytes < 1_000_000_000 { (100_000, "MB") } else { (100_000_000, "GB") };
    let tenths = bytes.saturating_add(unit / 2) / unit;
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// An error's words as a sentence.
#[must_use]
pub fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}
