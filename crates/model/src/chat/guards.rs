//! Filters that a template cannot name, put by [`super::program`] before or in place of operations that take more than
//! constant time. A guard before an operation of two values gets both, pays, and returns them in a list, which the
//! program unpacks again.

use std::fmt::Write;
use std::sync::Arc;

use minijinja::{Environment, Error, Value};

use super::budget::{Budget, COPIED, NODE, Paid, VISIT, invalid, is_foreign, items, text_bytes};
use super::namespace::Namespace;
use super::python;

pub(super) const ADD: &str = "!add";
pub(super) const MULTIPLY: &str = "!multiply";
pub(super) const COMPARE: &str = "!compare";
pub(super) const SEARCH: &str = "!search";
pub(super) const CHANGED: &str = "!changed";
pub(super) const ITERATE: &str = "!iterate";
pub(super) const DECLARE: &str = "!declare";
pub(super) const SETTLE: &str = "!settle";
pub(super) const BUILT: &str = "!built";
pub(super) const CONCAT: &str = "!concat";
pub(super) const ITEM: &str = "!item";
pub(super) const SLICE: &str = "!slice";
pub(super) const SET: &str = "!set";

/// Adds the guards, which pay from this budget.
pub(super) fn add(jinja: &mut Environment<'static>, budget: &Arc<Budget>) {
    let paid = Arc::clone(budget);
    jinja.add_filter(ADD, move |a: Value, b: Value| {
        paid.charge(VISIT + (text_bytes(&a) + text_bytes(&b)) / COPIED)?;
        paid.charge((items(&a) + items(&b)).saturating_mul(NODE)).map(|()| vec![b, a])
    });
    let paid = Arc::clone(budget);
    jinja.add_filter(MULTIPLY, move |a: Value, b: Value| {
        let times = a.as_usize().or(b.as_usize()).unwrap_or_default();
        let bytes = text_bytes(&a) + text_bytes(&b);
        let is_list = a.as_object().is_some() || b.as_object().is_some();
        // An empty list costs too: the engine counts how often it repeats it.
        let nodes = if is_list { (items(&a) + items(&b) + 1).saturating_mul(NODE) } else { 0 };
        paid.charge(bytes.saturating_add(nodes).saturating_mul(times)).map(|()| vec![b, a])
    });
    let paid = Arc::clone(budget);
    jinja.add_filter(COMPARE, move |a: Value, b: Value| paid.charge_comparison(&a, &b).map(|()| vec![b, a]));
    let paid = Arc::clone(budget);
    jinja.add_filter(SEARCH, move |a: Value, b: Value| paid.charge_search(&a, &b).map(|()| vec![b, a]));
    let paid = Arc::clone(budget);
    jinja.add_filter(CHANGED, move |a: Value, b: Value| paid.charge_deep(&b).map(|_| vec![b, a]));
    let paid = Arc::clone(budget);
    jinja.add_filter(ITERATE, move |value: Value| {
        paid.charge(VISIT + text_bytes(&value))?;
        if is_foreign(&value) { Ok(value) } else { paid.settle(value) }
    });
    let paid = Arc::clone(budget);
    jinja.add_filter(DECLARE, move |value: Value| paid.charge_macro().map(|()| value));
    let paid = Arc::clone(budget);
    jinja.add_filter(SETTLE, move |value: Value| paid.settle(value));
    let paid = Arc::clone(budget);
    jinja.add_filter(BUILT, move |value: Value| built(&paid, value));
    let paid = Arc::clone(budget);
    jinja.add_filter(CONCAT, move |a: Value, b: Value| concat(&paid, &a, &b));
    let paid = Arc::clone(budget);
    jinja.add_filter(ITEM, move |value: Value, key: Value| item(&paid, &value, &key));
    let paid = Arc::clone(budget);
    jinja.add_filter(SLICE, move |value: Value, start: Value, stop: Value, step: Value| {
        slice(&paid, &value, [&start, &stop, &step])
    });
    let paid = Arc::clone(budget);
    jinja.add_filter(SET, move |value: Value, target: Value, name: String| set(&paid, value, &target, &name));
}

/// Pays for a new list or dictionary, for which the engine hashed the keys.
fn built(budget: &Budget, value: Value) -> Result<Value, Error> {
    budget.charge(items(&value).saturating_mul(NODE))?;
    budget.measure(&value)?;
    if value.kind() == minijinja::value::ValueKind::Map {
        value.try_iter()?.try_for_each(|key| budget.charge_deep(&key).map(drop))?;
    }
    Ok(value)
}

