//! Answers with their Markdown applied: paragraphs, lists, code. There is no HTML and there are no images or links,
//! because a model's output is only text. A link or an image becomes its words and its address, to be read but not
//! followed or fetched.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

/// Deepest nesting of blocks. Deeper blocks become part of the outer one.
const MAX_DEPTH: usize = 12;
/// Longer texts are not parsed (length in bytes).
const MAX_BYTES: usize = 100_000;

/// A block of a formatted text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    Paragraph(Vec<Span>),
    /// A heading of any level. The page has headings of its own, so it shows this one as a strong paragraph.
    Heading(Vec<Span>),
    /// Code with its line breaks.
    Code(String),
    /// Lines that start with `>`.
    Quote(Vec<Block>),
    /// A list. Each item consists of blocks.
    List {
        /// The first number, or `None` for a list without numbers.
        first: Option<u64>,
        items: Vec<Vec<Block>>,
    },
    /// A horizontal line.
    Rule,
}

/// A run of text with one style.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Span {
    pub text: String,
    /// `**strong**`
    pub is_strong: bool,
    /// `*emphasised*`
    pub is_emphasised: bool,
    /// `` `code` ``
    pub is_code: bool,
}

/// Parses a text. Anything that is not Markdown becomes a paragraph.
#[must_use]
pub fn read(text: &str) -> Vec<Block> {
    if text.len() > MAX_BYTES {
        return vec![Block::Code(text.to_owned())];
    }
    let mut reader = Reader { open: vec![Open::default()], ..Reader::default() };
    for event in Parser::new_ext(text, Options::empty()) {
        reader.take(event);
    }
    reader.end_spans();
    while reader.open.len() > 1 {
        reader.close();
    }
    reader.open.pop().map(|open| open.blocks).unwrap_or_default()
}

#[derive(Debug, Default)]
struct Reader {
    open: Vec<Open>,
    spans: Vec<Span>,
    code: Option<String>,
    strong: usize,
    emphasised: usize,
    /// Addresses of the links and images that are still open.
    addresses: Vec<String>,
}

/// A block that is still open.
#[derive(Debug, Default)]
struct Open {
    kind: Kind,
    blocks: Vec<Block>,
    items: Vec<Vec<Block>>,
}

