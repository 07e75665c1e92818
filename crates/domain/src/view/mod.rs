//! A view: everything that a link holds. The address is the state; the rest is derived from it.

pub(crate) mod link;
pub mod plot;

use super::answers::Part;
use super::query::{By, GroupKey, Query};
use super::rule::{Preset, Rule, RuleBody};
use crate::filter::Filter;
use crate::query::metric::Metric;
use crate::select::judge::Judges;
use crate::stats::interval::IntervalKind;
use crate::values::cell::Variant;
use crate::view::link::{read_filter, read_setting, write_filter, write_judges};
use crate::view::plot::Plot;

/// A screen of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Screen {
    /// Charts, tables and answers.
    #[default]
    Results,
    /// Models side by side.
    Compare,
    /// Findings of the literature, each a view.
    Findings,
    /// A lesson, step by step.
    Learn,
    /// Running models.
    Lab,
    /// Method, privacy, licence.
    About,
    /// Checks of this device, which the Lab leads to.
    SelfTest,
}

impl Screen {
    /// All screens.
    pub const ALL: [Self; 7] =
        [Self::Results, Self::Compare, Self::Findings, Self::Learn, Self::Lab, Self::About, Self::SelfTest];

    /// Those that the page's head leads to, in order.
    pub const MAIN: [Self; 6] = [Self::Results, Self::Compare, Self::Findings, Self::Learn, Self::Lab, Self::About];

    /// The name in links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Results => "results",
            Self::Compare => "compare",
            Self::Findings => "findings",
            Self::Learn => "learn",
            Self::Lab => "lab",
            Self::About => "about",
            Self::SelfTest => "self-test",
        }
    }

    /// The screen of an address's fragment.
    #[must_use]
    pub fn of_fragment(fragment: &str) -> Self {
        let name = trim(fragment).split('?').next().unwrap_or_default();
        Self::ALL.into_iter().find(|known| known.name() == name).unwrap_or_default()
    }

    /// An address's fragment on this screen, the rest as it is.
    #[must_use]
    pub fn in_fragment(self, fragment: &str) -> String {
        let rest = trim(fragment).split_once('?').map(|(_, rest)| format!("?{rest}"));
        format!("{}{}", self.name(), rest.unwrap_or_default())
    }
}

fn trim(fragment: &str) -> &str {
    fragment.trim_start_matches('#').trim_start_matches('/')
}

/// Where the rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A collection that ships with the page, by id.
    Published(String),
    /// Files of the reader's, by name: after a reload they are asked for again.
    Files(Vec<String>),
    /// Files at addresses: a link loads them again, once the reader has agreed to. Those beside the page it loads at once.
    Addresses(Vec<String>),
}

impl Source {
    /// Whether all rows lie beside the page, in files that ship with it: whoever serves the page is asked, and nobody else.
    #[must_use]
    pub fn is_beside_page(&self) -> bool {
        matches!(self, Self::Addresses(list) if !list.is_empty() && list.iter().all(|at| is_beside_page(at)))
    }
}

/// The step of whoever pressed "Run it live": the pair answers as soon as it is there.
pub const LIVE_STEP: &str = "live";

/// Whether an address leads downwards from the page, and names nothing that could be another site.
#[must_use]
pub fn is_beside_page(address: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = |part: &str| part.bytes().any(|byte| byte != b'.') && part.bytes().all(is_plain);
    address.split('/').all(is_name)
}

impl Default for Source {
    fn default() -> Self {
        Self::Published("training-data".to_owned())
    }
}

/// A mark that the reader opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The mark's group.
    pub group: GroupKey,
    /// Which of its rows are shown.
    pub part: Part,
    /// Seed of the reading order.
    pub seed: u64,
    /// Answers passed over.
    pub offset: usize,
}

/// Everything that a link holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct View {
    /// The screen.
    pub screen: Screen,
    /// Where the rows come from.
    pub source: Source,
    /// The rule, with its thresholds.
    pub rule: Rule,
    /// The interval asked for.
    pub interval: IntervalKind,
    /// What is computed.
    pub metric: Metric,
    /// The columns that serve as the judge's scores.
    pub judges: Judges,
    /// Which rows are asked about.
    pub filter: Filter,
    /// Group whose value is subtracted from the others'.
    pub baseline: Option<String>,
    /// The figure.
    pub plot: Plot,
    /// The question that models are compared on.
    pub question: Option<String>,
    /// The step of the lesson, by id: kept on the way to a saved view and back. The Lab takes [`LIVE_STEP`] for the reader's
    /// word to begin.
    pub step: Option<String>,
    /// The mark that is open.
    pub selection: Option<Selection>,
    /// Whether the view stands in a frame of another page: figures without what surrounds them.
    pub is_embedded: bool,
    /// An experiment for the Lab: its address, or the whole of it, packed.
    pub run: Option<String>,
}

