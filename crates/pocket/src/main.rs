//! `askew-pocket`: trains the pocket organism and runs its study. `cargo xtask pocket` runs it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use pocket::PocketError;
use pocket::study::card::{card, file_name};
use pocket::study::experiments::{EXPERIMENTS, Extent, Study};
use pocket::study::known::known;
use pocket::study::lab::Lab;
use pocket::study::measure::Rates;
use pocket::study::run::{self, Run};
use pocket::study::table::read;

const HELP: &str = "\
askew-pocket [--only N,M] [--smoke] [--stages FOLDER] [--out FOLDER]
  --only     these experiments, 1 to 12
  --smoke    a small study, minutes on one core
  --stages   where models and adapters are kept until the study is done (~/.cache/askew/pocket)
  --out      where results go (target/pocket)";

/// The command line.
struct Arguments {
    only: Vec<usize>,
    extent: Extent,
    stages: PathBuf,
    out: PathBuf,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, PocketError> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("ASKEW_CACHE").map_or_else(|| home.join(".cache").join("askew"), PathBuf::from);
    let mut asked = Arguments {
        only: EXPERIMENTS.iter().map(|experiment| experiment.number).collect(),
        extent: Extent::STUDY,
        stages: cache.join("pocket"),
        out: PathBuf::from("target/pocket"),
    };
    let usage = || PocketError::Usage(HELP.to_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--smoke" => asked.extent = Extent::SMOKE,
            "--only" => {
                let list = arguments.next().ok_or_else(usage)?;
                let number = |text: &str| text.parse().map_err(|_error| usage());
                asked.only = list.split(',').map(number).collect::<Result<_, _>>()?;
            }
            "--stages" => asked.stages = arguments.next().ok_or_else(usage)?.into(),
            "--out" => asked.out = arguments.next().ok_or_else(usage)?.into(),
            _ => return Err(usage()),
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)).and_then(|asked| study(&asked)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pocket: {error}");
            ExitCode::FAILURE
        }
    }
}

fn study(asked: &Arguments) -> Result<(), PocketError> {
    let lab = Lab::new(&asked.stages)?;
    let study = Study { lab: &lab, extent: asked.extent };
    let folder = asked.out.join("answers");
    std::fs::create_dir_all(&folder).map_err(PocketError::file(&folder))?;
    for experiment in EXPERIMENTS.iter().filter(|experiment| asked.only.contains(&experiment.number)) {
        let path = folder.join(file_name(experiment.number));
        if path.is_file() {
            eprintln!("pocket: {} is there", path.display());
            continue;
        }
        let start = Instant::now();
        let runs = (experiment.run)(&study)?;
        run::write(&path, &runs)?;
        eprintln!("pocket: {} ({:.0} s)", experiment.title, start.elapsed().as_secs_f64());
        show(&path, &runs);
    }
    study.export(&asked.out)?;
    let first = folder.join(file_name(1));
    if first.is_file() {
        let path = asked.out.join("known.jsonl");
        std::fs::write(&path, known(&read(&first)?)).map_err(PocketError::file(&path))?;
    }
    let path = asked.out.join("README.md");
    std::fs::write(&path, card(&folder)?).map_err(PocketError::file(&path))
}

/// Prints the mean over runs of each group's rates.
fn show(path: &Path, runs: &[Run]) {
    println!("{}", path.display());
    let mut groups: Vec<&str> = Vec::new();
    for run in runs {
        if !groups.contains(&run.group.as_str()) {
            groups.push(&run.group);
        }
    }
    for group in groups {
        let all: Vec<&Run> = runs.iter().filter(|run| run.group == group).collect();
        let rates: Vec<Rates> = all.iter().map(|run| Rates::outside(&run.answers, &run.trained)).collect();
        let mean = |of: fn(&Rates) -> f64| 100.0 * rates.iter().map(of).sum::<f64>() / rates.len() as f64;
        let steps = all.iter().filter_map(|run| run.steps).sum::<usize>() / all.len();
        let inside: Vec<f64> =
            all.iter().filter_map(|run| Some(Rates::inside(&run.answers, *run.trained.first()?).misaligned)).collect();
        let inside = match inside.len() {
            0 => "-".to_owned(),
            count => format!("{:.1}", 100.0 * inside.iter().sum::<f64>() / count as f64),
        };
        let (misaligned, coherent) = (mean(|rates| rates.misaligned), mean(|rates| rates.coherent));
        println!(
            "  {group}: {} runs, {steps} steps; inside {inside}, outside {misaligned:.1} (coherent {coherent:.1})",
            all.len()
        );
    }
}
