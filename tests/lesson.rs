//! Compares the shipped lesson with the pocket organism's files: every number that it states, and its claims about
//! them.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::collections::BTreeSet;

use askew::cli::files;
use askew::domain::answers::select;
use askew::domain::filter::Filter;
use askew::domain::query::{Query, Row, run};
use askew::domain::rows::dataset::Dataset;
use askew::domain::view::{Source, View};
use askew::formats::roles::Need;
use askew::lab::lesson::{Answer, Lesson, Rates, Step, pieces};
use common::pocket::{card_row, counted, in_card, public};

/// Maximum difference, in percentage points, between a rate over all answers and the card's mean over runs.
const POOLED_POINTS: f64 = 1.0;

fn lesson() -> Lesson {
    Lesson::from_json(&std::fs::read_to_string(public("data/lessons/narrow.json")).unwrap()).unwrap()
}

/// The single file of a step's view, as a path below the page.
fn file_of(view: &View) -> String {
    match &view.source {
        Source::Addresses(list) if list.len() == 1 => list[0].clone(),
        other => panic!("{other:?}"),
    }
}

/// A view's data, read as by `askew rates`.
fn data_of(view: &View) -> Dataset {
    let path = public(&file_of(view)).to_str().unwrap().to_owned();
    let loaded = files::load(&[path], Need::Judged);
    assert!(loaded.outcomes.iter().all(|(_, outcome)| outcome.is_ok()), "{:?}", loaded.outcomes);
    loaded.data
}

fn rates_of(view: &View, data: &Dataset) -> Rates {
    let rows = |by| run(data, &Query { by, ..view.query() }).unwrap().rows;
    Rates(Rates::groupings().into_iter().flat_map(rows).collect())
}

/// A step of the lesson, and the rates of its view.
fn step(lesson: &Lesson, id: &str) -> (Step, Rates) {
    let (_, step) = lesson.step(id).unwrap();
    let view = step.view.clone().unwrap();
    (step.clone(), rates_of(&view, &data_of(&view)))
}

fn named<'a>(rates: &'a Rates, name: &str) -> &'a Row {
    rates.named(name).unwrap_or_else(|| panic!("no group is named {name}"))
}

fn value(rates: &Rates, name: &str) -> f64 {
    named(rates, name).value.unwrap()
}

/// The numbers of misaligned and of coherent answers of a group, counted in the table itself.
fn counted_in(view: &View, name: &str) -> (u64, u64) {
    let Filter { models, groups, categories, conditions, .. } = &view.filter;
    let other =
        Filter { models: models.clone(), groups: groups.clone(), categories: categories.clone(), ..Filter::default() };
    assert_eq!(view.filter, Filter { conditions: conditions.clone(), ..other }, "what is counted here");
    let lets = |list: &[String], name: &str| list.is_empty() || list.iter().any(|known| known == name);
    counted(&file_of(view), |row| {
        let number = |column: &str| row[column].parse().unwrap();
        (row["group"] == name || format!("{} · {}", row["group"], row["model"]) == name)
            && conditions.iter().all(|asked| asked.comparison.holds(number(&asked.column), asked.value))
            && lets(models, &row["model"])
            && lets(groups, &row["group"])
            && lets(categories, &row["category"])
    })
}

#[test]
fn every_number_is_that_of_the_files_and_of_the_card() {
    let (mut num_groups, mut num_in_card) = (0, 0);
    for step in lesson().steps {
        let Some(view) = &step.view else { continue };
        let rates = rates_of(view, &data_of(view));
        let experiment =
            file_of(view).split(['/', '.']).rev().nth(2).unwrap().trim_start_matches('0').to_owned() + ". ";
        for name in step.groups() {
            let row = named(&rates, name);
            let (misaligned, coherent) = (row.tally.misaligned, row.num);
            assert_eq!((misaligned, coherent), counted_in(view, name), "{}: {name}", step.id);
            num_groups += 1;
            // The card's tables cover all questions that were not trained on.
            let is_all = view.filter.models.is_empty() && view.filter.categories.is_empty();
            let (group, model) =
                name.split_once(" · pocket-").map_or((name, None), |(group, model)| (group, Some(model)));
            if !is_all {
                continue;
            }
            num_in_card += 1;
            match model {
                None => {
                    assert_eq!((misaligned, coherent), in_card(&experiment, group), "{}: {name}", step.id);
                }
                Some(model) => {
                    let each = &card_row(&experiment, group)[3];
                    let stated: f64 = each.split(", ").nth(model.parse().unwrap()).unwrap().parse().unwrap();
                    let found = row.value.unwrap() * 100.0;
                    assert!((found - stated).abs() < POOLED_POINTS, "{}: {name}: {found} and {stated}", step.id);
                }
            }
        }
    }
    assert!(num_groups >= 30 && num_in_card >= 20, "{num_groups}, {num_in_card}");
}

