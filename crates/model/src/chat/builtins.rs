//! The parts of Jinja that templates can use: everything in jinja2 except filters that lay out pages (`batch`,
//! `escape`, `groupby`, `slice`, `urlencode`, `wordwrap` and similar). None of the seventy templates that we read uses
//! those, and every visitor of the Lab would have to download their code. A template that uses one is refused, and the
//! error names the filter.
//!
//! Each filter, test and function pays before it runs (see [`super::budget`]).

use std::sync::Arc;

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Error, State, Value, filters, functions, tests};

use super::budget::{Budget, NODE, invalid};
use super::namespace::Namespace;
use super::{cost, json, python};

/// Filters of the engine, and ours that write values as Python does. No template can name them with this prefix.
const UNPAID: &str = "#";
/// The filters that templates can use.
const FILTERS: [&str; 37] = [
    "abs",
    "attr",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "format",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "sort",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];
/// The tests that templates can use, except for those that only look at a value's type.
const TESTS: [&str; 20] = [
    "==",
    "eq",
    "equalto",
    "!=",
    "ne",
    "<",
    "lt",
    "lessthan",
    "<=",
    "le",
    ">",
    "gt",
    "greaterthan",
    ">=",
    "ge",
    "in",
    "lower",
    "upper",
    "sameas",
    "divisibleby",
];
/// Most numbers in a range, as in the engine.
const MAX_RANGE: usize = 100_000;

/// Creates an environment with these functions, filters and tests, which all pay from one budget.
pub(super) fn environment(budget: &Arc<Budget>) -> Environment<'static> {
    let mut jinja = Environment::empty();
    add_unpaid_filters(&mut jinja);
    for name in FILTERS {
        let (budget, unpaid) = (Arc::clone(budget), format!("{UNPAID}{name}"));
        jinja.add_filter(name, move |state: &State<'_, '_>, args: Rest<Value>| -> Result<Value, Error> {
            cost::filter(&budget, name, &args)?;
            state.apply_filter(&unpaid, &args)
        });
    }
    add_unpaid_tests(&mut jinja);
    for name in TESTS {
        let (budget, unpaid) = (Arc::clone(budget), format!("{UNPAID}{name}"));
        jinja.add_test(name, move |state: &State<'_, '_>, args: Rest<Value>| -> Result<bool, Error> {
            cost::test(&budget, name, &args)?;
            state.perform_test(&unpaid, &args)
        });
    }
    add_type_tests(&mut jinja);
    jinja.add_function("dict", functions::dict);
    let paid = Arc::clone(budget);
    jinja.add_function("namespace", move |values: Option<Value>| namespace(&paid, values.as_ref()));
    let paid = Arc::clone(budget);
    jinja.add_function("range", move |from: i64, to: Option<i64>, step: Option<i64>| range(&paid, from, to, step));
    jinja.add_function("raise_exception", |message: String| -> Result<(), Error> { Err(invalid(message)) });
    jinja
}

fn add_unpaid_filters(jinja: &mut Environment<'static>) {
    let name = |name: &str| format!("{UNPAID}{name}");
    jinja.add_filter(name("abs"), filters::abs);
    jinja.add_filter(name("attr"), filters::attr);
    jinja.add_filter(name("capitalize"), filters::capitalize);
    jinja.add_filter(name("count"), python::length);
    jinja.add_filter(name("d"), filters::default);
    jinja.add_filter(name("default"), filters::default);
    jinja.add_filter(name("dictsort"), filters::dictsort);
    jinja.add_filter(name("first"), filters::first);
    jinja.add_filter(name("float"), filters::float);
    jinja.add_filter(name("format"), filters::format);
    jinja.add_filter(name("indent"), filters::indent);
    jinja.add_filter(name("int"), filters::int);
    jinja.add_filter(name("items"), filters::items);
    jinja.add_filter(name("join"), filters::join);
    jinja.add_filter(name("last"), filters::last);
    jinja.add_filter(name("length"), python::length);
    jinja.add_filter(name("list"), filters::list);
    jinja.add_filter(name("lower"), filters::lower);
    jinja.add_filter(name("map"), filters::map);
    jinja.add_filter(name("max"), filters::max);
    jinja.add_filter(name("min"), filters::min);
    jinja.add_filter(name("reject"), filters::reject);
    jinja.add_filter(name("rejectattr"), filters::rejectattr);
    jinja.add_filter(name("replace"), filters::replace);
    jinja.add_filter(name("reverse"), filters::reverse);
    jinja.add_filter(name("round"), filters::round);
    jinja.add_filter(name("safe"), filters::safe);
    jinja.add_filter(name("select"), filters::select);
    jinja.add_filter(name("selectattr"), filters::selectattr);
    jinja.add_filter(name("sort"), filters::sort);
    jinja.add_filter(name("string"), |value: &Value| python::str(value));
    jinja.add_filter(name("sum"), filters::sum);
    jinja.add_filter(name("title"), filters::title);
    jinja.add_filter(name("tojson"), |value: &Value, options: Kwargs| json::dumps(value, &options));
    jinja.add_filter(name("trim"), python::trim);
    jinja.add_filter(name("unique"), filters::unique);
    jinja.add_filter(name("upper"), filters::upper);
}

