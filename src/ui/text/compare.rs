//! Strings of the Compare screen.

/// Note where there are no answers to compare.
pub const NEEDS: &str = "Models are compared by their answers. These figures ship as counts: open a file with answers, or open a mark \
     on Results and load the answers behind it.";
/// Accessible name of the controls.
pub const CONTROLS: &str = "What is compared";
/// Label of the picker of questions.
pub const QUESTION: &str = "Question";
/// Label of the picker of parts of the answers.
pub const PART: &str = "Answers";
/// Box: leave out the text that is shared with the first column.
pub const ONLY_DIFFERING: &str = "Only what differs from the first column";
/// Summary of the list of models.
pub const MODELS: &str = "Models (at most four)";
/// Before the alignment score.
pub const ALIGNED: &str = "aligned ";
/// Before the coherence score.
pub const COHERENT: &str = "coherent ";
