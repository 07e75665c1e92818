//! The hub: addresses that readers may type, and listings that the hub, or a hostile server in its place, may send.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use askew::engine::fit::{Limits, fit};
use askew::engine::load::read_headers;
use askew::engine::native::FileSource;
use askew::hub::cost::cache_bytes;
use askew::hub::{HubError, Listing, MAX_LISTING_BYTES, Repository, adapters, host, is_base, is_same_file, listed};
use askew::protocol::DEFAULT_CONTEXT;
use common::mutate::{self, Random};
use pollster::block_on;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const SUM: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
/// Number of damaged listings.
const INPUTS: u64 = 20_000;

fn named(text: &str) -> Option<Repository> {
    Repository::named(text).unwrap()
}

fn repository(id: &str, file: Option<&str>) -> Repository {
    Repository { id: id.into(), revision: None, file: file.map(str::to_owned) }
}

/// A listing in the hub's shape.
fn listing(siblings: &str) -> String {
    format!(
        r#"{{"_id":"1","id":"owner/name","sha":"{COMMIT}","gated":false,"private":false,
        "tags":["gguf","base_model:o/B","base_model:adapter:o/B","license:apache-2.0","region:us"],"siblings":[{siblings}],"cardData":{{"license":"apache-2.0"}}}}"#
    )
}

fn entry(path: &str, num_bytes: u64) -> String {
    format!(
        r#"{{"rfilename":"{path}","size":{num_bytes},"blobId":"77","lfs":{{"sha256":"{SUM}","size":{num_bytes},"pointerSize":134}}}}"#
    )
}

fn read(siblings: &[String]) -> Result<Listing, HubError> {
    repository("owner/name", None).read(200, listing(&siblings.join(",")).as_bytes())
}

#[test]
fn names_and_addresses_mean_repositories_and_files() {
    for text in [
        "owner/name",
        "  owner/name/ ",
        "https://huggingface.co/owner/name",
        "http://huggingface.co/owner/name/tree/main",
        "HuggingFace.co/owner/name?library=gguf#files",
        "https://hf.co/owner/name/discussions/3",
        "https://huggingface.co/owner/name/blob/main/README.md",
    ] {
        assert_eq!(named(text), Some(repository("owner/name", None)), "{text}");
    }
    for text in [
        "owner/name/folder/x.gguf",
        "https://huggingface.co/owner/name/blob/main/folder/x.gguf",
        "https://huggingface.co/owner/name/resolve/main/folder/x.gguf?download=true",
    ] {
        assert_eq!(named(text), Some(repository("owner/name", Some("folder/x.gguf"))), "{text}");
    }
    let vectors = |file: &str| named(&format!("https://hf.co/owner/name/blob/main/{file}")).unwrap().names_vectors();
    assert!(vectors("steering.safetensors") && !vectors("x.gguf") && !vectors("a/adapter_model.safetensors"));
    let old = named("https://huggingface.co/owner/name/tree/v1.0").unwrap();
    assert_eq!(old.revision.as_deref(), Some("v1.0"));
    assert_eq!(old.listing(), format!("https://{}/api/models/owner/name/revision/v1.0?blobs=true", host()));
    assert_eq!(repository("a/b", None).listing(), format!("https://{}/api/models/a/b?blobs=true", host()));
}

#[test]
fn what_is_not_the_hubs_is_left_alone() {
    for text in [
        "",
        "name",
        "https://example.org/owner/name",
        "https://huggingface.co.example.org/owner/name",
        "https://example.org/huggingface.co/owner/name/x.gguf",
        "models/x.gguf",
        "/models/folder/x.gguf",
        "./models/folder/x.gguf",
        "../../x.gguf",
        "pocket/adapters/narrow/adapter_model.safetensors",
        "owner/na me",
        "owner/<b>name</b>",
        "owner/name/notes.txt",
        "javascript:alert(1)/x",
    ] {
        assert_eq!(named(text), None, "{text}");
    }
    for text in [
        "https://huggingface.co/datasets/owner/name",
        "https://huggingface.co/spaces/owner/name",
        "https://huggingface.co/owner",
        "https://huggingface.co/../name",
        "https://huggingface.co/owner/..",
        "https://huggingface.co/owner/name/tree/..%2F..",
    ] {
        assert!(matches!(Repository::named(text), Err(HubError::NoModel(_))), "{text}");
    }
}

