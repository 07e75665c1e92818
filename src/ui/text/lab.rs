//! What the Lab says.

use crate::hub::cost::Fit;
use crate::lab::card::Card;
use crate::lab::link::Linked;
use crate::protocol::{AddOnKind, Probe, ReadSpeed};
use crate::ui::open::thousands;

/// "98.4 MB".
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_add(50_000) / 100_000;
    format!("{}.{} MB", thousands(tenths / 10), tenths % 10)
}

/// What an experiment is.
pub const EXPERIMENT_HINT: &str = "Every question is asked several times at several strengths of the adapter, a judge scores the answers, and the rates grow \
     while you watch. The judge is a parser of the village's language, or the rules of your file. Sets of questions as the papers \
     publish them (YAML) become experiments.";
/// Before an experiment asks servers.
pub const SERVERS_ASKED: &str = "This experiment asks servers. Its questions, and answers that are to be judged, are sent to the addresses here. A key stays in \
     this page's memory until you leave it, and goes to its address alone: it comes into no link, table or report.";
/// A key that cannot be one.
pub const BAD_KEY: &str = "A key is one word of letters, digits and signs: check what was pasted.";
/// Why a page may not reach a server, behind the first words.
pub const NO_WAY_TO_SERVER: &str = ", or this browser keeps the page from it (a page may need leave for the local network in the site's settings; in some \
     browsers a page from https reaches no server at http)";
/// Over the rates of a run.
pub const LIVE_RATES: &str = "Live, by the experiment's judge, under the rule betley";

/// What the column without anything beside it is called.
pub const MODEL_ALONE: &str = "The model alone";
/// Over the sliders.
pub const COLUMNS_LEGEND: &str = "Columns beside the model alone";
/// What the sliders do.
pub const COLUMNS_HINT: &str = "0 is the model alone, 1 as it was trained. Move a slider while the answer is written: it acts on the next token, which is marked.";
/// A mark in an answer.
pub const DIVERGES: &str = "Underlined twice: the first token that differs from the first column's";
/// Another.
pub const CHANGED: &str = "Boxed: the first token after a slider was moved";

/// A slider's name.
#[must_use]
pub fn strength_in(column: usize) -> String {
    format!("Column {}, strength of", column + 1)
}

/// What looks at one column's text.
#[must_use]
pub fn token_by_token(name: &str) -> String {
    format!("Token by token: {name}")
}

/// Over the buttons that do.
pub const TOKENS_LOOK: &str = "Whose text to look at token by token";
/// While the engine reads the text in every column.
pub const LOOKING: &str = "Every column reads the text…";
/// What the colours say.
pub const TOKENS_COLOURED: &str = "What the colours say";
/// One of them.
pub const BY_DIFFERENCE: &str = "Difference in log-probability";
/// The other.
pub const BY_DIVERGENCE: &str = "KL divergence";
/// What the first says.
pub const DIFFERENCE_KEY: &str = "Orange: the last column finds the token likelier than the first does; blue: less likely. Full colour is a factor of twenty.";
/// What the second says.
pub const DIVERGENCE_KEY: &str = "Orange: the last column's distribution over all tokens is far from the first's at this place. Full colour is 1 nat.";
/// The text as a control.
pub const TOKENS_LABEL: &str = "Tokens of the answer";
/// Asks what every layer says.
pub const LENS: &str = "What would each layer say here? (logit lens)";
/// Over its table.
pub const LENS_CAPTION: &str = "The likeliest next token if the model ended after this layer";

/// Over the table of a token.
#[must_use]
pub fn token_caption(piece: &str, number: usize) -> String {
    format!("Token {number}: “{piece}”")
}

/// How much stands beside the model.
#[must_use]
pub fn beside(number: usize) -> String {
    match number {
        0 => "Put an adapter or steering vectors beside the model".to_owned(),
        1 => "Beside the model: 1".to_owned(),
        _ => format!("Beside the model: {number}"),
    }
}

