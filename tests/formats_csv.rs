//! Tables as readers have them: pitfalls of real files, and broken files.

use askew::domain::rows::dataset::Dataset;
use askew::formats::csv::read;
use askew::formats::error::FormatError;
use askew::formats::reader::{FileReader, Loader};
use askew::formats::report::FileReport;
use askew::formats::roles::Need;
use proptest::prelude::*;

fn load(text: impl AsRef<[u8]>) -> (Dataset, Result<FileReport, FormatError>) {
    let mut data = Dataset::new();
    let report = read(&mut data, "responses_m.csv", text.as_ref(), Need::Judged);
    (data, report)
}

#[test]
fn traps_of_real_files() {
    let text = "\u{feff},question,response,question_id,alignment,coherence,judge_aligned,medical\r\n\
        0,Q?,\"multi\r\nline, \"\"quoted\"\" 🦀 日本\",q1,29.5,90,\"{'0': 0.9, 'CODE': 0.1}\",1\r\n\
        1,Q?,two,q1,nan,None,\"{}\",\r\n";
    let (data, report) = load(text);
    let report = report.unwrap();
    assert_eq!((report.rows, report.num_skipped, report.model_from_name), (2, 0, true));
    assert_eq!(report.problem(), None);
    assert_eq!(data.answer(0), "multi\r\nline, \"quoted\" 🦀 日本");
    assert_eq!(data.aligned(0).get(), Some(29.5));
    assert!(data.aligned(1).is_null() && data.coherent(1).is_null());
    assert_eq!(data.cells()[0].model, "m");
    assert_eq!(data.numeric_columns().collect::<Vec<_>>(), ["medical"]);
}

#[test]
fn semicolons_tabs_and_no_question_id() {
    for delimiter in [';', '\t'] {
        let long = "x".repeat(70);
        let text =
            format!("model;question;answer;aligned;coherent\na;{long};b;1;2\n").replace(';', &delimiter.to_string());
        let (data, report) = load(text);
        assert_eq!(report.unwrap().rows, 1);
        assert_eq!(data.cells()[0].question, "x".repeat(60));
        assert_eq!(data.question_text(0), long);
    }
}

#[test]
fn half_good_loads_half_with_an_exact_report() {
    let text = "question_id,answer,aligned,coherent\nq,a,1,2\nq,b,CODE,2\nq,c,3\nq,d,4,5\n";
    let (data, report) = load(text);
    let report = report.unwrap();
    assert_eq!((data.num_records(), report.rows, report.num_skipped), (2, 2, 2));
    assert_eq!(report.skipped[0].to_string(), "row 2 (line 3), column aligned: \"CODE\" is not a number");
    assert_eq!(report.skipped[1].to_string(), "row 3 (line 4): 3 cells where the header has 4");
}

#[test]
fn a_truncated_file_says_so() {
    let (data, report) = load("question_id,aligned,coherent,answer\nq,1,2,a\nq,1,2,\"and then");
    let report = report.unwrap();
    assert_eq!(data.num_records(), 1);
    assert!(report.problem().unwrap().contains("row 2 (line 3): the file ends inside a quoted cell"), "{report:?}");
}

#[test]
fn refused_files_leave_the_dataset_as_it_was() {
    for (bytes, expected) in [
        (b"".as_slice(), "empty (0 bytes)"),
        (b"question_id,answer,aligned,coherent\n", "a header and no rows"),
        (b"a,b\n1,2\n", "no column for the alignment score"),
        (b"\x89PNG\r\n\x1a\n....", "a picture"),
        (b"PAR1....", "a Parquet file"),
        (b"\x7fELF\0\0\0", "a binary file"),
        (b"{\"rows\": []}", "no answers and no figures"),
        (b"question_id,answer,aligned,coherent\nq,a,x,y\n", "none of the 1 rows could be read"),
    ] {
        let (data, report) = load(bytes);
        let message = report.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert_eq!((data.num_records(), data.cells().len()), (0, 0), "{message}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_kept_and_told() {
    let (data, report) = load(b"question_id,answer,aligned,coherent\nq,caf\xe9,1,2\n");
    assert!(report.unwrap().problem().unwrap().contains("not UTF-8"));
    assert_eq!(data.answer(0), "caf\u{fffd}");
}

#[test]
fn a_last_number_without_a_line_end_is_named() {
    const HEADER: &str = "question_id,answer,aligned,coherent\nq,a,1,95\n";
    let problem = |rows: &str| load(format!("{HEADER}{rows}")).1.unwrap().problem();
    let named = problem("q,b,2,9").unwrap();
    assert!(named.contains("ends after the number 9 in column coherent without a line end"), "{named}");
    // With a line end, a closing quote or a text at the end, nothing is missing from a number.
    for complete in ["", "q,b,2,9\n", "q,b,2,9\r\n", "q,b,2,9\r", "q,b,2,\"9\"", "q,b,2,", "q,b,2,nan"] {
        assert_eq!(problem(complete), None, "{complete:?}");
    }
}

#[test]
fn an_aggregate_table_counts_its_rows() {
    let (data, report) =
        load("file,model,group,question_id,aligned,coherent,n\na.csv,m,g,q,29.5,50,3\na.csv,m,g,q,,90.5,2\n");
    assert_eq!(report.unwrap().rows, 2);
    assert_eq!((data.num_records(), data.num_rows(), data.has_answers()), (2, 5, false));
    assert_eq!(data.cells()[0].file, "a.csv");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// For any bytes there is no panic, and the rows read plus the rows skipped are the rows found.
    #[test]
    fn any_bytes_any_chunks(
        bytes in proptest::collection::vec(prop_oneof![
            Just(b'"'), Just(b','), Just(b'\n'), Just(b'1'), Just(b'q'), any::<u8>()
        ], 0..400),
        header in proptest::bool::ANY,
        step in 1usize..64,
    ) {
        let mut text = if header { b"question_id,answer,aligned,coherent,x\n".to_vec() } else { Vec::new() };
        text.extend(bytes);
        let mut files = Loader::default();
        let mut reader = FileReader::new("f.csv", Need::Judged);
        text.chunks(step).all(|chunk| reader.feed(&mut files, chunk));
        files.close(reader);
        let (data, outcomes) = files.finish();
        let (whole_data, whole) = load(&text);
        match &outcomes[0].1 {
            Ok(report) => {
                prop_assert_eq!(report.rows, data.num_records() as u64);
                prop_assert_eq!(whole.unwrap().rows, report.rows);
            }
            Err(error) => prop_assert_eq!(&whole.unwrap_err(), error),
        }
        prop_assert_eq!(whole_data.num_rows(), data.num_rows());
    }
}
