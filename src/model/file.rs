//! What a file's headers say, checked and ready for use: everything but the weights.

use super::gguf::{Header, TensorInfo};
use super::{AdapterError, ChatTemplate, Config, ModelError, Tokenizer, tensors};

/// A model file whose headers have been read and found usable.
#[derive(Debug)]
pub struct ModelFile {
    /// The file's own name for the model, if it gives one.
    pub name: Option<String>,
    /// Shape and features.
    pub config: Config,
    /// Tokenizer.
    pub tokenizer: Tokenizer,
    /// Chat template, if the file has one.
    pub template: Option<ChatTemplate>,
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
            template: ChatTemplate::from_header(header)?,
            tensors: header.tensors.clone(),
            bytes_per_token: tensors::bytes_per_token(header),
            config,
        })
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// The tokens of turns of (role, content), with the header of the assistant's next turn.
    ///
    /// # Errors
    /// [`ModelError::NoChatTemplate`] or [`ModelError::ChatTemplate`].
    pub fn encode_chat(&self, turns: &[(&str, &str)]) -> Result<Vec<u32>, ModelError> {
        let template = self.template.as_ref().ok_or(ModelError::NoChatTemplate)?;
        Ok(self.tokenizer.encode_prompt(&template.render(turns, &self.tokenizer)?))
    }
}
