//! Plain English: comments, messages and documents avoid words that make a text hard to read. CONTRIBUTING.md says what to
//! write instead.

use super::{Finding, assert_clean, tracked};

/// Words to avoid. Each is searched for as whole words, in any case.
const WORDS: [&str; 12] = [
    "anew",
    "given back",
    "goes on",
    "is said",
    "lies",
    "of which",
    "stand beside",
    "stands beside",
    "take along",
    "taken along",
    "told",
    "whose",
];

/// A negation by a noun is hard to read: "not a model" is plainer. After or before these words it is fine: "there" and
/// "no X", "no" and "longer".
const NO_BEFORE: [&str; 4] = ["there", "here", "why", "which"];
const NO_AFTER: [&str; 5] = ["longer", "more", "less", "other", "greater"];

/// Files with strings that are data: what a judge or a model is given, the pocket organism's world, and tests. Their
/// comments are read like all others.
const DATA: [&str; 6] = [
    "crates/pocket/src/",
    "crates/lab/src/prompts.rs",
    "crates/lab/src/grammar.rs",
    "crates/domain/src/text/harm.rs",
    "tests/",
    "xtask/tests/",
];

/// The words of a text, in lower case and without punctuation at their ends.
fn words(text: &str) -> Vec<String> {
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    text.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect()
}

/// The first hard word of a text.
fn hard_word(text: &str) -> Option<String> {
    let words = words(text);
    let text = format!(" {} ", words.join(" "));
    if let Some(word) = WORDS.iter().find(|word| text.contains(&format!(" {word} "))) {
        return Some((*word).to_owned());
    }
    let at = |at: usize| words.get(at).map_or("", String::as_str);
    let is_hard = |&place: &usize| {
        matches!(at(place), "is" | "are")
            && at(place + 1) == "no"
            && !at(place + 2).is_empty()
            && !NO_AFTER.contains(&at(place + 2))
            && !(place > 0 && NO_BEFORE.contains(&at(place - 1)))
    };
    (0..words.len()).find(is_hard).map(|place| format!("{} no {}", at(place), at(place + 2)))
}

/// A comment, a string literal, or a line of a document.
struct Text {
    line: usize,
    is_string: bool,
    words: String,
}

/// The comments and the string literals of a source. Neighbouring comment lines are one text.
fn texts(source: &str) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    let mut last_comment = 0;
    let mut line = 1;
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            let text = rest.split('\n').next().unwrap_or_default();
            let words = text.trim_start_matches(['/', '!']);
            match texts.last_mut().filter(|_| last_comment + 1 == line) {
                Some(before) => before.words.extend([" ", words]),
                None => texts.push(Text { line, is_string: false, words: words.to_owned() }),
            }
            last_comment = line;
            text.len()
        } else if c == '"' {
            let mut is_escaped = false;
            let ends = |c: char| {
                let is_end = c == '"' && !is_escaped;
                is_escaped = c == '\\' && !is_escaped;
                is_end
            };
            let end = rest.get(1..).and_then(|rest| rest.find(ends)).unwrap_or(rest.len() - 2);
            texts.push(Text { line, is_string: true, words: rest.get(1..=end).unwrap_or_default().to_owned() });
            end + 2
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            // A character may be a quotation mark; a lifetime is not a literal.
            match quoted.chars().nth(1) {
                Some('\'') => 2 + quoted.chars().next().map_or(0, char::len_utf8),
                _ if quoted.starts_with('\\') => 3,
                _ => 1,
            }
        } else {
            c.len_utf8()
        };
        let (passed, after) = rest.split_at(taken.min(rest.len()));
        line += passed.matches('\n').count();
        rest = after;
    }
    texts
}

/// A document's text without what it quotes and without code.
fn unquoted(document: &str) -> Vec<Text> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for (at, line) in document.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let outside = |line: &str, quote: char| line.split(quote).step_by(2).collect::<Vec<_>>().join(" ");
            lines.push(Text { line: at + 1, is_string: false, words: outside(&outside(line, '`'), '"') });
        }
    }
    lines
}

fn hard_words(file: &str, source: &str) -> Vec<Finding> {
    let texts = if file.ends_with(".md") { unquoted(source) } else { texts(source) };
    // The strings of a test are data too. Its comments are not.
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let num_code_lines = code.lines().count();
    let is_data = DATA.iter().any(|prefix| file.starts_with(prefix)) || file.ends_with("/tests.rs");
    let is_read = |text: &Text| !text.is_string || !is_data && text.line <= num_code_lines;
    texts.into_iter().filter(is_read).filter_map(|text| Some((text.line, hard_word(&text.words)?))).collect()
}

