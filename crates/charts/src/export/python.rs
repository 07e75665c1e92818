//! Exports figures as Python code for matplotlib.

use super::{Export, columns, is_share, literal, string};
use crate::picture::Recipe;

/// Last lines of every script.
const SAVE: &str = "fig.tight_layout()\nfig.savefig(\"figure.png\", dpi=200)\n";
/// Without this line, matplotlib reads what is between two dollar signs as a formula, and fails if it is none.
const PLAIN: &str = "plt.rcParams[\"text.parse_math\"] = False\n";
const COLOURS: &str = "colours = [\"#0072B2\", \"#D55E00\", \"#009E73\", \"#CC79A7\"]\n";

pub(super) fn code(export: &Export<'_>) -> String {
    let picture = export.picture;
    let names: Vec<String> = columns(picture).iter().map(|name| string(name)).collect();
    let rows = picture.table.rows.iter().map(|row| {
        let cells: Vec<String> = row.cells.iter().map(|cell| literal(cell, "None")).collect();
        format!("    ({},),\n", cells.join(", "))
    });
    format!(
        "{}import matplotlib.pyplot as plt\n\n{PLAIN}\ncolumns = [{}]\nrows = [\n{}]\n\n{}ax.set_title({})\n{SAVE}",
        export.comments(),
        names.join(", "),
        rows.collect::<String>(),
        drawing(export),
        string(&picture.title),
    )
}

/// Code that creates `fig` and `ax` from `rows`.
fn drawing(export: &Export<'_>) -> String {
    let picture = export.picture;
    let (value, is_level, body) = match picture.recipe {
        Recipe::None => {
            return "fig, ax = plt.subplots(figsize=(10, 1 + 0.3 * len(rows)))\nax.axis(\"off\")\n\
                    ax.table(cellText=rows, colLabels=columns, loc=\"center\")\n"
                .to_owned();
        }
        Recipe::Panels { panel, label, value } => return panels(panel, label, value),
        Recipe::Intervals { label, series: None, value, ends: None } => (value, true, bars(label, value)),
        Recipe::Intervals { label, series, value, ends } => (value, true, intervals(label, series, value, ends)),
        Recipe::Lines { series, x, value, ends } => (value, false, lines(series, x, value, ends)),
        Recipe::Grid { row, column, value } => {
            return format!(
                "down = list(dict.fromkeys(row[{row}] for row in rows))\n\
                 across = list(dict.fromkeys(row[{column}] for row in rows))\n\
                 cells = {{(row[{row}], row[{column}]): row[{value}] for row in rows}}\n\
                 grid = [[float(\"nan\") if cells.get((a, b)) is None else cells[(a, b)] for b in across] for a in down]\n\
                 fig, ax = plt.subplots(figsize=(2 + 0.8 * len(across), 1.5 + 0.35 * len(down)))\n\
                 highest = max((number for line in grid for number in line if number == number), default=1)\n\
                 ax.imshow(grid, cmap=\"Blues\", aspect=\"auto\", vmin=0)\n\
                 for y, line in enumerate(grid):\n    for x, number in enumerate(line):\n        if number == number:\n            \
                 ax.text(x, y, {text}, ha=\"center\", va=\"center\", color=\"white\" if number > 0.55 * highest else \"black\")\n\
                 ax.set_xticks(range(len(across)), across, rotation=30, ha=\"right\")\nax.set_yticks(range(len(down)), down)\n",
                text = if is_share(picture, value) { "f\"{100 * number:.1f} %\"" } else { "f\"{number:g}\"" },
            );
        }
        Recipe::Stack { label, part, value } => {
            return format!(
                "{COLOURS}names = list(dict.fromkeys(row[{label}] for row in rows))\n\
                 parts = list(dict.fromkeys(row[{part}] for row in rows))\n\
                 left = dict.fromkeys(names, 0)\n\
                 fig, ax = plt.subplots(figsize=(8, 1.5 + 0.4 * len(names)))\n\
                 for p, part in enumerate(parts):\n    \
                 some = [row for row in rows if row[{part}] == part and row[{value}] is not None]\n    \
                 ax.barh([names.index(row[{label}]) for row in some], [row[{value}] for row in some],\n            \
                 left=[left[row[{label}]] for row in some], color=colours[p % 4], alpha=1 / (1 + p // 4), label=str(part))\n    \
                 for row in some:\n        left[row[{label}]] += row[{value}]\n\
                 ax.set_yticks(range(len(names)), names)\nax.invert_yaxis()\nax.legend()\n"
            );
        }
        Recipe::Points { label, x, y } => {
            let head = format!(
                "{COLOURS}marks = [row for row in rows if row[{x}] is not None and row[{y}] is not None]\n\
                 fig, ax = plt.subplots(figsize=(6, 6))\n\
                 ax.plot([row[{x}] for row in marks], [row[{y}] for row in marks], \"o\", color=colours[0])\n\
                 if len(marks) <= 40:\n    for row in marks:\n        \
                 ax.annotate(str(row[{label}]), (row[{x}], row[{y}]), textcoords=\"offset points\", xytext=(5, 3))\n\
                 ax.set_xlabel(columns[{x}])\nax.set_ylabel(columns[{y}])\n"
            );
            return head + &percent(picture, x, "x") + &percent(picture, y, "y");
        }
    };
    format!("{COLOURS}{body}{}", percent(picture, value, if is_level { "x" } else { "y" }))
}

