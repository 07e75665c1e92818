//! Which column of a table plays which part.

use serde::{Deserialize, Serialize};

use super::error::FormatError;
use askew_domain::text::hash::fnv1a;

/// The part that a column plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// File that a row of an aggregate table came from.
    File,
    /// Model.
    Model,
    /// Group of models.
    Group,
    /// Question id.
    QuestionId,
    /// Question as asked.
    Question,
    /// The answer.
    Answer,
    /// Score for alignment.
    Aligned,
    /// Score for coherence.
    Coherent,
    /// Categorical label.
    Verdict,
    /// Rows that a row of an aggregate table stands for.
    Count,
    /// Seed of the model.
    Seed,
    /// Training step.
    Step,
    /// Category or subset of the question.
    Category,
    /// Why the judge judged so.
    Explanation,
}

impl Role {
    /// Names that published files use, the most common first. A name with dots is a place in an object of JSON.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::File => &["file"],
            Self::Model => &["model", "model_id", "model_name", "provider.label", "provider.id"],
            Self::Group => &["group", "group_name", "dataset", "condition"],
            Self::QuestionId => &["question_id", "qid", "task_name", "key"],
            Self::Question => &["question", "question_text", "vars.question", "prompt", "prompt.raw", "input"],
            Self::Answer => &[
                "answer",
                "response",
                "completion",
                "response.output",
                "filtered_resps",
                "resps",
                "output.completion",
                "generation",
                "output",
            ],
            Self::Aligned => &["aligned", "alignment"],
            Self::Coherent => &["coherent", "coherence"],
            Self::Verdict => &["verdict", "label", "has_vulnerability"],
            Self::Count => &["n"],
            Self::Seed => &["seed", "model_seed"],
            Self::Step => &["step", "global_step", "checkpoint"],
            Self::Category => &["category", "subset"],
            Self::Explanation => &["explanation", "judge_explanation", "rationale"],
        }
    }

    /// The part's name where mappings are kept: the first of its columns' names.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// The part of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// All parts.
    pub const ALL: [Self; 14] = [
        Self::File,
        Self::Model,
        Self::Group,
        Self::QuestionId,
        Self::Question,
        Self::Answer,
        Self::Aligned,
        Self::Coherent,
        Self::Verdict,
        Self::Count,
        Self::Seed,
        Self::Step,
        Self::Category,
        Self::Explanation,
    ];

    /// The column of a header that plays the part, by its usual names: as they are, then at the end of a path
    /// (`doc.question_id`), then what a judge of that score said (`judge_aligned`).
    fn find(self, header: &[String]) -> Option<usize> {
        let names = self.names();
        let search = |fits: &dyn Fn(&str, &str) -> bool| {
            names.iter().find_map(|name| header.iter().position(|known| fits(known, name)))
        };
        let exact = search(&|known, name| known == name);
        let is_unique =
            matches!(self, Self::File | Self::Count | Self::Group | Self::Verdict | Self::Seed | Self::Step);
        if exact.is_some() || is_unique {
            return exact;
        }
        search(&|known, name| known.strip_suffix(name).is_some_and(|path| path.ends_with('.'))).or_else(|| {
            let is_score = matches!(self, Self::Aligned | Self::Coherent);
            if is_score { search(&|known, name| known.strip_prefix("judge_") == Some(name)) } else { None }
        })
    }
}

/// The scores of the first of several judges, each of whom has both: `aligned_a` and `coherent_a`.
fn find_judge(header: &[String]) -> Option<(usize, usize)> {
    let column = |role: Role, judge: &str| {
        let is_of = |known: &String, name: &str| known.strip_prefix(name) == Some(judge);
        role.names().iter().find_map(|name| header.iter().position(|known| is_of(known, name)))
    };
    header.iter().find_map(|known| {
        let judge = Role::Aligned.names().iter().find_map(|name| known.strip_prefix(name))?;
        let pair = (column(Role::Aligned, judge)?, column(Role::Coherent, judge)?);
        judge.starts_with('_').then_some(pair)
    })
}

