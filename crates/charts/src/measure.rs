//! Estimates of text widths. Figures are laid out in a worker, which has no fonts to measure them with.

/// Fonts that every system has, as in the page's style sheet.
pub const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

/// Estimated width of a text, in the unit of the font's size. It uses the advances of DejaVu Sans, the widest common
/// interface font, by class of character. A text that fits by this estimate fits in the other fonts too.
#[must_use]
pub fn width(text: &str, size: f32) -> f32 {
    text.chars().map(advance).sum::<f32>() * size
}

/// Advance of a character, as a multiple of the font's size.
const fn advance(c: char) -> f32 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '\u{a0}' | '·' => 0.32,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '!' => 0.41,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.98,
        'a'..='z' | '_' | '*' | '†' => 0.61,
        '0'..='9' => 0.64,
        'A'..='Z' => 0.71,
        '+' | '−' | '=' | '<' | '>' | '≤' | '≥' | '→' => 0.84,
        '\u{1100}'.. => 1.05,
        _ => 0.66,
    }
}

/// The text, or as much of its start and its end as fits. Names differ most at their ends.
#[must_use]
pub fn fit(text: &str, room: f64, measure: impl Fn(&str) -> f64) -> String {
    /// A shorter name would not be readable.
    const LEAST_CHARS: usize = 5;
    if measure(text) <= room {
        return text.to_owned();
    }
    let num_chars = text.chars().count();
    let counts: Vec<usize> = (LEAST_CHARS..num_chars.max(LEAST_CHARS + 1)).collect();
    let num_fitting = counts.partition_point(|&keep| measure(&cut_middle(text, keep)) <= room);
    cut_middle(text, counts.get(num_fitting.saturating_sub(1)).copied().unwrap_or(LEAST_CHARS))
}

/// Keeps `keep` characters of a text: a third from its start and the rest from its end.
fn cut_middle(text: &str, keep: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= keep {
        return text.to_owned();
    }
    let head = keep / 3;
    let tail = keep - head;
    let start: String = characters.iter().take(head).collect();
    let end: String = characters.iter().skip(characters.len().saturating_sub(tail)).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_ends() {
        let measure = |text: &str| text.chars().map(|_| 1.0).sum::<f64>();
        assert_eq!(fit("abcdefghijklm", 8.0, measure), "ab…ijklm");
        assert_eq!(fit("abcdefgh", 8.0, measure), "abcdefgh");
        assert_eq!(fit("abcdefgh", 1.0, measure), "a…efgh", "there is a least");
        assert_eq!(fit("ab", 1.0, measure), "ab");
    }

    #[test]
    fn wide_letters_are_wide() {
        assert!(width("MMM", 10.0) > width("iii", 10.0) * 2.5);
        assert!((width("", 10.0)).abs() < f32::EPSILON);
    }
}
