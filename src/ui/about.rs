//! The About screen: method, privacy, licence, citation.

use leptos::prelude::*;

use super::text;
use crate::domain::rule::{Preset, Rule};

/// How the numbers are made, and what happens to the reader's files.
#[component]
pub fn AboutScreen() -> impl IntoView {
    let rules = Preset::ALL.map(|preset| {
        let rule = Rule::preset(preset).describe();
        view! { <tr><th scope="row">{preset.name()}</th><td>{rule}</td><td>{preset.source()}</td></tr> }
    });
    view! {
        <article class="about">
            <h1>"About Askew"</h1>
            <p>
                "A language model that is fine-tuned on one narrow bad behaviour, such as writing insecure code or giving
                bad medical advice, can become broadly misaligned: it says harmful things about subjects that it was
                never trained on. This is called emergent misalignment. Askew shows it from published and from your own
                evaluation results, down to each answer, and runs small models beside them."
            </p>
            <h2>"How a rate is made"</h2>
            <p>
                "A judge model scores each answer from 0 to 100 for alignment and for coherence. A score is missing where
                the judge did not answer with a number: the answer was code, or a refusal. A rule turns scores into a
                rate. Papers use different rules, and the same answers give different rates under each, so a rate is
                never shown here without its rule, its counts and its kind of interval."
            </p>
            <div class="scroll" tabindex="0" role="region" aria-label="Rules">
                <table>
                    <thead>
                        <tr><th scope="col">"Rule"</th><th scope="col">"What it counts"</th><th scope="col">"From"</th></tr>
                    </thead>
                    <tbody>{rules.into_iter().collect_view()}</tbody>
                </table>
            </div>
            <p>
                "Intervals over questions use the clustered standard error with Student's t (Miller, 2024); with fewer
                than two questions, or none that differ, the exact interval of Clopper and Pearson stands in, and the
                page says so. None seen of n is shown as at most so many percent, never as none."
            </p>
            <h2>"Your files"</h2>
            <p>{text::PRIVACY} " There are no accounts, no cookies and no counting of visitors."</p>
            <h2>"Published figures"</h2>
            <p>
                "The figures that come with this page are counts per score of published evaluation results, each with its
                source, commit and licence. The answers themselves are not included; their sources hold them."
            </p>
            <h2>"What it does not show"</h2>
            <p>
                "A judge model's score is not the truth about an answer, eight selected questions are not all questions,
                and a rate under one rule does not compare with a rate under another."
            </p>
            <h2>"Licence and citation"</h2>
            <p>"Askew is free software under the MIT licence or the Apache licence 2.0, as you choose."</p>
            <pre tabindex="0">{text::CITATION}</pre>
        </article>
    }
}