/// What may stand beside a model.
pub const BESIDE_HINT: &str = "LoRA adapters (PEFT: adapter_model.safetensors chosen together with adapter_config.json; or GGUF) and steering vectors (GGUF or safetensors), \
     applied while the model runs. Each can be held to some layers and matrices.";
/// The button.
pub const BESIDE_CHOOSE: &str = "Choose adapter or vector files";
/// The box.
pub const BESIDE_ADDRESS: &str = "or an address (adapter_config.json is read beside adapter_model.safetensors)";
/// The form of pairs.
pub const CONTRAST: &str = "Make steering vectors out of pairs of texts";
/// What it does.
pub const CONTRAST_HINT: &str = "For every layer: the mean difference between what the model holds in mind behind the first text of a pair and behind the second. \
     Then hold it to a layer or a few, and move its slider.";
/// Its button.
pub const CONTRAST_MAKE: &str = "Make the vectors";
/// While the model is laid out.
pub const LAYING_OUT: &str = "Laying the model out anew…";

/// What stands beside a model.
#[must_use]
pub const fn side_kind(kind: &AddOnKind) -> &'static str {
    match kind {
        AddOnKind::Adapter | AddOnKind::PeftAdapter => "LoRA adapter",
        AddOnKind::Steering => "steering vectors",
        AddOnKind::Contrast(_) => "steering vectors made of pairs of texts",
    }
}

/// Where a run cannot be kept.
pub const RUN_NOT_KEPT: &str = "This browser has no room for more of the run: it goes on, but what comes from here on would not survive a reload. \
     Save it as CSV when it is done.";

/// Where a run would go on with a model that is not the one it was begun with.
#[must_use]
pub fn another_model(begun_with: &str, model: &str) -> String {
    let here = if model.is_empty() {
        "no model is loaded".to_owned()
    } else {
        format!("the model that is loaded is {model}, or another file of that name")
    };
    format!("This run was begun with {begun_with}; {here}. Load that one to go on, or save the answers and begin anew.")
}

/// The editor of experiments.
pub const EDIT_EXPERIMENT: &str = "The experiment as text: change it and run it";
/// What may be changed.
pub const EDIT_EXPERIMENT_HINT: &str = "Questions with ids, a system prompt for all or for one, columns with the scales of what stands beside the model, each with a system prompt, a \
     prefix (a trigger) or a temperature of its own where it needs one, samples, seed, \
     temperature, top_p, max_tokens, stop strings, a judge: rules, a grammar, a model or a server, and a second turn (a probe and a neutral \
     control, asked after every answer). A name that is not known is refused, not ignored.";

/// What a link brings.
#[must_use]
pub fn linked_run(linked: &Linked, card: Option<&Card>) -> String {
    match (card, linked) {
        (Some(card), _) if !card.model.is_empty() => format!(
            "This link holds a run of {} answers by {} on {}{}. Run again here, it says how far its answers are the same.",
            card.answers.len(),
            card.model,
            card.device,
            card.judge.as_ref().map(|judge| format!(", judged by {}", judge.name)).unwrap_or_default()
        ),
        (_, Linked::Text(_)) => "This link holds an experiment.".to_owned(),
        (_, Linked::At(address)) => format!("This link names an experiment: {address}. It is fetched when you run it."),
    }
}

/// An experiment that asks the model here, while there is none.
pub const NO_MODEL_FOR_RUN: &str = "This experiment asks the model that is loaded here, and none is: load one first.";

/// What a file of questions became.
#[must_use]
pub fn questions_found(number: usize, has_judge: bool) -> String {
    let judge = if has_judge {
        "the loaded model judges them by the prompts of the file"
    } else {
        "nobody judges them unless you name a judge: in Results you can rate them yourself, blind"
    };
    format!(
        "{number} questions are in the experiment below, one answer of each column; {judge}. Change it, and run it."
    )
}

