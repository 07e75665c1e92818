//! The data worker's state machine: requests in, events out. It does not depend on where it runs.

use crate::protocol::{Collection, DataEvent, Finding, PublishedFile, Refused, Stated, Summary};
use askew_domain::answers::{Part, answer_of, distinct, select};
use askew_domain::query::warning::Warning;
use askew_domain::query::{GroupKey, Query, run};
use askew_domain::rows::dataset::Dataset;
use askew_domain::select::scope::Memo;
use askew_formats::report::{FileReport, Outcome};
use askew_formats::table::{Record, TableParser};
use askew_hub::catalogue::raw_address;

/// Most answers returned at once: about as many as a reader scrolls through before asking for more.
pub(super) const MAX_ANSWERS: usize = 100;

/// The open dataset, with a report for each of its files.
#[derive(Debug)]
pub struct DataEngine {
    pub(super) data: Dataset,
    pub(super) memo: Memo,
    reports: Vec<FileReport>,
    /// Number of the opening that brought the dataset.
    opening: u64,
}

impl Default for DataEngine {
    fn default() -> Self {
        Self { data: Dataset::of_counts(), memo: Memo::default(), reports: Vec::new(), opening: 0 }
    }
}

impl DataEngine {
    /// Replaces the dataset with what the opening of this number brought. Keeps the old one if no file could be opened.
    pub fn open(&mut self, opening: u64, data: Dataset, outcomes: Vec<Outcome>) -> DataEvent {
        let (mut reports, mut refused) = (Vec::new(), Vec::new());
        for (file, result) in outcomes {
            match result {
                Ok(report) => reports.push(report),
                Err(error) => refused.push(Refused { file, message: error.to_string() }),
            }
        }
        if reports.is_empty() {
            return DataEvent::NotOpened { opening, refused };
        }
        *self = Self { data, memo: Memo::default(), reports: reports.clone(), opening };
        DataEvent::Opened { opening, summary: summary(&self.data), reports, refused }
    }

    /// Whether this opening brought the dataset.
    #[must_use]
    pub fn holds(&self, opening: u64) -> bool {
        self.opening == opening
    }

    /// Computes rates.
    #[must_use]
    pub fn ask(&self, ticket: u64, query: &Query) -> DataEvent {
        match run(&self.data, query) {
            Ok(mut outcome) => {
                let mut warnings = self.file_warnings(query);
                warnings.append(&mut outcome.warnings);
                outcome.warnings = warnings;
                DataEvent::Answered { ticket, outcome }
            }
            Err(error) => DataEvent::Failed { ticket: Some(ticket), message: error.to_string() },
        }
    }

    /// The answers behind a mark, starting at `offset`.
    #[must_use]
    pub fn read(
        &self,
        ticket: u64,
        query: &Query,
        group: &GroupKey,
        (part, seed): (Part, u64),
        (offset, limit): (usize, usize),
    ) -> DataEvent {
        match select(&self.data, query, group, part, seed) {
            Ok(records) => {
                let groups = distinct(&self.data, &records);
                let shown = groups.iter().skip(offset).take(limit.min(MAX_ANSWERS));
                let answers = shown.filter_map(|records| answer_of(&self.data, records)).collect();
                DataEvent::Read { ticket, total: records.len(), num_distinct: groups.len(), offset, answers }
            }
            Err(error) => DataEvent::Failed { ticket: Some(ticket), message: error.to_string() },
        }
    }

    fn file_warnings(&self, query: &Query) -> Vec<Warning> {
        let unnamed = self.reports.iter().filter(|report| report.model_from_name && query.by.model);
        let files: Vec<String> = unnamed.map(|report| report.file.clone()).collect();
        let mut warnings: Vec<Warning> =
            self.reports.iter().filter_map(FileReport::problem).map(|message| Warning::File { message }).collect();
        if !files.is_empty() {
            warnings.push(Warning::ModelFromFileName { files });
        }
        warnings
    }
}

fn summary(data: &Dataset) -> Summary {
    Summary {
        num_rows: data.num_rows(),
        has_answers: data.has_answers(),
        files: data.names(|cell| &cell.file),
        models: data.names(|cell| &cell.model),
        groups: data.names(|cell| &cell.group),
        questions: data.names(|cell| &cell.question),
        verdicts: data.verdicts().to_vec(),
        seeds: data.names(|cell| &cell.seed),
        categories: data.names(|cell| &cell.category),
        settings: data.setting_values(),
        columns: ["aligned", "coherent"].into_iter().chain(data.numeric_columns()).map(str::to_owned).collect(),
    }
}

/// Reads the list of collections that are shipped with the page.
///
/// # Errors
/// A sentence if the bytes are not the list that this version wrote.
pub fn read_collections(bytes: &[u8]) -> Result<Vec<Collection>, String> {
    read_list(bytes, 9, |cell| {
        Ok(Collection {
            id: cell(0),
            title: cell(1),
            question: cell(2),
            source: cell(3),
            url: cell(4),
            commit: cell(5),
            licence: cell(6),
            num_files: cell(7).parse().map_err(|_not_a_number| "a count of files is not a number")?,
            num_rows: cell(8).parse().map_err(|_not_a_number| "a count of rows is not a number")?,
        })
    })
}

