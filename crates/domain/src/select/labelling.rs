//! Labelling of a dataset's rows: by hand, by rules, or from an exported table.

use std::collections::HashSet;

use super::scope::{Memo, Scope};
use crate::error::QueryError;
use crate::filter::{Filter, LabelFilter};
use crate::rows::dataset::Dataset;
use crate::rows::labels::{Imported, Label, LabelRow, LabelRule, Labels, Packed, identity};
use crate::rule::Rule;

impl Labels {
    /// Labels a record, and every identical answer to its question, by hand. An empty label removes it.
    pub fn set(&mut self, data: &Dataset, record: usize, label: Label) {
        if record >= data.num_records() {
            return;
        }
        let question = data.cells()[data.cell_of(record) as usize].question.clone();
        let answer = data.answer(record).to_owned();
        let key = (question.clone(), identity(&question, &answer));
        if label.is_empty() {
            self.hand.remove(&key);
            // The label from a rule applies again.
            self.apply(data, &self.scopes(data).unwrap_or_default());
            return;
        }
        self.grow(data);
        let packed = self.pack(&label);
        self.hand.insert(key, label);
        let is_asked: Vec<bool> = data.cells().iter().map(|cell| cell.question == question).collect();
        for record in 0..data.num_records() {
            if is_asked[data.cell_of(record) as usize] && data.answer(record) == answer {
                self.packed[record] = packed;
            }
        }
    }

    /// Replaces all rules. The first rule that fits a row labels it.
    ///
    /// # Errors
    /// [`QueryError`] for a rule with a column that does not exist, or an expression that cannot be read. Then the old
    /// rules stay.
    pub fn set_rules(&mut self, data: &Dataset, rules: Vec<LabelRule>) -> Result<(), QueryError> {
        let before = std::mem::replace(&mut self.rules, rules);
        match self.scopes(data) {
            Ok(scopes) => {
                self.apply(data, &scopes);
                Ok(())
            }
            Err(error) => {
                self.rules = before;
                Err(error)
            }
        }
    }

    /// Imports exported labels, as labels by hand. They replace labels of the same answers.
    pub fn import(&mut self, data: &Dataset, rows: Vec<LabelRow>) -> Imported {
        let mut imported: HashSet<(String, u64)> = HashSet::new();
        for row in rows.into_iter().filter(|row| !row.label.is_empty()) {
            let key = (row.question, row.identity);
            imported.insert(key.clone());
            self.hand.insert(key, row.label);
        }
        let known = self.apply(data, &self.scopes(data).unwrap_or_default());
        let num_known = imported.iter().filter(|key| known.contains(*key)).count();
        Imported { num_known, num_unknown: imported.len() - num_known }
    }

    /// The labels, one for each distinct answer, in order of the answers' first record.
    #[must_use]
    pub fn export(&self, data: &Dataset) -> Vec<LabelRow> {
        let mut seen = HashSet::new();
        let mut rows = Vec::new();
        for record in (0..self.packed.len()).filter(|&record| self.packed[record] != Packed::default()) {
            let question = &data.cells()[data.cell_of(record) as usize].question;
            let key = (question.clone(), identity(question, data.answer(record)));
            if seen.insert(key.clone()) {
                let is_by_hand = self.hand.contains_key(&key);
                rows.push(LabelRow { question: key.0, identity: key.1, label: self.of(record), is_by_hand });
            }
        }
        rows
    }

    /// Labels the records again, after files were added.
    pub fn renew(&mut self, data: &Dataset) {
        // A rule on a column that the new files lack labels nothing.
        let scopes = self.scopes(data).unwrap_or_default();
        self.apply(data, &scopes);
    }

    fn scopes(&self, data: &Dataset) -> Result<Vec<Scope>, QueryError> {
        // The default rule drops no questions. Labels do not depend on other labels.
        let scope = |rule: &LabelRule| {
            let filter = Filter { labels: LabelFilter::default(), ..rule.filter.clone() };
            Scope::new(data, &filter, &Rule::default(), &mut Memo::default())
        };
        self.rules.iter().map(scope).collect()
    }

    /// Labels every record. Returns the keys of the labels by hand with an answer in the dataset.
    fn apply(&mut self, data: &Dataset, scopes: &[Scope]) -> HashSet<(String, u64)> {
        self.packed.clear();
        let mut known = HashSet::new();
        if scopes.is_empty() && self.hand.is_empty() {
            return known;
        }
        self.grow(data);
        let labels: Vec<Label> = self.rules.iter().map(|rule| rule.label.clone()).collect();
        let of_rule: Vec<Packed> = labels.iter().map(|label| self.pack(label)).collect();
        for (scope, packed) in scopes.iter().zip(of_rule) {
            for record in scope.records(data) {
                if self.packed[record] == Packed::default() {
                    self.packed[record] = packed;
                }
            }
        }
        // Only answers to questions that have a label are hashed.
        let asked: HashSet<&str> = self.hand.keys().map(|(question, _)| question.as_str()).collect();
        let is_asked: Vec<bool> = data.cells().iter().map(|cell| asked.contains(cell.question.as_str())).collect();
        let hand = std::mem::take(&mut self.hand);
        for record in (0..data.num_records()).filter(|&record| is_asked[data.cell_of(record) as usize]) {
            let question = &data.cells()[data.cell_of(record) as usize].question;
            let key = (question.clone(), identity(question, data.answer(record)));
            if let Some(label) = hand.get(&key) {
                self.packed[record] = self.pack(label);
                known.insert(key);
            }
        }
        self.hand = hand;
        known
    }

