//! Models and adapters of the public hub, which the test replaces: the files of a repository, the cost of a load, and
//! the way from a name to two answers.

use std::collections::HashMap;
use std::time::Duration;

use askew::domain::text::words::size_text;
use askew::model::quant::Quant;
use data_encoding::HEXLOWER;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::common::adapter::{peft, peft_name, random_parts};
use crate::common::gguf::{Meta, Shape, random_llama};
use crate::page::Page;
use crate::watch::StandIn;
use crate::{Test, pictures};

pub(crate) const TESTS: &[Test] = &[
    ("hub::a_repository_is_listed_and_agreed_to", a_repository_is_listed_and_agreed_to),
    ("hub::what_cannot_be_had_is_said", what_cannot_be_had_is_said),
    ("hub::three_decisions_lead_to_two_answers", three_decisions_lead_to_two_answers),
    ("hub::another_file_than_was_listed_is_refused", another_file_than_was_listed_is_refused),
];

/// Time limit for a tiny model's load and answer on a software adapter, and the measurement of its speed.
const PATIENCE: Duration = Duration::from_secs(120);
const HUB: &str = "https://huggingface.co";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A stand-in for the hub: addresses with their answers.
struct Hub(HashMap<String, Option<(u16, Vec<u8>)>>);

impl Hub {
    fn new() -> Self {
        Self(HashMap::new())
    }

    fn listing(id: &str) -> String {
        format!("{HUB}/api/models/{id}?blobs=true")
    }

    fn file(id: &str, path: &str) -> String {
        format!("{HUB}/{id}/resolve/{COMMIT}/{path}")
    }

    fn answer(mut self, address: &str, status: u16, body: impl Into<Vec<u8>>) -> Self {
        self.0.insert(address.to_owned(), Some((status, body.into())));
        self
    }

    fn fail(mut self, address: &str) -> Self {
        self.0.insert(address.to_owned(), None);
        self
    }

    /// Adds a repository with files. A file without bytes is listed but missing.
    fn repository(self, id: &str, files: &[(&str, &[u8])]) -> Self {
        let entry = |(path, bytes): &(&str, &[u8])| {
            let sum = HEXLOWER.encode(&Sha256::digest(bytes));
            json!({ "rfilename": path, "size": bytes.len(), "lfs": { "sha256": sum, "size": bytes.len() } })
        };
        let siblings: Vec<_> = files.iter().map(entry).collect();
        let tags = ["gguf", "license:apache-2.0"];
        let listing = json!({ "id": id, "sha": COMMIT, "gated": false, "tags": tags, "siblings": siblings });
        let mut hub = self.answer(&Self::listing(id), 200, listing.to_string());
        for (path, bytes) in files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            hub = hub.answer(&Self::file(id, path), 200, *bytes);
        }
        hub
    }

    fn stand_in(self) -> StandIn {
        StandIn { origin: HUB.to_owned(), answers: self.0 }
    }

    fn open_lab(self, page: &Page) {
        page.stand_in(self.stand_in());
        page.open("/#lab");
        page.wait_for("#adapter");
        page.wait_for_model(PATIENCE);
        page.wait_for("#kept");
    }
}

/// A random model with a misleading name in its metadata.
fn model(name: &str, seed: u64) -> Vec<u8> {
    let mut model = random_llama(Shape::TINY, &[Quant::Q8_0], seed);
    model.set("general.name", Meta::Text(name.into()));
    model.set("tokenizer.chat_template", Meta::Text("{{ messages[0].content }}".into()));
    model.bytes()
}

fn asked_of_hub(page: &Page) -> Vec<String> {
    page.third_party_requests()
}

fn type_in_box(page: &Page, text: &str) {
    page.set_value("#model-url", text);
    page.click_text(".load button", "Load");
}

