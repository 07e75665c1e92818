//! Rules about the source itself that the compiler cannot hold: which module may use which, how long a file may be, what
//! must not be named. ARCHITECTURE.md says why. Each scanner is tested on sources that break its rule.

mod docs;
mod layers;
mod paths;
mod rooms;
mod words;
mod workflows;

use std::path::Path;
use std::process::Command;

/// Lines that a file may have without a reason.
const MAX_LINES: usize = 400;

/// Files that may be longer, and why.
const LONG_FILES: &[(&str, &str)] = &[];

/// Something in a source that must not be there: the line, from 1, and what it is.
type Finding = (usize, String);

fn root() -> &'static Path {
    // Next to the commands, so that these rules are checked without compiling the app.
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The tracked files with one of the endings.
fn tracked(endings: &[&str]) -> Vec<String> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().expect("git runs");
    assert!(output.status.success(), "the sources are a git checkout");
    let list = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let mut files: Vec<String> = list
        .split('\0')
        .filter(|file| endings.iter().any(|ending| file.ends_with(ending)))
        .filter(|file| root().join(file).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect("a tracked text file is UTF-8")
}

/// Attributes that export a function from the library to JavaScript: they would survive in every binary. Importing
/// (`extern "C"`) is fine.
fn wasm_exports(source: &str) -> Vec<Finding> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let is_attribute =
            line.starts_with("#[wasm_bindgen") || line.starts_with("#[wasm_bindgen::prelude::wasm_bindgen");
        let next = lines
            .iter()
            .skip(at + 1)
            .find(|line| !line.is_empty() && !line.starts_with("#[") && !line.starts_with("//"));
        let is_import = next.is_some_and(|next| next.starts_with("extern") || next.starts_with("unsafe extern"));
        // Inside an `extern` block, attributes describe imports: items there end with a semicolon.
        let end = lines.iter().skip(at + 1).find(|line| line.contains(['{', ';']));
        let is_inside_import = end.is_some_and(|end| end.ends_with(';') && !end.contains('{'));
        if is_attribute && !is_import && !is_inside_import {
            found.push((at + 1, (*line).to_owned()));
        }
    }
    found
}

/// Names of one workplace: absolute folders, and hosts of registries and mirrors. Spelt in parts, for this file is
/// scanned too.
fn workplace_names(source: &str) -> Vec<Finding> {
    let folders = ["work", "root"].map(|folder| format!("/{folder}/"));
    let hosts = [
        ["crates", ".io/"].concat(),
        ["static.crates", ".io"].concat(),
        ["index.crates", ".io"].concat(),
        ["pypi", ".org"].concat(),
        ["pythonhosted", ".org"].concat(),
        ["registry.npmjs", ".org"].concat(),
        ["deb.debian", ".org"].concat(),
        ["proxy.golang", ".org"].concat(),
        ["artifac", "tory"].concat(),
    ];
    let is_start = |before: Option<char>| !before.is_some_and(|c| c.is_alphanumeric() || "._-~*}$)".contains(c));
    let mut found = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let lower = line.to_lowercase();
        // A folder counts where a path starts, not inside a longer one.
        let is_folder = folders.iter().any(|folder| {
            lower.match_indices(folder.as_str()).any(|(at, _)| is_start(lower.get(..at).and_then(|s| s.chars().last())))
        });
        if is_folder || hosts.iter().any(|host| lower.contains(host.as_str())) {
            found.push((number + 1, line.trim().to_owned()));
        }
    }
    found
}

/// What a page would load from somewhere else: any `src` or `href` with a host, and any inline script of ours.
fn foreign_loads(html: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, line) in html.lines().enumerate() {
        let line = line.to_lowercase();
        let has_host = ["src", "href", "srcset", "action"].iter().any(|name| {
            line.split(&format!("{name}=")).skip(1).any(|value| {
                let value = value.trim_start_matches(['"', '\'']);
                value.starts_with("http:") || value.starts_with("https:") || value.starts_with("//")
            })
        });
        let is_import = line.contains("@import") || line.contains("url(http") || line.contains("url(//");
        // Scripts are files of our own: their address shows that nothing else is run.
        let is_inline = line.contains("<script") && !line.contains("<script src=\"");
        if has_host || is_import || is_inline {
            found.push((number + 1, line.trim().to_owned()));
        }
    }
    found
}

