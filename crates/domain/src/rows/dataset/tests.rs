use super::*;

#[test]
fn columns_stay_in_step_when_files_bring_other_columns() {
    let mut data = Dataset::new();
    let key = CellKey { file: "a".into(), model: "m".into(), question: "q_json".into(), ..CellKey::default() };
    let cell = data.cell_id(&key);
    assert_eq!(data.cell_id(&key), cell);
    data.push(cell, &Record { answer: "one", count: 1, ..Record::default() }, &[]);
    let medical = data.numeric_id("medical");
    let why = data.text_id("explanation");
    let texts = [(why, "because")];
    data.push(
        cell,
        &Record { answer: "", aligned: Some(3.0), count: 1, texts: &texts, ..Record::default() },
        &[(medical, Score::new(7.0))],
    );
    data.push(cell, &Record { answer: "drei", verdict: "5", count: 4, ..Record::default() }, &[]);
    assert_eq!((data.num_records(), data.num_rows()), (3, 6));
    let column = data.column("medical").unwrap();
    assert_eq!([0, 1, 2].map(|row| column.get(row).get()), [None, Some(7.0), None]);
    assert_eq!([0, 1, 2].map(|row| data.answer(row)), ["one", "", "drei"]);
    assert_eq!([0, 1, 2].map(|row| data.verdict(row)), ["", "", "5"]);
    let column = data.text_column("explanation").unwrap();
    assert_eq!([0, 1, 2].map(|row| column.get(row)), ["", "because", ""]);
    assert!(data.text_column("judge_aligned").is_none());
    assert_eq!(data.verdicts(), ["5"]);
    assert_eq!(Variant::of(&data.cells()[0].question), Variant::Json);
}
