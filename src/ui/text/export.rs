//! Strings of the exports under a figure.

/// Caption of the exports below a figure.
pub const EXPORT: &str = "Export this figure";
/// Button that saves the figure as PNG.
pub const PNG: &str = "PNG";
/// Sentence: how CSV treats formulas.
pub const FORMULAS: &str =
    "In CSV, a text that a spreadsheet could run as a formula gets an apostrophe in front. The other formats keep it.";
/// Error if the browser cannot draw the picture.
pub const NO_PICTURE: &str = "this browser could not draw the picture: export as SVG instead";
/// Error if the browser does not let the page read the picture from the canvas.
pub const NO_CANVAS: &str = "this browser does not let the page read the picture: export as SVG instead";
/// Error if the browser cannot make a file.
pub const NO_FILE: &str = "this browser could not make the file";
/// Error if the browser cannot start the download.
pub const NO_DOWNLOAD: &str = "this browser could not start the download";
