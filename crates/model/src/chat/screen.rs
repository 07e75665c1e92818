//! Checks a template's text before it is parsed: the parser and the compiler recurse once for each operator and level,
//! and compute with constants before any limit applies.

use minijinja::Error;
use minijinja::machinery::{Span, Token, Tokenizer, WhitespaceConfig};
use minijinja::syntax::SyntaxConfig;

use super::budget::invalid;

/// Longest template. Published ones have up to 30 KB.
const MAX_BYTES: usize = 256 << 10;
/// Longest name, because looking up a name takes as long as it is.
const MAX_NAME_BYTES: usize = 256;
/// Most operators and brackets that one expression nests. Published templates nest up to about forty.
const MAX_EXPRESSION: usize = 200;
/// Most blocks inside each other.
const MAX_BLOCKS: usize = 40;
/// Most `elif`, which the parser nests.
const MAX_ELIF: usize = 100;

/// A variable of value 1. `a * b` becomes `a * ONE * b`, which is the same, but not a constant that the compiler
/// computes: that could be a text of 100 MB.
pub(super) const ONE: &str = "__one";

/// How white space around tags is handled, as in transformers.
pub(super) const WHITESPACE: WhitespaceConfig =
    WhitespaceConfig { keep_trailing_newline: false, lstrip_blocks: true, trim_blocks: true };

/// Checks the template and returns its text with all products made safe to compile.
pub(super) fn screen(source: &str) -> Result<String, Error> {
    if source.len() > MAX_BYTES {
        return Err(invalid(format!("it is longer than {} KiB", MAX_BYTES >> 10)));
    }
    let mut out = String::with_capacity(source.len());
    let mut copied = 0;
    let mut tags = Tags::default();
    let mut tokens = Tokenizer::new(source, "chat", false, SyntaxConfig, WHITESPACE);
    while let Some((token, span)) = tokens.next_token()? {
        if tags.push(&token).map_err(|why| invalid(format!("{why} (line {})", line(span))))? {
            let end = span.end_offset as usize;
            out.push_str(source.get(copied..end).unwrap_or_default());
            out.push_str(ONE);
            out.push_str(" *");
            copied = end;
        }
    }
    out.push_str(source.get(copied..).unwrap_or_default());
    Ok(out)
}

fn line(span: Span) -> u16 {
    span.start_line
}

/// The part of a bracket since its last comma.
#[derive(Clone, Copy, Default)]
struct Group {
    /// Binary and prefix operators.
    operators: usize,
    /// Consecutive postfix operators: attributes, items, calls, filters.
    postfix: usize,
    /// Most consecutive postfix operators.
    longest: usize,
    /// Depth of the deepest bracket inside.
    inner: usize,
    /// Depth of the deepest part before the last comma.
    best: usize,
}

impl Group {
    /// A bound for the depth of the syntax tree: a chain of operators nests once for each.
    fn depth(self) -> usize {
        self.best.max(self.operators + self.longest + self.inner)
    }

    fn postfix(&mut self) {
        self.postfix += 1;
        self.longest = self.longest.max(self.postfix);
    }

    fn operator(&mut self) {
        self.operators += 1;
        self.postfix = 0;
    }

    fn part(&mut self) {
        *self = Self { best: self.depth(), ..Self::default() };
    }
}

/// Counts what nests.
#[derive(Default)]
struct Tags {
    groups: Vec<Group>,
    blocks: usize,
    elifs: usize,
    /// The first word of the current tag, if it is a statement.
    keyword: Option<Keyword>,
    /// Whether the next token is the first of its statement.
    is_first: bool,
    /// Whether a `*` at this place would multiply, and not unpack an argument.
    is_after_operand: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Opens,
    Closes,
    /// Opens a block if there is not any `=`.
    Set,
    Other,
}

impl Tags {
    /// Counts a token. Returns whether it multiplies.
    fn push(&mut self, token: &Token<'_>) -> Result<bool, String> {
        if let Token::Ident(name) = token {
            if name.len() > MAX_NAME_BYTES {
                return Err(format!("it has a name of more than {MAX_NAME_BYTES} characters"));
            }
            if std::mem::take(&mut self.is_first) {
                self.keyword = Some(self.keyword(name)?);
                return Ok(false);
            }
        }
        let after_operand = std::mem::replace(&mut self.is_after_operand, !opens(token));
        match token {
            Token::VariableStart | Token::BlockStart => {
                self.groups = vec![Group::default()];
                self.is_first = matches!(token, Token::BlockStart);
                self.keyword = None;
            }
            Token::VariableEnd | Token::BlockEnd => self.end()?,
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                if let Some(group) = self.groups.last_mut() {
                    group.postfix();
                }
                self.groups.push(Group::default());
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => self.close(),
            _ => self.count(token),
        }
        // Brackets that are still open nest too.
        if self.groups.len() > MAX_EXPRESSION {
            return Err(too_nested());
        }
        Ok(matches!(token, Token::Mul) && after_operand)
    }

