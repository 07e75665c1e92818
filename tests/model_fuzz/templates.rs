//! Chat templates that try to use up time, memory or the stack, or to make the engine panic.

use askew::model::{ChatTemplate, ModelError};
use peak_alloc::PeakAlloc;

/// Maximum memory for a template: a rendering may spend 32 Mi units, one for four bytes of a text that it keeps.
const MAX_PEAK_BYTES: usize = 160 << 20;
/// The stack of a worker in a browser.
const STACK_BYTES: usize = 1 << 20;

/// Checks that hostile templates are refused in the stack of a worker, and with little memory. Before operators paid for
/// what they do, some of them took hours, 8 GB, or all of the stack.
pub(crate) fn check(memory: &PeakAlloc) {
    for (name, source) in hostile_templates() {
        memory.reset_peak_usage();
        let before = memory.current_usage();
        let render = move || ChatTemplate::new(&source)?.render_between(&[("user", "hi")], "<s>", "</s>");
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(render).expect("a thread");
        let rendered = thread.join().expect("no panic");
        let peak = memory.peak_usage().saturating_sub(before);
        assert!(peak <= MAX_PEAK_BYTES, "{name}: {} MiB", peak >> 20);
        let Err(ModelError::ChatTemplate(why)) = rendered else { panic!("{name}: {rendered:?}") };
        assert!(!why.is_empty() && why.len() <= 1500, "{name}: {why}");
    }
}

