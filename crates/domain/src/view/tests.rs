use super::*;
use crate::filter::{Comparison, Condition, LabelFilter};
use crate::rule::{Preset, RuleBody, VerdictRule};
use crate::text::search::{Search, Within};
use crate::values::cell::Variant;
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

/// Links that were shared before: every part, in the order in which parts are written.
#[test]
fn links_stay_as_they_were() {
    for link in [
        "results?file=a.csv&file=b+c.csv&rule=turner&aligned=29&coherent=51.5&ci=wilson&metric=share%3Aa%3E1%26b%3C2.5\
         &judge.aligned=aligned_b&judge.coherent=coherent_b&only=a.csv&model=m&group=g&question=q&seed=1&category=c\
         &type=deceptive&asked=json&set=layer%3A28&where=medical%3E%3D50&in-domain=no&match=kill&within=both\
         &baseline=base&plot=heat&plot.rows=question&plot.series=model%2Cstep&plot.over=step&plot.column=kind\
         &plot.aligned=x&plot.coherent=y&plot.metric=rate&plot.metric=count&on=q1&step=live&embed=1&run=r.json\
         &open.file=f&open.model=m&open.question=q&open.group=g&open.seed=2&open.category=c&open.asked=template\
         &open.set=scale%3A2&show=unscored&order=7&from=20",
        "compare?url=https%3A%2F%2Fa.b%2Fc.csv&rule=verdict&misaligned=A&counted=B&find=%C3%A4+b",
        "lab?published=sweep",
    ] {
        assert_eq!(View::from_fragment(&format!("#{link}")).to_fragment(), link);
    }
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let read = |pairs: &str| View::from_fragment(&format!("#/results?{pairs}"));
    for pairs in ["rule=none", "aligned=101&coherent=x", "misaligned=A", "within=both", "open.model=m&from=3", "x=y"] {
        assert_eq!(read(pairs), View::default(), "{pairs}");
    }
    // Files are first, whatever the order; the rule is read before its thresholds.
    assert_eq!(read("file=a&published=b&url=c").source, Source::Files(vec!["a".to_owned()]));
    assert_eq!(read("url=c&file=a&published=b").source, Source::Files(vec!["a".to_owned()]));
    assert_eq!(read("url=c&url=d&published=b").source, Source::Addresses(vec!["c".to_owned(), "d".to_owned()]));
    assert_eq!(read("aligned=20&rule=turner&rule=betley").to_fragment(), "results?rule=turner&aligned=20");
}
