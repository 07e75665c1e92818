//! Strings of the ways to share a view.

/// Checkbox: the saved page asks search engines and collectors of training data to leave it out.
pub const UNLISTED: &str = "ask search engines and collectors of training data to leave it out";
/// Sentence below the code of a frame: how to use it.
pub const EMBED_HINT: &str = "In a frame of another page (where the view shows files of yours, its readers need them too). The frame tells that page its height: a message \
     { askew: { height } } whenever it changes.";
/// Sentence: the page's address is a link to this view.
pub const LINK_IS_VIEW: &str = "The address of this page is this view: everyone who opens it sees the same.";
/// Caption of the foldable part with the ways to share a view.
pub const SUMMARY: &str = "Share this view";
/// Button that saves the view as a page.
pub const SAVE_PAGE: &str = "Save this view as a page";
/// Title of the frame, in its code.
pub const FRAME_TITLE: &str = "Misalignment rates";