/// Reads the list of the files behind the collections.
///
/// # Errors
/// A sentence if the bytes are not the list that this version wrote.
pub fn read_files(bytes: &[u8], collections: &[Collection]) -> Result<Vec<PublishedFile>, String> {
    read_list(bytes, 4, |cell| {
        let (id, file) = (cell(0), cell(1));
        let of = collections.iter().find(|known| known.id == id).ok_or("a file belongs to an unknown collection")?;
        let address = raw_address(&of.source, &of.commit, &file);
        let bytes = cell(2).parse().map_err(|_not_a_number| "a length is not a number")?;
        Ok(PublishedFile { collection: id, file, bytes, sha256: cell(3), address })
    })
}

/// Reads the list of findings.
///
/// # Errors
/// A sentence if the bytes are not the list that this version wrote.
pub fn read_findings(bytes: &[u8]) -> Result<Vec<Finding>, String> {
    read_list(bytes, 6, |cell| {
        let stated = cell(4).split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Finding { id: cell(0), title: cell(1), sentence: cell(2), view: cell(3), stated, source: cell(5) })
    })
}

/// Reads the list of figures that the sources state.
///
/// # Errors
/// A sentence if the bytes are not the list that this version wrote.
pub fn read_stated(bytes: &[u8]) -> Result<Vec<Stated>, String> {
    read_list(bytes, 9, |cell| {
        Ok(Stated {
            source: cell(0),
            url: cell(1),
            licence: cell(3),
            condition: cell(4),
            measure: cell(5),
            rule: cell(6),
            value: cell(7).parse().map_err(|_not_a_number| "a figure is not a number")?,
            unit: cell(8),
        })
    })
}

fn read_list<T>(
    bytes: &[u8],
    num_columns: usize,
    row: impl Fn(&dyn Fn(usize) -> String) -> Result<T, &'static str>,
) -> Result<Vec<T>, String> {
    let (mut list, mut is_header, mut problem) = (Vec::new(), true, None);
    let mut each = |record: Record<'_>| {
        if std::mem::take(&mut is_header) {
            return Ok(());
        }
        let cell = |at: usize| String::from_utf8_lossy(record.field(at)).into_owned();
        match row(&cell) {
            Ok(item) if record.len() == num_columns => list.push(item),
            Ok(_) => problem = Some(format!("line {} has {} columns", record.line, record.len())),
            Err(why) => problem = Some(format!("line {}: {why}", record.line)),
        }
        Ok(())
    };
    let mut parser = TableParser::new(b',');
    let parsed = parser.feed(bytes, &mut each).and_then(|()| parser.feed(&[], &mut each));
    match (parsed, problem) {
        (Ok(()), None) => Ok(list),
        (Err(error), _) => Err(format!("the list of published figures could not be read ({error}): reload the page")),
        (_, Some(problem)) => Err(format!("the list of published figures is broken ({problem}): reload the page")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use askew_domain::view::{Source, View};
    use askew_formats::reader::{FileReader, Loader};
    use askew_formats::roles::Need;

    #[test]
    fn the_shipped_lists_are_whole() {
        let collections = read_collections(include_bytes!("../../../public/data/published/collections.csv")).unwrap();
        assert_eq!(collections.len(), 15);
        assert_eq!(collections.iter().map(|collection| collection.num_files).sum::<u64>(), 119);
        assert!(collections.iter().all(|collection| collection.url.contains(&collection.commit)));
        let stated = read_stated(include_bytes!("../../../public/data/published/stated.csv")).unwrap();
        assert_eq!(stated.len(), 22);
        assert!(read_collections(b"a,b\n1,2\n").is_err());
        let files = read_files(include_bytes!("../../../public/data/published/files.csv"), &collections).unwrap();
        assert_eq!(files.len(), 119);
        let findings = read_findings(include_bytes!("../../../public/data/published/findings.csv")).unwrap();
        assert!(findings.len() >= 16);
        for finding in findings {
            // A view that changes when it is read and written again would show another figure.
            let view = View::from_fragment(&finding.view);
            assert!(finding.view.is_empty() || View::from_fragment(&view.to_fragment()) == view, "{}", finding.id);
            if let Source::Published(id) = &view.source {
                assert!(collections.iter().any(|known| known.id == *id), "{}: {id}", finding.id);
            }
            let is_stated = |name: &String| stated.iter().any(|figure| figure.condition.starts_with(name.as_str()));
            assert!(finding.stated.iter().all(is_stated), "{}", finding.id);
        }
        assert!(files.iter().all(|file| file.sha256.len() == 64 && file.bytes > 0));
    }

    #[test]
    fn a_refused_file_keeps_the_dataset() {
        let mut engine = DataEngine::default();
        let mut files = Loader::default();
        let mut reader = FileReader::new("a.csv", Need::Judged);
        assert!(reader.feed(&mut files, b"question_id,answer,aligned,coherent\nq,a,1,99\n"));
        files.close(reader);
        let (data, outcomes) = files.finish();
        assert!(matches!(engine.open(1, data, outcomes), DataEvent::Opened { .. }));
        let mut files = Loader::default();
        files.close(FileReader::new("b.csv", Need::Judged));
        let (data, outcomes) = files.finish();
        assert!(matches!(engine.open(1, data, outcomes), DataEvent::NotOpened { .. }));
        let DataEvent::Answered { outcome, .. } = engine.ask(1, &Query::default()) else { panic!("no answer") };
        assert_eq!(outcome.rows[0].tally.misaligned, 1);
    }
}
