//! What filters, tests and methods pay for: the text that they read and may write, and the values that they compare and
//! create. These are upper bounds. Each is paid before the function runs, because some need more than they are given:
//! `'a\nb' | indent(4000000000)`.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::budget::{Budget, NODE, VISIT, invalid, items, text_bytes};
use super::json;

/// Most bytes that one byte of text becomes in JSON (`\u001f`).
const JSON_BYTES: usize = 6;
/// Most bytes that one byte becomes in another case, for example `ΐ`.
const CASE_BYTES: usize = 3;

/// Pays for a filter.
pub(super) fn filter(budget: &Budget, name: &str, args: &[Value]) -> Result<(), Error> {
    let Some((value, others)) = args.split_first() else { return Ok(()) };
    match name {
        "first" | "last" => budget.charge(VISIT),
        "upper" | "lower" | "title" | "capitalize" => (0..CASE_BYTES).try_for_each(|_| budget.charge_text(value)),
        "safe" | "string" => budget.charge_text(value),
        "trim" => trim(budget, text_bytes(value), others),
        "join" => join(budget, value, others.first()),
        "replace" => replace(budget, value, others),
        "indent" => indent(budget, value, others),
        "format" => format(budget, value, '%', others),
        "tojson" => to_json(budget, value, others),
        "list" | "items" | "reverse" | "map" | "select" | "reject" | "selectattr" | "rejectattr" => {
            each(budget, value, others)
        }
        "sort" | "unique" | "min" | "max" | "dictsort" | "sum" => compare_all(budget, value, others),
        _ => args.iter().try_for_each(|arg| budget.charge_shallow(arg)),
    }
}

/// Pays for a test that reads more than its value's type.
pub(super) fn test(budget: &Budget, name: &str, args: &[Value]) -> Result<(), Error> {
    match (name, args) {
        ("in", [needle, container]) => budget.charge_search(needle, container),
        (_, [a, b]) => budget.charge_comparison(a, b),
        _ => args.iter().try_for_each(|arg| budget.charge_shallow(arg)),
    }
}

/// Pays for a method of a text, list or dictionary.
pub(super) fn method(budget: &Budget, value: &Value, method: &str, args: &[Value]) -> Result<(), Error> {
    match (value.as_str(), method) {
        (Some(_), "strip" | "lstrip" | "rstrip") => trim(budget, text_bytes(value), args),
        (Some(_), "replace") => replace(budget, value, args),
        (Some(_), "format") => format(budget, value, '{', args),
        (Some(_), "join") => args.iter().try_for_each(|list| join(budget, list, Some(value))),
        (Some(text), "split" | "splitlines") => {
            let pieces = match args.first().and_then(Value::as_str) {
                Some("") => text.len() + 1,
                Some(separator) => text.matches(separator).count(),
                None => text.matches(char::is_whitespace).count(),
            };
            budget.charge(text.len() + (pieces + 1).saturating_mul(NODE))
        }
        (Some(_), "startswith" | "endswith") => args.iter().try_for_each(|arg| budget.charge_deep(arg).map(drop)),
        (Some(_), "count") if args.first().and_then(Value::as_str) == Some("") => {
            Err(invalid("an empty text cannot be counted"))
        }
        (Some(_), _) => {
            (0..CASE_BYTES).try_for_each(|_| budget.charge_shallow(value))?;
            args.iter().try_for_each(|arg| budget.charge_deep(arg).map(drop))
        }
        (None, "count") => args.iter().try_for_each(|needle| budget.charge_search(needle, value)),
        (None, "get") => args.first().map_or(Ok(()), |key| budget.charge_deep(key).map(drop)),
        (None, _) => budget.charge(items(value).saturating_mul(NODE)),
    }
}

/// Cutting characters off: each of the text is searched for among those to cut.
fn trim(budget: &Budget, text: usize, args: &[Value]) -> Result<(), Error> {
    let cut: usize = args.iter().map(text_bytes).sum();
    budget.charge(text.saturating_mul(cut + 1))
}

fn join(budget: &Budget, list: &Value, separator: Option<&Value>) -> Result<(), Error> {
    let each = separator.map_or(0, text_bytes) + VISIT;
    budget.charge((items(list) + text_bytes(list)).saturating_mul(each))?;
    if list.as_str().is_some() {
        return Ok(());
    }
    list.try_iter()?.try_for_each(|item| budget.charge_text(&item))
}