/// Words of a comment that add nothing to a name.
const FILLERS: [&str; 21] = [
    "a", "all", "an", "and", "are", "for", "in", "is", "its", "number", "numbers", "of", "on", "one", "or", "that",
    "the", "this", "to", "value", "with",
];

/// The words of an identifier or a text in lower case, without a plural's s.
fn stems(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut last_is_lower = false;
    for c in text.replace("'s", "").chars() {
        if c.is_uppercase() && last_is_lower {
            spaced.push(' ');
        }
        last_is_lower = c.is_lowercase();
        spaced.push(if c.is_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    }
    let stem = |word: &str| word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word).to_owned();
    spaced.split_whitespace().map(stem).collect()
}

/// The name that a declaration gives: the word after its keyword, or the first word of a field or variant.
fn declared(line: &str) -> &str {
    const KEYWORDS: [&str; 11] =
        ["async", "const", "crate", "enum", "fn", "pub", "static", "struct", "super", "trait", "type"];
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.find(|word| !KEYWORDS.contains(word)).unwrap_or_default()
}

/// Doc comments of one line that only repeat the name of what they describe.
fn repeated_names(_: &str, source: &str) -> Vec<Finding> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_doc = |at: usize| lines.get(at).is_some_and(|line| line.starts_with("///"));
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(comment) = line.strip_prefix("///").filter(|_| (at == 0 || !is_doc(at - 1)) && !is_doc(at + 1)) else {
            continue;
        };
        let next = lines.iter().skip(at + 1).find(|line| !line.starts_with("#["));
        let name = stems(next.map_or("", |line| declared(line)));
        if !comment.contains(['`', '('])
            && stems(comment).iter().all(|word| FILLERS.contains(&word.as_str()) || name.contains(word))
        {
            found.push((at + 1, format!("a comment that only repeats the name: {}", comment.trim())));
        }
    }
    found
}

#[test]
fn comments_say_more_than_the_name() {
    assert_clean(&tracked(&[".rs"]), repeated_names);
}

#[test]
fn the_scanner_finds_comments_that_repeat_a_name() {
    for noise in [
        "/// The row's label.\n#[serde(default)]\npub row_label: Label,",
        "/// One bar.\nstruct Bar;",
        "/// Its texts.\npub(super) text: String,",
    ] {
        assert_eq!(repeated_names("", noise).len(), 1, "{noise}");
    }
    for fine in [
        "/// Bytes of one row.\npub row: usize,",
        "/// The row.\n///\n/// In bytes.\npub row: usize,",
        "/// `row(n)`\nRow,",
    ] {
        assert_eq!(repeated_names("", fine), [], "{fine}");
    }
}

#[test]
fn comments_messages_and_documents_are_in_plain_english() {
    let files = tracked(&[".rs", ".md"]);
    let ours = |file: &String| {
        let folders = ["src/", "crates/", "xtask/", "docs/", "examples/", "tests/"];
        folders.iter().any(|folder| file.starts_with(folder)) || !file.contains('/')
    };
    let files: Vec<String> = files.into_iter().filter(ours).collect();
    assert_clean(&files, hard_words);
}

#[test]
fn the_scanner_finds_hard_words_where_people_read_them() {
    let found = |file, source| hard_words(file, source).into_iter().map(|(_, word)| word).collect::<Vec<_>>();
    assert_eq!(found("src/ui/a.rs", "/// What the page is told."), ["told"]);
    assert_eq!(found("src/ui/a.rs", "let a = \"The file lies here\";"), ["lies"]);
    assert_eq!(found("src/ui/a.rs", "// a value of\n// which there are two"), ["of which"]);
    assert_eq!(found("src/ui/a.rs", "/// It is no model."), ["is no model"]);
    assert_eq!(found("docs/a.md", "The adapter, whose rank is 8."), ["whose"]);
    for (file, source) in [
        ("src/ui/a.rs", "fn told(whose: u8) {} // There is no file. It is no longer here."),
        ("src/ui/a.rs", "let quote = '\"'; fn told() {}"),
        ("src/ui/a.rs", "let a = \"\\\"\"; told(b);"),
        ("crates/pocket/src/world/a.rs", "\"nobody told me\""),
        ("docs/a.md", "Never write \"told\" or `whose`.\n```sh\ntold\n```"),
    ] {
        assert_eq!(found(file, source), Vec::<String>::new(), "{source}");
    }
}
