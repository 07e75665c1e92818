//! Strings of the exports under a figure.

/// Heading of a figure's exports.
pub const EXPORT: &str = "Export this figure";
/// Button that saves a figure as PNG.
pub const PNG: &str = "PNG";
/// Error when the browser cannot draw the picture.
pub const NO_PICTURE: &str = "this browser could not draw the picture: export SVG";
/// Error when the browser does not hand out the picture.
pub const NO_CANVAS: &str = "this browser keeps its canvas: export SVG";
/// Error when the browser cannot make a file.
pub const NO_FILE: &str = "this browser could not make the file";
/// Error when the browser cannot start a download.
pub const NO_DOWNLOAD: &str = "this browser could not start the download";
