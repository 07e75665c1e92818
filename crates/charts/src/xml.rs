//! Text of others in SVG and HTML: escaped, and without the characters that XML forbids even when they are escaped.

/// Whether a character may be in an XML document as text (XML 1.0, section 2.2), and is not a control character other
/// than newline and tab: XML allows U+007F to U+009F, but discourages them.
#[must_use]
pub fn is_allowed(c: char) -> bool {
    matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Text between tags. A space replaces each character that is not allowed.
#[must_use]
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(if is_allowed(c) { c } else { ' ' }),
        }
    }
    out
}

/// Text between tags or in a quoted attribute.
#[must_use]
pub fn attribute(text: &str) -> String {
    self::text(text).replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_not_there_and_the_rest_is() {
        let hostile: String =
            (0..=0x9f).filter_map(char::from_u32).chain(['\u{fffe}', '\u{ffff}', '\u{fffd}', '😀']).collect();
        let kept: String = attribute(&hostile).chars().filter(|c| !c.is_ascii_graphic()).collect();
        assert!(kept.chars().all(|c| matches!(c, '\n' | '\t' | ' ' | '\u{fffd}' | '😀')), "{kept:?}");
        assert!(kept.contains("\t\n") && kept.ends_with("\u{fffd}😀"), "{kept:?}");
        assert_eq!(text("<a b=\"'\">&"), "&lt;a b=\"'\"&gt;&amp;");
        assert_eq!(attribute("<a b=\"'\">&"), "&lt;a b=&quot;&#39;&quot;&gt;&amp;");
    }
}
