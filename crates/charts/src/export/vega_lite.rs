//! Exports figures as Vega-Lite specifications.

use super::{Export, columns, is_share, literal, string};
use crate::picture::{Picture, Recipe};

pub(super) fn code(export: &Export<'_>) -> String {
    let picture = export.picture;
    let names = columns(picture);
    let values = picture.table.rows.iter().map(|row| {
        let cells = names.iter().zip(&row.cells);
        let cells: Vec<String> =
            cells.map(|(name, cell)| format!("{}: {}", string(name), literal(cell, "null"))).collect();
        format!("{{{}}}", cells.join(", "))
    });
    format!(
        "{{\n  \"$schema\": \"https://vega.github.io/schema/vega-lite/v5.json\",\n  \"title\": {},\n  \
         \"description\": {},\n  \"data\": {{\n    \"values\": [\n      {}\n    ]\n  }},\n  {}\n}}\n",
        string(&picture.title),
        string(&format!("{} {}. {}", picture.finding, export.rule, export.source)),
        values.collect::<Vec<_>>().join(",\n      "),
        drawing(picture, &names),
    )
}

const POINT: &str = "\"mark\": {\"type\": \"point\", \"filled\": true, \"tooltip\": {\"content\": \"data\"}}";

fn drawing(picture: &Picture, names: &[String]) -> String {
    let name = |column: usize| string(names.get(column).map_or("", String::as_str));
    let nominal = |channel: &str, column: usize| {
        format!(
            "\"{channel}\": {{\"field\": {}, \"type\": \"nominal\", \"sort\": null, \"title\": null}}",
            name(column)
        )
    };
    let number = |channel: &str, column: usize| {
        let format = if is_share(picture, column) { ", \"axis\": {\"format\": \"%\"}" } else { "" };
        format!(
            "\"{channel}\": {{\"field\": {}, \"type\": \"quantitative\"{format}, \"title\": {}}}",
            name(column),
            name(column)
        )
    };
    let bound = |channel: &str, column: usize| format!("\"{channel}\": {{\"field\": {}}}", name(column));
    // Rows without a number have no mark.
    let present =
        |column: usize| format!("\"transform\": [{{\"filter\": {{\"field\": {}, \"valid\": true}}}}]", name(column));
    match picture.recipe {
        Recipe::None => "\"mark\": \"text\"".to_owned(),
        Recipe::Panels { panel, label, value } => format!(
            "{},\n  \"facet\": {{\"row\": {{\"field\": {}, \"type\": \"nominal\", \"sort\": null, \"title\": null}}}},\n  \
             \"spec\": {{{POINT}, \"encoding\": {{{}, {}}}}},\n  \"resolve\": {{\"scale\": {{\"x\": \"independent\"}}}}",
            present(value),
            name(panel),
            nominal("y", label),
            bound("x", value).replace('}', ", \"type\": \"quantitative\", \"title\": null}"),
        ),
        Recipe::Intervals { label, series: None, value, ends: None } => format!(
            "{},\n  \"mark\": \"bar\",\n  \"encoding\": {{{}, {}}}",
            present(value),
            nominal("y", label),
            number("x", value)
        ),
        Recipe::Intervals { label, series, value, ends } => {
            let series = series.map_or_else(String::new, |column| {
                format!(", {}, {}", nominal("color", column), nominal("yOffset", column))
            });
            let y = nominal("y", label) + &series;
            let rule = ends.map_or_else(String::new, |(low, high)| {
                format!(
                    "{{\"mark\": \"rule\", \"encoding\": {{{y}, {}, {}}}}},\n    ",
                    number("x", low),
                    bound("x2", high)
                )
            });
            format!(
                "{},\n  \"layer\": [\n    {rule}{{{POINT}, \"encoding\": {{{y}, {}}}}}\n  ]",
                present(value),
                number("x", value)
            )
        }
        Recipe::Lines { series, x, value, ends } => {
            let colour = nominal("color", series);
            let band = ends.map_or_else(String::new, |(low, high)| {
                format!(
                    "{{\"mark\": {{\"type\": \"area\", \"opacity\": 0.15}}, \"encoding\": {{{}, {}, {}, {colour}}}}},\n    ",
                    number("x", x),
                    number("y", low),
                    bound("y2", high)
                )
            });
            format!(
                "\"layer\": [\n    {band}{{\"mark\": \"line\", \"encoding\": {{{}, {}, {colour}}}}}\n  ]",
                number("x", x),
                number("y", value)
            )
        }
        Recipe::Grid { row, column, value } => {
            let places = format!("{}, {}", nominal("y", row), nominal("x", column));
            let format = if is_share(picture, value) { ", \"format\": \".1%\"" } else { "" };
            format!(
                "\"layer\": [\n    {{\"mark\": \"rect\", \"encoding\": {{{places}, \"color\": {{\"field\": {0}, \"type\": \
                 \"quantitative\", \"scale\": {{\"scheme\": \"blues\"}}}}}}}},\n    {{\"mark\": \"text\", \"encoding\": \
                 {{{places}, \"text\": {{\"field\": {0}, \"type\": \"quantitative\"{format}}}}}}}\n  ]",
                name(value)
            )
        }
        Recipe::Stack { label, part, value } => format!(
            "\"mark\": \"bar\",\n  \"encoding\": {{{}, {}, {}}}",
            nominal("y", label),
            nominal("color", part),
            number("x", value)
        ),
        Recipe::Points { label, x, y } => {
            format!(
                "{POINT},\n  \"encoding\": {{{}, {}, {}}}",
                number("x", x),
                number("y", y),
                nominal("detail", label)
            )
        }
    }
}
