//! Text that others wrote (names, answers, addresses, messages), shown so that it cannot change what stands around it.
//!
//! Control characters drive a terminal. Bidirectional controls turn a sentence round. Invisible characters hide a
//! difference. [`visible`] shows all of them as escapes, [`isolated`] also keeps right-to-left letters from moving the
//! words next to them, and [`without_invisible`] removes them before two texts are compared. [`host`] is the part of an
//! address that a reader must see before it is fetched.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Isolates what follows from the direction of the text around it, until [`POP_ISOLATE`].
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_ISOLATE: char = '\u{2069}';

/// Joins emoji (U+200D) or separates letters of Persian and Indian scripts (U+200C).
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Whether a character controls a terminal or a line's direction, ends a line, or is not drawn at all.
///
/// These are the control characters (category Cc), the line and paragraph separators, the interlinear annotations, and
/// Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt, version 16). Space, and letters of any script,
/// are none of them; newline and tab are control characters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an invisible character is part of how its neighbours are written: a joiner between two characters outside
/// ASCII (👩‍🚀, نمی‌شود), or a choice between the drawings of the emoji before it (❤️, 1️⃣).
fn is_orthography(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_foreign = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
    let is_drawn = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_invisible(c));
    if JOINERS.contains(&c) {
        // The emoji before a joiner may have its drawing chosen: ❤️‍🔥.
        return is_foreign(before) && before.is_none_or(|c| !is_invisible(c) || c == '\u{fe0f}') && is_drawn(after);
    }
    matches!(c, '\u{fe0e}' | '\u{fe0f}') && (is_drawn(before) || after == Some('\u{20e3}'))
}

/// Shows what [`is_invisible`] as escapes such as `\u{202e}`, except what `kept` names.
fn escaped(text: &str, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if !is_invisible(c) || kept(c) || is_orthography(before, c, rest.clone().next()) {
            shown.push(c);
        } else {
            shown.extend(c.escape_unicode());
        }
        before = Some(c);
    }
    Cow::Owned(shown)
}

/// A text on one line: control, bidirectional and other invisible characters, newline and tab included, are shown as
/// escapes such as `\u{202e}`. Emoji and scripts that need joiners stay as they are.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// A text of several lines: like [`visible`], but newlines and tabs stay.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// A [`visible`] text between marks that isolate its direction, for use inside a sentence: Hebrew or Arabic letters at
/// its end do not move the words after it. The marks are not drawn. Where markup is possible, `<bdi>` around a
/// [`visible`] text does the same.
#[must_use]
pub fn isolated(text: &str) -> String {
    format!("{FIRST_STRONG_ISOLATE}{}{POP_ISOLATE}", visible(text))
}

/// A text without what [`is_invisible`], for comparing: a secret with a zero-width space inside is still the secret.
#[must_use]
pub fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) {
        Cow::Owned(text.chars().filter(|&c| !is_invisible(c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// The host of a web address, with its port if the address has one: `a.example:8080`.
///
/// `None` for every address that a browser could read as another host than a reader would: other schemes, a user name
/// before the host, hosts outside ASCII or with escapes, and numbers in place of a name (`http://2130706433/` is
/// 127.0.0.1). Such an address should be refused. Relative addresses have no host either.
#[must_use]
pub fn host(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    // A browser reads a backslash as a slash.
    let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let (is_host, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (inside, port) = rest.split_once(']')?;
            (inside.parse::<Ipv6Addr>().is_ok(), port)
        }
        None => {
            let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
            (is_name(name) || name.parse::<Ipv4Addr>().is_ok(), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let has_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    (is_web && is_host && has_port).then_some(host)
}

/// Whether a text is a host's name in ASCII. If its last label is a number, browsers read all of it as a number.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_plain);
    let is_number = |label: &str| match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    };
    let mut labels = text.strip_suffix('.').unwrap_or(text).split('.');
    labels.clone().all(is_label) && labels.next_back().is_some_and(|last| !is_number(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_a_terminal_or_a_sentence_is_shown_as_an_escape() {
        for (text, shown) in [
            ("plain text, naïve, 日本語, עברית", "plain text, naïve, 日本語, עברית"),
            ("\u{1b}]52;c;aGk=\u{7}", "\\u{1b}]52;c;aGk=\\u{7}"),
            ("https://a.example/\u{202e}moc.live", "https://a.example/\\u{202e}moc.live"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("two\r\nlines\tand\u{2028}more\u{85}", "two\\u{d}\\u{a}lines\\u{9}and\\u{2028}more\\u{85}"),
            ("tags \u{e0068}\u{e0069}", "tags \\u{e0068}\\u{e0069}"),
            ("a\u{200d}b", "a\\u{200d}b"),
            ("a\u{fe0f}", "a\\u{fe0f}"),
            ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"),
        ] {
            assert_eq!(visible(text), shown);
            assert!(!visible(text).contains(is_invisible));
        }
    }

    #[test]
    fn emoji_and_scripts_with_joiners_stay_as_they_are() {
        for text in ["👩‍🚀", "❤️", "❤️‍🔥", "1️⃣", "نمی‌شود", "👨‍👩‍👧‍👦"]
        {
            assert_eq!(visible(text), text);
        }
        // A chain of joiners is not writing.
        assert_eq!(visible("é\u{200d}\u{200d}é"), "é\\u{200d}\\u{200d}é");
    }

    #[test]
    fn several_lines_keep_newlines_and_tabs_alone() {
        assert_eq!(visible_lines("a\tb\nc\r\n\u{1b}[2J"), "a\tb\nc\\u{d}\n\\u{1b}[2J");
    }

    #[test]
    fn an_isolated_text_holds_no_mark_that_ends_its_isolation() {
        assert_eq!(isolated("a\u{2069}\u{202e}b"), "\u{2068}a\\u{2069}\\u{202e}b\u{2069}");
        assert_eq!(isolated("א"), "\u{2068}א\u{2069}");
    }

    #[test]
    fn compared_texts_have_nothing_hidden_inside() {
        assert_eq!(without_invisible("sk\u{200b}-a\u{ad}b\u{202e}c\n"), "sk-abc");
        assert!(matches!(without_invisible("sk-abc"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_host_is_the_one_that_a_browser_asks() {
        for (address, expected) in [
            ("https://a.example/x?y#z", Some("a.example")),
            ("HTTP://A.Example:8080", Some("a.example:8080")),
            ("http://gpu.3d:9", Some("gpu.3d:9")),
            ("http://127.0.0.1:9/v1", Some("127.0.0.1:9")),
            ("http://[::1]:9/v1", Some("[::1]:9")),
            ("https://a.example\\@b.example/", Some("a.example")),
            ("https://a.example/\u{202e}/elpmaxe.b", Some("a.example")),
            ("https://xn--bcher-kva.example./", Some("xn--bcher-kva.example.")),
            ("https://a.example@b.example/", None),
            ("https://a.example:80@b.example/", None),
            ("https://b\u{202e}.example/", None),
            ("https://b\t.example/", None),
            ("https://b%2eexample/", None),
            ("https://b\u{fc}cher.example/", None),
            ("http://2130706433/", None),
            ("http://0x7f.1/", None),
            ("http://127.1/", None),
            ("http://a.example:99999/", None),
            ("http://a.example:+80/", None),
            ("https:///a.example", None),
            ("https:a.example", None),
            (" https://a.example", None),
            ("ftp://a.example", None),
            ("//a.example", None),
            ("pocket/model.gguf", None),
            ("", None),
        ] {
            assert_eq!(host(address).as_deref(), expected, "{address}");
        }
    }
}
