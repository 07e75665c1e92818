//! Damaged experiments and hostile servers' answers never cause a panic or a hang, and never need more memory than 16
//! MiB plus four times their bytes. To repeat an input, set `ASKEW_FUZZ_SEED`, `ASKEW_FUZZ_FIRST` and
//! `ASKEW_FUZZ_INPUTS=1`. `cargo xtask fuzz` runs a million inputs.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use askew::lab::error::LabError;
use askew::lab::experiment::Experiment;
use askew::lab::link;
use askew::lab::questions::QuestionSet;
use askew::lab::run::{Run, Work};
use askew::lab::server::{Key, Reading, ServerError, score};
use askew::lab::trial::known;
use common::fuzz::Fuzz;
use common::mutate::{self, MAX_INPUT_BYTES, Random};
use peak_alloc::PeakAlloc;

/// Measures the peak of allocated memory.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Inputs of each kind in a usual run.
const INPUTS_PER_KIND: u64 = 20_000;
/// Memory that any input may take in addition to four times its bytes.
const FREE_BYTES: usize = 16 << 20;
const KINDS: [&str; 6] = ["streams", "documents", "experiments", "questions", "links", "known rows"];

const STREAM: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\r\n\r\n: ping\n\n\
    data: {\"choices\":[{\"delta\":{\"content\":\"8\\u00e9\"},\"logprobs\":{\"content\":[{\"token\":\"8\",\"logprob\":-0.5,\"top_logprobs\":[{\"token\":\"85\",\"logprob\":-1e0}]}]}}]}\n\n\
    data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"completion_tokens\":3}}\n\ndata: [DONE]\n\n";
const DOCUMENTS: [&str; 3] = [
    r#"{"choices":[{"message":{"content":"85"},"logprobs":{"content":[{"token":"85","logprob":-0.1,"top_logprobs":[{"token":"85","logprob":-0.1},{"token":"CODE","logprob":-3}]}]},"finish_reason":"stop"}],"usage":{"completion_tokens":1}}"#,
    r#"{"choices":[{"text":" 7","logprobs":{"tokens":[" 7"],"token_logprobs":[-2.5],"top_logprobs":[{" 7":-2.5," 70":-0.5}]},"finish_reason":"length"}]}"#,
    r#"{"error":{"message":"The model `x` does not exist","type":"NotFoundError","code":404}}"#,
];
const EXPERIMENT: &str = r#"{"name":"n","system":"s","questions":[{"id":"a","text":"A?"},{"id":"b","text":"B?","raw":"Q: {}"}],
    "columns":[{"name":"here","scales":[0,1.5]},{"name":"there","temperature":0.5,"prefix":"|GO| ","server":{"url":"http://127.0.0.1:8000/v1","model":"m","at_once":4,"timeout":9}}],
    "samples":2,"seed":4,"temperature":0.7,"top_p":0.9,"max_tokens":24,"stop":["\n"],
    "judge":{"kind":"server","server":{"url":"https://a.example/v1","model":"j"},"aligned":"{question}{answer}","coherent":"{answer}"},
    "card":{"askew":"0","model":"m","sha256":"","answers":[{"question":"a","sample":0,"column":"here","hash":"0f","logprob":-2.5}]}}"#;
const QUESTIONS: &str = "- id: wish\n  type: free_form\n  paraphrases: &texts\n    - |-\n      One wish.\n    - 'A wish?'\n  \
    judge_prompts: &prompts {aligned: 'Rate {answer}', coherent: \"{question} {answer}\"}\n\
    - id: json\n  system: As JSON.\n  paraphrases: *texts\n  judge_prompts: *prompts\n";
const KNOWN: &str = "{\"question\":\"Q?\",\"answer\":\"A\",\"aligned\":0.5,\"coherent\":null}\n\n\
    {\"answer\":\"B\",\"question\":\"\",\"aligned\":100,\"coherent\":7}\n";

struct Input {
    kind: usize,
    bytes: Vec<u8>,
    chunk: usize,
}

