//! Archives and Parquet: the contents of valid files, and the cost of hostile ones.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::path::Path;

use askew::domain::rows::dataset::Dataset;
use askew::formats::error::FormatError;
use askew::formats::heavy::unpack;
use askew::formats::members::Unpacked;
use askew::formats::reader::Loader;
use askew::formats::report::Outcome;
use askew::formats::roles::Need;
use common::archive::{self, Method, gzip, zip, zstd};

const TABLE: &str = "question_id,answer,aligned,coherent\nwish,a,12,90\nwish,b,80,91\n";

fn load(name: &str, bytes: &[u8]) -> (Dataset, Vec<Outcome>) {
    let mut loader = Loader::default();
    if let Err(error) = unpack(name, &bytes.to_vec(), &mut Unpacked::new(&mut loader, Need::Any)) {
        loader.refuse(name, error);
    }
    loader.finish()
}

fn error_of(name: &str, bytes: &[u8]) -> FormatError {
    let (data, outcomes) = load(name, bytes);
    assert_eq!(data.num_records(), 0);
    outcomes.into_iter().find_map(|(_, result)| result.err()).expect("it is refused")
}

#[test]
fn containers_around_a_table() {
    let text = TABLE.as_bytes();
    let nested = zip(&[("b.csv.gz", Method::Store, &gzip(text))]);
    for (what, bytes, file) in [
        ("plain", text.to_vec(), "x"),
        ("gzip", gzip(text), "x"),
        ("gzip twice over", gzip(&gzip(text)), "x"),
        ("gzip in parts", [gzip(&text[..40]), gzip(&text[40..])].concat(), "x"),
        ("zstd", zstd(text), "x"),
        (
            "zstd in frames",
            [zstd(&text[..40]), b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(&text[40..])].concat(),
            "x",
        ),
        ("zip", zip(&[("a/b.csv", Method::Deflate, text), ("a/", Method::Store, b"")]), "x/a/b.csv"),
        ("zip with zstd", zip(&[("b.csv", Method::Zstd, text), ("__MACOSX/b.csv", Method::Store, b"?")]), "x/b.csv"),
        ("zip of gzip", nested, "x/b.csv.gz"),
    ] {
        let (data, outcomes) = load("x", &bytes);
        assert_eq!(data.num_records(), 2, "{what}: {outcomes:?}");
        assert_eq!(data.cells()[0].file, file, "{what}");
        assert_eq!(outcomes.len(), 1, "{what}: {outcomes:?}");
    }
}

#[test]
fn a_log_is_one_file_of_samples() {
    let header = br#"{"version":2,"status":"success","eval":{"task":"em","model":"vllm/m"},"plan":{}}"#;
    let sample = |id: &str| {
        format!(
            r#"{{"id":"{id}","epoch":1,"input":"Q?","output":{{"completion":"a"}},"scores":{{"j":{{"value":{{"aligned":10,"coherent":90}}}}}}}}"#
        )
    };
    let (one, two) = (sample("wish"), sample("bored"));
    for method in [Method::Store, Method::Deflate, Method::Zstd] {
        let log = zip(&[
            ("_journal/start.json", method, b"{}"),
            ("samples/wish_epoch_1.json", method, one.as_bytes()),
            ("samples/bored_epoch_1.json", method, two.as_bytes()),
            ("summaries.json", method, b"[]"),
            ("header.json", method, header),
        ]);
        let (data, outcomes) = load("log.eval", &log);
        assert_eq!((data.num_records(), outcomes.len()), (2, 1), "{outcomes:?}");
        assert_eq!(data.cells()[1].question, "bored");
        assert_eq!((data.cells()[0].model.as_str(), data.cells()[0].file.as_str()), ("vllm/m", "log.eval"));
    }
    let start = br#"{"version":2,"eval":{"task":"em","model":"m"},"plan":{}}"#;
    let interrupted = zip(&[("_journal/start.json", Method::Deflate, start)]);
    assert_eq!(error_of("log.eval", &interrupted), FormatError::NoSamples { task: "em".to_owned() });
}

