//! The About screen.

use leptos::prelude::*;

use super::scroll_table::ScrollTable;
use super::text;
use crate::domain::rule::{Preset, Rule};

/// Method, privacy, licence and citation.
#[component]
pub fn AboutScreen() -> impl IntoView {
    let rules = Preset::ALL.map(|preset| {
        let rule = Rule::preset(preset).describe();
        view! { <tr><th scope="row">{preset.name()}</th><td>{rule}</td><td>{preset.source()}</td></tr> }
    });
    view! {
        <article class="about">
            <h1>{text::about::HEADING}</h1>
            <p>
                {text::about::WHAT_IT_IS}
            </p>
            <h2>{text::about::RATE_HEADING}</h2>
            <p>
                {text::about::RATE}
            </p>
            <ScrollTable label=text::about::RULES>
                <thead>
                    <tr><th scope="col">{text::about::RULE}</th><th scope="col">{text::about::RULE_COUNTS}</th><th scope="col">{text::about::RULE_SOURCE}</th></tr>
                </thead>
                <tbody>{rules.into_iter().collect_view()}</tbody>
            </ScrollTable>
            <p>
                {text::about::INTERVALS}
            </p>
            <h2>{text::about::FILES_HEADING}</h2>
            <p>{text::PRIVACY} {text::about::NO_TRACKING}</p>
            <h2>{text::about::PUBLISHED_HEADING}</h2>
            <p>
                {text::about::PUBLISHED}
            </p>
            <h2>{text::about::LIMITS_HEADING}</h2>
            <p>
                {text::about::LIMITS}
            </p>
            <h2>{text::about::LICENCE_HEADING}</h2>
            <p>{text::about::LICENCE}</p>
            <pre tabindex="0">{text::about::citation()}</pre>
        </article>
    }
}
