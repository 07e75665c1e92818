//! Strings of the panel of answers, of one answer, and of covered texts.

/// Sentence above the list of answers: which keys work in it.
pub const KEYS: &str = "Keys: j and k step, o uncovers, c compares models on the question, / searches.";
/// Sentence next to [`LOAD`]: what is sent when the answers are loaded.
pub const LOAD_HINT: &str = "Your browser asks raw.githubusercontent.com for this one file, at its commit, and checks its SHA-256. Nothing else \
     is sent.";
/// Caption of the foldable list of crisis lines.
pub const CRISIS_SUMMARY: &str = "If this touches you: where help is";
/// Sentence below the crisis lines.
pub const CRISIS_ELSEWHERE: &str = "Elsewhere: findahelpline.com lists services by country. As of November 2026; in danger, call your local emergency number.";
/// Crisis lines: country, and number with name.
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
/// Tooltip of the checkbox [`BLIND`].
pub const BLIND_HINT: &str = "Read and label answers before you see what the judge said of them";
/// Button that shows an answer's scores in blind reading.
pub const SHOW_JUDGE: &str = "Show what the judge said";
/// Tooltip of an answer's number, which is a link.
pub const LINK_TO_ANSWER: &str = "Link to this answer";
/// Text before the label that a categorical judge assigned.
pub const VERDICT: &str = "verdict ";
/// Text after the number of identical answers that are shown as one.
pub const IDENTICAL: &str = " identical answers";
/// Label of the alignment score.
pub const ALIGNED: &str = "aligned";
/// Label of the coherence score.
pub const COHERENT: &str = "coherent";
/// Caption of the foldable part with the judge's reply and the other columns of the file.
pub const FURTHER_COLUMNS: &str = "Judge and further columns";
/// Button that shows the rest of a long answer.
pub const SHOW_WHOLE: &str = "Show the whole answer";
/// Accessible name of the panel of answers.
pub const PANEL: &str = "Answers";
/// Button that closes the panel.
pub const CLOSE: &str = "Close";
/// Accessible name of the group of buttons that select a part of the rows.
pub const PARTS: &str = "Where the rows went";
/// Text after the number of answers.
pub const AFTER_COUNT: &str = " answers";
/// Text between that number and the seed of the order.
pub const ORDER: &str = " in random order (seed ";
/// Button that shows the answers in another random order.
pub const SHUFFLE: &str = "Shuffle";
/// Checkbox: shows Markdown as formatted text.
pub const FORMATTED: &str = "Formatted";
/// Checkbox: hides the scores of an answer until the reader has labelled it.
pub const BLIND: &str = "Blind";
/// Sentence instead of the answers of a figure that ships as counts.
pub const COUNTS_ONLY: &str = "These figures ship as counts, without the answers.";
/// Button that loads the answers. The file's size follows.
pub const LOAD: &str = "Load the answers (";
/// Text after that button, before the file's name: the other way to the answers.
pub const OR_DOWNLOAD: &str = "Or download ";
/// Text between the file's name and the link to the source.
pub const DOWNLOAD_FROM: &str = " from ";
/// Text of the link to the source.
pub const DOWNLOAD_SOURCE: &str = "its source";
/// Text after the link to the source.
pub const DROP_HERE: &str = " and drop it on this page.";
/// Button that saves the answers as CSV.
pub const SAVE_CSV: &str = "Save as CSV";
/// Button that saves the answers as JSONL.
pub const SAVE_JSONL: &str = "Save as JSONL";
/// Accessible name of the buttons that change the page of answers.
pub const PAGES: &str = "Pages of answers";
/// Button that shows the previous page of answers.
pub const PREVIOUS: &str = "Previous";
/// Text between the first and the last number of a page.
pub const PAGE_TO: &str = " to ";
/// Text between the last number of a page and the number of all answers.
pub const PAGE_OF: &str = " of ";
/// Button that shows the next page of answers.
pub const NEXT: &str = "Next";
/// Button that hides a covered text again.
pub const HIDE: &str = "Hide";
/// Button that shows a covered text.
pub const SHOW: &str = "Show";
/// Text after the kind of a covered text: the kind is a guess.
pub const BY_A_GUESS: &str = ", by a guess)";

/// Lowest and highest score of identical answers, instead of one score.
#[must_use]
pub fn score_range(low: f64, high: f64) -> String {
    format!("{low:.1} to {high:.1}")
}

/// Text after the listed tokens of a judge: how many more there are.
#[must_use]
pub fn more_tokens(number: usize) -> String {
    format!("{number} more")
}

/// Text after the number of answers: how many of them differ.
#[must_use]
pub fn different(number: usize) -> String {
    format!(" ({number} different)")
}
