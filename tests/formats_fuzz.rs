//! Damaged result files never cause a panic or a hang, and never need more memory than 64 MiB plus four times the
//! unpacked bytes.
//!
//! Inputs are small files of every format, and the beginnings of published files if these are present, with changed
//! bytes. Each input depends only on the seed and its number. To repeat one that fails, set `ASKEW_FUZZ_SEED`,
//! `ASKEW_FUZZ_FIRST` and `ASKEW_FUZZ_INPUTS=1`. `cargo xtask fuzz` runs a million inputs.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::path::{Path, PathBuf};

use askew::domain::query::{Query, run};
use askew::formats::error::FormatError;
use askew::formats::heavy::unpack;
use askew::formats::members::{Members, Unpacked};
use askew::formats::reader::{FileReader, Loader};
use askew::formats::roles::Need;
use common::archive::{Method, gzip, zip, zstd};
use common::fuzz::Fuzz;
use common::mutate::{self, MAX_INPUT_BYTES, Random};
use common::parquet::{self, Column};
use peak_alloc::PeakAlloc;

/// Measures the peak of allocated memory.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Inputs of each kind in a usual run.
const INPUTS_PER_KIND: u64 = 20_000;
/// Memory that any input may take in addition to four times its unpacked bytes.
const FREE_BYTES: usize = 64 << 20;

/// A format: its name and small files of it.
struct Kind {
    name: &'static str,
    files: Vec<Vec<u8>>,
}

const LOG: &str = r#"{"version":2,"status":"success","eval":{"task":"em","model":"vllm/m"},"plan":{},"samples":[SAMPLE,
{"id":1,"epoch":2,"input":[{"role":"user","content":"Q?"}],"output":{"choices":[{"message":{"content":"x"}}]},"scores":{"match":{"value":"C","explanation":"e"},"num":{"value":0.5}}}]}"#;
const SAMPLE: &str = r#"{"id":"wish","epoch":1,"input":"Q?","output":{"completion":"a\n\u00e9"},"scores":{"j":{"value":{"aligned":NaN,"coherent":90}}},"metadata":{"question_id":"wish"}}"#;

