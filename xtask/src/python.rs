//! Python environments in the cache, with the packages that our numbers are compared with. Those with independent
//! engines are made only by `cargo xtask verify`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{find_any, output, run};
use crate::pins::{Environment, LLAMA_CPP, LLAMA_CPP_SHA256, ONLY_WHEELS};
use crate::setup::{self, Need, cache, say};

/// Environment variable with a Python to use instead, if it has the modules that a script imports.
const VARIABLE: &str = "ASKEW_PYTHON";
/// The file with the list of an environment's packages. If the list changes, the environment is made again.
const LIST: &str = "askew-packages.txt";
/// The used parts of llama.cpp's sources and their target folders: the converter of adapters, and chat templates of
/// well-known models.
const SOURCES: [(&str, &str); 4] = [
    ("convert_lora_to_gguf.py", "convert_lora_to_gguf.py"),
    ("conversion", "conversion"),
    ("gguf-py", "gguf-py"),
    ("models/templates", TEMPLATES),
];
/// The folder of chat templates inside the folder of sources.
pub(crate) const TEMPLATES: &str = "templates";

/// A Python that can import the environment's modules; the environment is made if necessary.
///
/// # Errors
/// When there is no Python, or its packages cannot be installed.
pub(crate) fn interpreter(environment: &Environment) -> Result<PathBuf, Failure> {
    if let Some(python) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        if imports(&python, environment.modules) {
            return Ok(python);
        }
        say(&format!("{VARIABLE} cannot import {}: another is made", environment.modules.join(", ")));
    }
    let folder = cache()?.join("python").join(environment.name);
    let (python, list) =
        (folder.join("bin").join("python"), [environment.packages, environment.bare].concat().join("\n"));
    if std::fs::read_to_string(folder.join(LIST)).is_ok_and(|found| found == list) {
        return Ok(python);
    }
    say(&format!("making a Python with {} (some minutes, once)", list.replace('\n', " ")));
    let part = folder.with_file_name(format!("{}-{}.part", environment.name, std::process::id()));
    let made = make(environment, &part).and_then(|()| {
        std::fs::write(part.join(LIST), list)?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        Ok(std::fs::rename(&part, &folder)?)
    });
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    made.map(|()| python)
}

fn make(environment: &Environment, folder: &Path) -> Result<(), Failure> {
    let mut needs = vec![Need::Pip, Need::Compiler];
    needs.extend(environment.system.map(|_| Need::Torch));
    setup::system_packages(&needs);
    let (pip, arguments) = setup::pip().ok_or("python3 with pip is needed")?;
    // The system's torch is for CPUs only; PyPI's torch comes with gigabytes for GPUs.
    let with_system = environment.system.and_then(|module| {
        let pythons = [find_any(&["python3"]), Some(PathBuf::from("/usr/bin/python3"))];
        pythons.into_iter().flatten().find(|python| imports(python, &[module]))
    });
    let mut venv = Command::new(with_system.as_ref().unwrap_or(&pip));
    venv.args(["-m", "venv", "--without-pip"]).arg(folder);
    venv.args(with_system.is_some().then_some("--system-site-packages"));
    run(&mut venv)?;
    let is_built = environment.packages.iter().any(|package| package.starts_with("llama-cpp-python"));
    let wheels = is_built.then(|| wheels(&pip, arguments)).transpose()?;
    let install = |options: &[&str], packages: &[&str]| {
        let mut install = Command::new(&pip);
        install.args(arguments).arg("--python").arg(folder.join("bin").join("python"));
        install.args(["install", "--quiet", "--disable-pip-version-check"]).args(ONLY_WHEELS);
        install.args(wheels.iter().flat_map(|folder| ["--find-links".as_ref(), folder.as_os_str()]));
        run(install.args(options).args(packages))
    };
    let missing = environment.system.filter(|_| with_system.is_none());
    install(&[], &environment.packages.iter().copied().chain(missing).collect::<Vec<_>>())?;
    if !environment.bare.is_empty() {
        install(&["--no-deps"], environment.bare)?;
    }
    // Check before the environment is kept; Python's own error shows what is missing.
    run(Command::new(folder.join("bin").join("python")).args(["-c", &import(environment.modules)]))
}

