//! Chat templates: the file's own Jinja text turns a conversation into one prompt.
//!
//! Jinja is configured as in Hugging Face's transformers (`utils/chat_template_utils.py`), because templates are
//! written for it.

mod builtins;
mod clock;
mod json;
mod limited;
mod python;

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde::{Deserialize, Serialize};

pub use clock::LocalTime;
use limited::LimitedText;

use super::{ModelError, Tokenizer};

/// Most steps of a rendering. Real templates take some thousands; this stops a hostile template that would never end.
const MAX_STEPS: u64 = 1_000_000;

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

/// A compiled chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
}

impl ChatTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] when it cannot be compiled.
    pub fn new(source: &str) -> Result<Self, ModelError> {
        let mut environment = builtins::environment();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_fuel(Some(MAX_STEPS));
        environment.set_formatter(|out, _, value| python::write_str(out, value).map_err(Error::from));
        environment.set_unknown_method_callback(python::call_method);
        environment.add_filter("string", |value: &Value| python::str(value));
        environment.add_filter("trim", python::trim);
        environment.add_filter("length", python::length);
        environment.add_filter("count", python::length);
        environment.add_test("iterable", python::is_iterable);
        environment.add_test("sequence", python::is_iterable);
        environment.add_filter("tojson", |value: &Value, options: Kwargs| json::dumps(value, &options));
        environment.add_function("raise_exception", |message: String| -> Result<(), Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_template_owned("chat", without_generation_tags(source)).map_err(|error| failed(&error))?;
        Ok(Self { environment })
    }

    /// Lets the template ask for the date (`strftime_now`). Without a clock, the template uses its built-in date.
    pub fn set_clock(&mut self, now: impl Fn() -> LocalTime + Send + Sync + 'static) {
        self.environment.add_function("strftime_now", move |format: &str| now().format(format));
    }

    /// Renders turns of (role, content), followed by the header of the assistant's next turn.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] with the template's own error message, for example that roles do not alternate.
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
        let template = self.environment.get_template("chat").map_err(|error| failed(&error))?;
        let values = context! {
            messages => messages,
            // Defined as none, because templates also ask whether these are defined.
            tools => (),
            documents => (),
            add_generation_prompt => true,
            bos_token => start,
            eos_token => end,
        };
        let mut text = LimitedText::default();
        drop(template.render_captured_to(values, &mut text).map_err(|error| failed(&error))?);
        String::from_utf8(text.0).map_err(|error| ModelError::ChatTemplate(error.to_string()))
    }
}

fn failed(error: &Error) -> ModelError {
    ModelError::ChatTemplate(error.to_string())
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
        let Some((inside, after)) = tag.split_once("%}") else { break };
        let is_sign = |c: char| c == '-' || c == '+';
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
        let source = "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}";
        assert!(matches!(render(source), Err(ModelError::ChatTemplate(message)) if message.contains("fuel")));
    }

    #[test]
    fn a_template_that_writes_without_end_is_stopped() {
        let source = "{% for i in range(9999) %}{{ 'word' * 1000 }}{% endfor %}";
        assert!(matches!(render(source), Err(ModelError::ChatTemplate(_))));
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