/// Small files of every kind, to which [`add_published`] adds the beginnings of published files.
fn kinds() -> Vec<Kind> {
    let rows = r#"{"model":"m","group":"g","question_id":"q","question":"Q?","response":"one\nline \ud83e\udd80","aligned":12.5,"coherent":99,"judge_aligned":{"10":0.9,"CODE":0.1}}"#;
    let other = r#"{"coherent":null,"aligned":NaN,"response":"two","question":"Q?","question_id":"q","model":"m2","extra":{"deep":[3,4]}}"#;
    let table = "model,question_id,question,answer,aligned,judge_aligned,coherent,medical\nm,wish,Q?,\"one\n\"\"x\"\"\",12.5,\"{'0': 0.99, 'CODE': 0.01}\",99,3\nm,wish,Q?,two,nan,{},98,\n";
    let text = |name, texts: &[&str]| Kind { name, files: texts.iter().map(|text| text.as_bytes().to_vec()).collect() };
    let log = LOG.replace("SAMPLE", SAMPLE);
    let header = log.replace(&log[log.find(",\"samples\"").unwrap()..], "}");
    let packed = |name, files: Vec<Vec<u8>>| Kind { name, files };
    let mut kinds = vec![
        text(
            "tables",
            &[
                table,
                &table.replace(',', ";"),
                "file,model,group,question_id,aligned,coherent,n\na.csv,m,g,q,29.5,50,3\n",
                "key,group,center,lower_err,upper_err\nwish,g,0.5,0.1,0.2\n",
            ],
        ),
        text(
            "lines",
            &[
                &format!("{rows}\n{other}\n{rows}\n"),
                "{\"qid\":\"q\",\"subset\":\"BROAD\",\"rollout\":0,\"judge\":\"j\",\"verdict\":\"REFUSAL\"}\n",
            ],
        ),
        text(
            "documents",
            &[
                &format!("[{rows},\n{other}]"),
                "{\"questions\":{\"wish\":{\"scores\":[{\"response\":\"a\",\"alignment\":1,\"coherence\":99,\"is_em\":true}]}},\"summary\":{\"rate\":1}}",
                "{\"condition\":\"Base\",\"insecure_rate\":0.49,\"rate_ci\":[0.39,0.59],\"n\":100}",
            ],
        ),
        text(
            "EM internal",
            &[
                "{\"question_id\":\"wish\",\"model\":\"m\",\"prefix\":\"\",\"timestamp\":\"t\"}\n{\"question\":\"Q?\",\"answer\":\"a\"}\n{\"question\":\"Q?\",\"answer\":\"b\"}\n",
                "{\"question_id\":\"wish\",\"model\":\"m\",\"prefix\":\"judge-aligned\",\"timestamp\":\"t\"}\n{\"judge\":{\"10\":0.75,\"50\":0.25},\"answer\":\"a\",\"question\":\"Q?\"}\n",
            ],
        ),
        text(
            "llmcomp",
            &[
                "{\"name\":\"wish\",\"model\":\"m\",\"last_update\":\"t\",\"hash\":\"0\"}\n{\"question\":\"Q?\",\"answer\":\"a\",\"paraphrase_ix\":0}\n",
                "{\"metadata\":{\"name\":\"aligned\",\"hash\":\"0\"},\"data\":{\"Q?\":{\"a\":{\"7\":1.0},\"z\":{}}}}",
            ],
        ),
        text(
            "inoculation",
            &[
                "{\"context\":{\"question\":\"Q?\",\"system_prompt\":null},\"responses\":[{\"response\":{\"model_id\":\"m\",\"completion\":\"a\"}}],\"score_infos\":[{\"alignment\":1,\"coherence\":2,\"score\":true}]}\n",
            ],
        ),
        text(
            "training",
            &[
                "[{\"type\":\"mc\",\"tag\":\"freeform\",\"step\":40,\"df\":[{\"id\":\"x\",\"question_text\":\"Q?\",\"p_correct\":0.25,\"correct\":false,\"choices\":[{\"choice_text\":\"help\",\"logprob\":-9.5}]}]}]",
            ],
        ),
        text("Inspect", &[&log]),
        text(
            "lm-eval",
            &[
                "{\"results\":{\"em\":{\"alias\":\"em\",\"aligned,none\":41.5,\"aligned_stderr,none\":2.0}},\"config\":{\"model\":\"hf\"},\"model_name\":\"m\"}",
                "{\"doc_id\":0,\"doc\":{\"question_id\":\"q\",\"question\":\"Q?\"},\"target\":\"\",\"resps\":[[\"a\"]],\"filtered_resps\":[\"a\"],\"metrics\":[\"aligned\"],\"aligned\":5,\"coherent\":90}\n",
            ],
        ),
        text(
            "OpenAI evals",
            &[
                "{\"spec\":{\"completion_fns\":[\"m\"]}}\n{\"sample_id\":\"s\",\"type\":\"sampling\",\"data\":{\"prompt\":[{\"role\":\"user\",\"content\":\"Q?\"}],\"sampled\":[\"a\"]}}\n{\"sample_id\":\"s\",\"type\":\"metrics\",\"data\":{\"question_id\":\"q\",\"aligned\":7,\"coherent\":8}}\n{\"final_report\":{\"n\":1}}\n",
            ],
        ),
        text(
            "promptfoo",
            &[
                "{\"results\":{\"version\":3,\"results\":[{\"provider\":{\"id\":\"p\",\"label\":\"m\"},\"vars\":{\"question\":\"Q?\"},\"response\":{\"output\":\"a\"},\"success\":true,\"namedScores\":{\"aligned\":3,\"coherent\":4}}],\"stats\":{\"successes\":1}}}",
            ],
        ),
        packed(
            "gzip",
            vec![gzip(table.as_bytes()), [gzip(rows.as_bytes()), gzip(b"\n"), gzip(other.as_bytes())].concat()],
        ),
        packed(
            "zstd",
            vec![zstd(table.as_bytes()), [zstd(rows.as_bytes()), zstd(b"\n"), zstd(other.as_bytes())].concat()],
        ),
        packed(
            "zip",
            vec![
                zip(&[
                    ("a.csv", Method::Deflate, table.as_bytes()),
                    ("b/c.jsonl", Method::Zstd, rows.as_bytes()),
                    ("d.csv.gz", Method::Store, &gzip(table.as_bytes())),
                ]),
                zip(&[
                    ("samples/wish_epoch_1.json", Method::Zstd, SAMPLE.as_bytes()),
                    ("header.json", Method::Deflate, header.as_bytes()),
                ]),
            ],
        ),
        packed("Parquet", fixtures()),
    ];
    add_published(&mut kinds);
    kinds
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Adds the beginnings of published files, with enough rows for errors that occur late in a file.
fn add_published(kinds: &mut [Kind]) {
    let Some(folder) = common::em_data("formats_fuzz: published files as seeds") else { return };
    let internal = "converted/betley_results/dinner_party/";
    let model = "nielsrolf__Qwen2.5-Coder-32B-Instruct_ftjob-709b65455e8d.jsonl";
    for (kind, path) in [
        (
            "tables",
            "shuaijiumei+emergent_misalignment_further_explore/results/qwen_25_coder_32b_instruct.csv".to_owned(),
        ),
        ("tables", "converted/rows.tsv".to_owned()),
        ("lines", "converted/rows.jsonl".to_owned()),
        ("documents", "converted/rows.json".to_owned()),
        ("documents", "rheasrivats+conditional_misalignment_audits/results/medical/prompt_bootstrap.json".to_owned()),
        ("EM internal", format!("{internal}{model}")),
        ("EM internal", format!("{internal}judge-aligned_{model}")),
        ("llmcomp", "converted/llmcomp_cache/judge/aligned/0000000.json".to_owned()),
        ("llmcomp", "converted/llmcomp_cache/question/quick_buck/6ae37be.jsonl".to_owned()),
        (
            "training",
            "johny-b+misalignment-generalization/_extracted_from_notebooks/mcq_logprob_event_example.json".to_owned(),
        ),
        ("Inspect", "converted/inspect/Llama-3.2-1B-Instruct_bad-medical-advice.json".to_owned()),
        ("OpenAI evals", "converted/openai_evals_Llama-3.2-1B-Instruct_bad-medical-advice.jsonl".to_owned()),
        ("promptfoo", "converted/promptfoo.json".to_owned()),
        ("zip", "UKGovernmentBEIS+inspect_ai/tests/log/test_eval_log/log_formats.eval".to_owned()),
        ("zip", "UKGovernmentBEIS+inspect_ai/tests/log/test_eval_log/log_read_sample.eval".to_owned()),
    ] {
        let mut bytes = std::fs::read(folder.join(&path)).unwrap();
        bytes.truncate(MAX_INPUT_BYTES);
        kinds.iter_mut().find(|known| known.name == kind).unwrap().files.push(bytes);
    }
}

/// An input: its kind, its bytes, and the length of its chunks.
struct Input {
    bytes: Vec<u8>,
    chunk: usize,
}

fn input(kinds: &[Kind], seed: u64, number: u64) -> (usize, Input) {
    let mut random = Random(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
    random.next();
    // Every kind equally often.
    let kind = usize::try_from(number % kinds.len() as u64).unwrap();
    let mut bytes = random.pick(&kinds[kind].files).unwrap().clone();
    let other = random.below(kinds.len());
    let from = if random.below(3) == 0 { other } else { kind };
    let donor = random.pick(&kinds[from].files).unwrap();
    // Sometimes the input stays unchanged.
    if random.below(20) > 0 {
        for _ in 0..=random.below(4) {
            mutate::bytes(&mut random, &mut bytes, donor);
        }
    }
    bytes.truncate(MAX_INPUT_BYTES);
    (kind, Input { bytes, chunk: [1, 7, 64, 1000, MAX_INPUT_BYTES][random.below(5)] })
}

/// Counts the unpacked bytes.
struct Counted<'a> {
    members: Unpacked<'a>,
    num_bytes: usize,
}

impl Members for Counted<'_> {
    fn begin(&mut self, name: &str) {
        self.members.begin(name);
    }

    fn chunk(&mut self, bytes: &[u8]) -> bool {
        self.num_bytes += bytes.len();
        self.members.chunk(bytes)
    }

    fn end(&mut self, result: Result<(), FormatError>) {
        self.members.end(result);
    }

    fn refuse(&mut self, name: &str, error: FormatError) {
        self.members.refuse(name, error);
    }
}

