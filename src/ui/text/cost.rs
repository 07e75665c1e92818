//! Strings of the panel that shows the cost of a model or an adapter before it is downloaded.

use crate::domain::text::words::size_text;
use crate::hub::cost::Fit;
use crate::protocol::{Probe, ReadSpeed};

/// Shown after the reason why the hub reported nothing about a file.
pub const HUB_SILENT: &str =
    "So its size is not known here. The file itself may still come, or you can choose it again later.";

/// Status while the hub is asked.
#[must_use]
pub fn asking(host: &str) -> String {
    format!("Asking {host} what it has…")
}

/// Heading of the files of a repository.
#[must_use]
pub fn choose_of(repository: &str) -> String {
    format!("Choose a file of {repository}")
}

/// Button that chooses a file.
pub const CHOOSE: &str = "Choose";
/// In place of a size that the hub does not report.
pub const NO_SIZE: &str = "size not known";
/// Heading of the adapters of a repository.
pub const ADAPTERS_OF_REPOSITORY: &str = "Adapters for the loaded model";

/// Note on files that are parts of models.
#[must_use]
pub fn parts(number: usize) -> Option<String> {
    let are = if number == 1 { "1 more file is a part of a model" } else { "more files are parts of models" };
    let words = if number == 1 { are.to_owned() } else { format!("{number} {are}") };
    (number > 0).then(|| format!("{words}, cut to be joined again: those cannot be run here."))
}

/// Note on files that are not listed.
#[must_use]
pub fn more_files(number: usize) -> Option<String> {
    (number > 0).then(|| format!("{number} more: name one by owner/name/file.gguf."))
}

/// Heading of the cost of a model or an adapter.
#[must_use]
pub fn consent_to(name: &str) -> String {
    format!("{name}: what it costs here")
}

/// Name of an adapter with its base.
#[must_use]
pub fn the_adapter(name: &str, base: &str) -> String {
    format!("Adapter {name}, for {base}")
}

/// Button that starts the download.
pub const DOWNLOAD: &str = "Download and load";
/// Button that closes the panel without a download.
pub const NOT_NOW: &str = "Not now";

/// What is downloaded, file by file. A size of 0 is a file that is here already.
#[must_use]
pub fn download(sizes: &[Option<u64>], host: &str) -> String {
    let size = |size: &Option<u64>| size.map_or_else(|| "a file of unknown size".to_owned(), size_text);
    let coming: Vec<String> = sizes.iter().filter(|size| **size != Some(0)).map(size).collect();
    if coming.is_empty() { "nothing".to_owned() } else { format!("{} from {host}", coming.join(" and ")) }
}

/// Memory that the model needs, and whether it fits. `fit` is `None` while something is not known.
#[must_use]
pub fn memory(needed: Option<u64>, has_cache: bool, fit: Option<Fit>, probe: Option<&Probe>) -> String {
    let place = if matches!(probe, Some(Probe::Missing(_))) { "in this tab (no GPU found)" } else { "on the GPU" };
    let Some(needed) = needed else { return format!("not known {place}, because its size is not known") };
    let needed = match has_cache {
        true => format!("about {} {place}, for weights and cache", size_text(needed)),
        false => {
            format!("at least {} {place}, plus a cache (its size is in the headers)", size_text(needed))
        }
    };
    let fits = match (fit, probe) {
        (Some(Fit::TooMuch(granted)), _) => {
            format!("that is more than the {} there are: choose a smaller one", size_text(granted))
        }
        (Some(Fit::Fits(granted)), _) => format!("there are {}", size_text(granted)),
        (Some(Fit::Unknown), Some(Probe::Ready(device))) => format!(
            "this browser does not say how much there is (its largest buffer: {}; larger matrices are cut). Where it is too little, \
             the load stops before the weights are fetched",
            size_text(device.max_buffer_bytes)
        ),
        _ => "whether that fits is not known yet".to_owned(),
    };
    format!("{needed}; {fits}")
}

/// Whether a copy is stored: `None` if none is wanted, `Some(None)` if the file's size is not known.
#[must_use]
pub fn room(fit: Option<Option<Fit>>) -> String {
    match fit {
        None => "no copy is kept, as chosen above".to_owned(),
        Some(Some(Fit::TooMuch(room))) => {
            format!("there is room for only {}: the model runs, but no copy is kept", size_text(room))
        }
        Some(Some(Fit::Fits(room))) => format!("a copy is kept; there is room for {}", size_text(room)),
        Some(Some(Fit::Unknown) | None) => "a copy is kept where there is room for it".to_owned(),
    }
}

/// In place of the room for a copy when there is one already.
pub const IS_HERE: &str = "a copy is here already";
/// Status while the GPU's speed is measured.
pub const MEASURING: &str = "Measuring this GPU…";
/// In place of a speed that could not be measured.
pub const NO_SPEED: &str = "not known yet";

/// Expected speed, and the measurement behind it.
#[must_use]
pub fn speed((least, most): (f64, f64), measured: ReadSpeed) -> String {
    let per_sec = |tokens: f64| if tokens < 10.0 { format!("{tokens:.1}") } else { format!("{tokens:.0}") };
    #[expect(clippy::cast_possible_truncation, reason = "bytes a second, far below 2^64; a cast saturates")]
    let rate = |bytes: f64| format!("{}/s", size_text(bytes as u64));
    format!(
        "{} to {} tokens a second, by what this GPU was just measured to read: {} in small matrices, {} in large ones. Attention and the choice of tokens take some more",
        per_sec(least),
        per_sec(most),
        rate(measured.small),
        rate(measured.large)
    )
}

/// In place of the base of an adapter that names none.
pub const NO_BASE: &str = "it does not say";
/// In place of a licence that is not stated.
pub const NO_LICENCE: &str = "none stated";

/// Whether the download is compared with a checksum.
#[must_use]
pub const fn check(has_sums: bool) -> &'static str {
    if has_sums { "compared with the hub's SHA-256 when it has come" } else { "its SHA-256 is not known beforehand" }
}

/// Error when an adapter is chosen and no model is loaded.
pub const NO_MODEL_FOR_ADAPTER: &str = "An adapter needs a model: first load the one it was made for.";

/// Warning when an adapter was made for another model than the loaded one.
#[must_use]
pub fn another_base(base: &str, loaded: &str) -> String {
    format!(
        "This adapter was made for {base}, and the loaded model is {loaded}: load that one first, or try: an adapter that does not fit is refused."
    )
}

/// Name of a line: what is downloaded.
pub const LINE_DOWNLOAD: &str = "Download";
/// Name of a line: memory.
pub const LINE_MEMORY: &str = "Memory";
/// Name of a line: the stored copy.
pub const LINE_ROOM: &str = "In this browser";
/// Name of a line: speed.
pub const LINE_SPEED: &str = "Speed";
/// Name of a line: the base of an adapter.
pub const LINE_BASE: &str = "Made for";
/// Name of a line: licence.
pub const LINE_LICENCE: &str = "Licence";
/// Name of a line: checksum.
pub const LINE_CHECK: &str = "Check";