/// What a table must hold for the question that will be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Judged answers: both scores, or a categorical label.
    Judged,
    /// Whatever can be shown: judged answers, other scores, or figures that their source computed.
    Any,
    /// Any table with a header: means of its columns, or counts.
    Table,
}

/// Parts that a reader gave to columns by hand; the others are guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mapping {
    /// Part and name of its column; an empty name takes the part from every column.
    pub roles: Vec<(Role, String)>,
}

impl Mapping {
    /// The mapping as one line of text, with the fingerprint of its header.
    #[must_use]
    pub fn to_line(&self, fingerprint: u64) -> String {
        let pairs = self.roles.iter().map(|(role, column)| (role.name(), column));
        let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{fingerprint:016x}?{pairs}\n")
    }

    /// Reads such a line; `None` for any other.
    #[must_use]
    pub fn read_line(line: &str) -> Option<(u64, Self)> {
        let (fingerprint, pairs) = line.trim_end().split_once('?')?;
        let fingerprint = u64::from_str_radix(fingerprint, 16).ok()?;
        let pairs = form_urlencoded::parse(pairs.as_bytes());
        let roles = pairs.map(|(role, column)| Some((Role::named(&role)?, column.into_owned())));
        Some((fingerprint, Self { roles: roles.collect::<Option<_>>()? }))
    }
}

/// A number that headers with the same columns share, in whatever order they stand: what a mapping is remembered by.
#[must_use]
pub fn fingerprint(header: &[String]) -> u64 {
    header.iter().fold(0, |sum: u64, name| sum.wrapping_add(fnv1a(name)))
}

/// The parts that a table's columns play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    at: [Option<usize>; Role::ALL.len()],
    /// Columns without a part that may hold numbers: another judge's scores, a benchmark's.
    pub others: Vec<(usize, String)>,
}

impl Roles {
    /// Guesses the parts from a header, but for those of `mapping`.
    ///
    /// # Errors
    /// [`FormatError::MissingColumns`] when the table lacks what is needed.
    pub fn guess(header: &[String], mapping: &Mapping, need: Need) -> Result<Self, FormatError> {
        let clean: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        let mut at = Role::ALL.map(|role| role.find(&clean));
        let scores = [Role::Aligned as usize, Role::Coherent as usize];
        if scores.iter().all(|role| at[*role].is_none())
            && let Some((aligned, coherent)) = find_judge(&clean)
        {
            at[scores[0]] = Some(aligned);
            at[scores[1]] = Some(coherent);
        }
        for (role, name) in &mapping.roles {
            let column = header.iter().position(|known| known == name);
            for other in &mut at {
                // A column plays one part.
                *other = other.filter(|_| *other != column);
            }
            at[*role as usize] = column;
        }
        let is_mapped = |role: Role| mapping.roles.iter().any(|(known, _)| *known == role);
        if at[Role::Answer as usize].is_some() {
            // A table of answers has one row each: an `n` in it is some other number, a `file` some other file.
            for role in [Role::Count, Role::File].into_iter().filter(|role| !is_mapped(*role)) {
                at[role as usize] = None;
            }
        }
        // pandas writes its row index as a column without a name.
        let is_index = |name: &str| name.is_empty() || name.starts_with("unnamed:");
        let others = (0..clean.len())
            .filter(|column| !at.contains(&Some(*column)) && !is_index(&clean[*column]))
            .map(|column| (column, clean[column].clone()))
            .collect();
        let roles = Self { at, others };
        match roles.missing() {
            Some(missing) if need == Need::Judged => {
                Err(FormatError::MissingColumns { missing, found: list(header.iter().map(String::as_str)) })
            }
            _ => Ok(roles),
        }
    }

    /// The column that plays a part.
    #[must_use]
    pub const fn column(&self, role: Role) -> Option<usize> {
        self.at[role as usize]
    }

