//! Checks natively the numbers that the wasm build must compute too.

mod numbers;

#[test]
fn numbers_are_as_written_down() {
    let found = numbers::lines();
    if let Some(difference) = numbers::difference(&found) {
        panic!("{difference}\nif the change is meant, tests/numbers/expected.txt becomes:\n{found}");
    }
}

#[test]
fn a_wrong_number_is_seen() {
    let found = numbers::lines();
    let line = found.lines().find(|line| line.contains("0.")).unwrap();
    assert!(numbers::difference(&found.replacen(line, &line.replacen("0.", "0.1", 1), 1)).is_some());
    assert!(numbers::difference(&found.replacen("order 1: [", "order 1: [0, ", 1)).is_some());
    assert!(numbers::difference(&found[..found.len() - 20]).is_some());
}