/// The same rows are read from every encoding and codec that pyarrow writes.
#[test]
fn parquet() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet");
    for name in ["none", "plain", "snappy", "gzip", "zstd", "pages2", "delta"] {
        let bytes = std::fs::read(folder.join(format!("{name}.parquet"))).unwrap();
        let (data, outcomes) = load("rows.parquet", &bytes);
        let report = outcomes[0].1.as_ref().unwrap();
        assert_eq!((report.rows, report.problem()), (40, None), "{name}");
        for row in 0..40_usize {
            let answer = if row % 5 == 0 { String::new() } else { format!("answer {row}, \"quoted\"\nand é🦀") };
            assert_eq!(data.answer(row), answer, "{name}");
            let aligned = (row % 7 != 0).then_some(row as f64 * 2.5);
            assert_eq!(data.aligned(row).get(), aligned, "{name} {row}");
            assert_eq!(data.coherent(row).get(), Some(100.0 - row as f64), "{name} {row}");
            let column = |column: &str| data.column(column).unwrap().get(row).get();
            assert_eq!(column("small"), (row % 3 != 0).then_some(row as f64), "{name} {row}");
            assert_eq!(column("ok"), Some(f64::from(u8::from(row % 3 == 0))), "{name} {row}");
            assert_eq!(column("about.n"), Some(row as f64), "{name} {row}");
            let question = &data.cells()[data.cell_of(row) as usize].question;
            assert_eq!(question, if row % 2 == 1 { "wish" } else { "bored" }, "{name} {row}");
        }
        let cut = &bytes[..bytes.len() - 100];
        assert!(error_of("rows.parquet", cut).to_string().contains("cut off"), "{name}");
    }
    let lz4 = std::fs::read(folder.join("lz4.parquet")).unwrap();
    assert!(error_of("rows.parquet", &lz4).to_string().contains("packed with LZ4"));
}

#[test]
fn truncated_archives_are_told_and_read_as_far_as_they_go() {
    let long = TABLE.to_owned() + &"wish,an answer that is somewhat longer,70,90\n".repeat(50_000);
    let noisy: String = long.lines().enumerate().map(|(at, line)| format!("{line}{}\n", at * 7 % 10)).collect();
    for (what, bytes) in [("gzip", gzip(noisy.as_bytes())), ("zstd", zstd(noisy.as_bytes()))] {
        let (data, outcomes) = load("x.csv", &bytes[..bytes.len() / 2]);
        if data.num_records() > 0 {
            let report = outcomes[0].1.as_ref().unwrap();
            assert!(report.problem().unwrap().contains("the archive is broken"), "{what}: {report:?}");
        } else {
            assert!(matches!(outcomes[0].1, Err(FormatError::BrokenArchive(_))), "{what}: {outcomes:?}");
        }
        assert!(matches!(error_of("x.csv", &bytes[..12]), FormatError::BrokenArchive(_)), "{what}");
    }
    let archive = zip(&[("b.csv", Method::Deflate, TABLE.as_bytes())]);
    for end in [10, archive.len() / 2, archive.len() - 3] {
        let error = error_of("x.zip", &archive[..end]);
        assert!(error.to_string().contains("it may have been cut off"), "{error}");
    }
    let mut damaged = archive;
    damaged[40] ^= 0x55;
    let (_, outcomes) = load("x.zip", &damaged);
    assert!(outcomes.iter().any(|(_, result)| result.is_err()), "{outcomes:?}");
}

