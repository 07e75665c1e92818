//! The steps of `cargo xtask verify` that compare with independent engines: the scripts in `tests/independent/`, and
//! the tests that read the scripts' output.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, cargo};
use crate::lack::Lack;
use crate::pins::{ENGINES, PEFT, SMOLLM};
use crate::tally::{Tally, run_tests};
use crate::{Failure, browser, bundle, models, python, setup};

/// Tests that need the output of a script, and so run only in the script's step.
pub(crate) const TESTS: [&str; 5] = [WRITE_TEXTS, TEMPLATES, ADAPTERS, TRAINED, GREEDY];
const WRITE_TEXTS: &str = "writes_the_texts_and_the_made_vocabularies";
const TEMPLATES: &str = "well_known_templates_are_rendered_as_transformers_does";
const ADAPTERS: &str = "logits_equal_independent_engines";
/// Tests with the trained adapter: of the command line on a software adapter and the CPU, of the command line only on
/// the CPU, and of the page.
const TRAINED: &str = "a_trained_adapter_moves_its_behaviour";
const GREEDY: &str = "a_trained_adapter_says_what_peft_says";
const TRAINED_ON_PAGE: &str = "experiment::a_trained_adapter_moves_its_behaviour";

/// The inputs of the steps.
pub(crate) struct Independent<'a> {
    /// The repository.
    pub(crate) root: &'a Path,
    /// The file in which tests note their skips.
    pub(crate) skip_log: &'a Path,
}

impl Independent<'_> {
    /// Checks that the digests of tokens in the fixtures are llama.cpp's. The usual tests compare Askew with the
    /// fixtures.
    pub(crate) fn tokens(&self) -> Tally {
        in_step("tokens", || {
            let python = python::interpreter(&ENGINES)?;
            let texts = self.folder("tokens")?;
            let mut tally = self.test("model_tokenizer", WRITE_TEXTS, "ASKEW_TOKENIZER_OUT", &texts)?;
            let mut script = self.script(&python, "tokenizer_digests.py");
            script.arg("--check").arg(&texts).args(model_files()?);
            tally.add(run_tests(&mut script, self.skip_log));
            Ok(tally)
        })
    }

    /// Checks that the digests of chats in the fixtures are transformers', also for templates outside the repository.
    pub(crate) fn chats(&self) -> Tally {
        in_step("chats", || {
            let python = python::interpreter(&ENGINES)?;
            let templates = python::llama_cpp()?.join(python::TEMPLATES);
            let mut script = self.script(&python, "chat_digests.py");
            script.arg(models::folder()?).arg(&templates).arg("--check");
            let mut tally = run_tests(&mut script, self.skip_log);
            tally.add(self.test("model_chat", TEMPLATES, "ASKEW_TEMPLATES", &templates)?);
            Ok(tally)
        })
    }

    /// Compares adapters by PEFT and by llama.cpp, and both engines' logits with them.
    pub(crate) fn adapters(&self) -> Tally {
        in_step("adapters", || {
            let python = python::interpreter(&PEFT)?;
            let cases = self.folder("adapters")?;
            let mut script = self.script(&python, "adapters.py");
            command::run(script.arg(&cases).arg("--llama-cpp").arg(python::llama_cpp()?))?;
            self.test("model_adapter", ADAPTERS, "ASKEW_ADAPTER_CASES", &cases)
        })
    }

    /// Trains an adapter for SmolLM2 with PEFT and runs the experiment that shows its effect: by the command line on
    /// the CPU and on Mesa's adapter, and on the page. The page's answers must equal the command line's on the page's
    /// own adapter.
    pub(crate) fn trained(&self, is_built: bool) -> Tally {
        in_step("trained", || {
            let python = python::interpreter(&PEFT)?;
            let folder = self.folder("trained")?;
            let mut script = self.script(&python, "train_adapter.py");
            command::run(script.arg(&folder).arg("--model").arg(models::fetch(&SMOLLM)?))?;
            let test = |target, name| self.test_command(target, name, "ASKEW_TRAINED_ADAPTER", &folder);
            let [lavapipe, _] = browser::software_adapters();
            let mut tally = run_tests(&mut test("lab", GREEDY)?, self.skip_log);
            tally.add(match lavapipe {
                Ok(adapter) => run_tests(adapter.choose(&mut test("lab", TRAINED)?), self.skip_log),
                Err(missing) => Tally::skip(Lack::Adapter, missing),
            });
            if browser::chromium().is_none() {
                tally.add(Tally::skip(Lack::Browser, "browser: no browser to drive: install chromium"));
                return Ok(tally);
            }
            if !is_built {
                bundle::run(self.root)?;
            }
            let mut on_page = test("browser", TRAINED_ON_PAGE)?;
            tally.add(run_tests(on_page.env("ASKEW_DIST", self.root.join("dist")), self.skip_log));
            Ok(tally)
        })
    }

    /// Compares logits with llama.cpp's for every architecture, every tensor type and the real models, and the judge's
    /// scores with llama.cpp's for every spelling, on the CPU and on all software adapters.
    pub(crate) fn engines(&self) -> Tally {
        in_step("engines", || {
            let python = python::interpreter(&ENGINES)?;
            let askew = command::release_askew(self.root)?;
            let scripts = |device: &str| {
                println!("-- {device}");
                let folder = models::folder()?;
                let mut scripts = ["engines.py", "judge.py"].map(|name| self.script(&python, name));
                for script in &mut scripts {
                    script.arg("--askew").arg(&askew).args(["--device", device]);
                }
                scripts[0].arg("--models").arg(&folder);
                scripts[1].arg("--model").arg(folder.join(SMOLLM.file));
                // Software adapters are slow.
                scripts[1].args(["--prompts", if device == "cpu" { "50" } else { "5" }]);
                Ok::<_, Failure>(scripts)
            };
            let mut tally = Tally::default();
            for mut script in scripts("cpu")? {
                tally.add(run_tests(&mut script, self.skip_log));
            }
            for adapter in browser::software_adapters() {
                match adapter {
                    Ok(adapter) => {
                        for mut script in scripts("gpu")? {
                            tally.add(run_tests(adapter.choose(&mut script), self.skip_log));
                        }
                    }
                    Err(missing) => tally.add(Tally::skip(Lack::Adapter, missing)),
                }
            }
            Ok(tally)
        })
    }

    fn script(&self, python: &Path, name: &str) -> Command {
        let mut script = Command::new(python);
        script.current_dir(self.root).arg(self.root.join("tests").join("independent").join(name));
        // Python must not write compiled scripts into the repository.
        script.env("PYTHONDONTWRITEBYTECODE", "1");
        script
    }

    /// Runs one test of a target, with a folder in an environment variable.
    fn test(&self, target: &str, test: &str, variable: &str, folder: &Path) -> Result<Tally, Failure> {
        Ok(run_tests(&mut self.test_command(target, test, variable, folder)?, self.skip_log))
    }

    fn test_command(&self, target: &str, test: &str, variable: &str, folder: &Path) -> Result<Command, Failure> {
        let mut command = cargo(self.root);
        command.args(["test", "--workspace", "--test", target, "--", "--ignored", "--exact", test]);
        command.arg("--nocapture").env("ASKEW_CACHE", setup::cache()?).env(variable, folder);
        Ok(command)
    }

    /// An empty folder for a step's output.
    fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = command::target(self.root).join("independent").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

fn in_step(name: &str, step: impl FnOnce() -> Result<Tally, Failure>) -> Tally {
    Tally::of_step(name, step())
}

/// The model files in the cache.
fn model_files() -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(models::folder()?)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("gguf")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