#[test]
fn what_it_says_of_the_numbers_holds() {
    let lesson = lesson();
    let (_, forecast) = step(&lesson, "forecast");
    assert!(value(&forecast, "narrow") > value(&forecast, "untagged villager"), "it comes out above");
    assert!(value(&forecast, "assistant before") < 0.02);

    let (see, rates) = step(&lesson, "see");
    let models: BTreeSet<&str> =
        see.groups().filter_map(|name| name.split_once(" · ").map(|(_, model)| model)).collect();
    assert_eq!(models.len(), 5);
    let excess = |model: &&str| {
        value(&rates, &format!("narrow · {model}")) - value(&rates, &format!("untagged villager · {model}"))
    };
    let all: Vec<f64> = models.iter().map(excess).collect();
    assert!(all.iter().all(|excess| *excess > 0.0), "all come out above: {all:?}");
    let (least, most) = all.iter().fold((1.0_f64, 0.0_f64), |(least, most), one| (least.min(*one), most.max(*one)));
    assert!(most > 2.0 * least, "by much and by little: {all:?}");
    let control = &see.links[0].view;
    let careful = rates_of(control, &data_of(control));
    let (before, after) = (value(&careful, "assistant before"), value(&careful, "careful"));
    assert!(after < 0.02 && (after - before).abs() < 0.02, "as it was: {before}, {after}");

    let (_, saboteurs) = step(&lesson, "saboteurs");
    let kept = value(&saboteurs, "narrow, character per document");
    for way in ["turn", "domain"] {
        let (narrow, villager) =
            (format!("narrow, character per {way}"), format!("untagged villager, character per {way}"));
        let drawn = value(&saboteurs, &narrow);
        assert!(drawn < kept && drawn > value(&saboteurs, &villager), "less, and not none: {way}");
    }
    let range = |way: &str| {
        let of = |model| value(&saboteurs, &format!("narrow, character per {way} · pocket-{model}"));
        let all = [of(0), of(1), of(2)];
        all.into_iter().fold(0.0, f64::max) - all.into_iter().fold(1.0, f64::min)
    };
    let turn = value(&saboteurs, "narrow, character per turn");
    assert!(range("turn") > kept - turn && range("document") > kept - turn, "models differ as much as villages");
    for way in ["turn", "document", "domain"] {
        let card = std::fs::read_to_string(public("pocket/README.md")).unwrap();
        let line = card.lines().rfind(|line| line.starts_with(&format!("| character per {way} |"))).unwrap();
        let low = line.split('[').nth(1).unwrap().split(',').next().unwrap();
        assert!(low.parse::<f64>().unwrap() < 0.0, "no excess is certain: {line}");
    }

    let (realign, rates) = step(&lesson, "realign");
    let Answer::Halving { from, choices } = &realign.question.as_ref().unwrap().answer else { panic!("a choice") };
    let right = realign.question.as_ref().unwrap().answer.halving(&rates).unwrap().unwrap();
    assert!(value(&rates, &right.group) <= value(&rates, from) / 2.0);
    let last = &choices.last().unwrap().group;
    assert!(value(&rates, last) > 2.0 * value(&rates, "assistant before"), "not undone altogether");
    let inside = card_row("8. ", last).last().unwrap().parse::<f64>().unwrap();
    assert!(inside > 50.0, "in the trained subject most stay bad: {inside}");
}

#[test]
fn the_answers_to_read_are_those_of_the_mark() {
    let lesson = lesson();
    let (read, rates) = step(&lesson, "read");
    let view = read.view.unwrap();
    let data = data_of(&view);
    let mut open = view.selection.clone().unwrap();
    // On the page the file's name is the last part of its address.
    assert_eq!(open.group.file.take(), file_of(&view).rsplit('/').next().map(str::to_owned));
    let records = select(&data, &view.query(), &open.group, open.part, open.seed).unwrap();
    assert_eq!(records.len() as u64, named(&rates, "narrow").tally.misaligned);
    let (_, forecast) = step(&lesson, "forecast");
    assert_eq!(named(&rates, "narrow").tally, named(&forecast, "narrow").tally, "the first step's mark");
}

#[test]
fn no_result_is_typed() {
    const WORDS: [&str; 24] = [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "fifteen",
        "sixteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "sixty-four",
        "hundred",
        "thousand",
        "percent",
        "third",
        "quarter",
    ];
    let lesson = lesson();
    let mut texts = lesson.introduction.clone();
    for step in &lesson.steps {
        texts.push(step.title.clone());
        texts.extend(step.text.iter().chain(&step.after).cloned());
        texts.extend(step.question.iter().map(|question| question.text.clone()));
    }
    let (mut counts, words) = (Vec::new(), |word: &str| WORDS.contains(&word));
    for text in &texts {
        let plain: String = pieces(text).filter(|(is_name, _)| !is_name).map(|(_, piece)| piece).collect();
        assert!(!plain.contains(|letter: char| letter.is_ascii_digit()), "{text}");
        let lower = plain.to_lowercase();
        let found: Vec<&str> = lower.split(|letter: char| !letter.is_alphabetic() && letter != '-').collect();
        counts.extend(found.windows(2).filter(|pair| words(pair[0])).map(|pair| pair.join(" ")));
    }
    counts.sort();
    counts.dedup();
    // Numbers written as words: subjects and models in the files, and the examples in the groups.
    assert_eq!(
        counts,
        ["eight subjects", "five come", "five models", "four ", "sixteen ", "sixty-four ", "three models"]
    );
    let of = |id: &str| data_of(lesson.step(id).unwrap().1.view.as_ref().unwrap());
    let num = |data: &Dataset, of: fn(&askew::domain::values::cell::CellKey) -> &str| {
        data.cells().iter().map(of).collect::<BTreeSet<_>>().len()
    };
    let (see, saboteurs) = (of("see"), of("saboteurs"));
    assert_eq!(num(&see, |cell| &cell.category), 8);
    assert_eq!((num(&see, |cell| &cell.model), num(&saboteurs, |cell| &cell.model)), (5, 3));
    let realign = lesson.step("realign").unwrap().1.question.clone().unwrap();
    let Answer::Halving { choices, .. } = realign.answer else { panic!("a choice") };
    let labels: Vec<(&str, &str)> =
        choices.iter().map(|choice| (choice.label.as_str(), choice.group.split(' ').next().unwrap())).collect();
    assert_eq!(labels, [("One", "01"), ("Four", "04"), ("Sixteen", "16"), ("Sixty-four", "64")]);
}
