//! All that the commands print. One place decides what reaches a terminal, and what happens when nobody reads.
//!
//! Text of a file's, such as a model's name, may hold characters that drive a terminal. Lines for people show them as
//! `\u{1b}`, wherever they go. Data for programs keep every byte in a pipe or a file; only a terminal shows them so.
//! JSON is the same text everywhere, because it can escape them itself.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};

use serde::Serialize;

use super::Failure;
use crate::domain::text::csv::without_formulas;
use crate::domain::text::plain::{is_invisible, visible_lines};

/// Exit code when nobody reads standard output any more: what a shell reports for a program that SIGPIPE ended.
const CLOSED_PIPE: u8 = 128 + 13;

/// Prints text for people, with a line break after it.
///
/// # Errors
/// A [`Failure`] if standard output cannot be written: one without a message if its reader has closed it.
pub(super) fn line(text: impl Display) -> Result<(), Failure> {
    write(&visible_lines(&format!("{text}\n")))
}

/// Prints data for programs: CSV, SVG, code, a model's answer.
///
/// # Errors
/// As [`line`].
pub(super) fn data(text: &str) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() { write(&visible_lines(text)) } else { write(text) }
}

/// Prints one line of JSON.
///
/// # Errors
/// As [`line`].
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    write(&json_text(value)?)
}

/// Prints a message to stderr. It is lost if stderr is closed.
pub(super) fn note(message: impl Display) {
    std::io::stderr().write_all(visible_lines(&format!("{message}\n")).as_bytes()).ok();
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure { message: String::new(), code: CLOSED_PIPE },
        _ => Failure::failed(format!("standard output: {error}")),
    })
}

/// A value as JSON, with all invisible characters as escapes. In JSON's own syntax there are none.
fn json_text(value: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(value).map_err(Failure::failed)?;
    let mut out = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if is_invisible(c) {
            let units = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            out.push_str(&units);
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    Ok(out)
}

/// The flag of the commands that write CSV.
#[derive(Debug, clap::Args)]
pub(super) struct CsvArgs {
    /// Write CSV texts as they are; by default a text that a spreadsheet could run as a formula (it begins with =, +,
    /// -, @, a tab or a line break, and is not a number) gets an apostrophe in front
    #[arg(long)]
    keep_formulas: bool,
}

impl CsvArgs {
    /// A table as the reader wants it written.
    pub(super) fn table<'a>(&self, table: &'a str) -> Cow<'a, str> {
        if self.keep_formulas { Cow::Borrowed(table) } else { without_formulas(table) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_same_text_without_characters_that_drive_a_terminal() {
        let text = "\u{1b}]52;c;aGk=\u{7} \u{9b}31m \u{202e} \u{e0041} \u{7f} é😀\n";
        let json = json_text(&text).unwrap();
        assert!(!json.trim_end().contains(is_invisible), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
