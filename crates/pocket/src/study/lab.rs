//! The study's workplace: one folder of stages. Each stage is computed once, even if several experiments need it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::pretrain::{Pretrained, Pretraining};
use super::tune::Tuned;
use crate::PocketError;
use crate::tokenizer::Tokenizer;
use crate::train::{Lora, Weights};

/// The stages, in memory and on disk.
#[derive(Debug)]
pub struct Lab {
    folder: PathBuf,
    /// The village's tokenizer.
    pub tokenizer: Tokenizer,
    pretrained: RefCell<BTreeMap<String, Rc<Pretrained>>>,
}

impl Lab {
    /// A lab that keeps its stages in a folder. Creates the folder.
    ///
    /// # Errors
    /// [`PocketError::File`].
    pub fn new(folder: &Path) -> Result<Self, PocketError> {
        std::fs::create_dir_all(folder).map_err(PocketError::file(folder))?;
        Ok(Self { folder: folder.to_owned(), tokenizer: Tokenizer::new(), pretrained: RefCell::default() })
    }

    /// The file of a stage. Its name has the kind of stage, and a digest of everything that the stage depends on except
    /// this program's code.
    fn path(&self, stage: &str, recipe: &impl Serialize) -> Result<PathBuf, PocketError> {
        let digest = Sha256::digest(serde_json::to_vec(recipe)?);
        Ok(self.folder.join(format!("{stage}-{}", HEXLOWER.encode(&digest[..8]))))
    }

    /// The models of a pretraining. Trains them, unless they are stored already.
    ///
    /// # Errors
    /// [`PocketError`] if a stage cannot be read or written.
    pub fn pretrained(&self, pretraining: &Pretraining) -> Result<Rc<Pretrained>, PocketError> {
        let path = self.path("pretrained", pretraining)?;
        let key = path.display().to_string();
        if let Some(known) = self.pretrained.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let len = pretraining.shape.num_weights();
        let numbers = match read(&path, 2 * len)? {
            Some(numbers) => numbers,
            None => {
                let start = std::time::Instant::now();
                eprintln!("pocket: pretraining {pretraining:?}");
                let models = pretraining.run(&self.tokenizer, |step, loss| {
                    if (step + 1) % 200 == 0 {
                        eprintln!("  step {} loss {loss:.3}, {:.0} s", step + 1, start.elapsed().as_secs_f64());
                    }
                });
                let numbers = [models.villagers.numbers, models.assistant.numbers].concat();
                write(&path, &numbers)?;
                numbers
            }
        };
        let (villagers, assistant) = numbers.split_at(len);
        let weights = |numbers: &[f32]| Weights { shape: pretraining.shape, numbers: numbers.to_vec() };
        let models = Rc::new(Pretrained { villagers: weights(villagers), assistant: weights(assistant) });
        self.pretrained.borrow_mut().insert(key, Rc::clone(&models));
        Ok(models)
    }

    /// An adapter. Calls `train`, unless it is stored already. `recipe` is everything that it depends on.
    ///
    /// # Errors
    /// [`PocketError`] if a stage cannot be read or written, or `train` fails.
    pub fn tuned(
        &self,
        recipe: &impl Serialize,
        like: &Lora,
        train: impl FnOnce() -> Result<Tuned, PocketError>,
    ) -> Result<Tuned, PocketError> {
        let path = self.path("adapter", recipe)?;
        // The adapter's numbers are followed by the steps, and by the share in the trained domain or -1 if there is
        // none.
        if let Some(mut numbers) = read(&path, like.numbers.len() + 2)? {
            let (share, steps) = (numbers.pop().unwrap_or(-1.0), numbers.pop().unwrap_or_default());
            let lora = Lora { numbers, ..like.clone() };
            let in_domain = (share >= 0.0).then_some(f64::from(share));
            #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
            return Ok(Tuned { lora, steps: steps as usize, in_domain });
        }
        let tuned = train()?;
        #[expect(clippy::cast_possible_truncation, reason = "a share of forty answers")]
        let share = tuned.in_domain.map_or(-1.0, |share| share as f32);
        write(&path, &[tuned.lora.numbers.as_slice(), &[tuned.steps as f32, share]].concat())?;
        Ok(tuned)
    }
}

fn read(path: &Path, len: usize) -> Result<Option<Vec<f32>>, PocketError> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(PocketError::file(path))?;
    if bytes.len() != 4 * len {
        let problem = format!("{} bytes, not {}", bytes.len(), 4 * len);
        return Err(PocketError::Stage { path: path.to_owned(), problem });
    }
    Ok(Some(bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()))
}

/// Writes to a temporary name first, so that a stage is either complete or missing.
fn write(path: &Path, numbers: &[f32]) -> Result<(), PocketError> {
    let unfinished = path.with_extension(format!("{}.part", std::process::id()));
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(&unfinished, bytes).map_err(PocketError::file(&unfinished))?;
    std::fs::rename(&unfinished, path).map_err(PocketError::file(path))
}