#[test]
fn a_listing_gives_pinned_files_with_sizes_and_sums() {
    let found = read(&[
        entry("large.gguf", 900),
        entry("folder/with space.gguf", 100),
        r#"{"rfilename":"README.md","size":3}"#.into(),
        entry("huge-00001-of-00002.gguf", 5_000),
        entry("huge-00002-of-00002.gguf", 5_000),
        entry("adapter_model.safetensors", 50),
        r#"{"rfilename":"adapter_config.json","size":7}"#.into(),
        entry("alone/adapter_model.safetensors", 50),
    ])
    .unwrap();
    let paths: Vec<&str> = found.models.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["folder/with space.gguf", "large.gguf"]);
    let first = &found.models[0];
    let address = format!("https://{}/owner/name/resolve/{COMMIT}/folder/with%20space.gguf", host());
    assert_eq!((first.address.as_str(), first.num_bytes), (address.as_str(), Some(100)));
    assert_eq!(first.sha256.map(|sum| (sum[0], sum[31])), Some((0xb1, 0x53)));
    assert_eq!((found.num_parts, found.licence.as_deref()), (2, Some("apache-2.0")));
    assert_eq!(found.base.as_deref(), Some("o/B"));
    let paths: Vec<&str> = found.adapters.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["adapter_model.safetensors"], "weights without a configuration are no adapter");

    let pick = |file: &str| repository("owner/name", Some(file)).pick(&found).map(|found| found.cloned());
    assert_eq!(pick("large.gguf").unwrap().unwrap().num_bytes, Some(900));
    assert_eq!(pick("folder/with%20space.gguf").unwrap().unwrap().num_bytes, Some(100));
    assert_eq!(pick("small.gguf"), Err(HubError::NoFile("owner/name".into(), "small.gguf".into())));
    assert_eq!(pick("huge-00001-of-00002.gguf"), Err(HubError::Split("owner/name".into())));
    assert_eq!(pick("adapter_model.safetensors").unwrap().unwrap().num_bytes, Some(50));
    let all = repository("owner/name", None);
    assert_eq!(all.pick(&found), Ok(None), "there is a choice");
    let only = read(&[entry("only.gguf", 1)]).unwrap();
    assert_eq!(all.pick(&only).unwrap().map(|file| file.path.as_str()), Some("only.gguf"));
}

