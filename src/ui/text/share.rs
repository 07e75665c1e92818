//! Strings of the ways to share a view.

/// Box: the saved page asks crawlers to leave it out.
pub const UNLISTED: &str = "ask search engines and collectors of training data to leave it out";
/// How to use the code of a frame.
pub const EMBED_HINT: &str = "In a frame of another page (where the view shows files of yours, its readers need them too). The frame tells that page its height: a message \
     { askew: { height } } whenever it changes.";
/// Note: the address holds the view.
pub const LINK_IS_VIEW: &str = "The address of this page is this view: everyone who opens it sees the same.";
/// Summary of the ways to share.
pub const SUMMARY: &str = "Share this view";
/// Button that saves the view as a page.
pub const SAVE_PAGE: &str = "Save this view as a page";
/// Title of the frame, in the code of a frame.
pub const FRAME_TITLE: &str = "Misalignment rates";