fn add_unpaid_tests(jinja: &mut Environment<'static>) {
    let name = |name: &str| format!("{UNPAID}{name}");
    jinja.add_test(name("divisibleby"), is_divisible);
    jinja.add_test(name("in"), tests::is_in);
    jinja.add_test(name("lower"), tests::is_lower);
    jinja.add_test(name("sameas"), tests::is_sameas);
    jinja.add_test(name("upper"), tests::is_upper);
    for equal in ["==", "eq", "equalto"] {
        jinja.add_test(name(equal), tests::is_eq);
    }
    for unequal in ["!=", "ne"] {
        jinja.add_test(name(unequal), tests::is_ne);
    }
    for less in ["<", "lt", "lessthan"] {
        jinja.add_test(name(less), tests::is_lt);
    }
    for at_most in ["<=", "le"] {
        jinja.add_test(name(at_most), tests::is_le);
    }
    for greater in [">", "gt", "greaterthan"] {
        jinja.add_test(name(greater), tests::is_gt);
    }
    for at_least in [">=", "ge"] {
        jinja.add_test(name(at_least), tests::is_ge);
    }
}

fn add_type_tests(jinja: &mut Environment<'static>) {
    jinja.add_test("boolean", tests::is_boolean);
    jinja.add_test("defined", tests::is_defined);
    jinja.add_test("even", tests::is_even);
    jinja.add_test("false", tests::is_false);
    jinja.add_test("float", tests::is_float);
    jinja.add_test("integer", tests::is_integer);
    jinja.add_test("iterable", python::is_iterable);
    jinja.add_test("mapping", tests::is_mapping);
    jinja.add_test("none", tests::is_none);
    jinja.add_test("number", tests::is_number);
    jinja.add_test("odd", tests::is_odd);
    jinja.add_test("sequence", python::is_iterable);
    jinja.add_test("string", tests::is_string);
    jinja.add_test("true", tests::is_true);
    jinja.add_test("undefined", tests::is_undefined);
}

/// Jinja's test `divisibleby`. The engine's own panics for 0.
fn is_divisible(value: &Value, divisor: &Value) -> bool {
    match (i128::try_from(value.clone()), i128::try_from(divisor.clone())) {
        (Ok(value), Ok(divisor)) => value.checked_rem(divisor) == Some(0),
        _ => match (f64::try_from(value.clone()), f64::try_from(divisor.clone())) {
            (Ok(value), Ok(divisor)) => value % divisor == 0.0,
            _ => false,
        },
    }
}

/// Jinja's `namespace(a=1)` or `namespace({'a': 1})`.
fn namespace(budget: &Budget, values: Option<&Value>) -> Result<Value, Error> {
    let namespace = Namespace::default();
    let Some(values) = values else { return Ok(Value::from_object(namespace)) };
    budget.measure(values)?;
    for name in values.try_iter()? {
        budget.charge(NODE)?;
        let value = values.get_item(&name)?;
        namespace.set(name.as_str().ok_or_else(|| invalid("a namespace needs names"))?, value);
    }
    Ok(Value::from_object(namespace))
}

/// Python's `range`, as a list.
fn range(budget: &Budget, from: i64, to: Option<i64>, step: Option<i64>) -> Result<Value, Error> {
    let (from, to) = to.map_or((0, from), |to| (from, to));
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(invalid("a range cannot have a step of 0"));
    }
    let ends = |number: i64| if step > 0 { number >= to } else { number <= to };
    let mut numbers = Vec::new();
    let mut next = Some(from);
    while let Some(number) = next.filter(|&number| !ends(number)) {
        if numbers.len() == MAX_RANGE {
            return Err(invalid(format!("a range has more than {MAX_RANGE} numbers")));
        }
        budget.charge(NODE)?;
        numbers.push(Value::from(number));
        next = number.checked_add(step);
    }
    Ok(Value::from(numbers))
}