fn replace(budget: &Budget, value: &Value, args: &[Value]) -> Result<(), Error> {
    let [from, to] = [0, 1].map(|at| args.get(at).unwrap_or(&Value::UNDEFINED));
    let Some((text, from)) = value.as_str().zip(from.as_str()) else {
        let size = budget.charge_deep(value)?;
        return budget.charge(size.bytes.saturating_mul(budget.charge_deep(to)?.bytes.saturating_add(NODE)));
    };
    budget.charge(text.len().saturating_mul(2))?;
    budget.charge(text.matches(from).count().saturating_mul(budget.measure(to)?.bytes))
}

fn indent(budget: &Budget, value: &Value, args: &[Value]) -> Result<(), Error> {
    let text = value.as_str().ok_or_else(|| invalid("only a text can be indented"))?;
    let lines = text.matches('\n').count() + 2;
    let widths = args.iter().map(|arg| arg.get_attr("width").unwrap_or_default().as_usize().or(arg.as_usize()));
    let width = widths.flatten().fold(4, usize::saturating_add);
    budget.charge(text.len().saturating_mul(2))?;
    budget.charge(lines.saturating_mul(width))
}

/// Formatting like Python's `%` or `str.format`: a conversion writes at most all arguments, and at least as many
/// characters as its width. Widths stand in the text or, with `*` or inner braces, among the arguments.
fn format(budget: &Budget, value: &Value, conversion: char, args: &[Value]) -> Result<(), Error> {
    let text = value.as_str().ok_or_else(|| invalid("only a text can be a format"))?;
    budget.charge(text.len())?;
    for _ in text.matches(conversion) {
        args.iter().try_for_each(|arg| budget.charge_text(arg))?;
    }
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    for digits in digits {
        budget.charge(digits.parse().unwrap_or(usize::MAX))?;
    }
    let takes_width = if conversion == '%' { text.contains('*') } else { has_inner_braces(text) };
    if takes_width {
        for arg in args {
            let numbers = arg.try_iter().into_iter().flatten().map(|key| arg.get_item(&key).unwrap_or_default());
            for number in numbers.chain([arg.clone()]) {
                budget.charge(number.as_usize().unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

fn has_inner_braces(text: &str) -> bool {
    let mut depth = 0usize;
    text.chars().any(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 1
    })
}

fn to_json(budget: &Budget, value: &Value, options: &[Value]) -> Result<(), Error> {
    let size = budget.measure(value)?;
    let mut around = VISIT;
    for option in options {
        around = around.saturating_add(json::MAX_INDENT).saturating_add(budget.measure(option)?.bytes);
    }
    budget.charge(size.bytes.saturating_mul(JSON_BYTES))?;
    budget.charge(size.nodes.saturating_mul(around.saturating_mul(size.depth + 1)))
}

/// Doing something for each item: a filter or test inside pays for itself.
fn each(budget: &Budget, value: &Value, args: &[Value]) -> Result<(), Error> {
    let mut unit = NODE;
    for arg in args {
        unit += NODE + if arg.as_str().is_some() { text_bytes(arg) } else { budget.measure(arg)?.nodes * VISIT };
        // Names of attributes are among the keyword arguments, and are looked up in each item.
        unit += arg.get_attr("attribute").map_or(0, |name| text_bytes(&name));
    }
    budget.charge((items(value) + text_bytes(value)).saturating_mul(unit))
}

/// Comparing all items with each other: sorting makes n log n comparisons, each of at most the largest item.
fn compare_all(budget: &Budget, value: &Value, args: &[Value]) -> Result<(), Error> {
    if value.kind() == ValueKind::Undefined || value.is_none() {
        return Ok(());
    }
    let (mut count, mut largest) = (0usize, 0);
    for item in value.try_iter()? {
        let size = budget.measure(&item)?;
        largest = largest.max(size.bytes.saturating_add(size.nodes * VISIT));
        if value.kind() == ValueKind::Map {
            let size = budget.measure(&value.get_item(&item)?)?;
            largest = largest.max(size.bytes.saturating_add(size.nodes * VISIT));
        }
        count += 1;
    }
    for arg in args {
        largest = largest.saturating_add(budget.measure(arg)?.bytes);
    }
    let rounds = usize::BITS - count.leading_zeros();
    budget.charge(count.saturating_mul(rounds as usize).saturating_mul(largest.saturating_add(NODE)))
}
