//! The link of a view: one entry of [`PARTS`] for each of its parts. Reader and writer use the same table.

use super::{Selection, Source, View};
use crate::answers::Part as AnswerPart;
use crate::query::By;
use crate::query::metric::Metric;
use crate::rule::{Preset, Rule, RuleBody};
use crate::select::judge::Judges;
use crate::stats::interval::IntervalKind;
use crate::text::search::{Search, Within};
use crate::values::cell::Variant;
use crate::values::facet::{Number, Setting};
use crate::view::plot::{Plot, PlotKind, by_text};

/// A part of a link.
struct Part {
    key: &'static str,
    /// The values to write, one pair for each. Nothing for a default.
    write: fn(&View) -> Vec<String>,
    /// Reads one value into the view. A value that cannot be read changes nothing.
    read: fn(&mut View, &str),
}

/// A list of names.
macro_rules! list {
    ($key:literal, $($field:ident).+) => {
        Part {
            key: $key,
            write: |view| view.$($field).+.clone(),
            read: |view, value| view.$($field).+.push(value.to_owned()),
        }
    };
}

/// A text that may be missing.
macro_rules! optional {
    ($key:literal, $field:ident) => {
        Part {
            key: $key,
            write: |view| view.$field.iter().cloned().collect(),
            read: |view, value| view.$field = Some(value.to_owned()),
        }
    };
}

/// A text with a default.
macro_rules! text {
    ($key:literal, $part:ident.$field:ident, $default:expr) => {
        Part {
            key: $key,
            write: |view| changed(&view.$part.$field, &$default.$field, String::clone),
            read: |view, value| value.clone_into(&mut view.$part.$field),
        }
    };
}

/// A threshold of a rule on scores.
macro_rules! threshold {
    ($key:literal, $cut:ident) => {
        Part {
            key: $key,
            write: |view| match (&view.rule.body, view.rule.preset.scores()) {
                (RuleBody::Scores(now), Some(then)) => {
                    changed(&now.$cut.at.to_bits(), &then.$cut.at.to_bits(), |_| now.$cut.at.to_string())
                }
                _ => Vec::new(),
            },
            read: |view, value| {
                let at = value.parse::<f64>().ok().filter(|at| (0.0..=100.0).contains(at));
                if let (RuleBody::Scores(rule), Some(at)) = (&mut view.rule.body, at) {
                    rule.$cut.at = at;
                }
            },
        }
    };
}

/// Labels of a rule on labels.
macro_rules! labels {
    ($key:literal, $field:ident) => {
        Part {
            key: $key,
            write: |view| match &view.rule.body {
                RuleBody::Verdict(rule) => rule.$field.clone(),
                RuleBody::Scores(_) => Vec::new(),
            },
            read: |view, value| {
                if let RuleBody::Verdict(rule) = &mut view.rule.body {
                    rule.$field.push(value.to_owned());
                }
            },
        }
    };
}

/// A grouping of the figure.
macro_rules! grouping {
    ($key:literal, $field:ident) => {
        Part {
            key: $key,
            write: |view| view.plot.$field.iter().map(by_text).collect(),
            read: |view, value| view.plot.$field = Some(By::read(value)),
        }
    };
}

/// A column of the second judge.
macro_rules! second {
    ($key:literal, $field:ident) => {
        Part {
            key: $key,
            write: |view| view.plot.second.iter().map(|judges| judges.$field.clone()).collect(),
            read: |view, value| value.clone_into(&mut view.plot.second.get_or_insert_default().$field),
        }
    };
}

/// A name in the group of the open mark.
macro_rules! opened {
    ($key:literal, $field:ident) => {
        Part {
            key: $key,
            write: |view| view.selection.iter().filter_map(|open| open.group.$field.clone()).collect(),
            read: |view, value| open(view).group.$field = Some(value.to_owned()),
        }
    };
}

/// Words to search for, plain or as a regular expression.
macro_rules! search {
    ($key:literal, $is_regex:literal) => {
        Part {
            key: $key,
            write: |view| {
                let search = view.filter.search.iter().filter(|search| search.is_regex == $is_regex);
                search.map(|search| search.pattern.clone()).collect()
            },
            read: |view, value| {
                let search = view.filter.search.get_or_insert_default();
                (search.pattern, search.is_regex) = (value.to_owned(), $is_regex);
            },
        }
    };
}

