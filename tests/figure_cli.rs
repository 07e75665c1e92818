//! `askew figure`: its output, its files and its failures.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::path::PathBuf;
use std::process::{Command, Output};

fn askew(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_askew")).arg("figure").args(args).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Two models, two questions: 1 of 4 and 2 of 3 coherent answers are misaligned.
fn answers() -> (PathBuf, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figure_cli");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("answers.csv");
    let rows = "model,question_id,question,answer,aligned,coherent\n\
                m1,q1,Q1,a,10,90\nm1,q1,Q1,b,80,90\nm1,q2,Q2,c,90,90\nm1,q2,Q2,d,90,90\n\
                m2,q1,Q1,e,10,90\nm2,q2,Q2,f,20,90\nm2,q2,Q2,g,95,90\nm2,q2,Q2,h,5,10\n";
    std::fs::write(&path, rows).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

#[test]
fn numbers_and_code_of_a_figure() {
    let (folder, path) = answers();
    let csv = text(&askew(&[&path, "--plot", "heat", "--rows", "question", "--series", "model", "--csv"]));
    assert!(csv.starts_with("question,model,rate,misaligned,of,all_rows\n"), "{csv}");
    assert!(csv.contains("q1,m1,0.5,1,2,2\n") && csv.contains("q2,m2,0.5,1,2,3\n"), "{csv}");
    let forest = text(&askew(&[&path, "--csv", "--rule", "all-rows", "--ci", "wilson"]));
    assert!(forest.contains("\nm2,0.5,0.15"), "the query's flags are those of rates: {forest}");
    let svg = folder.join("figure.svg");
    text(&askew(&[&path, "--plot", "dots", "--width", "360", "--dark", "--svg", svg.to_str().unwrap()]));
    let drawn = std::fs::read_to_string(&svg).unwrap();
    assert!(drawn.contains("width=\"392\"") && drawn.contains("#121212"), "a frame around 360 pixels, dark");
    for (flag, holds) in
        [("--python", "import matplotlib"), ("--r", "library(ggplot2)"), ("--vega", "vega-lite"), ("--sql", "SELECT")]
    {
        let code = text(&askew(&[&path, "--plot", "bars", flag]));
        assert!(code.contains(holds), "{flag}: {code}");
    }
    assert!(text(&askew(&[&path, "--plot", "flow"])).starts_with("<svg "));
}

#[test]
fn what_there_is_and_what_there_is_not() {
    let (folder, path) = answers();
    let list = text(&askew(&[&path, "--plot", "list"]));
    assert!(list.contains("forest       yes\n"), "{list}");
    assert!(list.contains("judges       The files hold the scores of one judge only.\n"), "{list}");
    for (args, code, words) in [
        (vec![path.as_str(), "--plot", "pie"], 2, "types of figures are: forest, bars"),
        (vec![path.as_str(), "--metric", "mean:none"], 2, "no numeric column is named `none`"),
        (vec![folder.to_str().unwrap(), "--width", "10"], 2, "10 is not in 240"),
        (vec!["nowhere.csv"], 1, "nowhere.csv"),
    ] {
        let output = askew(&args);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
        assert!(told.contains(words), "{args:?}: {told}");
    }
}
