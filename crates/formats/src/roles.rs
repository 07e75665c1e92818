//! Guesses the role of each column of a table.

use serde::{Deserialize, Serialize};

use super::error::FormatError;
use super::names::{SCORES, clean, find_judge, is_index};
use askew_domain::text::hash::fnv1a;

/// The role of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// File of origin of a row in an aggregate table.
    File,
    /// Name of the model.
    Model,
    /// Name of a group of models.
    Group,
    QuestionId,
    /// Text of the question as asked.
    Question,
    /// Text of the answer.
    Answer,
    /// Alignment score.
    Aligned,
    /// Coherence score.
    Coherent,
    /// Label of a categorical judge.
    Verdict,
    /// Number of rows counted by a row of an aggregate table.
    Count,
    /// Training seed of the model.
    Seed,
    /// Training step.
    Step,
    /// Category or subset of the questions.
    Category,
    /// The judge's explanation of its score.
    Explanation,
}

impl Role {
    /// Names in published files, the most common first. A name with dots is a path in a JSON object.
    pub(super) const fn names(self) -> &'static [&'static str] {
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

    /// Name of the role in stored mappings: the first of its column names.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// The role with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// All roles.
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
}

/// What a table must contain for the question that will be asked about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Judged answers: both scores, or a categorical label.
    Judged,
    /// Anything that can be shown: judged answers, other scores, or figures that the source computed.
    Any,
    /// Any table with a header: it gives means of its columns, or counts.
    Table,
}

/// Roles that a reader assigned to columns by hand. The other roles are guessed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mapping {
    /// Each role with its column's name. An empty name means that no column has this role.
    pub roles: Vec<(Role, String)>,
}

impl Mapping {
    /// Writes the mapping as one line of text, with the fingerprint of its header.
    #[must_use]
    pub fn to_line(&self, fingerprint: u64) -> String {
        let pairs = self.roles.iter().map(|(role, column)| (role.name(), column));
        let pairs = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{fingerprint:016x}?{pairs}\n")
    }

    /// Reads such a line; `None` for any other one.
    #[must_use]
    pub fn read_line(line: &str) -> Option<(u64, Self)> {
        let (fingerprint, pairs) = line.trim_end().split_once('?')?;
        let fingerprint = u64::from_str_radix(fingerprint, 16).ok()?;
        let pairs = form_urlencoded::parse(pairs.as_bytes());
        let roles = pairs.map(|(role, column)| Some((Role::named(&role)?, column.into_owned())));
        Some((fingerprint, Self { roles: roles.collect::<Option<_>>()? }))
    }
}

/// A number that is equal for headers with the same columns in any order. A mapping is remembered by it.
#[must_use]
pub fn fingerprint(header: &[String]) -> u64 {
    header.iter().fold(0, |sum: u64, name| sum.wrapping_add(fnv1a(name)))
}

/// The roles of a table's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    at: [Option<usize>; Role::ALL.len()],
    /// How well the columns' names fit; 0 for a role that the reader assigned.
    ranks: [Option<usize>; Role::ALL.len()],
    /// Columns without a role that may contain numbers, such as another judge's or a benchmark's scores.
    pub others: Vec<(usize, String)>,
}

impl Roles {
    /// Guesses the roles from a header. Those in `mapping` are fixed.
    ///
    /// # Errors
    /// [`FormatError::MissingColumns`] if the table lacks columns that are needed.
    pub fn guess(header: &[String], mapping: &Mapping, need: Need) -> Result<Self, FormatError> {
        let clean: Vec<String> = header.iter().map(|name| clean(name)).collect();
        let found = Role::ALL.map(|role| role.find(&clean));
        let (mut at, mut ranks) = (found.map(|found| Some(found?.1)), found.map(|found| Some(found?.0)));
        if SCORES.iter().all(|role| at[*role as usize].is_none())
            && let Some((aligned, coherent)) = find_judge(&clean)
        {
            at[Role::Aligned as usize] = Some(aligned);
            at[Role::Coherent as usize] = Some(coherent);
        }
        for (role, name) in &mapping.roles {
            let column = header.iter().position(|known| known == name);
            for other in &mut at {
                // A column has only one role.
                *other = other.filter(|_| *other != column);
            }
            at[*role as usize] = column;
            ranks[*role as usize] = Some(0);
        }
        let is_mapped = |role: Role| mapping.roles.iter().any(|(known, _)| *known == role);
        if at[Role::Answer as usize].is_some() {
            // In a table of answers each row is one answer, so `n` and `file` have another meaning there.
            for role in [Role::Count, Role::File].into_iter().filter(|role| !is_mapped(*role)) {
                at[role as usize] = None;
            }
        }
        let others = (0..clean.len())
            .filter(|column| !at.contains(&Some(*column)) && !is_index(&clean[*column]))
            .map(|column| (column, clean[column].clone()))
            .collect();
        let roles = Self { at, ranks, others };
        match roles.missing() {
            Some(missing) if need == Need::Judged => {
                Err(FormatError::MissingColumns { missing, found: list(header.iter().map(String::as_str)) })
            }
            _ => Ok(roles),
        }
    }