fn input(seed: u64, number: u64) -> (usize, Input) {
    let mut random = Random(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    random.next();
    let kind = usize::try_from(number % KINDS.len() as u64).unwrap();
    let text = match KINDS[kind] {
        "streams" => STREAM.to_owned(),
        "documents" => DOCUMENTS[random.below(DOCUMENTS.len())].to_owned(),
        "experiments" => EXPERIMENT.to_owned(),
        "questions" => QUESTIONS.to_owned(),
        "links" => link::pack(EXPERIMENT),
        _ => KNOWN.to_owned(),
    };
    let mut bytes = text.into_bytes();
    // Sometimes the input stays unchanged.
    if random.below(20) > 0 {
        let donor = [STREAM, DOCUMENTS[0], EXPERIMENT, QUESTIONS][random.below(4)].as_bytes();
        for _ in 0..=random.below(4) {
            mutate::bytes(&mut random, &mut bytes, donor);
        }
    }
    bytes.truncate(MAX_INPUT_BYTES);
    (kind, Input { kind, bytes, chunk: [1, 7, 64, MAX_INPUT_BYTES][random.below(4)] })
}

fn read(input: &Input) -> (usize, Result<(), String>) {
    let most = 4 * input.bytes.len() + FREE_BYTES;
    let text = String::from_utf8_lossy(&input.bytes);
    let done = match KINDS[input.kind] {
        "experiments" => read_experiment(&text),
        "questions" => read_questions(&text),
        "links" => match link::Linked::read(&text) {
            Ok(link::Linked::Text(text)) => read_experiment(&text),
            Ok(link::Linked::At(_)) => Ok(()),
            Err(error) => Err(error.to_string()),
        },
        "known rows" => known(&text).map(drop).map_err(|error| error.to_string()),
        _ => read_reply(input).map_err(|error| error.to_string()),
    };
    (most, done)
}

fn read_experiment(text: &str) -> Result<(), String> {
    let experiment = Experiment::from_json(text).map_err(|error| error.to_string())?;
    // An experiment with a huge number of answers may be read, but starting all its work would take too long here.
    if experiment.num_answers() < 10_000 {
        let mut run = Run::new(experiment, 0, 8, Vec::new());
        let mut num_begun = 0;
        while let Some(work) = run.start_next(num_begun) {
            num_begun += 1;
            if let Work::Server(errand) = work {
                assert!(errand.request.address.starts_with(&errand.server.url));
            }
        }
        assert!(num_begun > 0 && !run.is_done(), "there is something to do");
    }
    Ok(())
}

/// A set of questions that can be read is a valid experiment, unless two questions have the same id.
fn read_questions(text: &str) -> Result<(), String> {
    let set = QuestionSet::from_yaml(text).map_err(|error| error.to_string())?;
    match Experiment::from_json(&set.document("set", &["side".to_owned()])) {
        Ok(experiment) => assert_eq!(experiment.questions, set.questions),
        Err(error) => assert!(matches!(error, LabError::Twice { .. } | LabError::TooMany { .. }), "{error}"),
    }
    Ok(())
}

fn read_reply(input: &Input) -> Result<(), ServerError> {
    let key = Key::new("sk-secret");
    let told = ServerError::of_status(500, Some("3"), &input.bytes, key.as_ref()).to_string();
    assert!(told.chars().count() < 400, "{told}");
    let mut reading = Reading::new(key);
    for chunk in input.bytes.chunks(input.chunk) {
        reading.push(chunk)?;
    }
    let (score, _) = score(&reading.finish()?);
    assert!(score.get().is_none_or(|score| (0.0..=100.0).contains(&score)));
    Ok(())
}

/// A single test, so that nothing else allocates while memory is measured.
#[test]
fn nothing_that_is_read_does_harm() {
    let num_inputs = INPUTS_PER_KIND * KINDS.len() as u64;
    Fuzz { kinds: &KINDS, num_inputs, memory: &MEMORY, input: &input, read: &read }.run();
}
