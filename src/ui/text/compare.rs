//! Strings of the Compare screen.

/// Sentence instead of the comparison if the data set has no answers.
pub const NEEDS: &str = "Models are compared by their answers. These figures ship as counts: open a file with answers, or open a mark \
     on Results and load the answers behind it.";
/// Accessible name of the group of controls.
pub const CONTROLS: &str = "What is compared";
/// Label of the list from which the reader chooses a question.
pub const QUESTION: &str = "Question";
/// Label of the list from which the reader chooses a part of the answers.
pub const PART: &str = "Answers";
/// Checkbox: hides the text that an answer shares with the first column's.
pub const ONLY_DIFFERING: &str = "Only what differs from the first column";
/// Caption of the foldable list of models.
pub const MODELS: &str = "Models (at most four)";
/// Text before the alignment score.
pub const ALIGNED: &str = "aligned ";
/// Text before the coherence score.
pub const COHERENT: &str = "coherent ";