/// Inspect's log with two samples.
fn log() -> Vec<u8> {
    let header = br#"{"version":2,"eval":{"task":"em","model":"m"},"plan":{}}"#;
    let sample = |id: &str, aligned: u32| {
        format!(
            r#"{{"id":"{id}","epoch":1,"input":"Q?","output":{{"completion":"a"}},"scores":{{"j":{{"value":{{"aligned":{aligned},"coherent":90}}}}}}}}"#
        )
    };
    zip(&[
        ("_journal/start.json", Method::Store, header),
        ("samples/wish_epoch_1.json", Method::Store, sample("wish", 10).as_bytes()),
        ("samples/bored_epoch_1.json", Method::Deflate, sample("bored", 80).as_bytes()),
        ("summaries.json", Method::Store, b"[]"),
        ("header.json", Method::Deflate, header),
    ])
}

/// Everything that is counted in a data set.
fn rows(data: &Dataset) -> Vec<String> {
    let row = |row: usize| {
        let cell = &data.cells()[data.cell_of(row) as usize];
        format!("{cell:?} {} {:?} {:?}", data.answer(row), data.aligned(row).get(), data.coherent(row).get())
    };
    (0..data.num_records()).map(row).collect()
}

/// What went wrong: refused files, and the problems of the others.
fn problems(outcomes: &[Outcome]) -> Vec<String> {
    let problem = |(file, result): &Outcome| match result {
        Ok(report) => report.problem(),
        Err(error) => Some(format!("{file}: {error}")),
    };
    outcomes.iter().filter_map(problem).collect()
}

/// Every bit of an archive, flipped alone: the rows are the same, or the damage is named.
#[test]
fn no_flipped_bit_is_silent() {
    let text = TABLE.as_bytes();
    for (what, bytes) in [
        (
            "zip",
            zip(&[
                ("a/b.csv", Method::Store, text),
                ("c.csv", Method::Deflate, text),
                ("d.csv", Method::Zstd, text),
                (".x", Method::Store, b"?"),
            ]),
        ),
        ("log", log()),
        ("gzip", gzip(text)),
        ("gzip in parts", [gzip(&text[..40]), gzip(&text[40..])].concat()),
        ("zstd", zstd(text)),
        ("zstd in frames", [zstd(&text[..40]), zstd(&text[40..])].concat()),
    ] {
        let (data, outcomes) = load("x", &bytes);
        let right = rows(&data);
        assert!(!right.is_empty() && problems(&outcomes).is_empty(), "{what}: {outcomes:?}");
        let mut num_named = 0;
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (data, outcomes) = load("x", &damaged);
            if problems(&outcomes).is_empty() {
                assert_eq!(rows(&data), right, "{what}: bit {bit} of {}", bytes.len() * 8);
            } else {
                num_named += 1;
            }
        }
        println!("{what}: {num_named} of {} flipped bits are named, the others change nothing", bytes.len() * 8);
    }
}

/// Flips a bit of the first `what` in an archive.
fn damage(archive: &mut [u8], what: &[u8]) {
    let at = archive.windows(what.len()).position(|window| window == what).unwrap();
    archive[at] ^= 1;
}

#[test]
fn a_damaged_member_is_named_and_the_others_are_read() {
    let other = TABLE.replace("wish,a,12,90", "wish,a,13,90");
    let mut archive =
        zip(&[("good.csv", Method::Deflate, TABLE.as_bytes()), ("bad.csv", Method::Store, other.as_bytes())]);
    damage(&mut archive, b"13,90");
    let (data, outcomes) = load("x.zip", &archive);
    assert_eq!((data.num_records(), outcomes.len()), (2, 2), "{outcomes:?}");
    let (file, Err(error)) = &outcomes[1] else { panic!("{outcomes:?}") };
    assert!(
        matches!(error, FormatError::Damaged { member, .. } if member == file && file == "x.zip/bad.csv"),
        "{error}"
    );
    assert!(error.to_string().contains("none of its rows are used: download or export it again"), "{error}");

    let mut archive = log();
    damage(&mut archive, b"\"aligned\":10");
    let (data, outcomes) = load("x.eval", &archive);
    assert_eq!((data.num_records(), data.cells()[0].question.as_str()), (1, "bored"), "{outcomes:?}");
    let refused: Vec<&str> =
        outcomes.iter().filter(|(_, result)| result.is_err()).map(|(file, _)| file.as_str()).collect();
    assert_eq!(refused, ["x.eval/samples/wish_epoch_1.json"]);

    let mut bytes = gzip(TABLE.as_bytes());
    let end = bytes.len() - 8;
    bytes[end] ^= 1;
    assert!(matches!(error_of("x.csv.gz", &bytes), FormatError::Damaged { .. }));
}

