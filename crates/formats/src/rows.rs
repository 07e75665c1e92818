//! The only sink for rows: every format passes its rows to it, and it adds them to a dataset.

use std::rc::Rc;

use super::cell::{Cell, Fields};
use super::cells::{CellRef, Cells};
use super::columns::{NumericColumn, TextColumn, bad_values, numeric_columns, text_columns};
use super::error::FormatError;
use super::figures::{Figure, FigureColumns};
use super::gathered::{Gathered, owned};
use super::name::model_of;
use super::options::Options;
use super::preview::{Preview, cut};
use super::report::{FileReport, Skipped};
use super::roles::{Mapping, Need, Role, Roles, fingerprint, list, shorten};
use askew_domain::rows::dataset::{Dataset, Record};
use askew_domain::values::score::Score;

/// Characters of a question that serve as its id if a file has no ids.
const QUESTION_ID_CHARS: usize = 60;
/// Number of rows read before the roles of columns are settled, if there is no header that names all columns.
const GATHERED_ROWS: usize = 32;
/// Most figures accepted from one file.
const MAX_FIGURES: usize = 100_000;

/// Values that a file states once for all of its rows. A row's own value takes precedence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Name of the model.
    pub model: String,
    /// Name of the group.
    pub group: String,
    pub question_id: String,
    /// Text of the question as asked.
    pub question: String,
    /// Seed of the model.
    pub seed: String,
}

/// Adds rows to a dataset and writes the report.
#[derive(Debug)]
pub struct Rows {
    file: String,
    options: Options,
    known: Rc<Known>,
    columns: Vec<String>,
    layout: Option<Layout>,
    /// Whether rows are only collected, for a preview before the roles of columns are settled.
    is_preview: bool,
    gathered: Vec<Gathered>,
    cells: Cells,
    scratch: [String; 9],
    num_rows: u64,
    num_lossy: u64,
    report: FileReport,
}

/// The roles of the columns, once they are settled.
#[derive(Debug)]
struct Layout {
    roles: Roles,
    numeric: Vec<NumericColumn>,
    texts: Vec<TextColumn>,
    figures: Option<FigureColumns>,
}

impl Layout {
    /// Adds a later column after those of `header`. Returns whether no role changes by it.
    fn add(&mut self, header: &[String], name: &str, mapping: &Mapping) -> bool {
        let Some(column) = self.roles.add(header, name, mapping) else { return false };
        if self.roles.others.last().is_some_and(|(at, _)| *at == header.len()) {
            self.numeric.push(NumericColumn::new(header.len(), &column));
        }
        self.texts.extend(TextColumn::of_judge(header.len(), &column));
        true
    }
}

impl Rows {
    /// A sink for the rows of a file.
    #[must_use]
    pub fn new(file: &str, options: Options) -> Self {
        Self {
            file: file.to_owned(),
            options,
            known: Rc::new(Known { model: model_of(file), ..Known::default() }),
            columns: Vec::new(),
            layout: None,
            is_preview: false,
            gathered: Vec::new(),
            cells: Cells::default(),
            scratch: Default::default(),
            num_rows: 0,
            num_lossy: 0,
            report: FileReport { file: file.to_owned(), model_from_name: true, ..FileReport::default() },
        }
    }

    /// A sink that only collects a file's first rows for a preview and adds nothing to a dataset.
    #[must_use]
    pub fn for_preview(file: &str, mapping: Mapping) -> Self {
        Self { is_preview: true, ..Self::new(file, Options { mapping, ..Need::Table.into() }) }
    }

    /// Number of rows read so far.
    #[must_use]
    pub const fn num_rows(&self) -> u64 {
        self.report.rows + self.gathered.len() as u64
    }

    /// Number of rows found so far, including those that could not be read.
    #[must_use]
    pub const fn num_found(&self) -> u64 {
        self.num_rows
    }

    /// Name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The values that the file states once for its rows.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Sets the values for all rows that follow. If they include a model, it is not taken from the file's name.
    pub fn set_known(&mut self, mut known: Known) {
        if known.model.is_empty() {
            known.model = model_of(&self.file);
        } else {
            self.report.model_from_name = false;
        }
        self.known = Rc::new(known);
    }

    /// Adds columns. `columns` has all columns of the file so far, the known ones first.
    pub fn set_columns(&mut self, columns: &[String]) {
        let Some(new) = columns.get(self.columns.len()..).filter(|new| !new.is_empty()) else { return };
        let Some(mut layout) = self.layout.take() else { return self.columns.extend_from_slice(new) };
        let mapping = self.options.mapping_of(columns);
        // A mapping that was remembered for all of these columns may change any role.
        let may_add = mapping.roles.is_empty() || *mapping == self.options.mapping;
        let mut add = |(nth, name): (usize, &String)| {
            let header = columns.get(..self.columns.len() + nth).unwrap_or_default();
            layout.add(header, name, mapping)
        };
        if may_add && new.iter().enumerate().all(&mut add) {
            self.layout = Some(layout);
        } else {
            // The required columns are already there. A late column can only add to them.
            let roles = Roles::guess(columns, mapping, Need::Table);
            self.layout = roles.ok().map(|roles| Layout {
                numeric: numeric_columns(&roles, layout.numeric),
                texts: text_columns(&roles),
                roles,
                figures: layout.figures,
            });
        }
        self.columns.extend_from_slice(new);
    }

