//! Askew's build, serve and test commands: `cargo xtask help` lists them.

mod bench;
mod browser;
mod bundle;
mod command;
mod compress;
mod curl;
mod deny;
mod dev;
mod files;
mod fuzz;
mod headers;
mod independent;
#[cfg_attr(not(test), expect(dead_code, reason = "tests write the log of skips, and the tally reads it"))]
#[path = "../../tests/common/lack.rs"]
mod lack;
mod lint;
mod models;
mod npm;
mod pins;
mod pocket;
mod prebuilt;
mod progress;
mod published;
mod python;
mod range;
mod repeat;
mod serve;
mod setup;
mod site;
mod size;
mod step;
mod table;
mod tally;
mod targets;
mod test;
mod tool;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use step::{Selection, Tier};

/// The error of any command; `main` prints it.
type Failure = Box<dyn std::error::Error>;

/// The command line. Its help is generated from these comments.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// build the release app and serve it on this machine
    Serve(Port),
    /// serve a quick build and repeat it after each change; reload the page by hand
    Dev(Port),
    /// formatting, lints and layers: under a minute after the first build
    Check,
    /// every test: lint, native, gpu, wasm, build, browser
    Test(Selection),
    /// also the longer tests, then the steps deny (cargo-deny), repeat (a second build has the same bytes), tokens,
    /// chats, adapters, trained, engines (independent engines), fuzz, bench
    Verify(Selection),
    /// the release app, into dist/
    Build,
    /// the size of the first screen's code, and its gate
    Size,
    /// speeds; run it on an idle machine
    Bench(bench::Options),
    /// tests with damaged and hostile files, a million by default
    Fuzz(fuzz::Options),
    /// only install missing tools and files
    Setup,
    /// the figures that ship with the page, made from the published files
    Published,
    /// the pocket organism with its adapters, answers and card, made from a seed
    Pocket(pocket::Options),
}

/// The port of a served page.
#[derive(Args)]
struct Port {
    /// Port to listen on.
    #[arg(long, value_name = "N", default_value_t = pins::PORT)]
    port: u16,
}