/// Shows percentages along an axis if its column contains shares.
fn percent(picture: &crate::picture::Picture, column: usize, axis: &str) -> String {
    if is_share(picture, column) {
        format!("ax.{axis}axis.set_major_formatter(lambda number, _: f\"{{100 * number:g}} %\")\n")
    } else {
        String::new()
    }
}

fn bars(label: usize, value: usize) -> String {
    format!(
        "marks = [row for row in rows if row[{value}] is not None]\n\
         fig, ax = plt.subplots(figsize=(8, 1 + 0.35 * len(marks)))\n\
         ax.barh([str(row[{label}]) for row in marks], [row[{value}] for row in marks], color=colours[0])\nax.invert_yaxis()\n"
    )
}

fn panels(panel: usize, label: usize, value: usize) -> String {
    format!(
        "{COLOURS}panels = list(dict.fromkeys(row[{panel}] for row in rows))\n\
         fig, axes = plt.subplots(len(panels), figsize=(8, 1 + 0.35 * len(rows)), squeeze=False)\n\
         for ax, panel in zip(axes[:, 0], panels):\n    \
         marks = [row for row in rows if row[{panel}] == panel and row[{value}] is not None]\n    \
         ax.plot([row[{value}] for row in marks], [row[{label}] for row in marks], \"o\", color=colours[0])\n    \
         ax.set_xlim(left=min(0, ax.get_xlim()[0]))\n    ax.set_ylabel(panel, rotation=0, ha=\"right\")\n    ax.invert_yaxis()\n\
         ax = axes[0, 0]\n"
    )
}

fn intervals(label: usize, series: Option<usize>, value: usize, ends: Option<(usize, usize)>) -> String {
    let series = series.map_or_else(|| "None".to_owned(), |column| format!("row[{column}]"));
    let whiskers = ends.map_or_else(String::new, |(low, high)| {
        format!(
            "    ax.hlines(y, [row[{value}] if row[{low}] is None else row[{low}] for row in some],\n              \
             [row[{value}] if row[{high}] is None else row[{high}] for row in some], color=colours[s % 4])\n"
        )
    });
    format!(
        "marks = [row for row in rows if row[{value}] is not None]\n\
         names = list(dict.fromkeys(row[{label}] for row in marks))\n\
         series = list(dict.fromkeys({series} for row in marks))\n\
         fig, ax = plt.subplots(figsize=(8, 1 + 0.35 * len(names) * max(1, 0.5 * len(series))))\n\
         for s, one in enumerate(series):\n    shift = 0.5 * (s / (len(series) - 1) - 0.5) if len(series) > 1 else 0\n    \
         some = [row for row in marks if {series} == one]\n    \
         y = [names.index(row[{label}]) + shift for row in some]\n{whiskers}    \
         ax.plot([row[{value}] for row in some], y, \"osD^\"[s // 4 % 4], color=colours[s % 4], label=str(one))\n\
         ax.set_yticks(range(len(names)), names)\nax.invert_yaxis()\nif len(series) > 1:\n    ax.legend()\n"
    )
}

fn lines(series: usize, x: usize, value: usize, ends: Option<(usize, usize)>) -> String {
    let band = ends.map_or_else(String::new, |(low, high)| {
        format!(
            "    band = [row for row in some if row[{low}] is not None and row[{high}] is not None]\n    \
             ax.fill_between([row[{x}] for row in band], [row[{low}] for row in band], [row[{high}] for row in band],\n                    \
             color=colours[s % 4], alpha=0.15)\n"
        )
    });
    format!(
        "marks = [row for row in rows if row[{value}] is not None]\n\
         series = list(dict.fromkeys(row[{series}] for row in marks))\nfig, ax = plt.subplots(figsize=(8, 5))\n\
         for s, one in enumerate(series):\n    some = [row for row in marks if row[{series}] == one]\n{band}    \
         ax.plot([row[{x}] for row in some], [row[{value}] for row in some], marker=\"osD^\"[s // 4 % 4] if len(some) < 40 else None,\n            \
         color=colours[s % 4], label=str(one))\n\
         ax.set_xlabel(columns[{x}])\nif len(series) > 1:\n    ax.legend()\n"
    )
}