    /// Settles the roles of the columns, when all columns are known.
    ///
    /// # Errors
    /// [`FormatError::MissingColumns`], and the errors of the rows that were waiting.
    pub fn settle(&mut self, data: &mut Dataset) -> Result<(), FormatError> {
        if self.is_preview {
            return Ok(());
        }
        let roles = Roles::guess(&self.columns, self.options.mapping_of(&self.columns), self.options.need)?;
        self.report.model_from_name &= roles.column(Role::Model).is_none();
        let mut figures = None;
        if self.options.need == Need::Any
            && let Some(missing) = roles.missing()
        {
            let parts = [Role::Answer, Role::Aligned, Role::Coherent];
            if parts.iter().all(|role| roles.column(*role).is_none()) {
                figures = FigureColumns::guess(&roles);
                if figures.is_none() {
                    let found = list(self.columns.iter().map(String::as_str));
                    return Err(FormatError::MissingColumns { missing, found });
                }
                self.report.model_from_name = false;
            } else {
                self.report.lacks = Some(missing);
            }
        }
        let numeric = numeric_columns(&roles, Vec::new());
        let texts = text_columns(&roles);
        let name = |role| roles.column(role).and_then(|at| self.columns.get(at)).map(String::as_str);
        data.name_scores([name(Role::Aligned), name(Role::Coherent)]);
        self.layout = Some(Layout { roles, numeric, texts, figures });
        let (now, num_rows) = (Rc::clone(&self.known), self.num_rows);
        for row in std::mem::take(&mut self.gathered) {
            (self.num_rows, self.known) = (row.row, row.known);
            self.add(data, row.line, &row.cells);
        }
        (self.num_rows, self.known) = (num_rows, now);
        Ok(())
    }

    /// Adds a row that begins on this line.
    ///
    /// # Errors
    /// [`FormatError::MissingColumns`] if the columns so far lack one that is needed.
    pub fn row(&mut self, data: &mut Dataset, line: u64, fields: &dyn Fields) -> Result<(), FormatError> {
        self.num_rows += 1;
        if self.layout.is_some() {
            self.add(data, line, fields);
            return Ok(());
        }
        if self.is_preview && self.gathered.len() == GATHERED_ROWS {
            return Ok(());
        }
        let cells = (0..self.columns.len()).map(|column| owned(fields.get(column))).collect();
        self.gathered.push(Gathered { row: self.num_rows, line, known: Rc::clone(&self.known), cells });
        if self.gathered.len() < GATHERED_ROWS { Ok(()) } else { self.settle(data) }
    }

    /// Records a row that could not be read at all.
    pub fn skip(&mut self, line: u64, why: String) {
        self.num_rows += 1;
        self.note_skipped(line, String::new(), why);
    }

    /// Adds a note for the reader to the report, as a sentence.
    pub fn note(&mut self, note: String) {
        self.report.notes.push(note);
    }

    /// Adds figures that the file's source computed. They take the place of rows.
    ///
    /// # Errors
    /// [`FormatError::MissingColumns`] if rows of answers are needed.
    pub fn add_figures(&mut self, figures: Vec<Figure>) -> Result<(), FormatError> {
        if self.options.need == Need::Judged {
            let missing = Roles::guess(&[], &Mapping::default(), Need::Table)?.missing().unwrap_or_default();
            return Err(FormatError::MissingColumns { missing, found: "figures of its source".to_owned() });
        }
        self.gathered.clear();
        self.report.model_from_name = false;
        self.report.figures.extend(figures.into_iter().take(MAX_FIGURES));
        Ok(())
    }

    /// Whether the only row is not an answer, but a document of another kind.
    #[must_use]
    pub fn may_be_figures(&self) -> bool {
        let parts = [Role::Answer, Role::Aligned, Role::Coherent, Role::Verdict];
        let roles = Roles::guess(&self.columns, self.options.mapping_of(&self.columns), Need::Table);
        self.layout.is_none()
            && self.options.need != Need::Table
            && roles.is_ok_and(|roles| parts.iter().all(|role| roles.column(*role).is_none()))
    }

    fn note_skipped(&mut self, line: u64, column: String, why: String) {
        self.report.skip(Skipped { row: self.num_rows, line, column, why });
    }

    fn add(&mut self, data: &mut Dataset, line: u64, fields: &dyn Fields) {
        let mut scratch = std::mem::take(&mut self.scratch);
        match self.read(data, fields, &mut scratch) {
            Ok(()) => self.report.rows += 1,
            Err((column, why)) => self.note_skipped(line, column, why),
        }
        self.scratch = scratch;
    }