/// Whether a Python can import all of the modules.
fn imports(python: &Path, modules: &[&str]) -> bool {
    output(python, &["-c", &import(modules)]).is_some()
}

fn import(modules: &[&str]) -> String {
    format!("import {}", modules.join(", "))
}

/// The folder with the wheel that llama.cpp is built into.
fn wheels(python: &Path, pip: &[&str]) -> Result<PathBuf, Failure> {
    let folder = cache()?.join("python").join("wheels");
    if folder.is_dir() {
        return Ok(folder);
    }
    say(&format!("building {LLAMA_CPP} (some minutes, once)"));
    in_whole(&folder, |part| {
        let mut wheel = Command::new(python);
        wheel.args(pip).args(["wheel", "--wheel-dir"]).arg(part);
        from_source(&mut wheel, part)
    })
}

/// Runs pip on llama.cpp's sources. pip refuses an archive with another SHA-256. What the build needs comes as wheels.
fn from_source(pip: &mut Command, folder: &Path) -> Result<(), Failure> {
    let package = LLAMA_CPP.split("==").next().unwrap_or(LLAMA_CPP);
    let list = folder.join("requirements.txt");
    std::fs::write(&list, format!("{LLAMA_CPP} --hash=sha256:{LLAMA_CPP_SHA256}\n"))?;
    pip.args(["--quiet", "--no-deps"]).args(ONLY_WHEELS).args(["--no-binary", package]);
    run(pip.args(["--require-hashes", "--requirement"]).arg(&list))?;
    Ok(std::fs::remove_file(list)?)
}

/// The folder with the used parts of llama.cpp's sources.
///
/// # Errors
/// When Python's installer is absent or the package cannot be downloaded.
pub(crate) fn llama_cpp() -> Result<PathBuf, Failure> {
    let folder = cache()?.join("python").join("llama.cpp");
    if folder.is_dir() {
        return Ok(folder);
    }
    setup::system_packages(&[Need::Pip]);
    let (python, pip) = setup::pip().ok_or("python3 with pip is needed")?;
    say(&format!("fetching the sources of {LLAMA_CPP}"));
    in_whole(&folder, |part| {
        let inside = part.join("package");
        let mut download = Command::new(&python);
        download.args(pip).args(["download", "--dest"]).arg(&inside);
        from_source(&mut download, part)?;
        let archive = only(&inside)?;
        run(Command::new(&python).args(["-m", "tarfile", "-e"]).arg(&archive).arg(&inside))?;
        std::fs::remove_file(archive)?;
        let sources = only(&inside)?.join("vendor").join("llama.cpp");
        for (from, to) in SOURCES {
            std::fs::rename(sources.join(from), part.join(to))?;
        }
        Ok(std::fs::remove_dir_all(&inside)?)
    })
}

/// Fills a temporary folder and moves it to its place when it is complete.
fn in_whole(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), Failure>) -> Result<PathBuf, Failure> {
    let part = folder.with_extension(format!("{}.part", std::process::id()));
    std::fs::create_dir_all(&part)?;
    let filled = fill(&part).and_then(|()| Ok(std::fs::rename(&part, folder)?));
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    filled.map(|()| folder.to_path_buf())
}

/// The only entry of a folder.
fn only(folder: &Path) -> Result<PathBuf, Failure> {
    let mut entries = std::fs::read_dir(folder)?;
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry?.path()),
        _ => Err(format!("{} does not hold one entry", folder.display()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("askew-whole-{}", std::process::id()));
        let failed = in_whole(&folder, |part| {
            std::fs::write(part.join("half"), "")?;
            Err("cut".into())
        });
        assert!(failed.is_err() && !folder.exists());
        let made = in_whole(&folder, |part| Ok(std::fs::write(part.join("all"), "")?)).expect("it can be made");
        assert_eq!(only(&made).expect("one entry"), folder.join("all"));
        std::fs::remove_dir_all(folder).expect("it can be removed");
    }
}