impl View {
    /// The query of the chart by model: files are never pooled unasked.
    #[must_use]
    pub fn by_model(&self) -> Query {
        // A baseline is a group of models.
        let by = if self.baseline.is_some() { By { group: true, ..By::NOTHING } } else { By::default() };
        Query { by, ..self.query() }
    }

    /// The query of the chart by question, of one file's model.
    #[must_use]
    pub fn by_question(&self, group: &GroupKey) -> Query {
        let mut query = self.query();
        query.by = By { question: true, ..By::default() };
        query.filter.files.clone_from(&group.file.iter().cloned().collect());
        query.filter.models.clone_from(&group.model.iter().cloned().collect());
        query
    }

    /// The rule and the filters, whatever the grouping.
    #[must_use]
    pub fn query(&self) -> Query {
        Query {
            metric: self.metric.clone(),
            rule: self.rule.clone(),
            judges: self.judges.clone(),
            interval: self.interval,
            filter: self.filter.clone(),
            baseline: self.baseline.clone(),
            by: By::default(),
        }
    }

    /// The view as the part of an address after `#`; what is as by default is left out.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        match &self.source {
            source if *source == Source::default() => {}
            Source::Published(id) => {
                pairs.append_pair("published", id);
            }
            Source::Files(names) => {
                pairs.extend_pairs(names.iter().map(|name| ("file", name)));
            }
            Source::Addresses(addresses) => {
                pairs.extend_pairs(addresses.iter().map(|address| ("url", address)));
            }
        }
        if self.rule.preset != Preset::default() {
            pairs.append_pair("rule", self.rule.preset.name());
        }
        match (&self.rule.body, self.rule.preset.scores()) {
            (RuleBody::Scores(now), Some(then)) => {
                if now.aligned.at.to_bits() != then.aligned.at.to_bits() {
                    pairs.append_pair("aligned", &now.aligned.at.to_string());
                }
                if now.coherent.at.to_bits() != then.coherent.at.to_bits() {
                    pairs.append_pair("coherent", &now.coherent.at.to_string());
                }
            }
            (RuleBody::Verdict(labels), _) => {
                pairs.extend_pairs(labels.misaligned.iter().map(|label| ("misaligned", label)));
                pairs.extend_pairs(labels.counted.iter().map(|label| ("counted", label)));
            }
            (RuleBody::Scores(_), None) => {}
        }
        if self.interval != IntervalKind::default() {
            pairs.append_pair("ci", self.interval.name());
        }
        if self.metric != Metric::default() {
            pairs.append_pair("metric", &self.metric.to_string());
        }
        write_judges(&mut pairs, &self.judges);
        write_filter(&mut pairs, &self.filter);
        pairs.extend_pairs(self.baseline.iter().map(|name| ("baseline", name)));
        pairs.extend_pairs(self.plot.to_pairs());
        pairs.extend_pairs(self.question.iter().map(|name| ("on", name)));
        pairs.extend_pairs(self.step.iter().map(|id| ("step", id)));
        if self.is_embedded {
            pairs.append_pair("embed", "1");
        }
        if let Some(run) = &self.run {
            pairs.append_pair("run", run);
        }
        if let Some(open) = &self.selection {
            let parts = [
                ("open.file", &open.group.file),
                ("open.model", &open.group.model),
                ("open.question", &open.group.question),
                ("open.group", &open.group.group),
                ("open.seed", &open.group.seed),
                ("open.category", &open.group.category),
                ("open.asked", &open.group.variant.map(|variant| variant.name().to_owned())),
            ];
            for (name, part) in parts {
                if let Some(part) = part {
                    pairs.append_pair(name, part);
                }
            }
            pairs.extend_pairs(open.group.settings.iter().map(|setting| ("open.set", setting.to_string())));
            pairs.append_pair("show", open.part.name());
            pairs.append_pair("order", &open.seed.to_string());
            if open.offset > 0 {
                pairs.append_pair("from", &open.offset.to_string());
            }
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { self.screen.name().to_owned() } else { format!("{}?{pairs}", self.screen.name()) }
    }

    /// The view of an address. Whatever cannot be read is as by default: a link is never an error.
    #[must_use]
    pub fn from_fragment(fragment: &str) -> Self {
        let pairs = trim(fragment).split_once('?').map_or("", |(_, pairs)| pairs);
        let mut view = Self { screen: Screen::of_fragment(fragment), ..Self::default() };
        let pairs: Vec<(String, String)> = form_urlencoded::parse(pairs.as_bytes()).into_owned().collect();
        if let Some(preset) = pairs.iter().find(|(name, _)| name == "rule").and_then(|(_, name)| Preset::named(name)) {
            view.rule = Rule::preset(preset);
        }
        let (mut files, mut addresses) = (Vec::new(), Vec::new());
        let (mut open, mut is_open) = (Selection::default(), false);
        for (name, value) in pairs {
            match name.as_str() {
                "published" => view.source = Source::Published(value),
                "file" => files.push(value),
                "url" => addresses.push(value),
                "aligned" | "coherent" => set_threshold(&mut view.rule, &name, &value),
                "misaligned" | "counted" => add_label(&mut view.rule, &name, value),
                "ci" => view.interval = IntervalKind::named(&value).unwrap_or_default(),
                "metric" => view.metric = value.parse().unwrap_or_default(),
                "judge.aligned" => view.judges.aligned = value,
                "judge.coherent" => view.judges.coherent = value,
                "baseline" => view.baseline = Some(value),
                "open.file" => open.group.file = Some(value),
                "open.model" => open.group.model = Some(value),
                "open.question" => open.group.question = Some(value),
                "open.group" => open.group.group = Some(value),
                "open.seed" => open.group.seed = Some(value),
                "open.category" => open.group.category = Some(value),
                "open.asked" => open.group.variant = Variant::named(&value),
                "open.set" => open.group.settings.extend(read_setting(&value)),
                "on" => view.question = Some(value),
                "run" => view.run = Some(value),
                "step" => view.step = Some(value),
                "embed" => view.is_embedded = value == "1",
                "show" => {
                    is_open = true;
                    open.part = Part::named(&value).unwrap_or_default();
                }
                "order" => open.seed = value.parse().unwrap_or_default(),
                "from" => open.offset = value.parse().unwrap_or_default(),
                _ if view.plot.read_pair(&name, &value) => {}
                _ => read_filter(&mut view.filter, &name, &value),
            }
        }
        if !files.is_empty() {
            view.source = Source::Files(files);
        } else if !addresses.is_empty() {
            view.source = Source::Addresses(addresses);
        }
        view.selection = is_open.then_some(open);
        view
    }
}

