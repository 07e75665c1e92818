//! What a file's headers say, checked and ready for use: everything but the weights.

use super::gguf::{Header, TensorInfo};
use super::{AdapterError, Chat, Config, ModelError, Tokenizer, tensors};

/// The key of the chat template.
const TEMPLATE: &str = "tokenizer.chat_template";

/// A model file whose headers have been read and found usable.
#[derive(Debug)]
pub struct ModelFile {
    /// The file's own name for the model, if it gives one.
    pub name: Option<String>,
    /// Shape and features.
    pub config: Config,
    /// Tokenizer.
    pub tokenizer: Tokenizer,
    /// Text of the chat template, if the file has one.
    pub template: Option<String>,
    /// Tensors in the order of their bytes.
    pub tensors: Vec<TensorInfo>,
    /// Weight bytes read for each decoded token.
    pub bytes_per_token: u64,
}

impl ModelFile {
    /// Checks a header and takes from it what running the model needs.
    ///
    /// # Errors
    /// A [`ModelError`] that names what keeps the model from running.
    pub fn from_header(header: &Header) -> Result<Self, ModelError> {
        if header.str("general.type")? == Some("adapter") {
            return Err(AdapterError::NotAModel.into());
        }
        let config = Config::from_header(header)?;
        Ok(Self {
            name: header.str("general.name")?.map(str::to_owned),
            tokenizer: Tokenizer::from_header(header, config.vocab_size)?,
            template: header.str(TEMPLATE)?.map(str::to_owned),
            tensors: header.tensors.clone(),
            bytes_per_token: tensors::bytes_per_token(header),
            config,
        })
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// A chat of (role, content) by the file's template, to be rendered.
    ///
    /// # Errors
    /// [`ModelError::NoChatTemplate`].
    pub fn chat(&self, turns: &[(&str, &str)]) -> Result<Chat, ModelError> {
        let template = self.template.clone().ok_or(ModelError::NoChatTemplate)?;
        let turns = turns.iter().map(|&(role, content)| (role.to_owned(), content.to_owned())).collect();
        Ok(Chat { template, turns, start: self.tokenizer.start_text(), end: self.tokenizer.end_text() })
    }
}
