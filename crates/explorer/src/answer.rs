//! The explorer's answers, computed from the open dataset. This module does not depend on where it runs.

use super::data_engine::{DataEngine, MAX_ANSWERS};
use super::report::Report;
use crate::protocol::DataEvent;
use crate::question::{Column, Compared, Explore, Explored, Form, Packed};
use askew_charts::export::{Export, citation};
use askew_charts::paint::svg;
use askew_charts::picture::Picture;
use askew_charts::plot;
use askew_charts::theme::Theme;
use askew_domain::answers::{Part, answer_of, distinct, select};
use askew_domain::query::sql::Dialect;
use askew_domain::query::{GroupKey, Query, run, sql};
use askew_domain::rows::labels::{Imported, LabelRow};
use askew_domain::text::csv::without_formulas;
use askew_domain::text::diff;
use askew_formats::{answers, labels, markdown};

/// Writes a figure as text in one of the export formats.
fn write(picture: &Picture, query: &Query, form: Form, source: &str) -> Result<Explored, String> {
    let rule = query.rule.describe();
    let export = Export { picture, rule: &rule, source };
    Ok(Explored::Written(match form {
        Form::Svg => svg(&export.framed(), &Theme::LIGHT).map_err(|error| error.to_string())?,
        Form::Csv => without_formulas(&export.csv()).into_owned(),
        Form::Python => export.python(),
        Form::R => export.r(),
        Form::VegaLite => export.vega_lite(),
        Form::Sql => sql::aggregate(query, "answers", Dialect::default()),
        Form::BibTex => citation::bibtex(Some(source)),
    }))
}

/// The text with its first letter as a capital.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl DataEngine {
    /// Answers a question of the explorer.
    #[must_use]
    pub fn explore(&mut self, ticket: u64, question: &Packed) -> DataEvent {
        match question.open().and_then(|question| Packed::new(&self.answer(question)?)) {
            Ok(result) => DataEvent::Explored { ticket, result },
            Err(message) => DataEvent::Failed { ticket: Some(ticket), message },
        }
    }

    fn answer(&mut self, question: Explore) -> Result<Explored, String> {
        match question {
            Explore::SideBySide { query, groups, question, part, seed, offset, limit } => {
                let limit = limit.min(MAX_ANSWERS);
                let columns = self.side_by_side(&query, &groups, &question, (part, seed), (offset, limit))?;
                Ok(Explored::SideBySide(columns))
            }
            Explore::Label { record, label } => {
                self.data.change_labels(|labels, data| labels.set(data, record as usize, label));
                Ok(self.labels(None))
            }
            Explore::LabelBy { rules } => {
                let changed = self.data.change_labels(|labels, data| labels.set_rules(data, rules));
                changed.map_err(|error| error.to_string())?;
                Ok(self.labels(None))
            }
            Explore::TakeLabels { rows } => Ok(self.take_labels(rows)),
            Explore::ReadLabels { bytes } => {
                let rows = labels::read(&bytes).map_err(|error| error.to_string())?;
                Ok(self.take_labels(rows))
            }
            Explore::Format { texts } => {
                Ok(Explored::Formatted(texts.iter().map(|text| markdown::read(text)).collect()))
            }
            Explore::WriteLabels => Ok(Explored::Written(labels::write(&self.data.labels().export(&self.data)))),
            Explore::WriteAnswers { query, group, part, is_json } => {
                let records = select(&self.data, &query, &group, part, 0).map_err(|error| error.to_string())?;
                let mut records = records;
                records.sort_unstable();
                // A spreadsheet opens the one, programs the other.
                Ok(Explored::Written(if is_json {
                    answers::json_lines(&self.data, &records)
                } else {
                    without_formulas(&answers::csv(&self.data, &records)).into_owned()
                }))
            }
            Explore::Write { picture, query, form, source } => write(&picture, &query, form, &source),
            Explore::Frame { picture, query, source } => {
                let rule = query.rule.describe();
                let framed = Export { picture: &picture, rule: &rule, source: &source }.framed();
                Ok(Explored::Drawn(Box::new(framed)))
            }
            Explore::Draw { query, plot, width } => {
                let picture = plot::draw(&self.data, &query, &plot, width, &mut self.memo);
                let mut picture = picture.map_err(|error| error.to_string())?;
                // Whether these numbers reproduce published ones. The query must use the picture's own grouping.
                let by = plot::chosen(&plot, &self.data, &query).rows.unwrap_or_else(|| query.by.clone());
                if let Ok(outcome) = run(&self.data, &Query { by, ..*query }) {
                    picture.notes.extend(outcome.reproductions.iter().map(|found| capital(&found.to_string())));
                }
                Ok(Explored::Drawn(Box::new(picture)))
            }
            Explore::Rates { query, by } => {
                let rows = |by| run(&self.data, &Query { by, ..(*query).clone() }).map(|outcome| outcome.rows);
                let rows: Result<Vec<_>, _> = by.into_iter().map(rows).collect();
                Ok(Explored::Rates(rows.map_err(|error| error.to_string())?.concat()))
            }
            Explore::Types { query } => {
                let types = plot::available(&self.data, &query);
                Ok(Explored::Types(types.into_iter().map(|(kind, can)| (kind, can.err())).collect()))
            }
            Explore::Report { query, plots, source, link, num_answers, seed, is_unlisted } => {
                let (source, link) = (&*source, &*link);
                let report = Report { query: &query, plots: &plots, source, link, num_answers, seed, is_unlisted };
                report.html(&self.data, &mut self.memo).map(Explored::Written)
            }
        }
    }

    fn side_by_side(
        &self,
        query: &Query,
        groups: &[GroupKey],
        question: &str,
        (part, seed): (Part, u64),
        (offset, limit): (usize, usize),
    ) -> Result<Vec<Column>, String> {
        let mut columns: Vec<Column> = Vec::new();
        for group in groups {
            let group = GroupKey { question: Some(question.to_owned()), ..group.clone() };
            let records = select(&self.data, query, &group, part, seed).map_err(|error| error.to_string())?;
            let shown = distinct(&self.data, &records);
            let shown = shown.iter().skip(offset).take(limit).filter_map(|records| answer_of(&self.data, records));
            let mut answers: Vec<Compared> = shown.map(|answer| Compared { answer, pieces: Vec::new() }).collect();
            if let Some(first) = columns.first() {
                for (compared, beside) in answers.iter_mut().zip(&first.answers) {
                    compared.pieces = diff::words(&beside.answer.text, &compared.answer.text);
                }
            }
            columns.push(Column { total: records.len(), answers });
        }
        Ok(columns)
    }

    fn take_labels(&mut self, rows: Vec<LabelRow>) -> Explored {
        let imported = self.data.change_labels(|labels, data| labels.import(data, rows));
        self.labels(Some(imported))
    }

    fn labels(&self, imported: Option<Imported>) -> Explored {
        let labels = self.data.labels();
        let rows = labels.export(&self.data);
        Explored::Labels {
            num_labelled: rows.len(),
            by_hand: rows.into_iter().filter(|row| row.is_by_hand).collect(),
            kinds: labels.kinds().to_vec(),
            imported,
        }
    }
}
