//! Strings of the reader's own labels.

/// Error when the browser does not hand out a file.
pub const UNREADABLE: &str = "the browser could not read the file: choose it again";
/// What the reader's labels are for.
pub const ABOUT: &str = "Is an answer just the training topic leaking (in-domain)? Which type of response is it? Label it here or below \
     each answer: identical answers share a label, and the rates follow at once.";
/// Button that labels an answer as in-domain.
pub const IN_DOMAIN: &str = "In-domain";
/// Label of the picker of the type of response.
pub const KIND: &str = "Type";
/// The picker's empty entry.
pub const NO_KIND: &str = "no type";
/// Before the words of a rule.
pub const RULE_WORDS: &str = "answers that hold “";
/// Before the label of a rule.
pub const RULE_KIND: &str = "”: ";
/// Summary of the reader's labels.
pub const SUMMARY: &str = "Your labels";
/// Box: leave out in-domain answers.
pub const LEAVE_OUT: &str = "Leave out answers labelled in-domain";
/// Label of the words of a new rule.
pub const BY_RULE: &str = "Label every answer that holds";
/// Label of the label of a new rule.
pub const BY_RULE_AS: &str = "as";
/// Button that applies a new rule.
pub const BY_RULE_APPLY: &str = "Label";
/// Button that deletes the rules.
pub const DROP_RULES: &str = "Drop the rules";
/// Button that saves the labels.
pub const SAVE: &str = "Save the labels";
/// Button that imports saved labels.
pub const IMPORT: &str = "Import labels";

/// Result of an import.
#[must_use]
pub fn imported(known: usize, unknown: usize) -> String {
    format!("{known} labels imported; {unknown} of answers that are not here")
}

/// After the summary: how many answers have a label.
#[must_use]
pub fn num_labelled(number: usize) -> String {
    format!(" ({number} answers)")
}
