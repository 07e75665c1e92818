//! Exports figures as R code for ggplot2.

use super::{Export, columns, is_share, literal, string};
use crate::picture::{Picture, Recipe};

pub(super) fn code(export: &Export<'_>) -> String {
    let picture = export.picture;
    let names = columns(picture);
    let column = |(at, name): (usize, &String)| {
        let cells = picture
            .table
            .rows
            .iter()
            .map(|row| row.cells.get(at).map_or_else(|| "NA".to_owned(), |cell| literal(cell, "NA")));
        format!("  {} = c({})", string(name), cells.collect::<Vec<_>>().join(", "))
    };
    let data: Vec<String> = names.iter().enumerate().map(column).collect();
    format!(
        "{}library(ggplot2)\n\nrows <- data.frame(\n{},\n  check.names = FALSE\n)\n{}",
        export.comments(),
        data.join(",\n"),
        drawing(picture, &names),
    )
}

fn drawing(picture: &Picture, names: &[String]) -> String {
    let of = |column: usize| format!(".data[[{}]]", string(names.get(column).map_or("", String::as_str)));
    let title = string(&picture.title);
    let labs = format!("labs(title = {title}, x = NULL, y = NULL, colour = NULL, fill = NULL)\n");
    let percent = |axis: &str, column: usize| {
        if is_share(picture, column) {
            format!("scale_{axis}_continuous(labels = function(x) paste(100 * x, \"%\")) +\n  ")
        } else {
            String::new()
        }
    };
    let in_order = |column: usize, is_up: bool| {
        let name = string(names.get(column).map_or("", String::as_str));
        let order = if is_up { format!("rev(unique(rows[[{name}]]))") } else { format!("unique(rows[[{name}]])") };
        format!("rows[[{name}]] <- factor(rows[[{name}]], levels = {order})\n")
    };
    // Rows without a number have no mark.
    let present = |column: usize| {
        let name = string(names.get(column).map_or("", String::as_str));
        format!("rows[!is.na(rows[[{name}]]), ]")
    };
    match picture.recipe {
        Recipe::None => "rows\n".to_owned(),
        Recipe::Panels { panel, label, value } => format!(
            "{}{}ggplot({}, aes({}, {})) +\n  geom_point() +\n  facet_wrap(vars({}), ncol = 1, scales = \"free_x\") +\n  {labs}",
            in_order(label, true),
            in_order(panel, false),
            present(value),
            of(value),
            of(label),
            of(panel),
        ),
        Recipe::Intervals { label, series: None, value, ends: None } => format!(
            "{}ggplot({}, aes({}, {})) +\n  geom_col() +\n  {}{labs}",
            in_order(label, true),
            present(value),
            of(value),
            of(label),
            percent("x", value),
        ),
        Recipe::Intervals { label, series, value, ends } => {
            let (colour, place) = series.map_or_else(
                || (String::new(), String::new()),
                |column| (format!(", colour = {}", of(column)), "position = position_dodge(width = 0.5)".to_owned()),
            );
            let comma = if place.is_empty() { "" } else { ", " };
            let whiskers = ends.map_or_else(String::new, |(low, high)| {
                format!("geom_errorbar(aes(xmin = {}, xmax = {}), width = 0.2{comma}{place}) +\n  ", of(low), of(high))
            });
            format!(
                "{}ggplot({}, aes({}, {}{colour})) +\n  {whiskers}geom_point({place}) +\n  {}{labs}",
                in_order(label, true),
                present(value),
                of(value),
                of(label),
                percent("x", value),
            )
        }
        Recipe::Lines { series, x, value, ends } => {
            let band = ends.map_or_else(String::new, |(low, high)| {
                format!(
                    "geom_ribbon(aes(ymin = {}, ymax = {}, fill = {}), alpha = 0.15, colour = NA) +\n  ",
                    of(low),
                    of(high),
                    of(series)
                )
            });
            format!(
                "{}ggplot(rows, aes({}, {}, colour = {})) +\n  {band}geom_line() +\n  {}{labs}",
                in_order(series, false),
                of(x),
                of(value),
                of(series),
                percent("y", value),
            )
        }
        Recipe::Grid { row, column, value } => {
            let text = if is_share(picture, value) {
                format!("paste(round(100 * {}, 1), \"%\")", of(value))
            } else {
                of(value)
            };
            format!(
                "{}{}ggplot(rows, aes({}, {}, fill = {})) +\n  geom_tile() +\n  geom_text(aes(label = {text})) +\n  \
                 scale_fill_gradient(low = \"#EFF5FA\", high = \"#5EA3D0\") +\n  {labs}",
                in_order(row, true),
                in_order(column, false),
                of(column),
                of(row),
                of(value),
            )
        }
        Recipe::Stack { label, part, value } => format!(
            "{}{}ggplot(rows, aes({}, {}, fill = {})) +\n  geom_col(position = position_stack(reverse = TRUE)) +\n  {labs}",
            in_order(label, true),
            in_order(part, false),
            of(value),
            of(label),
            of(part),
        ),
        Recipe::Points { label, x, y } => format!(
            "ggplot(rows, aes({}, {}, label = {})) +\n  geom_point() +\n  {}{}labs(title = {title})\n",
            of(x),
            of(y),
            of(label),
            percent("x", x),
            percent("y", y),
        ),
    }
}