    /// Adds one row. On failure, returns the column that cannot be read, and why.
    fn read(
        &mut self,
        data: &mut Dataset,
        fields: &dyn Fields,
        scratch: &mut [String; 9],
    ) -> Result<(), (String, String)> {
        let Some(layout) = self.layout.as_mut() else { return Ok(()) };
        let (roles, columns, known) = (&layout.roles, &self.columns, &self.known);
        let field = |role: Role| roles.column(role).map_or(Cell::Null, |at| fields.get(at));
        let number = |role: Role| {
            field(role).score().map(Score::get).map_err(|bad| {
                let column = roles.column(role).and_then(|at| columns.get(at)).cloned().unwrap_or_default();
                (column, format!("{:?} is not a number", shorten(&bad)))
            })
        };
        let (aligned, coherent) = (number(Role::Aligned)?, number(Role::Coherent)?);
        let count = match number(Role::Count)? {
            None => 1,
            Some(count) if count.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&count) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked the line above")]
                let count = count as u32;
                count
            }
            Some(count) => return Err(("n".to_owned(), format!("{count} is not a number of rows"))),
        };
        let mut is_lossy = false;
        let [file, model, group, question_id, question, answer, verdict, seed, category] = scratch;
        let mut text = |role: Role, scratch| field(role).text(scratch, &mut is_lossy);
        let or = |own, other| if str::is_empty(own) { other } else { own };
        let question_text = or(text(Role::Question, question), &known.question);
        let question = match or(text(Role::QuestionId, question_id), &known.question_id) {
            "" => question_text
                .char_indices()
                .nth(QUESTION_ID_CHARS)
                .map_or(question_text, |(end, _)| &question_text[..end]),
            id => id,
        };
        let key = CellRef {
            file: or(text(Role::File, file), &self.file),
            model: or(text(Role::Model, model), &known.model),
            group: or(text(Role::Group, group), &known.group),
            question,
            seed: or(text(Role::Seed, seed), &known.seed),
            category: text(Role::Category, category),
            step: field(Role::Step).score().ok().and_then(Score::get),
        };
        if let Some(figures) = &layout.figures {
            let start = Figure {
                file: key.file.to_owned(),
                model: text(Role::Model, &mut String::new()).to_owned(),
                group: key.group.to_owned(),
                question: key.question.to_owned(),
                ..Figure::default()
            };
            let room = MAX_FIGURES.saturating_sub(self.report.figures.len());
            self.report.figures.extend(figures.read(fields, &start).into_iter().take(room));
            return Ok(());
        }
        let cell = self.cells.find(data, &key);
        let numeric: Vec<(usize, Score)> =
            layout.numeric.iter_mut().filter_map(|column| column.read(data, fields)).collect();
        let (answer, verdict) = (text(Role::Answer, answer), text(Role::Verdict, verdict).trim());
        let texts: Vec<(usize, &str)> =
            layout.texts.iter_mut().filter_map(|column| column.read(data, fields, &mut is_lossy)).collect();
        let row = Record { question_text, answer, aligned, coherent, verdict, count, texts: &texts };
        data.push(cell, &row, &numeric);
        self.num_lossy += u64::from(is_lossy);
        Ok(())
    }

    /// Finishes the file.
    ///
    /// # Errors
    /// [`FormatError`] if it is refused because it has no rows, or none that can be read.
    pub fn finish(mut self, data: &mut Dataset) -> Result<FileReport, FormatError> {
        if !self.report.figures.is_empty() && self.layout.is_none() {
            return Ok(self.report);
        }
        if self.num_rows == 0 {
            return Err(if self.columns.is_empty() { FormatError::Empty } else { FormatError::NoRows });
        }
        if self.layout.is_none() && !self.gathered.is_empty() {
            self.settle(data)?;
        }
        // Rows that waited for the columns' roles were reported late.
        self.report.skipped.sort_by_key(|skipped| skipped.row);
        if self.report.rows == 0 {
            let first = self.report.skipped.first().map(ToString::to_string).unwrap_or_default();
            return Err(FormatError::NoReadableRows { rows: self.num_rows, first });
        }
        if self.num_lossy > 0 {
            let note = format!("{} rows hold bytes that are not UTF-8, shown as \u{fffd}", self.num_lossy);
            self.report.notes.push(note);
        }
        let Some(layout) = self.layout else { return Ok(self.report) };
        self.report.notes.extend(bad_values(&layout.numeric));
        if layout.figures.is_some() {
            self.report.rows = 0;
            if self.report.figures.is_empty() {
                return Err(FormatError::NoRows);
            }
        }
        Ok(self.report)
    }

    /// The first rows and guessed roles, for a reader who assigns roles to columns.
    #[must_use]
    pub fn preview(self) -> Preview {
        let roles = Roles::guess(&self.columns, self.options.mapping_of(&self.columns), Need::Table).ok();
        let roles = roles.map_or_else(Vec::new, |roles| {
            Role::ALL.into_iter().filter_map(|role| Some((role, roles.column(role)?))).collect()
        });
        let row = |row: &Gathered| (0..self.columns.len()).map(|column| cut(row.cells.get(column).to_text())).collect();
        Preview {
            fingerprint: fingerprint(&self.columns),
            rows: self.gathered.iter().map(row).collect(),
            columns: self.columns,
            roles,
        }
    }
}