/// The repository's folder, from a variable that cargo sets on every run. A path compiled into the binary could be
/// wrong, because two checkouts may share a build folder.
fn root() -> PathBuf {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let manifest = Path::new(&manifest);
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The command line with the list of commands as its help.
fn command() -> Command {
    let command = Cli::command();
    let help = help(&command);
    command.override_help(help)
}

/// Every command, with its options and what it does.
fn help(command: &Command) -> String {
    const INDENT: usize = 31;
    const WIDTH: usize = 110;
    let mut help = String::new();
    for task in command.get_subcommands() {
        let mut form = format!("cargo xtask {}", task.get_name());
        for option in task.get_arguments() {
            form += &format!(" [{}]", option_form(option));
        }
        // A long form is on its own line.
        let mut line = if form.len() < INDENT { format!("{form:<INDENT$}") } else { format!("{form}\n{:INDENT$}", "") };
        let mut column = INDENT;
        let about = task.get_about().map(ToString::to_string).unwrap_or_default();
        for word in about.split(' ') {
            if column + word.len() > WIDTH {
                line = format!("{}\n{:INDENT$}", line.trim_end(), "");
                column = INDENT;
            }
            line += &format!("{word} ");
            column += word.len() + 1;
        }
        help += &format!("{}\n", line.trim_end());
    }
    help
}

/// `--name VALUE`, or `--name` for an option without a value.
fn option_form(option: &Arg) -> String {
    let name = option.get_long().unwrap_or_default();
    match option.get_value_names().filter(|_| option.get_action().takes_values()) {
        Some([value, ..]) => format!("--{name} {value}"),
        _ => format!("--{name}"),
    }
}

fn main() -> ExitCode {
    let run_task = || {
        let cli = Cli::from_arg_matches(&command().get_matches())?;
        run(cli.task)
    };
    match run_task() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn test(root: &Path, tier: Tier, selection: &Selection) -> Result<ExitCode, Failure> {
    test::run(root, &selection.steps(tier)?, tier)
}

fn run(task: Option<Task>) -> Result<ExitCode, Failure> {
    let root = root();
    let Some(task) = task else {
        print!("{}", help(&Cli::command()));
        return Ok(ExitCode::SUCCESS);
    };
    match task {
        Task::Serve(Port { port }) => serve::run(&root, port)?,
        Task::Dev(Port { port }) => dev::run(&root, port)?,
        Task::Check => return Ok(lint::check(&root)),
        Task::Test(selection) => return test(&root, Tier::Usual, &selection),
        Task::Verify(selection) => return test(&root, Tier::Long, &selection),
        Task::Build => bundle::run(&root)?,
        Task::Size => {
            if !size::run(&root.join("dist"))? {
                return Ok(ExitCode::FAILURE);
            }
        }
        Task::Bench(options) => {
            for (_, result) in bench::run(&root, &options) {
                result?;
            }
        }
        Task::Fuzz(options) => fuzz::run(&root, &options)?,
        Task::Setup => setup::everything(&root)?,
        Task::Published => published::run(&root)?,
        Task::Pocket(options) => pocket::make(&root, &options)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Task, clap::Error> {
        let words = std::iter::once("xtask").chain(line.split(' '));
        let cli = Cli::from_arg_matches(&command().try_get_matches_from(words)?)?;
        Ok(cli.task.expect("a command is named"))
    }

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn the_help_lists_every_command_in_its_form() {
        let help = command().try_get_matches_from(["xtask", "help"]).expect_err("only help").to_string();
        for form in [
            "cargo xtask serve [--port N]   build",
            "cargo xtask dev [--port N]     serve",
            "cargo xtask check              formatting",
            "cargo xtask test [--only A,B] [--skip A,B]\n                               every test",
            "cargo xtask verify [--only A,B] [--skip A,B]\n",
            "cargo xtask build              the release app",
            "cargo xtask size               the size",
            "cargo xtask bench [--only native,chromium,wllama,rows] [--json FILE]\n",
            "cargo xtask fuzz [--inputs N] [--seed S] [--first N]\n",
            "cargo xtask setup              only",
            "cargo xtask published          the figures",
            "cargo xtask pocket [--smoke] [--only N,M] [--out FOLDER] [--stages FOLDER]\n",
        ] {
            assert!(help.contains(form), "{form}\nis not in\n{help}");
        }
        assert!(help.lines().all(|line| line.len() <= 110), "{help}");
    }

    #[test]
    fn options_are_read() {
        assert!(matches!(parse("serve --port 1"), Ok(Task::Serve(Port { port: 1 }))));
        assert!(matches!(parse("dev"), Ok(Task::Dev(Port { port: pins::PORT }))));
        assert!(matches!(parse("fuzz"), Ok(Task::Fuzz(options)) if options == fuzz::Options::default()));
        assert!(matches!(parse("fuzz --seed 9 --inputs 20_000 --first 5"), Ok(Task::Fuzz(_))));
        let Ok(Task::Bench(options)) = parse("bench --only native,wllama --json a.json") else { panic!("it is right") };
        assert_eq!(options.parts, [bench::Part::Native, bench::Part::Wllama]);
        assert_eq!(options.json.as_deref(), Some(Path::new("a.json")));
        let Ok(Task::Test(selection)) = parse("test --only gpu,lint --skip lint") else { panic!("it is right") };
        assert_eq!(selection.steps(Tier::Usual), Ok(vec![step::Step::Gpu]));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for line in ["best", "serve --port x", "test --only all", "bench --json", "fuzz --x 1", "test --only"] {
            let error = parse(line).err().expect(line);
            assert!(!matches!(error.kind(), ErrorKind::DisplayHelp), "{line}: {error}");
        }
    }
}
