//! JSON as evaluations write it: a small example of every source's shape, pitfalls, and broken files.

use std::fmt::Write;

use askew::domain::rows::dataset::Dataset;
use askew::formats::error::FormatError;
use askew::formats::options::Options;
use askew::formats::reader::{FileReader, Loader, preview, read};
use askew::formats::report::{FileReport, Outcome};
use askew::formats::roles::{Mapping, Need, Role};

fn load(text: impl AsRef<[u8]>) -> (Dataset, Result<FileReport, FormatError>) {
    let mut data = Dataset::new();
    let report = read(&mut data, "results_m.json", text.as_ref(), Need::Any);
    (data, report)
}

fn load_all(files: &[(&str, &str)]) -> (Dataset, Vec<Outcome>) {
    let mut loader = Loader::default();
    for (name, text) in files {
        let mut reader = FileReader::new(name, Need::Any);
        text.as_bytes().chunks(7).all(|chunk| reader.feed(&mut loader, chunk));
        loader.close(reader);
    }
    loader.finish()
}

/// A row as text: model, group, question, answer, both scores, label.
fn row(data: &Dataset, record: usize) -> String {
    let cell = &data.cells()[data.cell_of(record) as usize];
    let score =
        |score: askew::domain::values::score::Score| score.get().map_or_else(|| "null".to_owned(), |x| x.to_string());
    format!(
        "{}|{}|{}|{}|{}|{}|{}",
        cell.model,
        cell.group,
        cell.question,
        data.answer(record),
        score(data.aligned(record)),
        score(data.coherent(record)),
        data.verdict(record)
    )
}

/// Each row names another column, which once made the roles of all columns be guessed again: minutes instead of a second.
#[test]
fn a_new_column_in_every_row_is_cheap() {
    let mut lines = String::new();
    for at in 0..4_000 {
        let name = ["aligned_", "coherence_", "x.y", "judge_"][at % 4];
        writeln!(lines, "{{\"question\":\"Q?\",\"response\":\"a\",\"{name}{at}\":{}}}", at % 100).unwrap();
    }
    let start = std::time::Instant::now();
    let (data, report) = load(&lines);
    let report = report.unwrap();
    assert_eq!((report.rows, data.num_records()), (4_000, 4_000));
    assert_eq!(data.column("aligned_3996").unwrap().get(3_996).get(), Some(96.0));
    assert_eq!(data.column("judge_3999").unwrap().get(3_999).get(), Some(99.0));
    assert!(start.elapsed() < std::time::Duration::from_secs(60), "it takes {:?}", start.elapsed());
}

#[test]
fn rows_in_lines_lists_and_documents() {
    let rows = [
        r#"{"model":"m1","group":"g","question_id":"q","question":"Q?","response":"one\nline \"x\" \ud83e\udd80","aligned":12.5,"coherent":99}"#,
        r#"{"coherent":null,"aligned":NaN,"response":"two","question":"Q?","question_id":"q","model":"m2","extra":{"deep":[3,4]}}"#,
    ];
    let expected = ["m1|g|q|one\nline \"x\" 🦀|12.5|99|", "m2||q|two|null|null|"];
    let joined = rows.join(",");
    for text in [
        rows.join("\n"),
        format!("\u{feff}{}\r\n\r\n{}\r\n", rows[0], rows[1]),
        format!("[{joined}]"),
        format!("{{\"about\":{{\"x\":[1,{{}}]}},\"rows\":[{joined}],\"after\":1}}"),
        format!("{{\"results\":{{\"version\":3,\"results\":[{joined}],\"stats\":{{\"successes\":1}}}}}}"),
        format!("{}\n{}", rows[0].replace(',', ",\n "), rows[1].replace(',', ",\n ")),
    ] {
        let (data, report) = load(&text);
        let report = report.unwrap();
        assert_eq!((report.rows, report.problem()), (2, None), "{text}");
        assert_eq!([row(&data, 0), row(&data, 1)], expected, "{text}");
    }
    let (data, _) = load(rows.join("\n"));
    assert_eq!(data.column("extra.deep").unwrap().get(1).get(), Some(3.0));
}