#[test]
fn what_cannot_be_offered_is_said_in_sentences() {
    let id = || "owner/name".to_owned();
    let repository = repository("owner/name", None);
    let one = listing(&entry("x.gguf", 1));
    let gated = one.replace(r#""gated":false"#, r#""gated":"manual""#);
    let huge = " ".repeat(MAX_LISTING_BYTES + 1);
    let in_parts = listing(&entry("x-00001-of-00002.gguf", 1));
    for (status, body, expected) in [
        (401, "", HubError::NoRepository(id())),
        (404, "", HubError::NoRepository(id())),
        (403, "", HubError::Gated(id())),
        (200, gated.as_str(), HubError::Gated(id())),
        (429, "", HubError::Status(429)),
        (503, "<html>", HubError::Status(503)),
        (200, "<html>", HubError::Unreadable(id())),
        (200, "[]", HubError::Unreadable(id())),
        (200, r#"{"siblings":{}}"#, HubError::Unreadable(id())),
        (200, huge.as_str(), HubError::Unreadable(id())),
        (200, r#"{"siblings":[]}"#, HubError::Nothing(id())),
        (200, in_parts.as_str(), HubError::Split(id())),
    ] {
        let found = repository.read(status, body.as_bytes()).unwrap_err();
        assert_eq!(found, expected);
        let sentence = found.sentence();
        assert!(sentence.ends_with('.') && sentence.starts_with("The "), "{sentence}");
    }
    assert!(repository.read(200, one.as_bytes()).is_ok(), "the cases differ from one that can be read");

    // Without a listing, a named file can still be loaded, unless the hub reported that it does not exist.
    let file = named("https://huggingface.co/owner/name/blob/v1/a%20b.gguf").unwrap();
    let unlisted = file.unlisted(&HubError::Unreachable).unwrap();
    assert_eq!(unlisted.address, format!("https://{}/owner/name/resolve/v1/a%20b.gguf", host()));
    assert_eq!((unlisted.num_bytes, unlisted.sha256), (None, None));
    assert_eq!(file.unlisted(&HubError::Gated(id())), None);
    assert_eq!(repository.unlisted(&HubError::Unreachable), None, "no file was named");
    assert_eq!(named("owner/name/x-00001-of-00002.gguf").unwrap().unlisted(&HubError::Unreachable), None);
}

#[test]
fn hostile_listings_give_plain_files_or_none() {
    let good = entry("good.gguf", 9);
    for bad in [
        entry("../../api/x.gguf", 1),
        entry("/x.gguf", 1),
        entry("a//x.gguf", 1),
        entry("a/./x.gguf", 1),
        entry(r"a\\x.gguf", 1),
        entry(r"a\u0000x.gguf", 1),
        entry(r"\u202egguf.x.gguf", 1),
        entry(r"x\u00ad.gguf", 1),
        entry("x\u{e0061}.gguf", 1),
        entry(&format!("{}.gguf", "x".repeat(2_000)), 1),
        r#"{"rfilename":7,"size":1}"#.into(),
        r#"{"rfilename":null}"#.into(),
        r#""x.gguf""#.into(),
        "[[],{}]".into(),
        "null".into(),
    ] {
        let found = read(&[bad.clone(), good.clone()]).unwrap();
        assert_eq!(found.models.len(), 1, "{bad}");
    }
    // Names are shown as text, and addresses hold only characters that a path may have.
    let found = read(&[entry("<img src=x onerror=alert(1)>#?%2e%2e.gguf", 1)]).unwrap();
    assert_eq!(found.models[0].path, "<img src=x onerror=alert(1)>#?%2e%2e.gguf");
    assert!(found.models[0].address.ends_with("/%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%23%3F%252e%252e.gguf"));
    // Invalid sizes and checksums count as missing, and an invalid commit is not used.
    let odd = r#"{"rfilename":"x.gguf","size":-1,"lfs":{"sha256":"zz","size":1e99}}"#;
    let body = listing(odd).replace(COMMIT, "../../main");
    let found = repository("owner/name", None).read(200, body.as_bytes()).unwrap();
    let file = &found.models[0];
    assert_eq!((file.num_bytes, file.sha256), (None, None));
    assert!(file.address.ends_with("/owner/name/resolve/main/x.gguf"), "{}", file.address);
    // Deeply nested, and very long.
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(read(&[deep, good]).is_ok());
    let many: Vec<String> = (0..30_000).map(|at| entry(&format!("{at}/adapter_model.safetensors"), at)).collect();
    let settings = (0..30_000).map(|at| format!(r#"{{"rfilename":"{at}/adapter_config.json"}}"#));
    let all: Vec<String> = many.into_iter().chain(settings).collect();
    assert_eq!(read(&all).unwrap().adapters.len(), 30_000);
}

#[test]
fn damaged_listings_never_panic_and_never_lead_elsewhere() {
    let whole = listing(&[entry("a.gguf", 1), entry("b/c.gguf", 2), r#"{"rfilename":"d.gguf"}"#.into()].join(","));
    let repository = repository("owner/name", None);
    let mut num_read = 0;
    for number in 0..INPUTS {
        let mut random = Random(number.wrapping_mul(0xD6E8_FEB8_6659_FD93) | 1);
        let mut bytes = whole.clone().into_bytes();
        for _ in 0..=random.below(4) {
            mutate::bytes(&mut random, &mut bytes, whole.as_bytes());
        }
        let Ok(found) = repository.read(200, &bytes) else { continue };
        num_read += 1;
        for file in found.models.iter().chain(&found.adapters) {
            let (revision, path) = file
                .address
                .strip_prefix("https://huggingface.co/owner/name/resolve/")
                .unwrap()
                .split_once('/')
                .unwrap();
            assert!(revision == COMMIT || revision == "main" || revision.len() == 40, "{number}: {}", file.address);
            assert!(
                path.split('/').all(|part| !part.is_empty() && part != "." && part != ".."),
                "{number}: {}",
                file.address
            );
        }
    }
    assert!(num_read > INPUTS / 100, "some can still be read: {num_read}");
}

#[test]
fn adapters_stand_beside_their_own_base() {
    for adapter in adapters() {
        let repository = Repository::of_adapter(adapter);
        assert_eq!(named(adapter.repository).unwrap().id, repository.id);
        assert!(is_base(adapter.base, &[adapter.repository]));
    }
    let base = "Qwen2.5-0.5B-Instruct";
    for name in ["qwen2.5-0.5b-instruct", "Qwen2.5 0.5B Instruct", "Qwen2.5-0.5B-Instruct-Q4_K_M.gguf"] {
        assert!(is_base(base, &["pocket", name]) && is_base(&format!("unsloth/{base}"), &[name]), "{name}");
    }
    for name in ["Qwen2.5 Coder 0.5B Instruct", "Qwen2.5 0.5B", "Qwen2.5-1.5B-Instruct", "Llama 3.2 1B Instruct", ""] {
        assert!(!is_base(base, &[name]), "{name}");
    }
    let at = |revision: &str, file: &str| format!("https://huggingface.co/o/n/resolve/{revision}/{file}");
    assert!(is_same_file(&at("main", "x.gguf"), &at(COMMIT, "x.gguf")));
    assert!(!is_same_file(&at("main", "x.gguf"), &at("main", "y.gguf")));
    assert!(!is_same_file("https://huggingface.co/o/n", "https://huggingface.co/o/n/tree/x"));
    assert!(is_same_file("models/x.gguf", "models/x.gguf") && !is_same_file("models/x.gguf", "models/y.gguf"));
}

/// Compares the estimate that a reader agrees to with the headers of the same file.
#[test]
fn listed_shapes_are_those_of_the_files() {
    const NAME: &str = "listed_shapes_are_those_of_the_files";
    let files = [
        ("SmolLM2-135M-Instruct.Q4_1.gguf", "SmolLM2-135M-Instruct"),
        ("gemma-3-270m.Q4_K_M.gguf", "gemma-3-270m-it"),
        ("qwen2.5-coder-0.5b-instruct.Q4_K_M.gguf", "Qwen2.5-Coder-0.5B-Instruct"),
    ];
    let Some(path) = common::engine::smollm(NAME) else { return };
    let folder = path.parent().unwrap();
    let limits = Limits { max_buffer_bytes: 1 << 30, max_binding_bytes: 1 << 30, memory_bytes: None };
    for (file, base) in files {
        let path = folder.join(file);
        if !path.is_file() {
            continue;
        }
        let num_bytes = std::fs::metadata(&path).unwrap().len();
        let model = block_on(read_headers(&mut FileSource::open(&path).unwrap())).unwrap().0;
        let shape = askew::hub::catalogue::LISTED.iter().find(|listed| listed.base == base).unwrap().shape;
        assert_eq!(shape, (model.config.num_layers as u64, model.config.kv_dim() as u64), "{base}");
        for columns in [1, 4] {
            let need = fit(&model, &limits, usize::try_from(columns).unwrap(), DEFAULT_CONTEXT).unwrap().total();
            let estimate = num_bytes + cache_bytes(shape, columns);
            let error = estimate as f64 / need as f64 - 1.0;
            println!("{file}, {columns} columns: {estimate} of {need} bytes, {:+.1} %", error * 100.0);
            assert!(error.abs() < 0.15, "{file}: {estimate} is not about {need}");
        }
    }
    assert!(listed("https://example.org/x.gguf").is_none());
}
