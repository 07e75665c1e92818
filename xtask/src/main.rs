//! Askew's build, serve and test commands: `cargo xtask help` lists them.

mod bench;
mod browser;
mod bundle;
mod command;
mod fuzz;
mod independent;
mod models;
mod pins;
mod pocket;
mod published;
mod python;
mod serve;
mod setup;
mod size;
mod step;
mod table;
mod tally;
mod test;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use step::Tier;

/// What any command may fail with; `main` prints it.
type Failure = Box<dyn std::error::Error>;

const HELP: &str = "\
cargo xtask serve [--port N]   build the release app and serve it on this machine
cargo xtask test [--only A,B] [--skip A,B]
                               every test: lint, native, gpu, wasm, build, browser
cargo xtask verify [--only A,B] [--skip A,B]
                               the same and the longer tests, then tokens, chats, adapters, trained,
                               engines (against independent engines), fuzz, bench
cargo xtask build              the release app, into dist/
cargo xtask size               the size of the first screen's code, and its gate
cargo xtask bench [--only native,chromium,wllama,rows] [--json FILE]
                               speeds, which a machine with nothing else to do measures best
cargo xtask fuzz [--inputs N] [--seed S] [--first N]
                               damaged and hostile files, a million unless told otherwise
cargo xtask setup              only set up what is missing
cargo xtask published          the figures that ship with the page, from the published files
cargo xtask pocket [--smoke] [--only N,M] [--out FOLDER] [--stages FOLDER]
                               the pocket organism, its adapters, answers and card, from a seed";

/// The repository. Cargo says where it is on every run: a build folder that two checkouts share may hold the binary of the
/// other one.
fn root() -> PathBuf {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let manifest = Path::new(&manifest);
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn test(root: &Path, tier: Tier, options: &[&str]) -> Result<ExitCode, Failure> {
    test::run(root, &step::select(tier, options)?, tier)
}

fn run(arguments: &[&str]) -> Result<ExitCode, Failure> {
    let root = root();
    match arguments {
        ["serve"] => serve::run(&root, pins::PORT)?,
        ["serve", "--port", port] => serve::run(&root, port.parse()?)?,
        ["test", options @ ..] => return test(&root, Tier::Usual, options),
        ["verify", options @ ..] => return test(&root, Tier::Long, options),
        ["build"] => bundle::run(&root)?,
        ["size"] => {
            if !size::run(&root.join("dist"))? {
                return Ok(ExitCode::FAILURE);
            }
        }
        ["bench", options @ ..] => {
            for (_, result) in bench::run(&root, &bench::Options::parse(options)?) {
                result?;
            }
        }
        ["fuzz", options @ ..] => fuzz::run(&root, &fuzz::Options::parse(options)?)?,
        ["setup"] => setup::everything(&root)?,
        ["published"] => published::run(&root)?,
        ["pocket", options @ ..] => pocket::make(&root, options)?,
        [] | ["help" | "--help" | "-h"] => println!("{HELP}"),
        other => {
            eprintln!("xtask: unknown command `{}`\n\n{HELP}", other.join(" "));
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}