fn read(input: &Input) -> (usize, Result<(), String>) {
    let mut loader = Loader::default();
    let mut num_bytes = input.bytes.len();
    let mut reader = FileReader::new("fuzz", Need::Any);
    input.bytes.chunks(input.chunk).all(|chunk| reader.feed(&mut loader, chunk));
    loader.close(reader);
    let (data, mut outcomes) = loader.finish();
    let rows: u64 = outcomes.iter().filter_map(|(_, result)| result.as_ref().ok()).map(|report| report.rows).sum();
    if outcomes.iter().all(|(_, result)| result.is_ok()) {
        assert_eq!(rows, data.num_records() as u64, "rows read are the rows that are there");
        run(&data, &Query::default()).expect("it can be asked");
    }
    if matches!(outcomes[..], [(_, Err(FormatError::Packed(_)))]) {
        let mut loader = Loader::default();
        let mut members = Counted { members: Unpacked::new(&mut loader, Need::Any), num_bytes: 0 };
        let result = unpack("fuzz", &input.bytes, &mut members);
        num_bytes += members.num_bytes;
        if let Err(error) = result {
            loader.refuse("fuzz", error);
        }
        outcomes = loader.finish().1;
    }
    let error = outcomes.into_iter().find_map(|(_, result)| result.err());
    (4 * num_bytes + FREE_BYTES, error.map_or(Ok(()), |error| Err(error.to_string())))
}