/// The one file that names addresses of other sites: models that a reader may choose.
const CATALOGUE: &str = "crates/hub/src/catalogue.rs";

/// Addresses that name a format and are never fetched.
const FORMAT_NAMES: [&str; 2] = ["http://www.w3.org/2000/svg", "https://vega.github.io/schema/vega-lite/v5.json"];

/// Addresses of other sites in code (comments and tests left out); examples that lead nowhere are none.
fn foreign_addresses(file: &str, source: &str) -> Vec<Finding> {
    // Tests name addresses that nobody asks, in their module or in its file.
    if file == CATALOGUE || file.ends_with("/tests.rs") {
        return Vec::new();
    }
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let is_comment = line.trim_start().starts_with("//");
        let line = FORMAT_NAMES.iter().fold(line.to_owned(), |line, name| line.replace(name, ""));
        let has_host = ["http://", "https://", "wss://", "ws://"]
            .iter()
            .any(|scheme| line.split(scheme).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric())));
        if has_host && !is_comment {
            found.push((number + 1, line.trim().to_owned()));
        }
    }
    found
}

/// Names of the parsers that unpack, outside of them: they are a part of the page of their own, so neither the other
/// parsers nor the data worker may bring them along.
fn heavy_names(file: &str, source: &str) -> Vec<Finding> {
    let may = ["crates/formats/src/heavy/", "src/cli/", "src/web/unpack_part"];
    if may.iter().any(|prefix| file.starts_with(prefix)) {
        return Vec::new();
    }
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default()).enumerate();
    code.filter(|(_, line)| line.contains("heavy::")).map(|(at, line)| (at + 1, line.trim().to_owned())).collect()
}

/// What the page's policy refuses: `style` attributes, and HTML that is not built element by element.
fn refused_by_policy(file: &str, source: &str) -> Vec<Finding> {
    if !file.starts_with("src/ui/") {
        return Vec::new();
    }
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default()).enumerate();
    let is_refused = |line: &str| {
        let line = line.trim_start();
        line.contains(" style=")
            || line.starts_with("style=")
            || line.contains("inner_html")
            || line.contains("set_html")
    };
    code.filter(|(_, line)| is_refused(line)).map(|(at, line)| (at + 1, line.trim().to_owned())).collect()
}