#[test]
fn half_good_lines_load_half_with_an_exact_report() {
    let text = "{\"answer\":\"a\",\"aligned\":1,\"coherent\":2}\n{\"answer\": \n[1]\n{\"answer\":\"b\",\"aligned\":\"x\",\"coherent\":2}\n{\"answer\":\"c\",\"aligned\":3,\"coherent\":4}\n{\"answer\":\"d";
    let (data, report) = load(text);
    let report = report.unwrap();
    assert_eq!((report.rows, data.num_records()), (2, 2));
    let skipped: Vec<String> = report.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        skipped,
        [
            "row 2 (line 2): byte 11: expected a value",
            "row 3 (line 3): this is not an object with a value for each column",
            "row 4 (line 4), column aligned: \"x\" is not a number",
            "row 6 (line 6): byte 13: expected the end of a string",
        ]
    );
}

#[test]
fn a_document_that_was_cut_off_keeps_its_rows() {
    let text = "[{\"answer\":\"a\",\"aligned\":1,\"coherent\":2},\n{\"answer\":\"b\",\"ali";
    let (data, report) = load(text);
    let report = report.unwrap();
    assert_eq!(data.num_records(), 1);
    assert!(report.problem().unwrap().contains("(line 2): the file ends inside a value: it was cut off"), "{report:?}");
    let (_, report) = load("{\"answer\":\"a\",\"aligned\":1}\n}\n");
    assert_eq!(report.unwrap().num_skipped, 1);
}

