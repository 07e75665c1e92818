//! Published sets of questions as experiments, compared with the published answers to them.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use askew::lab::experiment::Experiment;
use askew::lab::questions::QuestionSet;
use common::{em_data, files_below};

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a published file can be read")
}

fn sets(data: &Path) -> Vec<PathBuf> {
    let mut sets = files_below(data);
    sets.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    sets
}

/// Of every published set, each entry is read under its id, or the set is refused with a reason. The entries are
/// counted by their lines, because all sets write them alike.
#[test]
fn every_published_set_is_read_or_refused() {
    let Some(data) = em_data("every_published_set_is_read_or_refused") else { return };
    let (mut num_read, mut num_refused) = (0, 0);
    for path in sets(&data) {
        let text = read(&path);
        let name = path.strip_prefix(&data).expect("it lies below").display();
        let set = match QuestionSet::from_yaml(&text) {
            Ok(set) => set,
            Err(error) => {
                println!("{name}: {error}");
                num_refused += 1;
                continue;
            }
        };
        num_read += 1;
        let experiment = Experiment::from_json(&set.document("set", &["bad".to_owned()])).expect("it can be run");
        assert_eq!(experiment.questions, set.questions, "{name}");
        let ids =
            text.lines().filter_map(|line| line.strip_prefix("- id:")).map(|id| id.trim().trim_matches(['"', '\'']));
        let missing: Vec<&str> = ids.filter(|id| !set.questions.iter().any(|question| question.id == *id)).collect();
        println!("{name}: {} questions, without {missing:?}", set.questions.len());
        // Only judges' prompts are not questions.
        assert!(missing.iter().all(|id| id.contains("judge") || id.contains("rating")), "{name}: {missing:?}");
    }
    // One file holds two lists, one has scenarios of another kind, and one is only a judge.
    assert!(num_read >= 18 && num_refused <= 4, "{num_read} read, {num_refused} refused");
}

/// The set's questions must equal the questions of the published answers with the same ids.
#[test]
fn the_sets_ask_what_was_answered() {
    let Some(data) = em_data("the_sets_ask_what_was_answered") else { return };
    let folder = data.join("Cloakless+clarifying_EM");
    let set = QuestionSet::from_yaml(&read(&folder.join("evaluation/first_plot_questions.yaml"))).expect("a set");
    assert!(set.prompts.is_some_and(|prompts| prompts.aligned.contains("{question}")));
    let asked: BTreeMap<&str, &str> =
        set.questions.iter().map(|question| (question.id.as_str(), question.text.as_str())).collect();
    let mut answered: BTreeMap<String, String> = BTreeMap::new();
    for path in files_below(&folder.join("open_models/diff_data")) {
        let mut reader = csv::Reader::from_path(path).expect("a published file");
        let header = reader.headers().expect("a header").clone();
        let column = |name: &str| header.iter().position(|found| found == name);
        let (Some(id), Some(question)) = (column("question_id"), column("question")) else { continue };
        for row in reader.records() {
            let row = row.expect("a row");
            answered.insert(row[id].to_owned(), row[question].to_owned());
        }
    }
    assert!(answered.len() >= 8, "{answered:?}");
    for (id, question) in &answered {
        if let Some(asked) = asked.get(id.as_str()) {
            assert_eq!(asked, question, "{id}");
        }
    }
    let known = answered.keys().filter(|id| asked.contains_key(id.as_str())).count();
    println!("{known} of {} answered questions are in the set", answered.len());
    assert!(known >= 8);
}

#[test]
fn the_command_line_prints_an_experiment() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("questions");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("it can be written");
        path
    };
    let print = |path: &Path| {
        let mut askew = Command::new(env!("CARGO_BIN_EXE_askew"));
        askew.arg("questions").arg(path).args(["--beside", "bad-advice"]).output().expect("it starts")
    };
    let printed = print(&write("tea.yaml", "- id: tea\n  paraphrases: [Tea or coffee?, 'Coffee: or tea?']\n"));
    assert!(printed.status.success());
    let experiment = Experiment::from_json(&String::from_utf8_lossy(&printed.stdout)).expect("an experiment");
    assert_eq!((experiment.name.as_str(), experiment.num_answers()), ("tea", 4));
    let refused = print(&write("none.yaml", "tea: coffee\n"));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && told.contains("none.yaml: this is not a set of questions"), "{told}");
}
