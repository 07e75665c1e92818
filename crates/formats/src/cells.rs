//! The cells under which a file's rows are counted, looked up without an allocation per row.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use askew_domain::rows::dataset::Dataset;
use askew_domain::values::cell::CellKey;
use askew_domain::values::facet::STEP;

/// A cell's key, borrowed, so that a row of a known cell needs no allocation.
#[derive(Debug, PartialEq)]
pub(super) struct CellRef<'a> {
    pub(super) file: &'a str,
    pub(super) model: &'a str,
    pub(super) group: &'a str,
    pub(super) question: &'a str,
    pub(super) seed: &'a str,
    pub(super) category: &'a str,
    pub(super) step: Option<f64>,
}

/// The dataset's numbers of the cells under which a file's rows were counted.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// Hash of the key to the dataset's number and the key as the file wrote it.
    known: HashMap<u64, Vec<(OwnedKey, u32)>>,
}

#[derive(Debug)]
struct OwnedKey {
    texts: [String; 6],
    step: Option<f64>,
}

impl OwnedKey {
    fn is(&self, key: &CellRef<'_>) -> bool {
        self.step == key.step && key.texts().iter().zip(&self.texts).all(|(a, b)| a == b)
    }
}

impl<'a> CellRef<'a> {
    const fn texts(&self) -> [&'a str; 6] {
        [self.question, self.model, self.group, self.file, self.seed, self.category]
    }

    fn key(&self) -> CellKey {
        let mut key = CellKey::from_names(self.file, self.model, self.group, self.question);
        self.category.clone_into(&mut key.category);
        if !self.seed.is_empty() {
            self.seed.clone_into(&mut key.seed);
        }
        if let Some(step) = self.step {
            key.set(STEP, step);
        }
        key
    }
}

impl Cells {
    /// The dataset's number of a cell. Adds the cell if it is new.
    pub(super) fn find(&mut self, data: &mut Dataset, key: &CellRef<'_>) -> u32 {
        let mut hasher = DefaultHasher::new();
        (key.texts(), key.step.map(f64::to_bits)).hash(&mut hasher);
        let same_hash = self.known.entry(hasher.finish()).or_default();
        if let Some((_, cell)) = same_hash.iter().find(|(known, _)| known.is(key)) {
            return *cell;
        }
        let cell = data.cell_id(&key.key());
        same_hash.push((OwnedKey { texts: key.texts().map(str::to_owned), step: key.step }, cell));
        cell
    }
}