/// Runs a scanner over files and fails with every finding.
fn assert_clean(files: &[String], scan: impl Fn(&str, &str) -> Vec<Finding>) {
    assert!(!files.is_empty(), "there is something to scan");
    let mut all = Vec::new();
    for file in files {
        let findings = scan(file, &read(file));
        all.extend(findings.into_iter().map(|(line, what)| format!("{file}:{line}: {what}")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

fn sources() -> Vec<String> {
    let is_source = |file: &String| {
        file.starts_with("src/")
            || file.starts_with("crates/") && file.contains("/src/") && !file.starts_with("crates/pocket/")
    };
    tracked(&[".rs"]).into_iter().filter(is_source).collect()
}

#[test]
fn files_are_short_or_have_a_reason() {
    assert_clean(&sources(), |file, source| {
        let lines = source.lines().count();
        let has_reason = LONG_FILES.iter().any(|(long, _)| *long == file);
        if lines > MAX_LINES && !has_reason {
            vec![(lines, "a long file without a reason".to_owned())]
        } else {
            Vec::new()
        }
    });
    for (file, reason) in LONG_FILES {
        assert!(read(file).lines().count() > MAX_LINES, "{file} needs no reason any more: {reason}");
    }
}

#[test]
fn the_library_exports_nothing_to_javascript() {
    // But for the parts of workers, which are nothing but their exports.
    let parts = ["src/bin/chat_part.rs", "src/bin/unpack_part.rs"];
    let library = sources().into_iter().filter(|file| !parts.contains(&file.as_str())).collect::<Vec<_>>();
    assert_clean(&library, |_, source| wasm_exports(source));
}

#[test]
fn no_file_names_a_workplace() {
    let endings = [".rs", ".md", ".toml", ".html", ".css", ".json", ".wgsl", ".yml", "run"];
    assert_clean(&tracked(&endings), |_, source| workplace_names(source));
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let files = tracked(&["index.html", ".css"]);
    assert!(files.iter().any(|file| file == "index.html"));
    assert_clean(&files, |_, source| foreign_loads(source));
}

#[test]
fn only_the_catalogue_names_other_sites() {
    assert_clean(&sources(), foreign_addresses);
    assert!(read(CATALOGUE).contains("https://"), "the exception is needed");
}

#[test]
fn only_the_unpacker_names_what_unpacks() {
    assert_clean(&sources(), heavy_names);
    assert_eq!(heavy_names("crates/formats/src/reader.rs", "\nuse super::heavy::unpack;").len(), 1);
    assert_eq!(heavy_names("src/cli/files.rs", "use crate::formats::heavy::unpack;").len(), 0);
    assert_eq!(heavy_names("crates/formats/src/lib.rs", "pub mod heavy;\n// heavy::unpack").len(), 0);
}

#[test]
fn the_page_asks_for_nothing_that_its_policy_refuses() {
    assert_clean(&sources(), refused_by_policy);
    assert_eq!(refused_by_policy("src/ui/chart.rs", "<li style=style>").len(), 1);
    assert_eq!(refused_by_policy("src/ui/chart.rs", "<p inner_html=text>").len(), 1);
    assert_eq!(refused_by_policy("src/ui/chart.rs", "<li style:top=top>").len(), 0);
    let index = read("index.html");
    for part in ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "base-uri 'none'"] {
        assert!(index.contains(part), "the policy says {part}");
    }
    assert!(!index.contains("unsafe-inline") && !index.contains("<script"), "no script stands in the page");
}

#[test]
fn the_other_scanners_find_what_is_bad_and_pass_what_is_good() {
    assert_eq!(wasm_exports("#[wasm_bindgen]\npub fn f() {}").len(), 1);
    assert_eq!(wasm_exports("#[wasm_bindgen(start)]\n#[allow(x)]\npub fn main() {}").len(), 1);
    assert_eq!(
        wasm_exports("#[wasm_bindgen]\nextern \"C\" {\n    #[wasm_bindgen(js_name = a)]\n    fn f();\n}").len(),
        0
    );

    let path = |folder: &str| format!("see /{folder}/askew");
    assert_eq!(workplace_names(&path("work")).len(), 1);
    assert_eq!(workplace_names(&format!("let x = \"/{}/.cache\";", "root")).len(), 1);
    assert_eq!(workplace_names(&["https://pypi", ".org/simple"].concat()).len(), 1);
    assert_eq!(workplace_names("src/work/a.rs and $HOME/root/x and ~/work/y").len(), 0);

    assert_eq!(foreign_addresses("src/ui/lab/screen.rs", "fetch(\"https://a.example/x\")").len(), 1);
    assert_eq!(
        foreign_addresses("src/ui/lab/screen.rs", "    // see https://a.example\nlet x = \"https://…/m.gguf\";").len(),
        0
    );
    assert_eq!(foreign_addresses(CATALOGUE, "let x = \"https://a.example\";").len(), 0);

    assert_eq!(foreign_loads("<script src=\"https://example.org/a.js\"></script>").len(), 1);
    assert_eq!(foreign_loads("<link href='//fonts.example/a.css'>").len(), 1);
    assert_eq!(foreign_loads("<script>alert(1)</script>").len(), 1);
    assert_eq!(foreign_loads("<script src=\"own.js\"></script>").len(), 0);
    assert_eq!(foreign_loads("@import 'https://a.example/a.css';").len(), 1);
    assert_eq!(foreign_loads("<link data-trunk rel=\"css\" href=\"src/ui/style.css\">").len(), 0);
}