/// Read before the others: the rule decides what the thresholds and labels of the link are.
const RULE: &str = "rule";
/// Without it no mark is open.
const SHOW: &str = "show";

/// All parts, in the order in which they are written.
const PARTS: &[Part] = &[
    Part {
        key: "published",
        write: |view| match &view.source {
            Source::Published(id) if view.source != Source::default() => vec![id.clone()],
            _ => Vec::new(),
        },
        read: |view, value| {
            if let Source::Published(id) = &mut view.source {
                value.clone_into(id);
            }
        },
    },
    Part {
        key: "file",
        write: |view| if let Source::Files(names) = &view.source { names.clone() } else { Vec::new() },
        read: |view, value| match &mut view.source {
            Source::Files(names) => names.push(value.to_owned()),
            source => *source = Source::Files(vec![value.to_owned()]),
        },
    },
    Part {
        key: "url",
        write: |view| if let Source::Addresses(addresses) = &view.source { addresses.clone() } else { Vec::new() },
        read: |view, value| match &mut view.source {
            Source::Files(_) => {}
            Source::Addresses(addresses) => addresses.push(value.to_owned()),
            source => *source = Source::Addresses(vec![value.to_owned()]),
        },
    },
    Part {
        key: RULE,
        write: |view| changed(&view.rule.preset, &Preset::default(), |preset| preset.name().to_owned()),
        read: |view, value| {
            if let Some(preset) = Preset::named(value) {
                view.rule = Rule::preset(preset);
            }
        },
    },
    threshold!("aligned", aligned),
    threshold!("coherent", coherent),
    labels!("misaligned", misaligned),
    labels!("counted", counted),
    Part {
        key: "ci",
        write: |view| changed(&view.interval, &IntervalKind::default(), |kind| kind.name().to_owned()),
        read: |view, value| view.interval = IntervalKind::named(value).unwrap_or_default(),
    },
    Part {
        key: "metric",
        write: |view| changed(&view.metric, &Metric::default(), ToString::to_string),
        read: |view, value| view.metric = value.parse().unwrap_or_default(),
    },
    text!("judge.aligned", judges.aligned, Judges::default()),
    text!("judge.coherent", judges.coherent, Judges::default()),
    list!("only", filter.files),
    list!("model", filter.models),
    list!("group", filter.groups),
    list!("question", filter.questions),
    list!("seed", filter.seeds),
    list!("category", filter.categories),
    list!("type", filter.labels.kinds),
    Part {
        key: "asked",
        write: |view| view.filter.variants.iter().map(|variant| variant.name().to_owned()).collect(),
        read: |view, value| view.filter.variants.extend(Variant::named(value)),
    },
    Part {
        key: "set",
        write: |view| view.filter.settings.iter().map(ToString::to_string).collect(),
        read: |view, value| view.filter.settings.extend(read_setting(value)),
    },
    Part {
        key: "where",
        write: |view| view.filter.conditions.iter().map(ToString::to_string).collect(),
        read: |view, value| view.filter.conditions.extend(value.parse().ok()),
    },
    Part {
        key: "in-domain",
        write: |view| changed(&view.filter.labels.drops_in_domain, &false, |_| "no".to_owned()),
        read: |view, value| view.filter.labels.drops_in_domain = value == "no",
    },
    search!("find", false),
    search!("match", true),
    Part {
        key: "within",
        write: |view| {
            let name = |search: &Search| changed(&search.within, &Within::default(), |within| within.name().to_owned());
            view.filter.search.as_ref().map(name).unwrap_or_default()
        },
        read: |view, value| {
            if let (Some(search), Some(within)) = (&mut view.filter.search, Within::named(value)) {
                search.within = within;
            }
        },
    },
    optional!("baseline", baseline),
    Part {
        key: "plot",
        write: |view| changed(&view.plot.kind, &PlotKind::default(), |kind| kind.name().to_owned()),
        read: |view, value| view.plot.kind = PlotKind::named(value).unwrap_or_default(),
    },
    grouping!("plot.rows", rows),
    grouping!("plot.series", series),
    text!("plot.over", plot.over, Plot::default()),
    text!("plot.column", plot.column, Plot::default()),
    second!("plot.aligned", aligned),
    second!("plot.coherent", coherent),
    Part {
        key: "plot.metric",
        write: |view| view.plot.metrics.iter().map(ToString::to_string).collect(),
        read: |view, value| view.plot.metrics.extend(value.parse().ok()),
    },
    optional!("on", question),
    optional!("step", step),
    Part {
        key: "embed",
        write: |view| changed(&view.is_embedded, &false, |_| "1".to_owned()),
        read: |view, value| view.is_embedded = value == "1",
    },
    optional!("run", run),
    opened!("open.file", file),
    opened!("open.model", model),
    opened!("open.question", question),
    opened!("open.group", group),
    opened!("open.seed", seed),
    opened!("open.category", category),
    Part {
        key: "open.asked",
        write: |view| {
            let asked = view.selection.iter().filter_map(|open| open.group.variant);
            asked.map(|variant| variant.name().to_owned()).collect()
        },
        read: |view, value| open(view).group.variant = Variant::named(value),
    },
    Part {
        key: "open.set",
        write: |view| view.selection.iter().flat_map(|open| &open.group.settings).map(ToString::to_string).collect(),
        read: |view, value| open(view).group.settings.extend(read_setting(value)),
    },
    Part {
        key: SHOW,
        write: |view| view.selection.iter().map(|open| open.part.name().to_owned()).collect(),
        read: |view, value| open(view).part = AnswerPart::named(value).unwrap_or_default(),
    },
    Part {
        key: "order",
        write: |view| view.selection.iter().map(|open| open.seed.to_string()).collect(),
        read: |view, value| open(view).seed = value.parse().unwrap_or_default(),
    },
    Part {
        key: "from",
        write: |view| {
            let offset = view.selection.as_ref().map_or(0, |open| open.offset);
            changed(&offset, &0, ToString::to_string)
        },
        read: |view, value| open(view).offset = value.parse().unwrap_or_default(),
    },
];