    /// Adds a later column of a file, if that changes no role. Returns its name as it is compared; `None` if the roles have to
    /// be guessed again, which takes time for each column. A file may name a new column in every row.
    ///
    /// `header` has the columns before it.
    pub(super) fn add(&mut self, header: &[String], name: &str, mapping: &Mapping) -> Option<String> {
        let column = clean(name);
        let fits = |role: Role| {
            role.rank(&column).is_some_and(|rank| self.ranks[role as usize].is_none_or(|known| rank < known))
        };
        let is_judge_of = |role: Role, judge: &str| {
            header.iter().any(|known| role.judge(&clean(known)).is_some_and(|(_, known)| known == judge))
        };
        let is_pair = |role: Role, other: Role| role.judge(&column).is_some_and(|(_, judge)| is_judge_of(other, judge));
        let has_scores = SCORES.iter().any(|role| self.column(*role).is_some());
        let [aligned, coherent] = SCORES;
        if Role::ALL.into_iter().any(fits)
            || mapping.roles.iter().any(|(_, mapped)| mapped == name)
            || (!has_scores && (is_pair(aligned, coherent) || is_pair(coherent, aligned)))
        {
            return None;
        }
        if !is_index(&column) {
            self.others.push((header.len(), column.clone()));
        }
        Some(column)
    }

    /// The column with this role.
    #[must_use]
    pub const fn column(&self, role: Role) -> Option<usize> {
        self.at[role as usize]
    }

    /// Columns that a table lacks to be one of judged answers, with the names that are understood; `None` if it lacks
    /// none.
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

/// Names as a list for a message: at most 12, each cut to a length that fits.
pub fn list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let num = names.len();
    let mut shown: Vec<String> = names.take(SHOWN).map(shorten).collect();
    if num > SHOWN {
        shown.push(format!("and {} more", num - SHOWN));
    }
    shown.join(", ")
}

/// Cuts a text to a length that fits a message.
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
    fn columns_that_arrive_one_by_one_have_the_roles_of_a_whole_header() {
        let names =
            ["x", "doc.question", "question", "aligned_b", "coherent_a", "aligned_a", "Unnamed: 0", "judge_aligned"];
        let all = [&names[..], &["n", "answer", "coherent_b", "y.aligned", "judge", "coherent", "Model"]].concat();
        let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
        for start in 0..all.len() {
            // Every order that begins at another name.
            let all: Vec<String> = all.iter().cycle().skip(start).take(all.len()).cloned().collect();
            let mapping = Mapping::default();
            let mut roles = Roles::guess(&all[..1], &mapping, Need::Table).unwrap();
            for at in 1..all.len() {
                if roles.add(&all[..at], &all[at], &mapping).is_none() {
                    roles = Roles::guess(&all[..=at], &mapping, Need::Table).unwrap();
                }
                assert_eq!(roles, Roles::guess(&all[..=at], &mapping, Need::Table).unwrap(), "{:?}", &all[..=at]);
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = guess("response,question,coherent", Need::Judged).unwrap_err().to_string();
        assert!(error.contains("alignment score (aligned or alignment)"), "{error}");
        assert!(error.contains("response, question, coherent"), "{error}");
        assert!(guess("group,model,deception_rate", Need::Table).is_ok());
    }
}