/// `a ~ b`.
fn concat(budget: &Budget, a: &Value, b: &Value) -> Result<Value, Error> {
    let mut out = String::new();
    let mut paid = Paid { out: &mut out, budget, copies: 1 };
    python::write_str(&mut paid, a)?;
    python::write_str(&mut paid, b)?;
    paid.write_str("")?;
    Ok(out.into())
}

/// `value[key]`.
fn item(budget: &Budget, value: &Value, key: &Value) -> Result<Value, Error> {
    budget.charge(VISIT + text_bytes(value) + text_bytes(key))?;
    if value.kind() == minijinja::value::ValueKind::Iterable {
        budget.charge(items(value).saturating_mul(VISIT))?;
    }
    if key.as_object().is_some() {
        budget.charge_deep(key)?;
    }
    value.get_item(key)
}

/// `value[start:stop:step]` as in Python. The engine's own panics for some.
fn slice(budget: &Budget, value: &Value, [start, stop, step]: [&Value; 3]) -> Result<Value, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    let number = |value: &Value| if value.is_none() { Ok(None) } else { i64::try_from(value.clone()).map(Some) };
    let (start, stop, step) = (number(start)?, number(stop)?, number(step)?.unwrap_or(1));
    if step == 0 {
        return Err(invalid("a slice cannot have a step of 0"));
    }
    if let Some(text) = value.as_str() {
        budget.charge(text.len().saturating_mul(size_of::<char>()))?;
        let chars: Vec<char> = text.chars().collect();
        let places = places(chars.len(), start, stop, step);
        return Ok(places.filter_map(|place| chars.get(place)).collect::<String>().into());
    }
    use minijinja::value::ValueKind::{Iterable, Seq};
    if !matches!(value.kind(), Seq | Iterable) {
        return Err(invalid(format!("value of type {} cannot be sliced", value.kind())));
    }
    let value = budget.settle(value.clone())?;
    let mut found = Vec::new();
    for place in places(items(&value), start, stop, step) {
        budget.charge(NODE)?;
        found.push(value.get_item_by_index(place)?);
    }
    Ok(found.into())
}

/// The places that a slice selects, as Python's `slice.indices` defines them.
fn places(len: usize, start: Option<i64>, stop: Option<i64>, step: i64) -> impl Iterator<Item = usize> {
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clamp =
        |place: i64| (if place < 0 { place.saturating_add(len) } else { place }).clamp(lowest, highest.max(lowest));
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (start, stop) = (start.map_or(first, clamp), stop.map_or(last, clamp));
    let is_inside = move |place: &i64| if step > 0 { *place < stop } else { *place > stop };
    let next = move |place: &i64| place.checked_add(step);
    std::iter::successors(Some(start), next).take_while(is_inside).filter_map(|place| usize::try_from(place).ok())
}

/// `target.name = value`.
fn set(budget: &Budget, value: Value, target: &Value, name: &str) -> Result<(), Error> {
    budget.measure(&value)?;
    budget.charge(NODE + name.len())?;
    let Some(namespace) = target.downcast_object_ref::<Namespace>() else {
        return Err(invalid(format!("can only assign to namespaces, not {}", target.kind())));
    };
    namespace.set(name, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_pythons() {
        // Expected: list(range(n))[start:stop:step].
        let found = |len, start, stop, step| places(len, start, stop, step).collect::<Vec<_>>();
        assert_eq!(found(4, None, None, 1), [0, 1, 2, 3]);
        assert_eq!(found(4, Some(1), None, 2), [1, 3]);
        assert_eq!(found(4, Some(-3), Some(-1), 1), [1, 2]);
        assert_eq!(found(4, Some(-9), Some(9), 1), [0, 1, 2, 3]);
        assert_eq!(found(4, None, None, -1), [3, 2, 1, 0]);
        assert_eq!(found(4, Some(9), Some(0), -2), [3, 1]);
        assert_eq!(found(4, Some(0), Some(3), -1), []);
        assert_eq!(found(0, None, None, -1), []);
        assert_eq!(found(0, Some(3), Some(-3), 1), []);
        assert_eq!(found(3, Some(i64::MIN), Some(i64::MAX), i64::MAX), [0]);
        assert_eq!(found(3, Some(i64::MAX), Some(i64::MIN), i64::MIN), [2]);
    }
}
