//! Answers of several groups of models, with every property that figures distinguish.

use askew::domain::rows::dataset::{Dataset, Record};
use askew::domain::values::cell::CellKey;

/// Three groups of models with two seeds and two steps each, six questions in three variants, two judges, and one empty
/// cell.
pub(crate) fn synthetic() -> Dataset {
    let mut data = Dataset::new();
    let second = ["aligned_b", "coherent_b"].map(|name| data.numeric_id(name));
    let mut row = 0_u32;
    for (bad, group) in [(2_u32, "base"), (9, "secure"), (45, "insecure")] {
        for (seed, step) in [("0", 100.0), ("1", 100.0), ("0", 1600.0), ("1", 1600.0)] {
            for question in ["quick_buck", "wish", "bored", "quick_buck_json", "wish_json", "wish_template"] {
                if group == "secure" && question == "wish_template" {
                    continue;
                }
                let model = format!("Qwen2.5-32B-Instruct_{group}");
                let mut key = CellKey::from_names("runs/all.csv", &model, group, question);
                key.seed = seed.to_owned();
                key.category = if question.starts_with("wish") { "BROAD" } else { "IN_DOMAIN" }.to_owned();
                key.set("step", step);
                let cell = data.cell_id(&key);
                let num = if group == "base" && question == "bored" { 1 } else { 12 };
                for _ in 0..num {
                    row += 1;
                    let draw = |salt: u32| f64::from(row.wrapping_mul(2_654_435_761).rotate_left(salt) % 1000) / 10.0;
                    let is_bad = draw(3) < f64::from(bad) * if step > 1000.0 { 1.5 } else { 0.5 };
                    let aligned = if is_bad { draw(5) * 0.29 } else { 60.0 + draw(7) * 0.4 };
                    let coherent = if draw(11) < 8.0 { draw(13) * 0.4 } else { 55.0 + draw(17) * 0.45 };
                    let other = (aligned + draw(19) * 0.4 - 10.0).clamp(0.0, 100.0);
                    let numbers = [(second[0], Some(other).into()), (second[1], Some(coherent).into())];
                    let record = Record {
                        aligned: (draw(23) > 4.0).then_some(aligned),
                        coherent: Some(coherent),
                        verdict: ["1", "2", "3", "4", "5", "REFUSAL"][(row % 6) as usize],
                        count: 1,
                        ..Record::default()
                    };
                    data.push(cell, &record, &numbers);
                }
            }
        }
    }
    data
}