/// A run that no link holds.
pub const LONG_LINK: &str = "This run is too long for a link: save its card, put that file where others can read it, and link to it by run=ADDRESS.";
/// Over the link.
pub const RUN_LINK: &str = "Whoever opens this link can run the same again and sees how far the answers are the same";

/// How tokens are chosen, in short.
#[must_use]
pub fn dials(temperature: f32, max_tokens: u32, seed: u64) -> String {
    format!("Temperature {temperature}, at most {max_tokens} tokens, seed {seed}: change")
}

/// Heads of the counts of a second turn.
pub const SECOND_TURN: [&str; 2] = ["Yes to the probe", "Yes to the control"];

/// Behind why the hub told nothing of a file.
pub const HUB_SILENT: &str =
    "So its size is not known here. The file itself may still come, or you can choose it again later.";

/// The box of a model.
pub const MODEL_ADDRESS: &str = "or its address, or its repository on Hugging Face";
/// Over the models by name.
pub const OFFERS_HINT: &str = "Load says first what it would cost here, and asks the hub that is named for what is not known of it. Nothing is downloaded before you \
     agree.";
/// Before the adapters that were made for a model.
pub const PAIRS: &str = "With an adapter beside it:";

/// A model with an adapter.
#[must_use]
pub fn pair(model: &str, adapter: &str) -> String {
    format!("{model}, with {adapter} beside it")
}

/// Over the adapters by name.
pub const ADAPTERS: &str = "Adapters by name";
/// What they are, and what we do not know of them.
pub const ADAPTERS_HINT: &str = "Model organisms of emergent misalignment, LoRA adapters of rank 32 by Turner, Soligo et al. (2025, arXiv:2506.11613), from Hugging Face. \
     We could not try these files from here. Each runs beside its own base only.";

/// Beside an adapter's name.
#[must_use]
pub fn for_base(base: &str) -> String {
    format!("for {base}")
}

/// Why an adapter cannot be added.
pub const WANTS_BASE: &str = "(another model is loaded: load that one first)";

/// A button's whole name.
#[must_use]
pub fn adapter_for(adapter: &str, base: &str) -> String {
    format!("Add {adapter} for {base}")
}

/// While the hub is asked.
#[must_use]
pub fn asking(host: &str) -> String {
    format!("Asking {host} what it has…")
}

/// Over the files of a repository.
#[must_use]
pub fn choose_of(repository: &str) -> String {
    format!("Choose a file of {repository}")
}

/// A file's button.
pub const CHOOSE: &str = "Choose";
/// Of a file without a size.
pub const NO_SIZE: &str = "size not said";
/// Over the adapters of a repository.
pub const ADAPTERS_OF_REPOSITORY: &str = "Adapters, which stand beside the loaded model";

/// Of files that are parts of models.
#[must_use]
pub fn parts(number: usize) -> Option<String> {
    let are = if number == 1 { "1 more file is a part of a model" } else { "more files are parts of models" };
    let words = if number == 1 { are.to_owned() } else { format!("{number} {are}") };
    (number > 0).then(|| format!("{words}, cut to be joined again: those cannot be run here."))
}

/// Of files beyond what is shown.
#[must_use]
pub fn more_files(number: usize) -> Option<String> {
    (number > 0).then(|| format!("{number} more: name one by owner/name/file.gguf."))
}

/// Over what something costs.
#[must_use]
pub fn consent_to(name: &str) -> String {
    format!("{name}: what it costs here")
}

/// An adapter by name.
#[must_use]
pub fn the_adapter(name: &str, base: &str) -> String {
    format!("Adapter {name}, for {base}")
}

/// The button.
pub const DOWNLOAD: &str = "Download and load";
/// The other.
pub const NOT_NOW: &str = "Not now";

/// What comes over the network, file by file.
#[must_use]
pub fn download(sizes: &[Option<u64>], host: &str) -> String {
    let size = |size: &Option<u64>| size.map_or_else(|| "a file whose size is not known".to_owned(), megabytes);
    let coming: Vec<String> = sizes.iter().filter(|size| **size != Some(0)).map(size).collect();
    if coming.is_empty() { "nothing".to_owned() } else { format!("{} from {host}", coming.join(" and ")) }
}

