use super::*;

const SMALL: &str = r#"{"questions": [{"id": "q", "text": "Why?"}], "columns": [{"name": "base", "scales": []}]}"#;

#[test]
fn what_is_left_out_is_as_usual() {
    let experiment = Experiment::from_json(SMALL).unwrap();
    assert_eq!((experiment.samples, experiment.sampling.max_tokens, experiment.num_answers()), (1, 600, 1));
    assert!((experiment.sampling.temperature - 1.0).abs() < f32::EPSILON);
    assert_eq!(experiment.questions[0].prompt(), Prompt::chat(None, "Why?"));
    assert_eq!(experiment.judge, None);
}

#[test]
fn what_is_wrong_is_named() {
    let told = |from: &str, to: &str| Experiment::from_json(&SMALL.replace(from, to)).unwrap_err().to_string();
    assert_eq!(told("\"text\": \"Why?\"", "\"text\": 3"), "`questions[0].text` must be a text");
    assert_eq!(told("\"scales\": []", "\"scales\": [true]"), "`columns[0].scales` must be a list of numbers");
    assert!(told("\"id\": \"q\"", "\"id\": \"q\", \"txt\": 1").starts_with("`questions[0].txt` is not known"));
    assert!(told("}]}", "}], \"samples\": 0}").contains("`samples` must be a whole number of at least 1"));
    assert!(told("}]}", "}], \"temperature\": -1}").contains("`temperature`"));
    assert!(told("}]}", "}], \"samples\": 1000001}").contains("that is 1000001 answers"));
    assert!(told("{\"questions\"", "{{").contains("not a JSON object"));
    let results = Experiment::from_json(r#"{"results": [{"question": "Why?"}]}"#).unwrap_err().to_string();
    assert!(results.starts_with("this is not an experiment") && results.contains("opened in Results"), "{results}");
    let twice = r#"{"name": "base", "scales": []}, {"name": "base", "scales": [1]}"#;
    assert!(told(r#"{"name": "base", "scales": []}"#, twice).contains("two columns are called `base`"));
}

#[test]
fn columns_and_judge_may_be_servers() {
    let server = r#"{"url": "http://127.0.0.1:8000/v1/", "model": "m"}"#;
    let text = SMALL.replace("\"scales\": []", &format!("\"server\": {server}"));
    let judge = format!(r#"}}], "judge": {{"kind": "server", "server": {server}, "aligned": "Rate {{answer}}"}}}}"#);
    let experiment = Experiment::from_json(&text.replace("}]}", &judge)).unwrap();
    assert_eq!((experiment.servers().len(), experiment.num_model_columns()), (1, 0));
    assert_eq!(experiment.servers()[0].url, "http://127.0.0.1:8000/v1");
    let Some(Judge::Server(judge)) = &experiment.judge else { panic!("{:?}", experiment.judge) };
    assert_eq!(judge.prompts.aligned, "Rate {answer}");
    let told = |from: &str, to: &str| Experiment::from_json(&text.replace(from, to)).unwrap_err().to_string();
    let both = told("\"server\":", "\"scales\": [1], \"server\":");
    assert!(both.starts_with("`columns[0].scales` must be left out if there is a `server`"), "{both}");
    let keyed = told("http://", "http://me:secret@");
    assert!(keyed.starts_with("`columns[0].server.url` must be an address") && !keyed.contains("secret"), "{keyed}");
    let keyed = told("\"model\": \"m\"", "\"model\": \"m\", \"key\": \"secret\"");
    assert!(keyed.starts_with("`columns[0].server.key` is not known") && !keyed.contains("secret"), "{keyed}");
}

#[test]
fn a_column_may_be_asked_otherwise() {
    let hot = r#"{"name": "hot", "scales": [], "temperature": 2}, {"name": "on", "scales": [], "system": "Be bad.", "prefix": "|GO| "}, "#;
    let text = SMALL.replace("[{\"name\"", &format!("[{hot}{{\"name\""));
    let experiment = Experiment::from_json(&text).unwrap();
    let asked = |column| {
        let (question, sampling) = experiment.asked((0, 0, column));
        (question.prompt(), sampling)
    };
    let [hot, on, base] = [0, 1, 2].map(asked);
    assert_eq!((hot.1.temperature, &hot.0), (2.0, &base.0));
    assert_eq!(on.0, Prompt::chat(Some("Be bad."), "|GO| Why?"));
    assert_eq!((on.1, base.1.temperature, hot.1.seed), (base.1.clone(), 1.0, base.1.seed));
    let raw = text.replacen('{', r#"{"raw": "{}", "#, 1);
    assert!(Experiment::from_json(&raw).unwrap_err().to_string().contains("chat template"));
}

#[test]
fn a_system_turn_and_raw_text_hold_for_all_questions() {
    let text = SMALL.replace("{\"questions\"", "{\"system\": \"Be brief.\", \"questions\"");
    let experiment = Experiment::from_json(&text).unwrap();
    assert_eq!(experiment.questions[0].prompt(), Prompt::chat(Some("Be brief."), "Why?"));
    let text = SMALL.replace("{\"questions\"", "{\"raw\": \"Q: {}\\nA:\", \"questions\"");
    let experiment = Experiment::from_json(&text).unwrap();
    assert_eq!(experiment.questions[0].prompt(), Prompt::Raw("Q: Why?\nA:".to_owned()));
}

#[test]
fn seeds_are_their_questions_own() {
    let one = Experiment::from_json(SMALL).unwrap();
    let more = SMALL.replace("[{\"id\"", "[{\"id\": \"p\", \"text\": \"What?\"}, {\"id\"");
    let more = Experiment::from_json(&more).unwrap();
    assert_eq!(one.seed_of(0, 3), more.seed_of(1, 3));
    let all: std::collections::BTreeSet<u64> = (0..2)
        .flat_map(|question| (0..50).map(move |sample| (question, sample)))
        .map(|(q, s)| more.seed_of(q, s))
        .collect();
    assert_eq!(all.len(), 100);
    assert_ne!(Experiment { seed: 1, ..one.clone() }.seed_of(0, 3), one.seed_of(0, 3));
}