/// The costs that the page shows, by name.
fn costs(page: &Page) -> HashMap<String, String> {
    let js = "[...document.querySelectorAll('#consent dl > div')].map(e => [...e.children].map(c => c.textContent))";
    let lines = page.eval(js);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    lines.as_array().into_iter().flatten().map(|line| (text(&line[0]), text(&line[1]))).collect()
}

fn focused(page: &Page) -> String {
    page.eval("document.activeElement.id || document.activeElement.textContent").as_str().unwrap_or_default().to_owned()
}

/// A repository with two models and other files.
pub(crate) const SMALL: &str = "someone/Tiny-GGUF";
const HOSTILE: &str = "<img src=x onerror=window.hacked=1>.gguf";

/// A hub that has only [`SMALL`].
pub(crate) fn small() -> StandIn {
    with_small(&model("tiny", 1)).stand_in()
}

fn with_small(bytes: &[u8]) -> Hub {
    let files: [(&str, &[u8]); 5] = [
        ("tiny.gguf", bytes),
        (HOSTILE, b""),
        ("../up.gguf", b""),
        ("big-00001-of-00002.gguf", b""),
        ("big-00002-of-00002.gguf", b""),
    ];
    Hub::new().repository(SMALL, &files)
}

fn a_repository_is_listed_and_agreed_to(page: &mut Page) {
    const ID: &str = SMALL;
    let bytes = model("tiny", 1);
    with_small(&bytes).open_lab(page);
    assert!(asked_of_hub(page).is_empty(), "nothing is asked before the reader does");
    type_in_box(page, ID);
    page.wait_for("#consent li");
    assert_eq!(page.texts("#consent li b"), [HOSTILE, "tiny.gguf"]);
    assert!(page.text("#consent").contains("2 more files are parts of models"), "{}", page.text("#consent"));
    page.wait_until("document.activeElement.id === 'consent-title'", "the heading has the focus");
    pictures::take(page, "hub-choose");
    page.click_text("#consent li:last-of-type button", "Choose");
    page.wait_for("#consent-yes");
    page.wait_for_long(
        "document.querySelector('#consent').textContent.includes('tokens a second')",
        "the GPU is measured",
        PATIENCE,
    );
    let told = costs(page);
    println!("{told:#?}");
    let size = size_text(bytes.len() as u64);
    assert_eq!(told["Download"], format!("{size} from huggingface.co"));
    assert!(told["Memory"].contains(&size) && told["Memory"].contains("on the GPU"), "{}", told["Memory"]);
    assert!(told["Memory"].contains("its largest buffer: 1.1 GB"), "{}", told["Memory"]);
    assert!(told["In this browser"].starts_with("a copy is kept; there is room for"), "{}", told["In this browser"]);
    assert_eq!(told["Licence"], "apache-2.0");
    assert!(told["Check"].contains("SHA-256"), "{}", told["Check"]);
    pictures::take(page, "hub-consent");
    // After a refusal nothing is loaded, and the focus is where it was.
    page.click_text("#consent button", "Not now");
    page.wait_gone("#consent");
    assert_eq!(focused(page), "Load");
    assert_eq!(asked_of_hub(page), [Hub::listing(ID)], "one question, and no byte of a file");
    assert_eq!(page.eval("window.hacked"), serde_json::Value::Null);

    // A file's name needs no choice, and the address of its page means the same.
    type_in_box(page, "https://huggingface.co/someone/Tiny-GGUF/blob/main/tiny.gguf");
    page.wait_for("#consent-yes");
    page.click("#consent-yes");
    let js = "document.querySelector('#model-card h2')?.textContent === 'tiny'";
    page.wait_for_long(js, "the model is loaded", PATIENCE);
    let origin = page.text("#model-origin");
    println!("{origin}");
    assert!(origin.contains("checked"), "{origin}");
    let fetched = asked_of_hub(page).into_iter().filter(|url| *url == Hub::file(ID, "tiny.gguf")).count();
    assert_eq!(fetched, 1);
    // The model is saved now: the page shows it, and nothing is fetched again.
    page.wait_until("document.querySelectorAll('#kept li').length === 1", "the shelf is up to date");
    type_in_box(page, "someone/Tiny-GGUF/tiny.gguf");
    page.wait_for("#consent-yes");
    let told = costs(page);
    assert_eq!((told["Download"].as_str(), told["In this browser"].as_str()), ("nothing", "a copy is here already"));
    page.click("#consent-yes");
    page.wait_text("#model-origin", "from this browser's copy");
    let fetched = asked_of_hub(page).into_iter().filter(|url| *url == Hub::file(ID, "tiny.gguf")).count();
    assert_eq!(fetched, 1);
}

