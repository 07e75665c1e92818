//! Interrupted runs in a store of texts that several tabs share, such as the browser's local storage.
//!
//! Each run has an id of its own, and all names of its texts begin with it: `askew-run.ID` is its [`Head`], and
//! `askew-run.ID.0`, `askew-run.ID.1` and so on are its pieces. So the runs of two tabs cannot mix.

use super::store::Head;

/// Start of all names.
const PREFIX: &str = "askew-run";

/// A store of texts by name.
pub trait Texts {
    /// The text of this name.
    fn get(&self, name: &str) -> Option<String>;
    /// Stores a text. Returns whether it is stored.
    fn set(&mut self, name: &str, text: &str) -> bool;
    /// Removes a text, if there is one.
    fn remove(&mut self, name: &str);
    /// All names, in any order.
    fn names(&self) -> Vec<String>;
}

/// An interrupted run.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptRun {
    /// What the run started with.
    pub head: Head,
    /// Its answers, as [`piece`](super::store::piece) wrote them.
    pub pieces: Vec<String>,
}

fn head_name(id: &str) -> String {
    format!("{PREFIX}.{id}")
}

fn piece_name(id: &str, number: usize) -> String {
    format!("{PREFIX}.{id}.{number}")
}

/// Starts to store a run. Returns whether it is stored.
pub fn begin(texts: &mut impl Texts, id: &str, head: &Head) -> bool {
    forget(texts, id);
    texts.set(&head_name(id), &head.to_text())
}

/// Stores a run's next piece. Returns whether it is stored.
pub fn add(texts: &mut impl Texts, id: &str, number: usize, piece: &str) -> bool {
    texts.set(&piece_name(id, number), piece)
}

/// A stored run. `None` if there is none, or its head cannot be read.
#[must_use]
pub fn load(texts: &impl Texts, id: &str) -> Option<KeptRun> {
    let head = Head::from_text(&texts.get(&head_name(id))?)?;
    let pieces = (0..).map_while(|number| texts.get(&piece_name(id, number))).collect();
    Some(KeptRun { head, pieces })
}

/// Ids of all stored runs, in order of their names.
#[must_use]
pub fn ids(texts: &impl Texts) -> Vec<String> {
    let id = |name: String| {
        let id = name.strip_prefix(PREFIX)?.strip_prefix('.')?;
        (!id.contains('.')).then(|| id.to_owned())
    };
    let mut ids: Vec<String> = texts.names().into_iter().filter_map(id).collect();
    ids.sort();
    ids
}

/// Deletes a run.
pub fn forget(texts: &mut impl Texts, id: &str) {
    let pieces = format!("{PREFIX}.{id}.");
    for name in texts.names() {
        if name == head_name(id) || name.starts_with(&pieces) {
            texts.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A store with room for a number of bytes.
    #[derive(Default)]
    struct Memory {
        texts: BTreeMap<String, String>,
        room: usize,
    }

    impl Texts for Memory {
        fn get(&self, name: &str) -> Option<String> {
            self.texts.get(name).cloned()
        }

        fn set(&mut self, name: &str, text: &str) -> bool {
            let used: usize = self.texts.iter().filter(|(known, _)| *known != name).map(|(_, text)| text.len()).sum();
            let fits = used + text.len() <= self.room;
            if fits {
                self.texts.insert(name.to_owned(), text.to_owned());
            }
            fits
        }

        fn remove(&mut self, name: &str) {
            self.texts.remove(name);
        }

        fn names(&self) -> Vec<String> {
            self.texts.keys().cloned().collect()
        }
    }

    fn head(tab: usize) -> Head {
        Head { experiment: format!("{{\"tab\": {tab}}}"), model: String::new(), sha256: String::new(), judge: None }
    }

    /// What a tab does next.
    #[derive(Debug, Clone, Copy)]
    enum Act {
        Begin,
        Add,
        Forget,
    }

    fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
        let act = prop_oneof![1 => Just(Act::Begin), 6 => Just(Act::Add), 1 => Just(Act::Forget)];
        prop::collection::vec((0..4_usize, act), 0..60)
    }

    proptest! {
        #[test]
        fn runs_of_all_tabs_survive_any_order(acts in acts(), room in 0..4000_usize) {
            let mut texts = Memory { room, ..Memory::default() };
            // What each tab could store.
            let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (at, (tab, act)) in acts.into_iter().enumerate() {
                // One id begins with another.
                let id = ["a", "ab", "abc", "b"][tab].to_owned();
                match act {
                    Act::Begin => {
                        expected.remove(&id);
                        if begin(&mut texts, &id, &head(tab)) {
                            expected.insert(id, Vec::new());
                        }
                    }
                    Act::Add => {
                        if let Some(pieces) = expected.get_mut(&id) {
                            let piece = format!("{tab}: answer {at}");
                            if add(&mut texts, &id, pieces.len(), &piece) {
                                pieces.push(piece);
                            }
                        }
                    }
                    Act::Forget => {
                        forget(&mut texts, &id);
                        expected.remove(&id);
                    }
                }
            }
            prop_assert_eq!(ids(&texts), expected.keys().cloned().collect::<Vec<_>>());
            for (id, pieces) in expected {
                prop_assert_eq!(load(&texts, &id).map(|run| run.pieces), Some(pieces));
            }
        }
    }

    #[test]
    fn a_head_that_cannot_be_read_is_no_run_and_is_not_deleted() {
        let mut texts = Memory { room: 1000, ..Memory::default() };
        texts.set("askew-run.a", "{");
        assert_eq!(load(&texts, "a"), None);
        assert_eq!(ids(&texts), ["a"]);
    }
}
