//! Strings of the reader's own labels.

/// Error if the browser cannot read a chosen file.
pub const UNREADABLE: &str = "the browser could not read the file: choose it again";
/// Paragraph: what the reader's labels are for.
pub const ABOUT: &str = "Is an answer just the training topic leaking (in-domain)? Which type of response is it? Label it here or below \
     each answer: identical answers share a label, and the rates follow at once.";
/// Button that labels an answer as in-domain.
pub const IN_DOMAIN: &str = "In-domain";
/// Label of the list of types of response.
pub const KIND: &str = "Type";
/// Entry of that list without a type.
pub const NO_KIND: &str = "no type";
/// Text before the words of a rule, in the list of rules.
pub const RULE_WORDS: &str = "answers that hold “";
/// Text between the words and the label of a rule.
pub const RULE_KIND: &str = "”: ";
/// Caption of the foldable part with the reader's labels.
pub const SUMMARY: &str = "Your labels";
/// Checkbox: excludes answers labelled as in-domain from the rates.
pub const LEAVE_OUT: &str = "Leave out answers labelled in-domain";
/// Label of the text field for the words of a new rule.
pub const BY_RULE: &str = "Label every answer that holds";
/// Label of the list of labels for a new rule.
pub const BY_RULE_AS: &str = "as";
/// Button that adds the new rule and applies it.
pub const BY_RULE_APPLY: &str = "Label";
/// Button that deletes all rules.
pub const DROP_RULES: &str = "Drop the rules";
/// Button that saves the labels as a file.
pub const SAVE: &str = "Save the labels";
/// Button that reads labels from a saved file.
pub const IMPORT: &str = "Import labels";

/// Error if the browser's storage is full or turned off.
pub const NOT_KEPT: &str = "this browser did not store the label (its storage is full or turned off), so it will be lost \
     with this page: save the labels as a file";
/// Button that saves stored labels that could not be read.
pub const SAVE_ASIDE: &str = "Save the labels that could not be read";

/// Sentence if the stored labels cannot be read, with the reason.
#[must_use]
pub fn unreadable(why: &str) -> String {
    format!(
        "the labels stored in this browser could not be read ({why}): they were set aside, and you can save them as a file"
    )
}

/// Sentence after an import. `unknown` is the number of labels of answers that are not in the data set.
#[must_use]
pub fn imported(known: usize, unknown: usize) -> String {
    format!("{known} labels imported; {unknown} of answers that are not here")
}

/// Text after [`SUMMARY`]: how many answers have a label.
#[must_use]
pub fn num_labelled(number: usize) -> String {
    format!(" ({number} answers)")
}