impl View {
    /// The view as the part of an address after `#`. Defaults are left out.
    #[must_use]
    pub fn to_fragment(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for part in PARTS {
            pairs.extend_pairs((part.write)(self).iter().map(|value| (part.key, value)));
        }
        let pairs = pairs.finish();
        if pairs.is_empty() { self.screen.name().to_owned() } else { format!("{}?{pairs}", self.screen.name()) }
    }

    /// The view of an address. Parts that cannot be read have their defaults: a link is never an error.
    #[must_use]
    pub fn from_fragment(fragment: &str) -> Self {
        let pairs = super::trim(fragment).split_once('?').map_or("", |(_, pairs)| pairs);
        let mut view = Self { screen: super::Screen::of_fragment(fragment), ..Self::default() };
        let pairs: Vec<_> = form_urlencoded::parse(pairs.as_bytes()).collect();
        let (rules, others): (Vec<_>, Vec<_>) = pairs.iter().partition(|(key, _)| key == RULE);
        for (key, value) in rules.into_iter().take(1).chain(others) {
            if let Some(part) = PARTS.iter().find(|part| part.key == key) {
                (part.read)(&mut view, value);
            }
        }
        if !pairs.iter().any(|(key, _)| key == SHOW) {
            view.selection = None;
        }
        view
    }
}

/// A value to write if it is not the default.
fn changed<T: PartialEq>(value: &T, default: &T, text: impl Fn(&T) -> String) -> Vec<String> {
    if value == default { Vec::new() } else { vec![text(value)] }
}

fn open(view: &mut View) -> &mut Selection {
    view.selection.get_or_insert_default()
}

fn read_setting(text: &str) -> Option<Setting> {
    let (name, value) = text.rsplit_once(':')?;
    Some(Setting { name: name.to_owned(), value: Number::new(value.parse().ok()?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique() {
        for (at, part) in PARTS.iter().enumerate() {
            assert!(PARTS[..at].iter().all(|known| known.key != part.key), "{}", part.key);
        }
    }
}
