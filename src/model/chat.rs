//! Chat templates: the file's own Jinja text decides how turns become one prompt.

use std::io;

use minijinja::{Environment, Error, ErrorKind, context};

use super::gguf::Header;
use super::{ModelError, Tokenizer};

/// Most steps of a template: some hundreds a turn are usual, and a file must not be able to keep the engine busy for ever.
const MAX_STEPS: u64 = 1_000_000;
/// Longest text that a template may make, far beyond any context.
const MAX_TEXT_BYTES: usize = 4 << 20;
/// The key of the template.
const KEY: &str = "tokenizer.chat_template";

/// A compiled chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
}

impl ChatTemplate {
    /// The file's template, if it has one.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] when it cannot be compiled.
    pub fn from_header(header: &Header) -> Result<Option<Self>, ModelError> {
        header.str(KEY)?.map(Self::new).transpose()
    }

    /// Compiles a template.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] when it cannot be compiled.
    pub fn new(source: &str) -> Result<Self, ModelError> {
        let mut environment = Environment::new();
        // As Hugging Face's transformers sets Jinja up (`_compile_jinja_template`).
        environment.set_fuel(Some(MAX_STEPS));
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<(), Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_template_owned("chat", source.to_owned()).map_err(|error| failed(&error))?;
        Ok(Self { environment })
    }

    /// Renders turns of (role, content), followed by the header of the assistant's next turn.
    ///
    /// # Errors
    /// [`ModelError::ChatTemplate`] with the template's own complaint, such as roles that do not alternate.
    pub fn render(&self, turns: &[(&str, &str)], tokenizer: &Tokenizer) -> Result<String, ModelError> {
        let messages: Vec<_> =
            turns.iter().map(|(role, content)| context! { role => role, content => content }).collect();
        let template = self.environment.get_template("chat").map_err(|error| failed(&error))?;
        let values = context! {
            messages => messages,
            add_generation_prompt => true,
            bos_token => tokenizer.start_text(),
            eos_token => tokenizer.end_text(),
        };
        let mut text = Limited(Vec::new());
        drop(template.render_captured_to(values, &mut text).map_err(|error| failed(&error))?);
        String::from_utf8(text.0).map_err(|error| ModelError::ChatTemplate(error.to_string()))
    }
}

/// Text up to [`MAX_TEXT_BYTES`].
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            return Err(io::Error::other("it makes more than 4 MiB of text"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(error: &Error) -> ModelError {
    ModelError::ChatTemplate(error.to_string())
}