fn set_threshold(rule: &mut Rule, name: &str, value: &str) {
    let (RuleBody::Scores(scores), Ok(at)) = (&mut rule.body, value.parse::<f64>()) else { return };
    if !(0.0..=100.0).contains(&at) {
        return;
    }
    match name {
        "aligned" => scores.aligned.at = at,
        _ => scores.coherent.at = at,
    }
}

fn add_label(rule: &mut Rule, name: &str, value: String) {
    if let RuleBody::Verdict(labels) = &mut rule.body {
        match name {
            "misaligned" => labels.misaligned.push(value),
            _ => labels.counted.push(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Comparison, Condition, LabelFilter};
    use crate::rule::VerdictRule;
    use crate::text::search::{Search, Within};
    use crate::values::facet::{Number, Setting};
    use proptest::prelude::*;

    fn names() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(".{1,12}", 0..3)
    }

    fn settings() -> impl Strategy<Value = Vec<Setting>> {
        let setting =
            ("[a-z:]{0,5}", -1e6..1e6).prop_map(|(name, value)| Setting { name, value: Number::new(value).unwrap() });
        proptest::collection::vec(setting, 0..3)
    }

    prop_compose! {
        fn filters()(
            lists in (names(), names(), names(), names(), names(), names(), names()),
            variants in proptest::sample::subsequence(Variant::ALL.to_vec(), 0..=3),
            settings in settings(),
            conditions in proptest::collection::vec(("[a-z_]{1,5}", proptest::sample::select(Comparison::ALL.to_vec()), -1e3..1e3), 0..3),
            search in proptest::option::of((".{0,9}", any::<bool>(), proptest::sample::select(Within::ALL.to_vec()))),
            drops_in_domain in any::<bool>(),
        ) -> Filter {
            let (files, models, groups, questions, seeds, categories, kinds) = lists;
            let condition = |(column, comparison, value)| Condition { column, comparison, value };
            Filter {
                files, models, groups, questions, variants, seeds, categories, settings,
                conditions: conditions.into_iter().map(condition).collect(),
                search: search.map(|(pattern, is_regex, within)| Search { pattern, is_regex, within }),
                labels: LabelFilter { drops_in_domain, kinds },
            }
        }
    }

    prop_compose! {
        fn views()(
            screen in proptest::sample::select(Screen::ALL.to_vec()),
            files in names(),
            is_address in any::<bool>(),
            id in "[a-z-]{1,8}",
            preset in proptest::sample::select(Preset::ALL.to_vec()),
            thresholds in (0u32..=100, 0u32..=100),
            labels in (names(), names()),
            interval in proptest::sample::select(IntervalKind::ALL.to_vec()),
            filter in filters(),
            metric in proptest::sample::select(vec!["rate", "mean:medical", "share:a>1&b<2.5", "misalign@4"]),
            judges in proptest::option::of((".{0,9}", ".{0,9}")),
            baseline in proptest::option::of(".{0,9}"),
            id_of_question in proptest::option::of(".{0,9}"),
            step in proptest::option::of(".{0,9}"),
            is_embedded in any::<bool>(),
            run in proptest::option::of("[a-z./:]{1,12}"),
            plot in proptest::sample::select(crate::view::plot::PlotKind::ALL.to_vec()),
            open in proptest::option::of((".{0,9}", proptest::option::of(".{0,9}"), settings(), proptest::sample::select([Part::ALL.as_slice(), Part::FINER.as_slice()].concat()), any::<u64>(), 0usize..500)),
        ) -> View {
            let mut rule = Rule::preset(preset);
            match &mut rule.body {
                RuleBody::Scores(scores) => {
                    scores.aligned.at = f64::from(thresholds.0);
                    scores.coherent.at = f64::from(thresholds.1);
                }
                RuleBody::Verdict(verdict) => *verdict = VerdictRule { misaligned: labels.0, counted: labels.1 },
            }
            View {
                screen,
                source: match (files.is_empty(), is_address) {
                    (true, _) => Source::Published(id),
                    (false, false) => Source::Files(files),
                    (false, true) => Source::Addresses(files),
                },
                rule,
                interval,
                metric: metric.parse().unwrap(),
                judges: judges.map_or_else(Judges::default, |(aligned, coherent)| Judges { aligned, coherent }),
                filter,
                baseline,
                plot: Plot { kind: plot, over: id_of_plot(plot), ..Plot::default() },
                question: id_of_question.clone(),
                step,
                is_embedded,
                run,
                selection: open.map(|(file, question, settings, part, seed, offset)| Selection {
                    group: GroupKey {
                        file: Some(file),
                        seed: question.clone(),
                        variant: question.as_ref().map(|_| Variant::Json),
                        settings,
                        question,
                        ..GroupKey::default()
                    },
                    part,
                    seed,
                    offset,
                }),
            }
        }
    }

    fn id_of_plot(kind: crate::view::plot::PlotKind) -> String {
        kind.name().to_owned()
    }

    proptest! {
        #[test]
        fn a_link_holds_the_whole_view(view in views()) {
            prop_assert_eq!(View::from_fragment(&format!("#{}", view.to_fragment())), view);
        }

        #[test]
        fn another_screen_keeps_the_rest(view in views(), screen in proptest::sample::select(Screen::ALL.to_vec())) {
            let moved = screen.in_fragment(&view.to_fragment());
            prop_assert_eq!(Screen::of_fragment(&moved), screen);
            prop_assert_eq!(View::from_fragment(&moved), View { screen, ..view });
        }

        #[test]
        fn any_address_is_some_view(text in ".{0,60}") {
            let view = View::from_fragment(&text);
            prop_assert_eq!(View::from_fragment(&view.to_fragment()), view);
        }
    }

    #[test]
    fn only_paths_below_the_page_are_beside_it() {
        let is_beside = |address: &str| Source::Addresses(vec![address.to_owned()]).is_beside_page();
        assert!(is_beside("pocket/answers/01.csv.gz") && is_beside("a.csv"));
        for other in [
            "https://a.b/c.csv",
            "//a.b/c",
            "/c",
            "a//c",
            "../c",
            "a/./c",
            "a/..",
            "a:c",
            "\\\\a.b\\c",
            "a%2f..%2fc",
            "a?b",
            " a",
            "",
        ] {
            assert!(!is_beside(other), "{other}");
        }
        let both = ["a.csv".to_owned(), "https://a.b/c".to_owned()];
        assert!(!Source::Addresses(both.to_vec()).is_beside_page());
        assert!(!Source::Addresses(Vec::new()).is_beside_page() && !Source::default().is_beside_page());
    }

    #[test]
    fn the_default_is_short() {
        assert_eq!(View::default().to_fragment(), "results");
        assert_eq!(View::from_fragment(""), View::default());
    }
}
