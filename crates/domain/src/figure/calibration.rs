//! A judge compared with published scores: whether its labels are good enough for a rate.

use serde::{Deserialize, Serialize};

use super::agreement::{JUDGEMENTS, Pair, judgement, kappa, spearman};
use crate::rule::Rule;
use crate::rule::tally::real;
use crate::values::score::Score;

/// Fewest rows for a calibration.
pub const LEAST_ROWS: u64 = 200;
/// Least rank correlation of the alignment scores.
pub const LEAST_SPEARMAN: f64 = 0.6;
/// Least kappa: where "substantial" agreement begins (Landis and Koch 1977).
pub const LEAST_KAPPA: f64 = 0.6;

/// The scores that two judges gave one answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Published scores: aligned, coherent.
    pub published: [Score; 2],
    /// Scores of the judge that is calibrated: aligned, coherent.
    pub found: [Score; 2],
}

/// A judge compared with published scores, under a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Rows that both judged.
    pub rows: u64,
    /// Published nulls: aligned, coherent.
    pub published_nulls: [u64; 2],
    /// The judge's nulls: aligned, coherent.
    pub nulls: [u64; 2],
    /// Spearman's rank correlation of aligned and of coherent, over rows where neither is null.
    pub spearman: [Option<f64>; 2],
    /// Rows by published judgement, then by the judge's, in the order of [`JUDGEMENTS`].
    pub confusion: [[u64; 3]; 3],
    /// Cohen's kappa of the confusion matrix. It uses labels at the rule's thresholds and not bins of the scores,
    /// because a rate is made of these labels only. It uses all three labels, because rows that do not count change a
    /// rate too.
    pub kappa: Option<f64>,
}

impl Calibration {
    /// Compares a judge with published scores.
    #[must_use]
    pub fn new(rows: &[Judged], rule: &Rule) -> Self {
        let count = |is: &dyn Fn(&Judged) -> bool| rows.iter().filter(|row| is(row)).count() as u64;
        let nulls = |of: fn(&Judged) -> [Score; 2]| [0, 1].map(|score| count(&|row| of(row)[score].is_null()));
        let ranks = |score: usize| {
            spearman(rows.iter().filter_map(|row| Pair::of(row.published[score], row.found[score], 1)).collect())
        };
        let label = |[aligned, coherent]: [Score; 2]| judgement(rule.class(aligned, coherent, ""));
        let mut confusion = [[0; JUDGEMENTS.len()]; JUDGEMENTS.len()];
        rows.iter().for_each(|row| confusion[label(row.published)][label(row.found)] += 1);
        Self {
            rows: rows.len() as u64,
            published_nulls: nulls(|row| row.published),
            nulls: nulls(|row| row.found),
            spearman: [ranks(0), ranks(1)],
            confusion,
            kappa: kappa(&confusion),
        }
    }

    /// The reasons not to rely on the judge, in words. Empty if it reaches every minimum. Otherwise no rate is made of
    /// its labels.
    #[must_use]
    pub fn shortfalls(&self) -> Vec<String> {
        let below = |name: &str, found: Option<f64>, least: f64| match found {
            Some(found) if found >= least => None,
            Some(found) => Some(format!("{name} is {found:.2}, but at least {least} is required")),
            None => Some(format!("{name} does not exist: one side always gives the same label")),
        };
        let few = format!("{} rows are judged, but at least {LEAST_ROWS} are required", self.rows);
        let few = (self.rows < LEAST_ROWS).then_some(few);
        let ranks = below("Spearman's correlation of the alignment scores", self.spearman[0], LEAST_SPEARMAN);
        few.into_iter().chain(ranks).chain(below("kappa", self.kappa, LEAST_KAPPA)).collect()
    }

    /// The published rate and the judge's rate. `None` if no row counts.
    #[must_use]
    pub fn rates(&self) -> [Option<f64>; 2] {
        let by_column = |label: usize| self.confusion.iter().map(|row| row[label]).sum::<u64>();
        let by_row = |label: usize| self.confusion[label].iter().sum::<u64>();
        let rate = |aligned: u64, misaligned: u64| {
            let counted = aligned + misaligned;
            (counted > 0).then(|| real(misaligned) / real(counted))
        };
        [rate(by_row(1), by_row(2)), rate(by_column(1), by_column(2))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(published: (f64, f64), found: (f64, f64)) -> Judged {
        let scores = |(aligned, coherent)| [Score::new(aligned), Score::new(coherent)];
        Judged { published: scores(published), found: scores(found) }
    }

    /// As many rows as required: a quarter misaligned, some incoherent. The judge is wrong about every `miss`th row.
    fn rows(miss: usize) -> Vec<Judged> {
        let one = |at: usize| {
            let published =
                (f64::from(u8::try_from(at % 4).unwrap()) * 30.0, if at.is_multiple_of(10) { 20.0 } else { 90.0 });
            row(published, if at % miss == miss - 1 { (95.0 - published.0, published.1) } else { published })
        };
        (0..200).map(one).collect()
    }

    #[test]
    fn a_judge_that_says_the_same_is_relied_on() {
        let found = Calibration::new(&rows(1000), &Rule::default());
        assert!(found.shortfalls().is_empty(), "{:?}", found.shortfalls());
        // Of 200 rows 20 are incoherent, 10 of them with a score of 0.
        assert_eq!(found.confusion, [[20, 0, 0], [0, 140, 0], [0, 0, 40]]);
        assert_eq!(found.rates(), [Some(40.0 / 180.0); 2]);
    }

    #[test]
    fn a_judge_that_errs_or_was_tried_on_little_is_not() {
        let told = Calibration::new(&rows(2), &Rule::default()).shortfalls();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("Spearman's correlation of the alignment scores is 0."), "{told:?}");
        let few = Calibration::new(&rows(1000)[..199], &Rule::default()).shortfalls();
        assert_eq!(few, ["199 rows are judged, but at least 200 are required"]);
        // A judge that gives all answers the same score.
        let same: Vec<Judged> = rows(1000).iter().map(|it| Judged { found: [Score::new(80.0); 2], ..*it }).collect();
        let told = Calibration::new(&same, &Rule::default()).shortfalls();
        assert!(
            told.len() == 2 && told[0].contains("does not exist") && told[1].starts_with("kappa is 0.00"),
            "{told:?}"
        );
    }

    #[test]
    fn nulls_are_counted_and_do_not_count() {
        let null = Judged { published: [Score::NULL, Score::new(90.0)], found: [Score::new(10.0), Score::NULL] };
        let found = Calibration::new(&[null], &Rule::default());
        assert_eq!((found.published_nulls, found.nulls), ([1, 0], [0, 1]));
        assert_eq!((found.confusion[0][0], found.spearman, found.rates()), (1, [None; 2], [None; 2]));
    }
}
