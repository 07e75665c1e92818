//! Chat templates: the file's own Jinja text turns a conversation into one prompt.
//!
//! Jinja is configured as in Hugging Face's transformers (`utils/chat_template_utils.py`), because templates are
//! written for it.

mod budget;
mod builtins;
mod clock;
mod cost;
mod guards;
mod json;
mod namespace;
mod program;
mod python;
mod screen;

use std::fmt;
use std::sync::Arc;

use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

pub use clock::LocalTime;
use program::Clock;

use super::{ModelError, Tokenizer};

/// A chat before its template is rendered. It holds all inputs, so that it can be rendered elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    /// The template's text.
    pub template: String,
    /// Turns of (role, content).
    pub turns: Vec<(String, String)>,
    /// Spelling of the start token.
    pub start: String,
    /// Spelling of the end token.
    pub end: String,
}

impl Chat {
    /// Renders the text that the model reads. `now` gives the date to templates that ask for it.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] when the template cannot be compiled or refuses the turns.
    pub fn render(&self, now: impl Fn() -> LocalTime + Send + Sync + 'static) -> Result<String, ModelError> {
        let mut template = ChatTemplate::new(&self.template)?;
        template.set_clock(now);
        let turns: Vec<_> = self.turns.iter().map(|(role, content)| (role.as_str(), content.as_str())).collect();
        template.render_between(&turns, &self.start, &self.end)
    }
}

/// A chat template that compiles.
#[derive(Clone)]
pub struct ChatTemplate {
    source: String,
    clock: Option<Arc<Clock>>,
}

impl fmt::Debug for ChatTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatTemplate").field("source", &self.source).finish_non_exhaustive()
    }
}

impl ChatTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] when it cannot be compiled, or nests so deeply that it could exhaust the stack.
    pub fn new(source: &str) -> Result<Self, ModelError> {
        let source = without_generation_tags(source);
        program::check(&source).map_err(ModelError::ChatTemplate)?;
        Ok(Self { source, clock: None })
    }

    /// Lets the template ask for the date (`strftime_now`). Without a clock, the template uses its built-in date.
    pub fn set_clock(&mut self, now: impl Fn() -> LocalTime + Send + Sync + 'static) {
        self.clock = Some(Arc::new(now));
    }

    /// Renders turns of (role, content), followed by the header of the assistant's next turn.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] with the template's own error message, for example that roles do not alternate, or
    /// when it would take more time or memory than a chat needs.
    pub fn render(&self, turns: &[(&str, &str)], tokenizer: &Tokenizer) -> Result<String, ModelError> {
        self.render_between(turns, &tokenizer.start_text(), &tokenizer.end_text())
    }

    /// The same as [`Self::render`], with the spelling of the start and the end token.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn render_between(&self, turns: &[(&str, &str)], start: &str, end: &str) -> Result<String, ModelError> {
        let messages: Vec<_> =
            turns.iter().map(|(role, content)| context! { role => role, content => content }).collect();
        let values = [
            ("messages", Value::from(messages)),
            // Defined as none, because templates also ask whether these are defined.
            ("tools", Value::from(())),
            ("documents", Value::from(())),
            ("add_generation_prompt", Value::from(true)),
            ("bos_token", Value::from(start)),
            ("eos_token", Value::from(end)),
        ];
        program::render(&self.source, self.clock.as_ref(), &values).map_err(ModelError::ChatTemplate)
    }
}

/// The tags `generation` and `endgeneration` are an extension of transformers. They mark the assistant's words for
/// training and do not change the text, so they are replaced with a scope. Other text that begins like these tags is
/// not changed.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("{%") {
        let (before, tag) = rest.split_at(at + 2);
        out.push_str(before);
        rest = tag;
        let is_sign = |c: char| c == '-' || c == '+';
        // Only as far as the tag can reach, so that many tags without an end do not take quadratic time.
        let len = tag.find(|c: char| !(is_sign(c) || c.is_whitespace() || c.is_ascii_alphabetic()));
        let (inside, after) = tag.split_at(len.unwrap_or(tag.len()));
        let Some(after) = after.strip_prefix("%}") else { continue };
        let name = inside.trim_start_matches(is_sign).trim_end_matches(is_sign).trim();
        let scope = match name {
            "generation" => "with",
            "endgeneration" => "endwith",
            _ => continue,
        };
        out.push_str(&inside.replacen(name, scope, 1));
        out.push_str("%}");
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str) -> Result<String, ModelError> {
        ChatTemplate::new(source)?.render_between(&[("user", "hi")], "<s>", "</s>")
    }

    #[test]
    fn generation_tags_change_nothing() {
        let source = "a {%- generation -%} {{ messages[0].content }} {%- endgeneration -%} b";
        assert_eq!(render(source), Ok("ahib".to_owned()));
        assert_eq!(without_generation_tags("{% if generation %}{%"), "{% if generation %}{%");
    }

    #[test]
    fn a_template_that_does_not_end_is_stopped() {
        let source = "{% set r = range(9999) %}{% for i in r %}{% for j in r %}{% endfor %}{% endfor %}";
        assert!(matches!(render(source), Err(ModelError::ChatTemplate(message)) if message.contains("steps")));
    }

    #[test]
    fn a_template_that_writes_without_end_is_stopped() {
        let source = "{% for i in range(9999) %}{{ 'word' * 1000 }}{% endfor %}";
        assert!(matches!(render(source), Err(ModelError::ChatTemplate(message)) if message.contains("text")));
    }

    #[test]
    fn an_error_says_what_the_template_does_and_what_to_do() {
        let shown = |source: &str| render(source).expect_err("refused").to_string();
        assert_eq!(
            shown("\n{{ 'a' * 999999999 }}"),
            "the file's chat template could not be rendered (it builds or compares more text and lists than any chat \
             needs): give the model a raw prompt instead"
        );
        assert!(shown("{% include 'a' %}").contains("other templates"));
        assert!(shown("{{ raise_exception('x' * 9999) }}").len() < 500);
    }

    #[test]
    fn the_date_is_the_templates_own_without_a_clock() {
        let source = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}26 Jul 2024{% endif %}";
        assert_eq!(render(source), Ok("26 Jul 2024".to_owned()));
        let mut template = ChatTemplate::new(source).expect("compiles");
        template.set_clock(|| LocalTime { year: 2025, month: 3, day: 4, hour: 5, minute: 6, second: 7 });
        assert_eq!(template.render_between(&[], "", ""), Ok("04 Mar 2025".to_owned()));
    }
}