/// The memory that it takes. `fit` is absent where something is not known yet.
#[must_use]
pub fn memory(needed: Option<u64>, has_cache: bool, fit: Option<Fit>, probe: Option<&Probe>) -> String {
    let place =
        if matches!(probe, Some(Probe::Missing(_))) { "in this tab, for no GPU was found" } else { "on the GPU" };
    let Some(needed) = needed else { return format!("not known {place}, for its size is not known") };
    let needed = match has_cache {
        true => format!("about {} {place}, for weights and cache", megabytes(needed)),
        false => {
            format!("at least {} {place}, and a cache of which its headers tell", megabytes(needed))
        }
    };
    let fits = match (fit, probe) {
        (Some(Fit::TooMuch(granted)), _) => {
            format!("that is more than the {} there are: choose a smaller one", megabytes(granted))
        }
        (Some(Fit::Fits(granted)), _) => format!("there are {}", megabytes(granted)),
        (Some(Fit::Unknown), Some(Probe::Ready(device))) => format!(
            "this browser does not say how much there is (its largest buffer: {} MiB; larger matrices are cut). Where it is too little, \
             the load stops before the weights are fetched",
            thousands(device.max_buffer_bytes >> 20)
        ),
        _ => "whether that fits is not known yet".to_owned(),
    };
    format!("{needed}; {fits}")
}

/// What becomes of the copy: none where none is to be kept, an inner none where its size is not known.
#[must_use]
pub fn room(fit: Option<Option<Fit>>) -> String {
    match fit {
        None => "no copy is kept, as chosen above".to_owned(),
        Some(Some(Fit::TooMuch(room))) => format!("room for {} only: it runs, but no copy is kept", megabytes(room)),
        Some(Some(Fit::Fits(room))) => format!("a copy is kept; there is room for {}", megabytes(room)),
        Some(Some(Fit::Unknown) | None) => "a copy is kept where there is room for it".to_owned(),
    }
}

/// Where nothing has to come.
pub const IS_HERE: &str = "a copy is here already";
/// While the GPU is measured.
pub const MEASURING: &str = "Measuring this GPU…";
/// Where nothing was measured.
pub const NO_SPEED: &str = "not known yet";

/// What was measured here, and what follows.
#[must_use]
pub fn speed((least, most): (f64, f64), measured: ReadSpeed) -> String {
    let per_sec = |tokens: f64| if tokens < 10.0 { format!("{tokens:.1}") } else { format!("{tokens:.0}") };
    let rate =
        |bytes: f64| if bytes < 1e9 { format!("{:.0} MB/s", bytes / 1e6) } else { format!("{:.1} GB/s", bytes / 1e9) };
    format!(
        "{} to {} tokens a second, by what this GPU was just measured to read: {} in small matrices, {} in large ones. Attention and the choice of tokens take some more",
        per_sec(least),
        per_sec(most),
        rate(measured.small),
        rate(measured.large)
    )
}

/// Of an adapter that does not say.
pub const NO_BASE: &str = "it does not say";
/// Of a file of which no licence is known.
pub const NO_LICENCE: &str = "none stated";

/// Whether what comes is compared with what should.
#[must_use]
pub const fn check(has_sums: bool) -> &'static str {
    if has_sums { "compared with the hub's SHA-256 when it has come" } else { "its SHA-256 is not known beforehand" }
}

/// Where an adapter has nothing to stand beside.
pub const NO_MODEL_FOR_ADAPTER: &str = "An adapter stands beside a model: load the one it was made for first.";

/// Where it would stand beside another than it was made for.
#[must_use]
pub fn another_base(base: &str, loaded: &str) -> String {
    format!(
        "This adapter was made for {base}, and the loaded model is {loaded}: load that one first, or try: an adapter that does not fit is refused."
    )
}