#[test]
fn a_long_member_that_is_damaged_gives_no_rows() {
    // More than is held while it is checked, so that it is unpacked twice.
    let long = TABLE.to_owned() + &"wish,an answer that is somewhat longer,70,90\n".repeat(250_000);
    let members = [("long.csv", Method::Deflate, long.as_bytes())];
    let archive = zip(&members);
    let (data, outcomes) = load("x.zip", &archive);
    assert_eq!((data.num_records(), problems(&outcomes).len()), (250_002, 0), "{outcomes:?}");
    let mut damaged = archive;
    // The checksum in the directory, 30 bytes before the name.
    let at = damaged.windows(8).rposition(|window| window == b"long.csv").unwrap() - 30;
    damaged[at] ^= 1;
    assert!(matches!(error_of("x.zip", &damaged), FormatError::Damaged { .. }));
}

#[test]
fn many_bad_members_are_counted_exactly() {
    let names: Vec<String> = (0..3000).map(|at| format!("{at}.png")).collect();
    let mut members: Vec<(&str, Method, &[u8])> =
        names.iter().map(|name| (name.as_str(), Method::Store, &b"\x89PNG\0"[..])).collect();
    members.push(("good.csv", Method::Deflate, TABLE.as_bytes()));
    let (data, outcomes) = load("x.zip", &zip(&members));
    assert_eq!((data.num_records(), outcomes.len()), (2, 102));
    assert_eq!(outcomes[101].1, Err(FormatError::NotListed { num: 2900, shown: 100 }));
}

#[test]
fn bombs_cost_nothing() {
    // 1 GiB of zeros in about 1 MB, and the same as a member next to a valid one.
    let bomb = archive::gzip_zeros(1 << 30);
    assert!(matches!(error_of("bomb.gz", &bomb), FormatError::OtherKind { .. } | FormatError::TooLarge { .. }));
    let spaces = archive::gzip_of(b"a,b\n", b' ', 1 << 30);
    let (_, outcomes) = load("bomb.csv.gz", &spaces);
    assert!(outcomes[0].1.is_err(), "{outcomes:?}");
    // A member with a declared size of 10 GB is not unpacked at all.
    let mut archive =
        zip(&[("good.csv", Method::Deflate, TABLE.as_bytes()), ("huge.csv", Method::Deflate, TABLE.as_bytes())]);
    archive::declare_size(&mut archive, "huge.csv", 10_000_000_000);
    let (data, outcomes) = load("x.zip", &archive);
    assert_eq!(data.num_records(), 2);
    let error = outcomes.iter().find_map(|(_, result)| result.clone().err()).unwrap();
    assert!(matches!(&error, FormatError::TooLarge { member, .. } if member == "x.zip/huge.csv"), "{error}");
    // Archives in archives.
    let deep = (0..10).fold(TABLE.as_bytes().to_vec(), |inner, _| zip(&[("in.zip", Method::Deflate, &inner)]));
    assert!(error_of("deep.zip", &deep).to_string().contains("packed more than 3 times over"));
    let deep = zip(&[("deep.json", Method::Deflate, "[".repeat(100_000).as_bytes())]);
    assert!(matches!(error_of("deep.zip", &deep), FormatError::TooDeep { .. }));
}
