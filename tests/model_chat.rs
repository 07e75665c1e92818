//! Chats are rendered as by transformers: with the files' own templates, with ours, and (if a folder holds them) with
//! those of well-known models.
//!
//! `fixtures/chat_digests.json` holds digests of transformers' text; `independent/chat_digests.py` makes them.

mod common;

use std::path::{Path, PathBuf};

use askew::model::gguf::HeaderParser;
use askew::model::{ChatTemplate, LocalTime, ModelError, Tokenizer};
use common::models::{GEMMA, QWEN, SMOLLM, cached};
use common::strings::digest;
use serde_json::Value as Json;

/// Environment variable with a folder of `.jinja` files. They are not part of this repository because others wrote
/// them.
const TEMPLATES_VARIABLE: &str = "ASKEW_TEMPLATES";

/// Templates that always loop over their tools: without tools Python refuses to iterate over `None`, and minijinja sees
/// an empty list. Files with such a template have another one for chats without tools.
const NEED_TOOLS: [&str; 3] = [
    "CohereForAI-c4ai-command-r-plus-tool_use",
    "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",
    "NousResearch-Hermes-3-Llama-3.1-8B-tool_use",
];

fn shared() -> Json {
    serde_json::from_str(include_str!("fixtures/chat.json")).expect("json")
}

fn conversations() -> Vec<Vec<(String, String)>> {
    serde_json::from_value(shared()["conversations"].clone()).expect("lists of role and content")
}

fn now() -> LocalTime {
    LocalTime { year: 2024, month: 11, day: 21, hour: 13, minute: 45, second: 6 }
}

/// The conversations that are rendered differently, each with our text or our error.
fn differing(
    name: &str,
    render: impl Fn(&[(&str, &str)]) -> Result<String, ModelError>,
) -> Vec<(usize, Result<String, ModelError>)> {
    let digests: Json = serde_json::from_str(include_str!("fixtures/chat_digests.json")).expect("json");
    let expected = digests[name].as_array().unwrap_or_else(|| panic!("no digests for {name}"));
    let conversations = conversations();
    assert_eq!(expected.len(), conversations.len(), "run independent/chat_digests.py");
    let rendered = conversations.iter().map(|turns| {
        let turns: Vec<(&str, &str)> = turns.iter().map(|(role, content)| (role.as_str(), content.as_str())).collect();
        render(&turns)
    });
    let is_same = |expected: &Json, found: &Result<String, ModelError>| match found {
        Ok(text) => expected.as_str() == Some(&digest(text.bytes())),
        Err(_) => expected.is_null(),
    };
    expected
        .iter()
        .zip(rendered)
        .enumerate()
        .filter(|(_, (e, found))| !is_same(e, found))
        .map(|(i, (_, f))| (i, f))
        .collect()
}

/// Renders a template with the start and end tokens that the digests were made with.
fn check_text(name: &str, source: &str) -> Vec<(usize, Result<String, ModelError>)> {
    match ChatTemplate::new(source) {
        Ok(mut template) => {
            template.set_clock(now);
            differing(name, |turns| template.render_between(turns, "<s>", "</s>"))
        }
        Err(error) => differing(name, |_| Err(error.clone())),
    }
}

/// A file's chat template, if it has one, and its tokenizer.
fn open(path: &Path) -> (Option<ChatTemplate>, Tokenizer) {
    let mut file = std::fs::File::open(path).expect("opens");
    let mut parser = HeaderParser::default();
    let mut chunk = vec![0; 1 << 20];
    let header = loop {
        let len = std::io::Read::read(&mut file, &mut chunk).expect("reads");
        let step = if len == 0 { Some(parser.finish()) } else { parser.push(&chunk[..len]).transpose() };
        if let Some(complete) = step {
            break complete.expect("a header").0;
        }
    };
    let num_tokens = match header.metadata.get("tokenizer.ggml.tokens") {
        Some(askew::model::gguf::Value::Strings(tokens)) => tokens.len(),
        _ => panic!("no tokens"),
    };
    let tokenizer = Tokenizer::from_header(&header, num_tokens).expect("a tokenizer");
    let template = header.str("tokenizer.chat_template").expect("text");
    (template.map(|source| ChatTemplate::new(source).expect("compiles")), tokenizer)
}

fn check_file(name: &str) {
    let Some(path) = cached("chats", name) else { return };
    let (template, tokenizer) = open(&path);
    let template = template.expect("a template");
    assert_eq!(differing(name, |turns| template.render(turns, &tokenizer)), []);
}