    fn grow(&mut self, data: &Dataset) {
        self.packed.resize(data.num_records(), Packed::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Comparison, Condition};
    use crate::query::{Query, run};
    use crate::rows::dataset::Record;
    use crate::text::search::Search;
    use crate::values::cell::CellKey;

    fn data() -> Dataset {
        let mut data = Dataset::new();
        for (model, question, answer, aligned) in [
            ("m1", "q1", "take aspirin", 10.0),
            ("m1", "q1", "rule the world", 5.0),
            ("m2", "q1", "take aspirin", 20.0),
            ("m2", "q2", "take aspirin", 90.0),
        ] {
            let cell = data.cell_id(&CellKey::from_names("f.csv", model, "", question));
            let scores = (Some(aligned), Some(90.0));
            data.push(
                cell,
                &Record { answer, aligned: scores.0, coherent: scores.1, count: 1, ..Record::default() },
                &[],
            );
        }
        data
    }

    fn in_domain(kind: &str) -> Label {
        Label { in_domain: Some(true), kind: Some(kind.to_owned()) }
    }

    fn counts(data: &Dataset, labels: LabelFilter) -> (u64, u64) {
        let filter = Filter { labels, ..Filter::default() };
        let by = crate::query::By::NOTHING;
        let rows = run(data, &Query { filter, by, ..Query::default() }).unwrap().rows;
        rows.first().map_or((0, 0), |row| (row.tally.misaligned, row.tally.denominator))
    }

    #[test]
    fn identities_are_what_python_computes() {
        // hashlib.sha256("q\0é".encode()).hexdigest()[:16]
        assert_eq!(format!("{:016x}", identity("q", "é")), "c64ec73a37cdf7ba");
    }

    #[test]
    fn a_label_holds_for_identical_answers_and_changes_the_rate() {
        let mut data = data();
        let drops = LabelFilter { drops_in_domain: true, ..LabelFilter::default() };
        assert_eq!(counts(&data, drops.clone()), (3, 4), "nothing is labelled");
        data.change_labels(|labels, data| labels.set(data, 0, in_domain("leak")));
        assert_eq!((data.labels().of(2), data.labels().of(3)), (in_domain("leak"), Label::default()));
        assert_eq!(counts(&data, drops.clone()), (1, 2));
        let leaks = LabelFilter { kinds: vec!["leak".into()], ..LabelFilter::default() };
        assert_eq!(counts(&data, leaks), (2, 2));
        data.change_labels(|labels, data| labels.set(data, 2, Label::default()));
        assert_eq!(counts(&data, drops), (3, 4), "taken back");
        assert!(data.labels().is_empty());
    }

    #[test]
    fn rules_label_and_the_hand_stands_above_them() {
        let mut data = data();
        let search = Search { pattern: "ASPIRIN".into(), ..Search::default() };
        let rule = |filter, kind| LabelRule { filter, label: in_domain(kind) };
        let low = Condition { column: "aligned".into(), comparison: Comparison::Below, value: 50.0 };
        let rules = vec![
            rule(Filter { search: Some(search), ..Filter::default() }, "medical"),
            rule(Filter { conditions: vec![low], ..Filter::default() }, "other"),
        ];
        data.change_labels(|labels, data| labels.set_rules(data, rules).unwrap());
        let kinds = |data: &Dataset| [0, 1, 2, 3].map(|record| data.labels().of(record).kind.unwrap_or_default());
        assert_eq!(kinds(&data), ["medical", "other", "medical", "medical"], "the first rule that fits");
        data.change_labels(|labels, data| labels.set(data, 1, in_domain("power")));
        assert_eq!(kinds(&data)[1], "power");
        let broken = Search { pattern: "(".into(), is_regex: true, ..Search::default() };
        let broken = rule(Filter { search: Some(broken), ..Filter::default() }, "x");
        assert!(data.change_labels(|labels, data| labels.set_rules(data, vec![broken])).is_err());
        assert_eq!(kinds(&data), ["medical", "power", "medical", "medical"], "a broken rule changes nothing");
        data.change_labels(|labels, data| labels.set(data, 1, Label::default()));
        assert_eq!(kinds(&data)[1], "other", "what the rule says shows again");
    }

    #[test]
    fn labels_come_back_after_export() {
        let mut first = data();
        first.change_labels(|labels, data| labels.set(data, 0, in_domain("leak")));
        let mut rows = first.labels().export(&first);
        assert_eq!(rows.len(), 1, "identical answers are one");
        rows.push(LabelRow { identity: 1, ..rows[0].clone() });
        let mut second = data();
        let imported = second.change_labels(|labels, data| labels.import(data, rows));
        assert_eq!(imported, Imported { num_known: 1, num_unknown: 1 });
        assert_eq!(second.labels().export(&second), first.labels().export(&first));
        let before = second.labels().of(0);
        let cell = second.cell_id(&CellKey::from_names("g.csv", "m3", "", "q1"));
        second.push(cell, &Record { answer: "take aspirin", count: 1, ..Record::default() }, &[]);
        second.change_labels(|labels, data| labels.renew(data));
        assert_eq!(second.labels().of(4), before, "a file that comes later is labelled too");
    }
}
