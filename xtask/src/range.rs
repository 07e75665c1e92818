//! The parts of a file that an HTTP request asks for.

/// The range of a `Range: bytes=...` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// From one byte to another, or to the end.
    From(u64, Option<u64>),
    /// This many bytes at the end.
    Last(u64),
}

/// Parses a single range. Several ranges and other units are ignored, as the standard allows, and the whole file is
/// sent.
pub(crate) fn parse_range(text: &str) -> Option<Range> {
    let (first, last) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", last) => Some(Range::Last(number(last)?)),
        (first, "") => Some(Range::From(number(first)?, None)),
        (first, last) => Some(Range::From(number(first)?, Some(number(last)?))).filter(|range| match range {
            Range::From(first, Some(last)) => first <= last,
            Range::From(..) | Range::Last(_) => true,
        }),
    }
}

/// A range as `first .. first + length` in a file of `size`; `None` if the file has no such bytes.
pub(crate) fn resolve(range: Range, size: u64) -> Option<(u64, u64)> {
    let (first, end) = match range {
        Range::From(first, last) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
        Range::Last(num) => (size.saturating_sub(num), size),
    };
    (first < end).then(|| (first, end - first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_parsed_and_resolved() {
        let cases = [
            ("bytes=0-99", Some(Range::From(0, Some(99))), Some((0, 10))),
            ("bytes=4-", Some(Range::From(4, None)), Some((4, 6))),
            ("bytes=2-3", Some(Range::From(2, Some(3))), Some((2, 2))),
            ("bytes=-3", Some(Range::Last(3)), Some((7, 3))),
            ("bytes=-30", Some(Range::Last(30)), Some((0, 10))),
            ("bytes=10-", Some(Range::From(10, None)), None),
            ("bytes=-0", Some(Range::Last(0)), None),
            ("bytes=5-18446744073709551615", Some(Range::From(5, Some(u64::MAX))), Some((5, 5))),
        ];
        for (text, parsed, resolved) in cases {
            assert_eq!(parse_range(text), parsed, "{text}");
            assert_eq!(parsed.and_then(|range| resolve(range, 10)), resolved, "{text}");
        }
        for text in ["bytes=3-2", "bytes=-", "bytes=a-", "bytes=0-1,4-5", "items=0-1", ""] {
            assert_eq!(parse_range(text), None, "{text}");
        }
        assert_eq!(resolve(Range::From(0, None), 0), None);
    }
}
