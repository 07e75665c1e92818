//! The parts of Jinja that templates can use: everything in jinja2 except filters that lay out pages (`batch`,
//! `escape`, `groupby`, `slice`, `urlencode`, `wordwrap` and similar). None of the seventy templates that we read uses
//! those, and every visitor of the Lab would have to download their code. A template that uses one is refused, and the
//! error names the filter.

use minijinja::{Environment, filters, functions, tests};

/// Creates an environment with these functions and filters.
pub(super) fn environment() -> Environment<'static> {
    let mut jinja = Environment::empty();
    jinja.add_filter("abs", filters::abs);
    jinja.add_filter("attr", filters::attr);
    jinja.add_filter("capitalize", filters::capitalize);
    jinja.add_filter("d", filters::default);
    jinja.add_filter("default", filters::default);
    jinja.add_filter("dictsort", filters::dictsort);
    jinja.add_filter("first", filters::first);
    jinja.add_filter("float", filters::float);
    jinja.add_filter("format", filters::format);
    jinja.add_filter("indent", filters::indent);
    jinja.add_filter("int", filters::int);
    jinja.add_filter("items", filters::items);
    jinja.add_filter("join", filters::join);
    jinja.add_filter("last", filters::last);
    jinja.add_filter("list", filters::list);
    jinja.add_filter("lower", filters::lower);
    jinja.add_filter("map", filters::map);
    jinja.add_filter("max", filters::max);
    jinja.add_filter("min", filters::min);
    jinja.add_filter("reject", filters::reject);
    jinja.add_filter("rejectattr", filters::rejectattr);
    jinja.add_filter("replace", filters::replace);
    jinja.add_filter("reverse", filters::reverse);
    jinja.add_filter("round", filters::round);
    jinja.add_filter("safe", filters::safe);
    jinja.add_filter("select", filters::select);
    jinja.add_filter("selectattr", filters::selectattr);
    jinja.add_filter("sort", filters::sort);
    jinja.add_filter("sum", filters::sum);
    jinja.add_filter("title", filters::title);
    jinja.add_filter("unique", filters::unique);
    jinja.add_filter("upper", filters::upper);
    add_tests(&mut jinja);
    jinja.add_function("dict", functions::dict);
    jinja.add_function("namespace", functions::namespace);
    jinja.add_function("range", functions::range);
    jinja
}

fn add_tests(jinja: &mut Environment<'static>) {
    jinja.add_test("boolean", tests::is_boolean);
    jinja.add_test("defined", tests::is_defined);
    jinja.add_test("divisibleby", tests::is_divisibleby);
    jinja.add_test("even", tests::is_even);
    jinja.add_test("false", tests::is_false);
    jinja.add_test("float", tests::is_float);
    jinja.add_test("in", tests::is_in);
    jinja.add_test("integer", tests::is_integer);
    jinja.add_test("lower", tests::is_lower);
    jinja.add_test("mapping", tests::is_mapping);
    jinja.add_test("none", tests::is_none);
    jinja.add_test("number", tests::is_number);
    jinja.add_test("odd", tests::is_odd);
    jinja.add_test("sameas", tests::is_sameas);
    jinja.add_test("string", tests::is_string);
    jinja.add_test("true", tests::is_true);
    jinja.add_test("undefined", tests::is_undefined);
    jinja.add_test("upper", tests::is_upper);
    for name in ["==", "eq", "equalto"] {
        jinja.add_test(name, tests::is_eq);
    }
    for name in ["!=", "ne"] {
        jinja.add_test(name, tests::is_ne);
    }
    for name in ["<", "lt", "lessthan"] {
        jinja.add_test(name, tests::is_lt);
    }
    for name in ["<=", "le"] {
        jinja.add_test(name, tests::is_le);
    }
    for name in [">", "gt", "greaterthan"] {
        jinja.add_test(name, tests::is_gt);
    }
    for name in [">=", "ge"] {
        jinja.add_test(name, tests::is_ge);
    }
}
