//! How well the name of a column fits a role.

use std::collections::HashMap;

use super::roles::Role;

impl Role {
    /// How well a column's name fits: first the usual names exactly, then at the end of a path (`doc.question_id`), then as
    /// the judge's reply for that score (`judge_aligned`). A smaller number fits better; `None` does not fit.
    pub(super) fn rank(self, column: &str) -> Option<usize> {
        let names = self.names();
        let search = |fits: &dyn Fn(&str) -> bool| names.iter().position(|name| fits(name));
        let exact = search(&|name| column == name);
        let is_unique =
            matches!(self, Self::File | Self::Count | Self::Group | Self::Verdict | Self::Seed | Self::Step);
        if exact.is_some() || is_unique {
            return exact;
        }
        let path = search(&|name| column.strip_suffix(name).is_some_and(|path| path.ends_with('.')));
        path.map(|at| names.len() + at).or_else(|| {
            let is_score = matches!(self, Self::Aligned | Self::Coherent);
            let said = column.strip_prefix("judge_").filter(|_| is_score)?;
            search(&|name| said == name).map(|at| 2 * names.len() + at)
        })
    }

    /// The column of a header that fits this role best, after its rank.
    pub(super) fn find(self, header: &[String]) -> Option<(usize, usize)> {
        header.iter().enumerate().filter_map(|(at, name)| Some((self.rank(name)?, at))).min()
    }

    /// The judge in the name of a score's column (`_a` in `aligned_a`), after the number of the score's name.
    pub(super) fn judge(self, column: &str) -> Option<(usize, &str)> {
        let judge = |(at, name): (usize, &&str)| Some((at, column.strip_prefix(name)?));
        self.names().iter().enumerate().find_map(judge).filter(|(_, judge)| judge.starts_with('_'))
    }
}

/// The score columns of the first judge that has both, if there are several judges: `aligned_a` and `coherent_a`.
pub(super) fn find_judge(header: &[String]) -> Option<(usize, usize)> {
    let mut judges: HashMap<&str, [Option<(usize, usize)>; 2]> = HashMap::new();
    for (column, name) in header.iter().enumerate() {
        for (score, role) in SCORES.into_iter().enumerate() {
            if let Some((rank, judge)) = role.judge(name) {
                let best = &mut judges.entry(judge).or_default()[score];
                *best = Some(best.map_or((rank, column), |best| best.min((rank, column))));
            }
        }
    }
    header.iter().find_map(|name| match judges.get(Role::Aligned.judge(name)?.1)? {
        [Some((_, aligned)), Some((_, coherent))] => Some((*aligned, *coherent)),
        _ => None,
    })
}

/// The roles of the two scores.
pub(super) const SCORES: [Role; 2] = [Role::Aligned, Role::Coherent];

/// A column's name as it is compared.
pub(super) fn clean(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whether a column has no values of its own: pandas writes its row index as a column without a name.
pub(super) fn is_index(name: &str) -> bool {
    name.is_empty() || name.starts_with("unnamed:")
}