/// Names and texts of templates. All of them must be refused.
fn hostile_templates() -> Vec<(String, String)> {
    let mut templates: Vec<(String, String)> = Vec::new();
    // A statement that is repeated in a loop, after others.
    let looped = |setup: &str, body: &str| format!("{setup}{{% for i in range(99999) %}}{body}{{% endfor %}}");
    let numbers = "{% set a = range(99999)|list %}";
    let text =
        "{% set n = namespace(s='abcdefghijklmnop') %}{% for i in range(17) %}{% set n.s = n.s ~ n.s %}{% endfor %}";
    for (name, setup, body) in [
        ("equal lists", "{% set a = range(9999)|list %}{% set b = range(9999)|list %}", "{% if a == b %}{% endif %}"),
        (
            "chained comparison",
            "{% set a = range(9999)|list %}{% set b = range(9999)|list %}",
            "{% if a <= b <= a %}{% endif %}",
        ),
        ("searched list", numbers, "{% if -1 in a %}{% endif %}"),
        ("sorted list", numbers, "{% set b = a|sort|reverse|list|sort %}"),
        ("joined list", numbers, "{% set b = a|join(',')|replace(',','--')|upper|title %}"),
        ("long separator", text, "{% set b = [1, 2, 3]|join(n.s) %}"),
        ("joined by a method", text, "{% set b = n.s.join([1, 2, 3]) %}"),
        ("repeated text", "{% set n = namespace(s=0) %}", "{% set n.s = n.s + ('a' * 100000000)|length %}"),
        ("doubled text", "{% set n = namespace(s='aaaaaaaaaaaaaaaa') %}", "{% set n.s = n.s ~ n.s %}"),
        ("added text", "{% set n = namespace(s='aaaaaaaaaaaaaaaa') %}", "{% set n.s = n.s + n.s %}"),
        ("kept texts", &format!("{text}{{% set k = namespace(l=[]) %}}"), "{% set k.l = k.l + [n.s ~ i] %}"),
        ("doubled list", "{% set n = namespace(s=[1]) %}", "{% set n.s = n.s + n.s %}"),
        ("shared lists", "{% set n = namespace(s=[1]) %}", "{% set n.s = [n.s, n.s] %}"),
        ("nested list", "{% set n = namespace(s=[]) %}", "{% set n.s = [n.s] %}"),
        ("nested dictionary", "{% set n = namespace(s=[]) %}", "{% set n.s = {'a': n.s} %}"),
        ("nested by a function", "{% set n = namespace(s=[]) %}", "{% set n.s = dict(a=n.s)|items|list %}"),
        ("raw text", "", &"x".repeat(9999)),
        ("captured text", "", &format!("{{% set b %}}{}{{% endset %}}", "x".repeat(9999))),
        ("long key", text, "{% if {n.s: 1}[n.s] %}{% endif %}"),
        ("long item", text, "{% set b = n.s[i] %}"),
        ("slices", text, "{% set b = n.s[1:] %}{% set c = n.s[::-1] %}"),
        ("searched text", text, "{% if 'pq' in n.s %}{% endif %}"),
        ("split text", text, "{% set b = n.s.split('a') %}"),
        ("listed text", text, "{% set b = n.s|list %}"),
        ("loop over text", text, "{% for c in n.s %}{% break %}{% endfor %}"),
        ("trimmed text", text, "{% set b = n.s.strip(n.s) %}"),
        ("length of text", text, "{% set b = n.s|length %}"),
        ("macro", text, "{% macro m(a) %}{{ a }}{{ a }}{% endmacro %}{% set b = m(n.s) %}"),
        ("declared macros", "", "{% macro m() %}{% endmacro %}{% macro k() %}{% endmacro %}"),
        ("tests", numbers, "{% set b = a|select('in', a)|list %}"),
        ("largest item", numbers, "{% set b = a|max + a|min + a|sum %}"),
        ("unique items", numbers, "{% set b = a|unique|list %}"),
        ("JSON", numbers, "{% set b = a|tojson(indent=4) %}"),
        ("printed list", numbers, "{{ a }}"),
        ("printed messages", "", "{{ messages }}{{ messages|string * 1000 }}"),
        ("loop.changed", numbers, "{% if loop.changed(a|list) %}{% endif %}"),
    ] {
        templates.push((name.to_owned(), looped(setup, body)));
    }
    for source in [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{{ 'x' * 999999999999 }}",
        "{{ 'x' * 99999999 }}",
        "{{ 'x' * 9999 * 9999 }}",
        "{% if ([1] * 9999999999) == ([1] * 9999999999) %}{% endif %}",
        "{% for x in [] * 999999999999 %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ caller() }}{% call m() %}x{% endcall %}{% endmacro %}{% call m() %}y{% endcall %}",
        "{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{% include 'chat' %}",
        "{% import 'chat' as c %}",
        "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
        "{% set n = namespace() %}{% set n.n = [n] %}{{ n.n }}",
        "{% macro m() %}{% endmacro %}{% set n = namespace(m=[m]) %}",
        "{% for a in [1] %}{% set n = [loop] %}{% endfor %}",
        "{{ 'a\\nb'|indent(4000000000) }}",
        "{{ 'a\\nb'|indent(width=4000000000) }}",
        "{{ '%0999999999d'|format(1) }}",
        "{{ '%*d'|format(999999999, 1) }}",
        "{{ '%.999999999f'|format(1) }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ '{:>{w}}'.format(1, w=999999999) }}",
        "{{ 'a'.count('') }}",
        "{{ f(*[1]) }}",
        "{% for a in [1] %}{{ loop.cycle() }}{% endfor %}",
        "{{ range(0, 9999999999) }}",
        "{{ raise_exception('x' * 99999) }}",
    ] {
        templates.push((source.to_owned(), source.to_owned()));
    }
    for (open, inner, close) in [
        ("{{ ", "not ", "1 }}"),
        ("{{ ", "- ", "1 }}"),
        ("{{ 'x'", "|trim", " }}"),
        ("{{ a", ".a", " }}"),
        ("{{ a", "[0]", " }}"),
        ("{{ a", "()", " }}"),
        ("{{ a", " ~ a", " }}"),
        ("{{ 1", " + 1", " }}"),
        ("{{ 1", " if a else 1", " }}"),
        ("{{ 1", " is defined", " }}"),
        ("{{ ", "(", ""),
        ("{{ ", "[", ""),
        ("{{ ", "{1:", ""),
        ("{{ ", "f(", ""),
        ("", "{% if a %}", ""),
        ("", "{% for a in b %}", ""),
        ("", "{% set a %}", ""),
        ("", "{% macro a() %}", ""),
        ("", "{% call a() %}", ""),
        ("", "{% filter trim %}", ""),
        ("{% if a %}", "{% elif a %}", "{% endif %}"),
        ("", "{%", "%}"),
    ] {
        let times = 250_000 / inner.len();
        templates.push((format!("{open}{inner}... {times} times"), format!("{open}{}{close}", inner.repeat(times))));
    }
    templates
}
