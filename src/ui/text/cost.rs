//! Strings of the panel that shows the cost of a model or an adapter before it is downloaded.

use crate::domain::text::words::size_text;
use crate::hub::cost::Fit;
use crate::protocol::{Probe, ReadSpeed};

/// Sentence after the reason why the hub reported nothing about a file.
pub const HUB_SILENT: &str =
    "So its size is not known here. The file itself may still come, or you can choose it again later.";

/// Status while the page waits for the hub's listing. `host` is the hub.
#[must_use]
pub fn asking(host: &str) -> String {
    format!("Asking {host} what it has…")
}

/// Heading of the list of files of a repository.
#[must_use]
pub fn choose_of(repository: &str) -> String {
    format!("Choose a file of {repository}")
}

/// Button next to a file of that list.
pub const CHOOSE: &str = "Choose";
/// Shown instead of a size that the hub does not report.
pub const NO_SIZE: &str = "size not known";
/// Heading of the list of adapters of a repository.
pub const ADAPTERS_OF_REPOSITORY: &str = "Adapters for the loaded model";

/// Sentence below the list: files that are parts of models. `None` if there are none.
#[must_use]
pub fn parts(number: usize) -> Option<String> {
    let are = if number == 1 { "1 more file is a part of a model" } else { "more files are parts of models" };
    let words = if number == 1 { are.to_owned() } else { format!("{number} {are}") };
    (number > 0).then(|| format!("{words}, cut to be joined again: those cannot be run here."))
}

/// Sentence below the list: files that are not shown. `None` if there are none.
#[must_use]
pub fn more_files(number: usize) -> Option<String> {
    (number > 0).then(|| format!("{number} more: name one by owner/name/file.gguf."))
}

/// Heading of the panel that shows the cost of a model or an adapter.
#[must_use]
pub fn consent_to(name: &str) -> String {
    format!("{name}: what it costs here")
}

/// Name of an adapter together with its base model, in that heading.
#[must_use]
pub fn the_adapter(name: &str, base: &str) -> String {
    format!("Adapter {name}, for {base}")
}

/// Button that starts the download.
pub const DOWNLOAD: &str = "Download and load";
/// Button that closes the panel without a download.
pub const NOT_NOW: &str = "Not now";

/// Value of [`LINE_DOWNLOAD`]: the size of each file. 0 is the size of a file that is saved here already.
#[must_use]
pub fn download(sizes: &[Option<u64>], host: &str) -> String {
    let size = |size: &Option<u64>| size.map_or_else(|| "a file of unknown size".to_owned(), size_text);
    let coming: Vec<String> = sizes.iter().filter(|size| **size != Some(0)).map(size).collect();
    if coming.is_empty() { "nothing".to_owned() } else { format!("{} from {host}", coming.join(" and ")) }
}

/// Value of [`LINE_MEMORY`]: the memory that the model needs, and whether it fits. `fit` is `None` while something is
/// not known.
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

/// Value of [`LINE_ROOM`]: whether a copy is saved. `None` if the reader wants none, `Some(None)` if the file's size is
/// not known.
#[must_use]
pub fn room(fit: Option<Option<Fit>>) -> String {
    match fit {
        None => "no copy is kept, as chosen above".to_owned(),
        Some(Some(Fit::TooMuch(room))) => {
            format!("there is room for only {}: the model runs, but no copy is kept", size_text(room))
        }
        Some(Some(Fit::Fits(room))) => format!("a copy is kept; there is room for {}", size_text(room)),
        Some(Some(Fit::Unknown) | None) => "a copy is kept if there is room for it".to_owned(),
    }
}

/// Value of [`LINE_ROOM`] if a copy is saved already.
pub const IS_HERE: &str = "a copy is here already";
/// Value of [`LINE_SPEED`] while the GPU's speed is measured.
pub const MEASURING: &str = "Measuring this GPU…";
/// Value of [`LINE_SPEED`] if the speed could not be measured.
pub const NO_SPEED: &str = "not known yet";

/// Value of [`LINE_SPEED`]: the expected tokens per second, and the measurement that they are computed from.
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

/// Value of [`LINE_BASE`] if an adapter names no base model.
pub const NO_BASE: &str = "it does not say";
/// Value of [`LINE_LICENCE`] if no licence is stated.
pub const NO_LICENCE: &str = "none stated";

/// Value of [`LINE_CHECK`]: whether the download is compared with a known SHA-256.
#[must_use]
pub const fn check(has_sums: bool) -> &'static str {
    if has_sums { "compared with the hub's SHA-256 when it has come" } else { "its SHA-256 is not known beforehand" }
}

/// Error if an adapter is chosen while no model is loaded.
pub const NO_MODEL_FOR_ADAPTER: &str = "An adapter needs a model: first load the one it was made for.";

/// Warning if an adapter was made for another model than the loaded one.
#[must_use]
pub fn another_base(base: &str, loaded: &str) -> String {
    format!(
        "This adapter was made for {base}, and the loaded model is {loaded}: load that one first, or try: an adapter that does not fit is refused."
    )
}

/// Line of the panel: what is downloaded.
pub const LINE_DOWNLOAD: &str = "Download";
/// Line of the panel: memory.
pub const LINE_MEMORY: &str = "Memory";
/// Line of the panel: the copy in this browser.
pub const LINE_ROOM: &str = "In this browser";
/// Line of the panel: speed.
pub const LINE_SPEED: &str = "Speed";
/// Line of the panel: base model of an adapter.
pub const LINE_BASE: &str = "Made for";
/// Line of the panel: licence.
pub const LINE_LICENCE: &str = "Licence";
/// Line of the panel: checksum.
pub const LINE_CHECK: &str = "Check";