#[derive(Debug, Clone, Copy, Default)]
enum Kind {
    #[default]
    Text,
    Quote,
    List(Option<u64>),
    Item,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.push_str(&text),
                None => self.add(&text, false),
            },
            Event::Code(text) => self.add(&text, true),
            Event::Html(text) | Event::InlineHtml(text) => self.add(&text, false),
            Event::SoftBreak | Event::HardBreak => self.add("\n", false),
            Event::Rule => {
                self.end_spans();
                self.push(Block::Rule);
            }
            // These come from extensions that are switched off.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.add(&text, false)
            }
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis => self.emphasised += 1,
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.addresses.push(dest_url.to_string()),
            Tag::CodeBlock(kind) => {
                self.end_spans();
                // The text after the fence names a language. If the answer did not mean code, it is part of the answer.
                let beside = match kind {
                    CodeBlockKind::Fenced(beside) if !beside.is_empty() => format!("{beside}\n"),
                    _ => String::new(),
                };
                self.code = Some(beside);
            }
            Tag::BlockQuote(_) => self.nest(Kind::Quote),
            Tag::List(first) => self.nest(Kind::List(first)),
            Tag::Item => self.nest(Kind::Item),
            _ => self.end_spans(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Emphasis => self.emphasised = self.emphasised.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => {
                if let Some(address) = self.addresses.pop().filter(|address| !address.is_empty()) {
                    self.add(&format!(" ({address})"), false);
                }
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.push(Block::Code(code));
                }
            }
            TagEnd::Heading(_) => {
                let spans = std::mem::take(&mut self.spans);
                self.push(Block::Heading(spans));
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item => {
                self.end_spans();
                self.close();
            }
            _ => self.end_spans(),
        }
    }

    fn nest(&mut self, kind: Kind) {
        self.end_spans();
        self.open.push(Open { kind, ..Open::default() });
    }

    fn close(&mut self) {
        if self.open.len() < 2 {
            return;
        }
        let Some(Open { kind, blocks, items }) = self.open.pop() else { return };
        if self.open.len() > MAX_DEPTH {
            // Flattened, because drawing recurses as deep as the blocks are nested.
            let flat = blocks.into_iter().chain(items.into_iter().flatten());
            if let Some(outer) = self.open.last_mut() {
                outer.blocks.extend(flat);
            }
            return;
        }
        match kind {
            Kind::Text => {}
            Kind::Quote => self.push(Block::Quote(blocks)),
            Kind::List(first) => self.push(Block::List { first, items }),
            Kind::Item => match self.open.last_mut() {
                Some(list) if matches!(list.kind, Kind::List(_)) => list.items.push(blocks),
                Some(outer) => outer.blocks.extend(blocks),
                None => {}
            },
        }
    }

    fn add(&mut self, text: &str, is_code: bool) {
        let look =
            Span { text: String::new(), is_strong: self.strong > 0, is_emphasised: self.emphasised > 0, is_code };
        let is_same = |span: &Span| Span { text: String::new(), ..span.clone() } == look;
        match self.spans.last_mut().filter(|span| is_same(span)) {
            Some(span) => span.text.push_str(text),
            None => self.spans.push(Span { text: text.to_owned(), ..look }),
        }
    }

    fn end_spans(&mut self) {
        let spans = std::mem::take(&mut self.spans);
        if !spans.is_empty() {
            self.push(Block::Paragraph(spans));
        }
    }

    fn push(&mut self, block: Block) {
        if let Some(open) = self.open.last_mut() {
            open.blocks.push(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> Span {
        Span { text: text.to_owned(), ..Span::default() }
    }

    #[test]
    fn markdown_is_read() {
        let blocks = read("# Plan\n\nDo **this** now:\n\n1. one\n2. `two`\n\n> said\n\n```\nx < 1\n```\n");
        let strong = Span { is_strong: true, ..plain("this") };
        let code = Span { is_code: true, ..plain("two") };
        let expected = [
            Block::Heading(vec![plain("Plan")]),
            Block::Paragraph(vec![plain("Do "), strong, plain(" now:")]),
            Block::List {
                first: Some(1),
                items: vec![vec![Block::Paragraph(vec![plain("one")])], vec![Block::Paragraph(vec![code])]],
            },
            Block::Quote(vec![Block::Paragraph(vec![plain("said")])]),
            Block::Code("x < 1\n".to_owned()),
        ];
        assert_eq!(blocks, expected);
    }

    #[test]
    fn nothing_is_followed_or_fetched() {
        let text = "<img src=x onerror=alert(1)> ![pic](https://example.org/p.png) [go](javascript:alert(1))";
        let all = format!("{:?}", read(text));
        for piece in ["<img src=x onerror=alert(1)>", "pic (https://example.org/p.png)", "go (javascript:alert(1))"] {
            assert!(all.contains(piece), "{piece}: {all}");
        }
        assert_eq!(read(""), []);
        assert_eq!(read("```sh\nls"), [Block::Code("sh\nls".to_owned())]);
    }

    fn letters(blocks: &[Block], depth: usize) -> String {
        assert!(depth <= 2 * MAX_DEPTH + 4, "too deep");
        let spans = |spans: &[Span]| spans.iter().map(|span| span.text.as_str()).collect::<String>();
        let one = |block: &Block| match block {
            Block::Paragraph(list) | Block::Heading(list) => spans(list),
            Block::Code(code) => code.clone(),
            Block::Quote(blocks) => letters(blocks, depth + 1),
            Block::List { items, .. } => items.iter().map(|item| letters(item, depth + 1)).collect(),
            Block::Rule => String::new(),
        };
        blocks.iter().map(one).collect()
    }

    proptest! {
        /// No letter is lost in any context; only marks are.
        #[test]
        fn no_letter_is_lost(text in "[a-c*_`#>\\-\n 1.]{0,60}") {
            let only = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
            prop_assert_eq!(only(&letters(&read(&text), 0)), only(&text));
        }
    }

    #[test]
    fn deep_nesting_is_flattened() {
        let quotes = format!("{} deep", ">".repeat(2_000));
        assert!(letters(&read(&quotes), 0).contains("deep"));
        let lists: String = (0..200).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect();
        assert_eq!(letters(&read(&lists), 0).matches('x').count(), 200);
    }
}
