//! A model file's headers, checked and ready for use: everything except the weights.

use super::gguf::{Header, TensorInfo};
use super::{AdapterError, Chat, Config, ModelError, Tokenizer, tensors};

/// Metadata key of the chat template.
const TEMPLATE: &str = "tokenizer.chat_template";

/// A model file with headers that were read and can be used.
#[derive(Debug)]
pub struct ModelFile {
    /// The model's name according to the file, if it has one.
    pub name: Option<String>,
    /// Shape and features of the model.
    pub config: Config,
    /// The file's tokenizer.
    pub tokenizer: Tokenizer,
    /// Text of the chat template, if the file has one.
    pub template: Option<String>,
    /// Tensors in the order in which they are stored.
    pub tensors: Vec<TensorInfo>,
    /// Weight bytes read for each decoded token.
    pub bytes_per_token: u64,
}

impl ModelFile {
    /// Checks a header and extracts what running the model needs.
    ///
    /// # Errors
    /// A [`ModelError`] that names the reason why the model cannot be run.
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

    /// The tensor with this name, if the file has it.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// A chat of (role, content) turns, ready to be rendered with the file's template.
    ///
    /// # Errors
    /// [`ModelError::NoChatTemplate`] when the file has no template.
    pub fn chat(&self, turns: &[(&str, &str)]) -> Result<Chat, ModelError> {
        let template = self.template.clone().ok_or(ModelError::NoChatTemplate)?;
        let turns = turns.iter().map(|&(role, content)| (role.to_owned(), content.to_owned())).collect();
        Ok(Chat { template, turns, start: self.tokenizer.start_text(), end: self.tokenizer.end_text() })
    }
}
