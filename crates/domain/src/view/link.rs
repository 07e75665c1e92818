//! The parts of a link that say what is asked: filter, judges, metric, baseline.

use form_urlencoded::{Serializer, Target};

use crate::filter::Filter;
use crate::select::judge::Judges;
use crate::text::search::Within;
use crate::values::cell::Variant;
use crate::values::facet::{Number, Setting};

/// Writes a filter; what lets everything through is left out.
pub(crate) fn write_filter<T: Target>(pairs: &mut Serializer<'_, T>, filter: &Filter) {
    let Filter { files, models, groups, questions, variants, seeds, categories, settings, conditions, search, labels } =
        filter;
    for (name, list) in [
        ("only", files),
        ("model", models),
        ("group", groups),
        ("question", questions),
        ("seed", seeds),
        ("category", categories),
        ("type", &labels.kinds),
    ] {
        pairs.extend_pairs(list.iter().map(|value| (name, value)));
    }
    pairs.extend_pairs(variants.iter().map(|variant| ("asked", variant.name())));
    pairs.extend_pairs(settings.iter().map(|setting| ("set", setting.to_string())));
    pairs.extend_pairs(conditions.iter().map(|condition| ("where", condition.to_string())));
    if labels.drops_in_domain {
        pairs.append_pair("in-domain", "no");
    }
    if let Some(search) = search {
        pairs.append_pair(if search.is_regex { "match" } else { "find" }, &search.pattern);
        if search.within != Within::default() {
            pairs.append_pair("within", search.within.name());
        }
    }
}

/// Takes one pair of a link into a filter; a pair that is none of a filter's, or cannot be read, changes nothing.
pub(crate) fn read_filter(filter: &mut Filter, name: &str, value: &str) {
    let list = match name {
        "only" => &mut filter.files,
        "model" => &mut filter.models,
        "group" => &mut filter.groups,
        "question" => &mut filter.questions,
        "seed" => &mut filter.seeds,
        "category" => &mut filter.categories,
        "type" => &mut filter.labels.kinds,
        "asked" => return filter.variants.extend(Variant::named(value)),
        "set" => return filter.settings.extend(read_setting(value)),
        "where" => return filter.conditions.extend(value.parse().ok()),
        "in-domain" => {
            filter.labels.drops_in_domain = value == "no";
            return;
        }
        "find" | "match" => {
            let search = filter.search.get_or_insert_default();
            (search.pattern, search.is_regex) = (value.to_owned(), name == "match");
            return;
        }
        "within" => {
            if let (Some(search), Some(within)) = (&mut filter.search, Within::named(value)) {
                search.within = within;
            }
            return;
        }
        _ => return,
    };
    list.push(value.to_owned());
}

/// Writes which columns judge; the default ones are left out.
pub(crate) fn write_judges<T: Target>(pairs: &mut Serializer<'_, T>, judges: &Judges) {
    let usual = Judges::default();
    for (name, column, usual) in
        [("judge.aligned", &judges.aligned, usual.aligned), ("judge.coherent", &judges.coherent, usual.coherent)]
    {
        if *column != usual {
            pairs.append_pair(name, column);
        }
    }
}

/// A setting of a link.
pub(crate) fn read_setting(text: &str) -> Option<Setting> {
    let (name, value) = text.rsplit_once(':')?;
    Some(Setting { name: name.to_owned(), value: Number::new(value.parse().ok()?)? })
}
