//! `askew tokenize`: converts texts to tokens.

use std::io::BufRead;
use std::path::PathBuf;

use super::{Failure, out};
use crate::engine::load::read_headers;
use crate::engine::native::FileSource;

/// Arguments of `askew tokenize`.
#[derive(Debug, clap::Args)]
pub struct TokenizeArgs {
    /// A GGUF model.
    model: PathBuf,
    /// File with one JSON string per line; by default standard input.
    texts: Option<PathBuf>,
    /// Print each token's text instead of its id.
    #[arg(long)]
    spell: bool,
}

/// Prints the tokens of each text as a JSON list on one line, special tokens included.
///
/// # Errors
/// When the model file cannot be used, or a line is not a JSON string.
pub fn run(args: &TokenizeArgs) -> Result<(), Failure> {
    let mut source = FileSource::open(&args.model)?;
    let (file, _, _) = pollster::block_on(read_headers(&mut source))?;
    let input: Box<dyn BufRead> = match &args.texts {
        None => Box::new(std::io::stdin().lock()),
        Some(path) => {
            let opened = std::fs::File::open(path);
            let opened = opened.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
            Box::new(std::io::BufReader::new(opened))
        }
    };
    for (number, line) in (1..).zip(input.lines()) {
        let line = line.map_err(|error| Failure::failed(format!("line {number} cannot be read: {error}")))?;
        let text: String = serde_json::from_str(&line)
            .map_err(|error| Failure::failed(format!("line {number} is not a JSON string: {error}")))?;
        let ids = file.tokenizer.encode(&text);
        let spelling = |id: &u32| String::from_utf8_lossy(file.tokenizer.spelling(*id)).into_owned();
        if args.spell {
            out::json(&ids.iter().map(spelling).collect::<Vec<_>>())?;
        } else {
            out::json(&ids)?;
        }
    }
    Ok(())
}
