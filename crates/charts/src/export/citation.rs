//! BibTeX references to Askew. `CITATION.cff` at the top of the repository holds the same title, author and version.

/// Title of the program.
pub const TITLE: &str = "Askew: see emergent misalignment in a browser tab";
/// Author of the program.
pub const AUTHOR: &str = "The Askew developers";
/// Version of the program: that of the workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Year of this version.
const YEAR: &str = "2026";

/// A reference to the program. With `source`, it also names the rows that the rates were computed from.
#[must_use]
pub fn bibtex(source: Option<&str>) -> String {
    let note =
        source.map_or_else(String::new, |source| format!(",\n  note = {{Rates computed from: {}}}", latex(source)));
    format!(
        "@software{{askew,\n  title = {{{TITLE}}},\n  author = {{{{{AUTHOR}}}}},\n  year = {{{YEAR}}},\n  \
         version = {{{VERSION}}}{note}\n}}\n"
    )
}

/// A text in a BibTeX field in braces: each character that LaTeX would read as a command is written as one that prints
/// it. Braces become commands too, because BibTeX counts them even after a backslash.
fn latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '{' => out.push_str("\\textbraceleft{}"),
            '}' => out.push_str("\\textbraceright{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '#' | '$' | '%' | '&' | '_' => out.extend(['\\', c]),
            c if askew_domain::text::plain::is_invisible(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_text_and_never_a_command() {
        let entry = bibtex(Some("50%_a&b #1 $5 {x}}\\input{y}~^\n\u{202e}é.csv"));
        let note = "50\\%\\_a\\&b \\#1 \\$5 \\textbraceleft{}x\\textbraceright{}\\textbraceright{}\\textbackslash{}\
                    input\\textbraceleft{}y\\textbraceright{}\\textasciitilde{}\\textasciicircum{}  é.csv";
        assert!(entry.contains(&format!("note = {{Rates computed from: {note}}}")), "{entry}");
        // BibTeX counts braces.
        let depth = |depth: i32, c| depth + i32::from(c == '{') - i32::from(c == '}');
        assert_eq!(entry.chars().fold(0, depth), 0, "{entry}");
        assert!(entry.contains(&format!("version = {{{VERSION}}}")), "{entry}");
    }

    #[test]
    fn the_program_alone_is_the_same_reference() {
        let alone = bibtex(None);
        assert!(bibtex(Some("a.csv")).starts_with(alone.trim_end_matches("\n}\n")));
        assert!(alone.starts_with("@software{askew,\n  title = {Askew: see") && alone.ends_with("}\n}\n"), "{alone}");
    }
}