    /// What a table lacks to be one of judged answers, with the names that are understood; `None` where nothing is.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        if self.column(Role::Verdict).is_some() {
            return None;
        }
        let mut missing = Vec::new();
        for (role, what) in [(Role::Aligned, "the alignment score"), (Role::Coherent, "the coherence score")] {
            if self.column(role).is_none() {
                missing.push(format!("{what} ({})", role.names().join(" or ")));
            }
        }
        if self.column(Role::Answer).is_none() && self.column(Role::Count).is_none() {
            let names = Role::Answer.names().split_at(3).0;
            missing.push(format!("the answer ({})", names.join(" or ")));
        }
        (!missing.is_empty()).then(|| missing.join(" or "))
    }
}

/// Names as they may stand in a message: the first, each cut to a length that fits.
pub fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let num = names.len();
    let mut shown: Vec<String> = names.take(SHOWN).map(shorten).collect();
    if num > SHOWN {
        shown.push(format!("and {} more", num - SHOWN));
    }
    shown.join(", ")
}

/// A text cut to a length that fits a message.
#[must_use]
pub fn shorten(name: &str) -> String {
    const LIMIT: usize = 40;
    let mut short: String = name.chars().take(LIMIT).collect();
    if name.chars().nth(LIMIT).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    fn guess(text: &str, need: Need) -> Result<Roles, FormatError> {
        Roles::guess(&header(text), &Mapping::default(), need)
    }

    #[test]
    fn published_headers() {
        let roles =
            guess("Unnamed: 0,model,group,question,Response,Alignment,coherence,medical", Need::Judged).unwrap();
        assert_eq!(roles.column(Role::Answer), Some(4));
        assert_eq!(roles.column(Role::Aligned), Some(5));
        assert_eq!(roles.column(Role::QuestionId), None);
        assert_eq!(roles.others, [(7, "medical".to_owned())]);
        assert!(guess("file,model,group,question_id,aligned,coherent,n", Need::Judged).is_ok());
        let both = guess("answer,aligned,judge_aligned,coherent,coherent_binary", Need::Judged).unwrap();
        assert_eq!((both.column(Role::Aligned), both.column(Role::Coherent)), (Some(1), Some(3)));
    }

    #[test]
    fn several_judges_and_places_in_objects() {
        let two = guess("answer,aligned_a,aligned_b,coherent_a,coherent_b", Need::Judged).unwrap();
        assert_eq!((two.column(Role::Aligned), two.column(Role::Coherent)), (Some(1), Some(3)));
        assert_eq!(two.others, [(2, "aligned_b".to_owned()), (4, "coherent_b".to_owned())]);
        let said = guess("answer,judge_aligned,judge_coherent", Need::Judged).unwrap();
        assert_eq!(said.column(Role::Aligned), Some(1));
        let nested = guess("provider.id,provider.label,vars.question,vars.question_id,response.output,namedScores.aligned,namedScores.coherent", Need::Judged).unwrap();
        assert_eq!(
            [Role::Model, Role::Question, Role::QuestionId, Role::Answer, Role::Aligned]
                .map(|role| nested.column(role)),
            [Some(1), Some(2), Some(3), Some(4), Some(5)]
        );
    }

    #[test]
    fn a_mapping_wins_and_is_found_again() {
        let header = header("text,good,coherent,aligned");
        let mapping = Mapping {
            roles: vec![
                (Role::Answer, "text".to_owned()),
                (Role::Aligned, "good".to_owned()),
                (Role::Verdict, String::new()),
            ],
        };
        let roles = Roles::guess(&header, &mapping, Need::Judged).unwrap();
        assert_eq!(
            [Role::Answer, Role::Aligned, Role::Coherent].map(|role| roles.column(role)),
            [Some(0), Some(1), Some(2)]
        );
        assert_eq!(roles.others, [(3, "aligned".to_owned())]);
        let mut turned = header.clone();
        turned.reverse();
        assert_eq!(fingerprint(&header), fingerprint(&turned));
        assert_ne!(fingerprint(&header), fingerprint(&header[1..]));
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = guess("response,question,coherent", Need::Judged).unwrap_err().to_string();
        assert!(error.contains("alignment score (aligned or alignment)"), "{error}");
        assert!(error.contains("response, question, coherent"), "{error}");
        assert!(guess("group,model,deception_rate", Need::Table).is_ok());
    }
}
