//! Markdown of answers as elements.

use leptos::prelude::*;

use crate::formats::markdown::{Block, Span};

/// Blocks as elements. Every text is a text node.
#[must_use]
pub fn draw_blocks(blocks: Vec<Block>) -> Vec<AnyView> {
    let spans = |spans: Vec<Span>| {
        let one = |span: Span| match span {
            Span { text, is_code: true, .. } => view! { <code>{text}</code> }.into_any(),
            Span { text, is_strong: true, .. } => view! { <strong>{text}</strong> }.into_any(),
            Span { text, is_emphasised: true, .. } => view! { <em>{text}</em> }.into_any(),
            Span { text, .. } => text.into_any(),
        };
        spans.into_iter().map(one).collect::<Vec<_>>()
    };
    let draw = |block| match block {
        Block::Paragraph(text) => view! { <p>{spans(text)}</p> }.into_any(),
        Block::Heading(text) => view! { <p><strong>{spans(text)}</strong></p> }.into_any(),
        Block::Code(code) => view! { <pre>{code}</pre> }.into_any(),
        Block::Quote(blocks) => view! { <blockquote>{draw_blocks(blocks)}</blockquote> }.into_any(),
        Block::Rule => view! { <hr/> }.into_any(),
        Block::List { first, items } => {
            let items = items.into_iter().map(|item| view! { <li>{draw_blocks(item)}</li> }).collect::<Vec<_>>();
            match first {
                Some(first) => view! { <ol start=first.to_string()>{items}</ol> }.into_any(),
                None => view! { <ul>{items}</ul> }.into_any(),
            }
        }
    };
    blocks.into_iter().map(draw).collect()
}