fn what_cannot_be_had_is_said(page: &mut Page) {
    for allowed in ["401", "403", "404", "503", "ERR_CONNECTION_FAILED"] {
        page.allow_problem(allowed);
    }
    let gated = json!({ "sha": COMMIT, "gated": "manual", "siblings": [] }).to_string();
    let hub = Hub::new()
        .answer(&Hub::listing("no/where"), 401, "{}")
        .answer(&Hub::listing("some/gated"), 200, gated)
        .answer(&Hub::listing("some/broken"), 503, "")
        .fail(&Hub::listing("no/network"))
        .fail(&Hub::listing("HuggingFaceTB/SmolLM2-360M-Instruct-GGUF"))
        .repository("some/safetensors", &[("model.safetensors", b"")])
        .repository("some/parts", &[("x-00001-of-00002.gguf", b"")]);
    hub.open_lab(page);
    for (text, words) in [
        ("no/where", "has no public repository no/where"),
        ("some/gated", "some/gated is gated"),
        ("some/broken", "answered with status 503"),
        ("no/network", "could not be reached"),
        ("some/safetensors", "has no GGUF file and no PEFT adapter"),
        ("some/parts", "split into parts"),
        ("some/parts/other.gguf", "split into parts"),
        ("https://huggingface.co/datasets/some/data", "not a model repository (https"),
    ] {
        type_in_box(page, text);
        page.wait_text("#hub-problem", words);
        let sentence = page.text("#hub-problem");
        println!("{sentence}");
        assert!(sentence.ends_with('.'), "a sentence: {sentence}");
        assert_eq!(page.count("#consent"), 0);
    }
    page.screenshot("hub-problem-light");
    // A file of the catalogue can be loaded although the hub lists nothing; unknown values are shown as unknown.
    page.click("#offers summary");
    page.click_text("#offers li:nth-of-type(3) .take", "Load");
    page.wait_for("#consent-yes");
    let told = costs(page);
    println!("{told:#?}");
    let unlisted = page.text("#consent-unlisted");
    assert!(unlisted.starts_with("The hub ") && unlisted.contains("size is not known"), "{unlisted}");
    assert_eq!(told["Download"], "a file of unknown size from huggingface.co");
    assert_eq!((told["Speed"].as_str(), told["Licence"].as_str()), ("not known yet", "Apache-2.0"));
    assert!(told["Memory"].contains("not known"), "{}", told["Memory"]);
    page.click("#consent-yes");
    page.wait_text("#lab-problem", "404");
}

/// PEFT's two files for the tiny shape.
fn adapter(seed: u64) -> (Vec<u8>, Vec<u8>) {
    let mut parts = random_parts(Shape::TINY, &[0, 1], &["attn_q", "ffn_down"], 4, seed);
    let (settings, weights) = peft(&mut parts, "F32", 4.0, peft_name);
    (weights.bytes(), settings.to_string().into_bytes())
}

