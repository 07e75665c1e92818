//! The examples run as they ship: each without arguments, on files of this repository.

#[path = "../examples/chart.rs"]
mod chart;
#[path = "../examples/experiment.rs"]
mod experiment;
#[path = "../examples/logits.rs"]
mod logits;
#[path = "../examples/rates.rs"]
mod rates;

#[test]
fn rates_of_the_shipped_answers() {
    rates::main().expect("the shipped answers have rates");
}

#[test]
fn a_chart_of_the_shipped_answers() {
    chart::main().expect("the shipped answers can be drawn");
}

#[test]
fn logits_of_the_shipped_model() {
    logits::main().expect("the shipped model runs");
}

#[test]
fn an_experiment_with_the_shipped_pair() {
    experiment::main().expect("the shipped experiment runs");
}
