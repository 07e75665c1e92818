//! Strings of the panel of answers, of one answer, and of covered texts.

/// The keys that work in the list of answers.
pub const KEYS: &str = "Keys: j and k step, o uncovers, c compares models on the question, / searches.";
/// What happens when the answers are loaded.
pub const LOAD_HINT: &str = "Your browser asks raw.githubusercontent.com for this one file, at its commit, and checks its SHA-256. Nothing else \
     is sent.";
/// Summary of the list of crisis lines.
pub const CRISIS_SUMMARY: &str = "If this touches you: where help is";
/// Note under the crisis lines.
pub const CRISIS_ELSEWHERE: &str = "Elsewhere: findahelpline.com lists services by country. As of November 2026; in danger, call your local emergency number.";
/// Crisis lines: country and number.
pub const CRISIS_LINES: [(&str, &str); 14] = [
    ("Australia", "13 11 14 (Lifeline)"),
    ("Austria", "142 (TelefonSeelsorge)"),
    ("Brazil", "188 (CVV)"),
    ("Canada", "988"),
    ("France", "3114"),
    ("Germany", "0800 111 0 111 (TelefonSeelsorge)"),
    ("India", "14416 (Tele-MANAS)"),
    ("Ireland, United Kingdom", "116 123 (Samaritans)"),
    ("Netherlands", "113 or 0800 0113"),
    ("New Zealand", "1737"),
    ("South Korea", "109"),
    ("Spain", "024"),
    ("Switzerland", "143 (Die Dargebotene Hand)"),
    ("United States", "988 (call or text)"),
];
/// What reading blind means: the tooltip of its box.
pub const BLIND_HINT: &str = "Read and label answers before you see what the judge said of them";
/// Button that shows the scores to a reader who reads blind.
pub const SHOW_JUDGE: &str = "Show what the judge said";
/// Tooltip of an answer's number.
pub const LINK_TO_ANSWER: &str = "Link to this answer";
/// Before a categorical judge's label.
pub const VERDICT: &str = "verdict ";
/// After the number of identical answers.
pub const IDENTICAL: &str = " identical answers";
/// Before the alignment score.
pub const ALIGNED: &str = "aligned";
/// Before the coherence score.
pub const COHERENT: &str = "coherent";
/// Summary of the judge's words and the file's other columns.
pub const FURTHER_COLUMNS: &str = "Judge and further columns";
/// Button that opens a long answer.
pub const SHOW_WHOLE: &str = "Show the whole answer";
/// Accessible name of the panel of answers.
pub const PANEL: &str = "Answers";
/// Button that closes the panel.
pub const CLOSE: &str = "Close";
/// Accessible name of the buttons that choose a part of the rows.
pub const PARTS: &str = "Where the rows went";
/// After the number of answers.
pub const AFTER_COUNT: &str = " answers";
/// Before the seed of the order.
pub const ORDER: &str = " in random order (seed ";
/// Button that chooses another order.
pub const SHUFFLE: &str = "Shuffle";
/// Box: show Markdown formatted.
pub const FORMATTED: &str = "Formatted";
/// Box: read before the scores are shown.
pub const BLIND: &str = "Blind";
/// Note at figures without answers.
pub const COUNTS_ONLY: &str = "These figures ship as counts, without the answers.";
/// Button that loads the answers, before the file's size.
pub const LOAD: &str = "Load the answers (";
/// Other way to the answers: before the file's name.
pub const OR_DOWNLOAD: &str = "Or download ";
/// Before the link to the source.
pub const DOWNLOAD_FROM: &str = " from ";
/// Text of that link.
pub const DOWNLOAD_SOURCE: &str = "its source";
/// After the link.
pub const DROP_HERE: &str = " and drop it on this page.";
/// Button that saves the answers as CSV.
pub const SAVE_CSV: &str = "Save as CSV";
/// Button that saves the answers as JSONL.
pub const SAVE_JSONL: &str = "Save as JSONL";
/// Accessible name of the pager.
pub const PAGES: &str = "Pages of answers";
/// Button to the page before.
pub const PREVIOUS: &str = "Previous";
/// Between the first and the last number of a page.
pub const PAGE_TO: &str = " to ";
/// Before the number of all answers.
pub const PAGE_OF: &str = " of ";
/// Button to the next page.
pub const NEXT: &str = "Next";
/// Button that covers a text again.
pub const HIDE: &str = "Hide";
/// Button that uncovers a text.
pub const SHOW: &str = "Show";
/// After the kind of a covered text.
pub const BY_A_GUESS: &str = ", by a guess)";

/// Lowest and highest score of identical answers.
#[must_use]
pub fn score_range(low: f64, high: f64) -> String {
    format!("{low:.1} to {high:.1}")
}

/// Number of a judge's tokens that are not listed.
#[must_use]
pub fn more_tokens(number: usize) -> String {
    format!("{number} more")
}

/// After the number of answers: how many of them differ.
#[must_use]
pub fn different(number: usize) -> String {
    format!(" ({number} different)")
}