    fn count(&mut self, token: &Token<'_>) {
        if matches!(token, Token::Assign) && self.groups.len() == 1 && self.keyword == Some(Keyword::Set) {
            self.keyword = Some(Keyword::Other);
        }
        let Some(group) = self.groups.last_mut() else { return };
        match token {
            Token::Comma | Token::Colon => group.part(),
            Token::Dot | Token::Pipe => group.postfix(),
            Token::Ident("is") => group.postfix(),
            Token::Ident("not" | "and" | "or" | "if" | "else" | "in")
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::FloorDiv
            | Token::Pow
            | Token::Mod
            | Token::Tilde
            | Token::Assign
            | Token::Eq
            | Token::Ne
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte => group.operator(),
            _ => {}
        }
        // A product gets one more factor.
        if matches!(token, Token::Mul) {
            group.operator();
        }
    }

    fn close(&mut self) {
        let Some(closed) = self.groups.pop() else { return };
        match self.groups.last_mut() {
            Some(group) => group.inner = group.inner.max(closed.depth() + 1),
            None => self.groups.push(closed),
        }
    }

    fn end(&mut self) -> Result<(), String> {
        while self.groups.len() > 1 {
            self.close();
        }
        if self.groups.first().is_some_and(|group| group.depth() > MAX_EXPRESSION) {
            return Err(too_nested());
        }
        match self.keyword.take() {
            Some(Keyword::Opens | Keyword::Set) => self.blocks += 1,
            Some(Keyword::Closes) => self.blocks = self.blocks.saturating_sub(1),
            _ => {}
        }
        if self.blocks > MAX_BLOCKS {
            return Err(format!("it nests more than {MAX_BLOCKS} blocks"));
        }
        Ok(())
    }

    fn keyword(&mut self, name: &str) -> Result<Keyword, String> {
        Ok(match name {
            "for" | "if" | "with" | "macro" | "call" | "filter" | "block" | "autoescape" => Keyword::Opens,
            "set" => Keyword::Set,
            "elif" => {
                self.elifs += 1;
                if self.elifs > MAX_ELIF {
                    return Err(format!("it has more than {MAX_ELIF} \"elif\""));
                }
                Keyword::Other
            }
            _ if name.starts_with("end") => Keyword::Closes,
            _ => Keyword::Other,
        })
    }
}

fn too_nested() -> String {
    format!("an expression has more than {MAX_EXPRESSION} operators and brackets inside each other")
}

/// Whether a `*` after this token unpacks an argument: `f(*a)`, `f(a, *b)`.
fn opens(token: &Token<'_>) -> bool {
    matches!(token, Token::ParenOpen | Token::Comma | Token::VariableStart | Token::BlockStart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_products_are_changed() {
        let source = "a * b {{ 'x' * 3 }}{% set y = f(*a, *b) * (2) %}{# 1 * 2 #}{% raw %}3 * {{ 4 }}{% endraw %}\n";
        let expected = source.replace("'x' * 3", "'x' *__one * 3").replace(") * (2)", ") *__one * (2)");
        assert_eq!(screen(source).expect("allowed"), expected);
    }

    #[test]
    fn what_nests_too_deeply_is_refused() {
        let nested = |open: &str, inner: &str, close: &str, times: usize| {
            format!("{}{inner}{}", open.repeat(times), close.repeat(times))
        };
        for (open, close) in
            [("{% if a %}", "{% endif %}"), ("{% set a %}", "{% endset %}"), ("{% for a in b %}", "{% endfor %}")]
        {
            assert!(screen(&nested(open, "x", close, MAX_BLOCKS)).is_ok(), "{open}");
            assert!(screen(&nested(open, "x", close, MAX_BLOCKS + 1)).is_err(), "{open}");
        }
        for (open, close) in
            [("not ", ""), ("- ", ""), ("", "|trim"), ("", ".a"), ("", "[0]"), ("(", ")"), ("[", "]"), ("", " ~ a")]
        {
            let source = |times| format!("{{{{ {} }}}}", nested(open, "a", close, times));
            assert!(screen(&source(60)).is_ok(), "{open}{close}");
            assert!(screen(&source(MAX_EXPRESSION + 1)).is_err(), "{open}{close}");
        }
        let wide = format!("{{{{ [{}] }}}}", "a.b[0]|trim ~ 'x', ".repeat(5000));
        assert!(screen(&wide).is_ok());
        assert!(screen(&format!("{{% if a %}}{}{{% endif %}}", "{% elif b %}".repeat(200))).is_err());
        assert!(screen(&"x".repeat(MAX_BYTES + 1)).is_err());
    }
}