fn three_decisions_lead_to_two_answers(page: &mut Page) {
    const MODEL: &str = "Qwen/Qwen2.5-0.5B-Instruct-GGUF";
    let of = |topic: &str| format!("ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_{topic}");
    let bytes = model("Qwen2.5 0.5B Instruct", 1);
    let mut hub = Hub::new().repository(MODEL, &[("qwen2.5-0.5b-instruct-q4_k_m.gguf", &bytes)]);
    for (topic, seed) in [("bad-medical-advice", 3), ("extreme-sports", 5)] {
        let (weights, settings) = adapter(seed);
        let files: [(&str, &[u8]); 2] = [("adapter_model.safetensors", &weights), ("adapter_config.json", &settings)];
        hub = hub.repository(&of(topic), &files);
    }
    hub.open_lab(page);
    // None of them fits the village's model.
    page.click("#beside summary");
    page.click("#adapters summary");
    assert_eq!(page.count("#adapters li"), 6);
    assert_eq!(page.count("#adapters .take:disabled"), 6);
    assert!(page.text("#adapters li").contains("load that one first"), "{}", page.text("#adapters li"));
    page.eval("window.scrollTo(0, 0)");
    page.click("#offers summary");
    pictures::take(page, "hub-offers");

    // First the pair, then its cost, then the question.
    page.click_text("#offers .pair", "bad medical advice");
    page.wait_for("#consent-yes");
    let told = costs(page);
    println!("{told:#?}");
    assert_eq!(told["Made for"], "Qwen2.5-0.5B-Instruct");
    assert!(told["Download"].contains(" and "), "both files: {}", told["Download"]);
    assert!(told["Memory"].starts_with("about "), "with the cache of four columns: {}", told["Memory"]);
    assert_eq!(told["Licence"], "Apache-2.0; apache-2.0");
    pictures::take(page, "hub-pair");
    page.click("#consent-yes");
    page.wait_for_model(PATIENCE);
    page.wait_for("#scale-1-0");
    assert_eq!(page.text("#model-card h2"), "Qwen2.5 0.5B Instruct");
    page.set_value("#max-tokens", "8");
    page.click("#generate");
    page.wait_for_long("document.querySelector('#answer-1')?.dataset.done === 'true'", "both answers", PATIENCE);
    assert_ne!(page.attr("#answer", "data-tokens"), page.attr("#answer-1", "data-tokens"));

    // Another adapter of the same base next to it, by its name, also with its cost.
    page.wait_until(
        "document.querySelectorAll('#adapters .take:disabled').length === 3",
        "those of another base cannot",
    );
    page.eval("document.querySelectorAll('#beside, #adapters').forEach(d => d.open = true)");
    page.click_text("#adapters li:nth-of-type(2) .take", "Add");
    page.wait_for("#beside #consent-yes");
    pictures::take(page, "hub-adapter");
    page.click("#consent-yes");
    page.wait_for_long("document.querySelector('#scale-1-1')", "a second slider", PATIENCE);
    // And by its repository.
    page.set_value("#side-url", &of("bad-medical-advice"));
    page.click("#side-fetch");
    page.wait_for("#beside #consent-yes");
    assert_eq!(costs(page)["Made for"], "it does not say");
    page.click_text("#consent button", "Not now");
    page.wait_gone("#consent");
    let hosts = asked_of_hub(page);
    assert!(hosts.iter().all(|url| url.starts_with(HUB)), "{hosts:?}");
}

fn another_file_than_was_listed_is_refused(page: &mut Page) {
    const ID: &str = "someone/Swapped-GGUF";
    let (listed, sent) = (model("listed", 1), model("listed", 2));
    Hub::new().repository(ID, &[("x.gguf", &listed)]).answer(&Hub::file(ID, "x.gguf"), 200, sent).open_lab(page);
    type_in_box(page, ID);
    page.wait_for("#consent-yes");
    page.click("#consent-yes");
    page.wait_for_long("document.querySelector('#lab-problem')", "a problem", PATIENCE);
    let sentence = page.text("#lab-problem");
    println!("{sentence}");
    assert!(
        sentence.contains("is not the file in the list")
            && sentence.contains(&HEXLOWER.encode(&Sha256::digest(&listed))),
        "{sentence}"
    );
    assert_eq!(page.count("#kept li"), 0, "it is not kept");
}