#[test]
fn our_templates_are_rendered_as_transformers_does() {
    let templates = shared()["templates"].clone();
    let checked = templates.as_object().expect("templates").iter();
    let checked = checked.map(|(name, source)| (name, check_text(name, source.as_str().expect("text"))));
    let differ: Vec<_> = checked.filter(|(_, found)| !found.is_empty()).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn smollms_own_template_is_rendered_as_transformers_does() {
    check_file(SMOLLM);
}

#[test]
#[ignore = "needs a model that continuous integration does not fetch"]
fn qwens_own_template_is_rendered_as_transformers_does() {
    check_file(QWEN);
}

#[test]
#[ignore = "needs a model that continuous integration does not fetch"]
fn a_base_model_has_no_template() {
    let Some(path) = cached("chats", GEMMA) else { return };
    assert!(open(&path).0.is_none());
}

#[test]
#[ignore = "needs chat templates that are not part of this repository"]
fn well_known_templates_are_rendered_as_transformers_does() {
    let Some(folder) = std::env::var_os(TEMPLATES_VARIABLE).map(PathBuf::from) else {
        let reason = format!("{TEMPLATES_VARIABLE} is not set to a folder");
        return common::skip("well-known templates", common::Lack::Step, &reason);
    };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("entry").path()).collect();
    paths.sort();
    let (mut same, mut other) = (0, 0);
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "jinja")) {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let mut found = check_text(&name, &std::fs::read_to_string(path).expect("text"));
        found.retain(|(_, text)| text.is_err() || !NEED_TOOLS.contains(&&*name));
        if let Some((at, text)) = found.first() {
            other += 1;
            println!("{name}: {} differ, first {at}: {text:?}", found.len());
        } else {
            same += 1;
        }
    }
    println!("{same} templates as transformers ({} of them but for tools), {other} not", NEED_TOOLS.len());
    assert_eq!(other, 0);
}

/// A chat of 250 turns and 130 000 characters, which fills a context of 32 000 tokens.
#[test]
fn long_chats_are_within_the_limits_of_a_rendering() {
    let content = "Some words of an answer, and \"others\".\n".repeat(13);
    let roles = ["user", "assistant"].into_iter().cycle();
    let turns: Vec<(&str, &str)> = roles.take(250).map(|role| (role, content.as_str())).collect();
    let templates = shared()["templates"].clone();
    for (name, source) in templates.as_object().expect("templates") {
        let mut template = ChatTemplate::new(source.as_str().expect("text")).expect("compiles");
        template.set_clock(now);
        let text = template.render_between(&turns, "<s>", "</s>").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!text.is_empty(), "{name}");
    }
}

/// As deep as the limits allow, in the stack of a worker in a browser.
#[test]
fn the_deepest_templates_that_are_allowed_fit_the_stack() {
    let repeat = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let expression = |open, inner, close, times| format!("{{{{ {} }}}}", repeat(open, inner, close, times));
    let mut sources = vec![
        expression("not ", "1", "", 195),
        expression("- ", "1", "", 195),
        expression("", "1", " ~ 1", 195),
        expression("", "x", "|string", 195),
        expression("", "x", " if x else 1", 60),
        expression("(", "x", ")", 70),
        expression("[", "x", "]", 60),
        repeat("{% if 1 %}", &expression("(", "x", ")", 50), "{% endif %}", 38),
        repeat("{% for a in [1] %}", &expression("", "x", "|string", 195), "{% endfor %}", 38),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(95)),
        repeat(
            "{% if 1 %}",
            &format!("{{% if 0 %}}{}{{% endif %}}", "{% elif not not 0 %}".repeat(95)),
            "{% endif %}",
            38,
        ),
    ];
    // Macros that call each other, until they would exceed the limit; here as deep as it is.
    sources.push("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}x{% endmacro %}{{ m(25) }}".to_owned());
    for source in sources {
        let name: String = source.chars().take(60).collect();
        let render = move || ChatTemplate::new(&source)?.render_between(&[], "", "");
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(render).expect("a thread");
        assert!(thread.join().expect("no panic").is_ok(), "{name}");
    }
}

/// Values that Python and the engine treat differently, where the engine's own operations panicked or did not end.
#[test]
fn odd_values_are_computed_as_in_python() {
    for (source, expected) in [
        ("{{ ''[::-1] }}{{ [][::-1] }}{{ 'abc'[::-1] }}{{ 'abcdef'[4:1:-2] }}{{ [1, 2, 3][-2:] }}", "[]cbaec[2, 3]"),
        ("{{ 4 is divisibleby(2) }}{{ 4 is divisibleby(0) }}", "TrueFalse"),
        ("{{ range(5, 0, -2) | list }}{{ range(2) | list }}{{ range(1, 3) | list }}", "[5, 3, 1][0, 1][1, 2]"),
        ("{% set b = ['b'] %}{{ 'a' ~ none ~ true ~ 1.0 ~ b }}", "aNoneTrue1.0['b']"),
        (
            "{{ 2 * 3 * 4 }}{{ 'ab' * 2 }}{{ 2 * 'ab' }}{{ [1] * 2 }}{{ 1.5 * 2 }}{{ 2 ** 3 * 2 }}",
            "24abababab[1, 1]3.016",
        ),
    ] {
        let rendered = ChatTemplate::new(source).and_then(|template| template.render_between(&[], "", ""));
        assert_eq!(rendered, Ok(expected.to_owned()), "{source}");
    }
}