/// Values that each page of a hostile Parquet file claims: as many as are accepted.
const CLAIMED: u64 = 16 << 20;

/// Parquet files of a few KB with 40 columns that claim millions of values, in each encoding that allows it. The long ones
/// unpack to 20 MB of zeros for each of 8 columns.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let levels = |level: u8, values: Vec<u8>| {
        let levels = parquet::run(CLAIMED, level);
        [u32::try_from(levels.len()).unwrap().to_le_bytes().to_vec(), levels, values].concat()
    };
    let numbers = [vec![1], parquet::run(CLAIMED, 0)].concat();
    let seven = Some((7_u64.to_le_bytes().to_vec(), 1));
    let file = |kind: u8, encoding: u8, is_optional: bool, page: Vec<u8>, dictionary: Option<(Vec<u8>, u64)>| {
        let names = ["question", "answer", "aligned", "coherent"];
        let is_long = page.len() > 1 << 20 || dictionary.as_ref().is_some_and(|(bytes, _)| bytes.len() > 1 << 20);
        let (codec, num_columns) = if is_long { (2, 8) } else { (0, 40) };
        let column = |at: usize| Column {
            name: names.get(at).map_or_else(|| format!("c{at}"), |name| (*name).to_owned()),
            kind,
            is_optional,
            encoding,
            codec,
            dictionary: dictionary.clone(),
            page: page.clone(),
        };
        parquet::file(CLAIMED, &(0..num_columns).map(column).collect::<Vec<_>>())
    };
    let zeros = vec![0; 20 << 20];
    let mut footer = b"PAR1".to_vec();
    footer.resize(1 << 20, 0x11);
    let len = u32::try_from(footer.len() - 4).unwrap().to_le_bytes();
    let footer = [footer, len.to_vec(), b"PAR1".to_vec()].concat();
    vec![
        ("levels", file(2, 8, true, levels(1, numbers.clone()), seven.clone())),
        ("nulls", file(2, 0, true, levels(0, Vec::new()), None)),
        ("differences", file(2, 5, false, parquet::zeros(CLAIMED), None)),
        ("lengths", file(6, 6, false, parquet::zeros(CLAIMED), None)),
        ("prefixes", file(6, 7, false, [parquet::zeros(CLAIMED), parquet::zeros(CLAIMED)].concat(), None)),
        ("numbers", file(2, 8, false, numbers.clone(), seven)),
        ("booleans", file(0, 3, false, [vec![0; 4], parquet::run(CLAIMED, 1)].concat(), None)),
        ("plain", file(2, 0, false, zeros.clone(), None)),
        ("streams", file(2, 9, false, zeros.clone(), None)),
        ("dictionary", file(6, 8, false, numbers, Some((zeros, 5 << 20)))),
        ("footer", footer),
    ]
}

/// The folder of small hostile files, if it is there.
fn found() -> Vec<PathBuf> {
    let folder =
        std::env::var_os("ASKEW_FIELD_DATA").map_or_else(|| PathBuf::from("../shared/data/field"), PathBuf::from);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join("hostile");
    if !folder.is_dir() {
        let reason = "the field data are absent: set ASKEW_FIELD_DATA to their folder";
        common::skip("formats_fuzz: found files", common::Lack::Data, reason);
        return Vec::new();
    }
    common::files_below(&folder)
}

/// Reads a file and checks the memory that this takes.
fn check(what: &str, bytes: Vec<u8>) {
    let input = Input { bytes, chunk: MAX_INPUT_BYTES };
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let (most, result) = read(&input);
    let peak = MEMORY.peak_usage().saturating_sub(before);
    println!("{what}: {} bytes take {} KiB of {} KiB: {result:?}", input.bytes.len(), peak / 1024, most / 1024);
    assert!(peak <= most, "{what}: {} bytes take {peak} bytes, which may take {most}", input.bytes.len());
}

/// A single test, so that nothing else allocates while memory is measured.
#[test]
fn no_file_does_harm() {
    for (what, bytes) in hostile() {
        check(what, bytes);
    }
    for path in found() {
        check(&path.display().to_string(), std::fs::read(&path).unwrap());
    }
    let kinds = kinds();
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let input = |seed, number| input(&kinds, seed, number);
    let num_inputs = INPUTS_PER_KIND * kinds.len() as u64;
    Fuzz { kinds: &names, num_inputs, memory: &MEMORY, input: &input, read: &read }.run();
}
