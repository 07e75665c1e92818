//! A table in a region that scrolls sideways.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// A table wider than the page scrolls in its own region, which takes the focus so that keys can scroll it.
#[component]
pub fn ScrollTable(
    /// Accessible name of the region.
    #[prop(into)]
    label: TextProp,
    /// Class of the table.
    #[prop(optional)]
    class: Option<&'static str>,
    /// Id of the table.
    #[prop(optional)]
    id: Option<&'static str>,
    /// Caption, head and body.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label>
            <table class=class id=id>{children()}</table>
        </div>
    }
}