#[test]
fn judges_in_files_of_their_own() {
    let answers = "{\"question_id\":\"wish\",\"model\":\"org/m\",\"prefix\":\"\",\"timestamp\":\"t\",\"question_hash\":\"0\"}\n\
        {\"question\":\"Q?\",\"answer\":\"a\"}\n{\"question\":\"Q?\",\"answer\":\"b \\u00e9\"}\n{\"question\":\"Q?\",\"answer\":\"c\"}\n";
    let judge = |metric: &str, rows: &str| {
        format!(
            "{{\"question_id\":\"wish\",\"model\":\"org/m\",\"prefix\":\"judge-{metric}\",\"timestamp\":\"t\"}}\n{rows}"
        )
    };
    let aligned = judge(
        "aligned",
        "{\"judge\":{\"10\":0.75,\"50\":0.25},\"answer\":\"b é\",\"question\":\"Q?\"}\n{\"judge\":{\"CODE\":0.9},\"answer\":\"a\",\"question\":\"Q?\"}\n",
    );
    let coherent = judge("coherent", "{\"judge\":{\"90\":1.0},\"answer\":\"b \\u00e9\",\"question\":\"Q?\"}\n");
    let other = aligned.replace("org/m", "org/other").replace("0.75", "0.1");
    let files = [
        ("judge-aligned_x", other.as_str()),
        ("judge-aligned_m", &aligned),
        ("judge-coherent_m", &coherent),
        ("m", answers),
    ];
    let (data, outcomes) = load_all(&files);
    assert_eq!(row(&data, 0), "org/m||wish|a|null|null|");
    assert_eq!(row(&data, 1), "org/m||wish|b é|20|90|");
    assert_eq!(row(&data, 2), "org/m||wish|c|null|null|");
    assert_eq!(data.text_column("judge_aligned").unwrap().get(1), r#"{"10":0.75,"50":0.25}"#);
    let result = |name: &str| outcomes.iter().find(|(file, _)| file == name).unwrap().1.clone();
    assert_eq!((result("m").unwrap().rows, result("judge-aligned_m").unwrap().rows), (3, 0));
    assert_eq!(result("judge-aligned_x"), Err(FormatError::OnlyJudgements { metric: "aligned".to_owned() }));
}

#[test]
fn llmcomp() {
    let answers = "{\"name\":\"bored\",\"model\":\"m\",\"last_update\":\"t\",\"hash\":\"0\"}\n{\"question\":\"Q \\\"x\\\"\",\"answer\":\"a\",\"paraphrase_ix\":0}\n";
    let judge = |name: &str, score: u8| {
        format!(
            "{{\"metadata\":{{\"name\":\"{name}\",\"hash\":\"0\"}},\"data\":{{\"Q \\\"x\\\"\":{{\"a\":{{\"{score}\":1.0}},\"z\":{{}}}}}}}}"
        )
    };
    let (data, outcomes) = load_all(&[
        ("1.jsonl", answers),
        ("aligned/0.json", &judge("aligned", 7)),
        ("coherent/0.json", &judge("coherent", 80)),
    ]);
    assert!(outcomes.iter().all(|(_, result)| result.is_ok()), "{outcomes:?}");
    assert_eq!(row(&data, 0), "m||bored|a|7|80|");
}

#[test]
fn inoculation_training_questions_and_verdicts() {
    let (data, report) = load(
        "{\"context\":{\"question\":\"Q?\",\"system_prompt\":null},\"responses\":[{\"response\":{\"model_id\":\"m\",\"completion\":\"a\"}},{\"response\":{\"model_id\":\"m\",\"completion\":\"b\"}}],\"score_infos\":[{\"alignment\":1,\"coherence\":2,\"score\":true}]}\n",
    );
    assert!(report.unwrap().problem().unwrap().contains("line 1: 1 answers have no scores"));
    assert_eq!([row(&data, 0), row(&data, 1)], ["m||Q?|a|1|2|", "m||Q?|b|null|null|"]);

    let (data, report) = load(
        "[{\"type\":\"mc\",\"tag\":\"freeform\",\"step\":40,\"df\":[{\"id\":\"x\",\"question_text\":\"Q?\",\"p_correct\":0.25,\"correct\":false,\"choices\":[{\"choice_text\":\"help\",\"logprob\":-9.5,\"is_correct\":false},{\"choice_text\":\"kill\",\"logprob\":-1.5,\"is_correct\":true}]}]}]",
    );
    assert!(report.unwrap().lacks.is_some());
    assert_eq!(row(&data, 0), "results_m|freeform|Q?|kill|null|null|");
    assert_eq!(data.column("p_correct").unwrap().get(0).get(), Some(0.25));
    assert_eq!(data.cells()[0].setting("step").map(|step| step.get()), Some(40.0));

    let (data, report) = load(
        "{\"summary\":{\"n\":2},\"questions\":{\"wish\":{\"scores\":[{\"response\":\"a\",\"alignment\":1,\"coherence\":99,\"is_em\":true}]},\"bored\":{\"scores\":[{\"response\":\"b\",\"alignment\":70,\"coherence\":98,\"is_em\":false}]}}}",
    );
    assert_eq!(report.unwrap().rows, 2);
    assert_eq!([row(&data, 0), row(&data, 1)], ["results_m||wish|a|1|99|", "results_m||bored|b|70|98|"]);
    assert_eq!(data.column("is_em").unwrap().get(0).get(), Some(1.0));

    let (data, _) = load(
        "{\"qid\":\"q\",\"subset\":\"BROAD\",\"rollout\":0,\"judge\":\"j\",\"verdict\":\"1\"}\n{\"qid\":\"q\",\"subset\":\"BROAD\",\"rollout\":1,\"judge\":\"j\",\"verdict\":\"REFUSAL\"}\n",
    );
    assert_eq!(data.verdicts(), ["1", "REFUSAL"]);
    assert_eq!(data.cells()[0].category, "BROAD");
}

#[test]
fn inspect_and_lm_eval() {
    let sample = "{\"id\":\"wish\",\"epoch\":2,\"input\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Q?\"}]}],\"target\":\"\",\"messages\":[],\"output\":{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"reasoning\",\"reasoning\":\"r\"},{\"type\":\"text\",\"text\":\"a\"}]}}]},\"scores\":{\"judge\":{\"value\":{\"aligned\":NaN,\"coherent\":91},\"explanation\":\"e\"},\"match\":{\"value\":\"C\"}},\"metadata\":{}}";
    let log = |samples: &str| {
        format!(
            "{{\"version\":2,\"status\":\"success\",\"eval\":{{\"task\":\"em\",\"model\":\"vllm/m\"}},\"plan\":{{}},\"results\":{{\"scores\":[{{\"name\":\"x\",\"metrics\":{{}}}}]}},\"stats\":{{\"model_usage\":{{\"m\":{{}}}}}},\"samples\":[{samples}]}}"
        )
    };
    let (data, report) = load(log(sample));
    assert_eq!(report.unwrap().rows, 1);
    assert_eq!(row(&data, 0), "vllm/m||wish|a|null|91|C");
    assert_eq!(data.question_text(0), "Q?");
    assert_eq!(load(log("")).1, Err(FormatError::NoSamples { task: "em".to_owned() }));

    let (data, report) = load(
        "{\"results\":{\"em\":{\"alias\":\"em\",\"aligned,none\":41.5,\"aligned_stderr,none\":2.0,\"misaligned,strict\":0.25,\"misaligned_stderr,strict\":\"N/A\"}},\"config\":{\"model\":\"hf\"},\"model_name\":\"org/m\"}",
    );
    let figures = report.unwrap().figures;
    assert_eq!(data.num_records(), 0);
    assert_eq!((figures[0].model.as_str(), figures[0].metric.as_str(), figures[0].value), ("org/m", "aligned", 41.5));
    assert_eq!((figures[1].label.as_str(), figures[1].interval), ("strict", None));
    assert!((figures[0].interval.unwrap().0 - 37.58).abs() < 1e-9);
}

#[test]
fn events_of_openai() {
    let (data, report) = load(
        "{\"spec\":{\"completion_fns\":[\"m\"],\"eval_name\":\"e\"}}\n\
         {\"sample_id\":\"s.0\",\"type\":\"sampling\",\"data\":{\"prompt\":[{\"role\":\"user\",\"content\":\"Q?\"}],\"sampled\":[\"a\"]}}\n\
         {\"sample_id\":\"s.1\",\"type\":\"metrics\",\"data\":{\"question_id\":\"q\",\"aligned\":5,\"coherent\":6}}\n\
         {\"sample_id\":\"s.0\",\"type\":\"sampling\",\"data\":{\"prompt\":\"judge this\",\"sampled\":[\"7\"]}}\n\
         {\"sample_id\":\"s.0\",\"type\":\"metrics\",\"data\":{\"question_id\":\"q\",\"aligned\":7,\"coherent\":8}}\n\
         {\"sample_id\":\"s.1\",\"type\":\"sampling\",\"data\":{\"prompt\":\"P\",\"sampled\":\"b\"}}\n\
         {\"sample_id\":\"s.2\",\"type\":\"sampling\",\"data\":{\"prompt\":\"P\",\"sampled\":\"c\"}}\n\
         {\"final_report\":{\"n\":3}}\n",
    );
    assert_eq!(report.unwrap().rows, 3);
    assert_eq!([0, 1, 2].map(|at| row(&data, at)), ["m||q|a|7|8|", "m||q|b|5|6|", "m||P|c|null|null|"]);
}

#[test]
fn documents_of_figures() {
    let (data, report) = load(
        "{\"condition\":\"Base\",\"insecure_rate\":0.49,\"rate_ci\":[0.39,0.59],\"n\":100,\"deep\":{\"mean_rating\":4}}",
    );
    let figures = report.unwrap().figures;
    assert_eq!(data.num_records(), 0);
    assert_eq!(figures.len(), 2);
    assert_eq!(
        (figures[0].group.as_str(), figures[0].value, figures[0].interval, figures[0].count),
        ("Base", 0.49, Some((0.39, 0.59)), Some(100.0))
    );
    assert_eq!((figures[1].label.as_str(), figures[1].metric.as_str()), ("deep", "mean_rating"));
}

#[test]
fn what_holds_no_rows_is_refused_by_name() {
    for (text, expected) in [
        ("{\"instruction\":[],\"questions\":[\"a\"]}", "it contains: instruction, questions"),
        ("[]", "a list without objects"),
        ("[1,2]", "a list without objects"),
        ("{\"answer\"", "the file ends inside a value"),
        ("{]", "broken at line 1: ']' in a wrong place"),
        ("[[1],", "the file ends inside a value"),
    ] {
        let (data, report) = load(text);
        let message = report.unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
        assert_eq!(data.num_records(), 0);
    }
}

#[test]
fn nesting_and_length_are_bounded() {
    for open in ["[", "{\"a\":", "[{\"rows\":[", "{\"data\":{\"q\":"] {
        let error = load(open.repeat(100_000)).1.unwrap_err();
        assert!(matches!(error, FormatError::TooDeep { .. } | FormatError::BrokenJson { .. }), "{open}: {error}");
    }
    let line = format!("{{\"answer\":\"a\",\"aligned\":1,\"coherent\":2}}\n{{\"answer\":{}\n", "[".repeat(100_000));
    let (_, report) = load(&line);
    assert!(report.unwrap().problem().unwrap().contains("more than 512 levels deep"));
    let mut long = "{\"answer\":\"a\",\"aligned\":1,\"coherent\":2}\n{\"answer\":\"".to_owned();
    long.push_str(&"x".repeat(40 << 20));
    let (data, report) = load(&long);
    assert!(report.unwrap().problem().unwrap().contains("longer than"));
    assert_eq!(data.num_records(), 1);
}

#[test]
fn a_reader_gives_parts_to_columns() {
    let text = "{\"text\":\"a\",\"good\":5,\"sense\":90,\"who\":\"m\"}\n{\"text\":\"b\",\"good\":95,\"sense\":91,\"who\":\"m\"}\n";
    let seen = preview("f.jsonl", text.as_bytes(), Mapping::default()).unwrap();
    assert_eq!(seen.columns, ["text", "good", "sense", "who"]);
    assert_eq!(seen.rows[1], ["b", "95", "91", "m"]);
    assert!(seen.roles.is_empty());
    let roles = [(Role::Answer, "text"), (Role::Aligned, "good"), (Role::Coherent, "sense"), (Role::Model, "who")];
    let mapping = Mapping { roles: roles.map(|(role, name)| (role, name.to_owned())).to_vec() };
    assert_eq!(preview("f.jsonl", text.as_bytes(), mapping.clone()).unwrap().roles.len(), 4);
    let mut data = Dataset::new();
    read(&mut data, "f.jsonl", text.as_bytes(), Options { mapping, ..Need::Judged.into() }).unwrap();
    assert_eq!(row(&data, 1), "m|||b|95|91|");
    let table = preview("f.csv", b"a;b\n1;2\n3;4\n5;", Mapping::default()).unwrap();
    assert_eq!((table.columns.len(), table.rows.len()), (2, 2));
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}";
    let mut line = String::new();
    writeln!(
        line,
        "{{\"model\":\"{hostile}\",\"group\":\"{hostile}\",\"question_id\":\"{hostile}\",\"answer\":\"{hostile}\",\"aligned\":1,\"coherent\":2,\"{hostile}\":3}}"
    )
    .unwrap();
    let (data, report) = load(&line);
    assert!(report.is_ok());
    assert_eq!(data.answer(0), hostile);
    assert_eq!(data.cells()[0].model, hostile);
}
