//! A figure's exported code runs, draws something, and holds the numbers of the figure's table.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use askew::charts::export::Export;
use askew::charts::picture::{Cell, Picture};
use askew::charts::plot::draw;
use askew::domain::query::Query;
use askew::domain::select::scope::Memo;
use askew::domain::view::plot::{Plot, PlotKind};
use common::groups::synthetic;

/// What matplotlib reads as a formula, and cannot draw as one.
const NO_FORMULA: &str = " $x_{$ 50%";

/// A figure of every type, from the same answers. All names in it end with characters that mean something to a program.
fn pictures() -> Vec<(PlotKind, Picture)> {
    let (data, query) = (synthetic(), Query::default());
    let one = |kind| {
        let plot = Plot { kind, ..Plot::default() };
        let mut picture = draw(&data, &query, &plot, 900.0, &mut Memo::default()).unwrap();
        picture.title.push_str(NO_FORMULA);
        for cell in picture.table.rows.iter_mut().flat_map(|row| &mut row.cells) {
            if let Cell::Text(text) = cell {
                text.push_str(NO_FORMULA);
            }
        }
        (kind, picture)
    };
    PlotKind::ALL.into_iter().map(one).collect()
}

/// A new folder for one test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("figures_code").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Whether a command succeeds. Its output is discarded.
fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The exported Python runs, draws, and holds the numbers of the table.
#[test]
fn exported_python_gives_the_same_numbers() {
    const TEST: &str = "exported_python_gives_the_same_numbers";
    let python = std::env::var("ASKEW_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !succeeds(Command::new(&python).args(["-c", "import matplotlib"])) {
        return common::skip(TEST, common::Lack::Tool, "no Python with matplotlib: set ASKEW_PYTHON to one");
    }
    let folder = folder("python");
    for (kind, picture) in pictures() {
        let code = Export { picture: &picture, rule: "r", source: "s" }.python();
        let script = format!(
            "import matplotlib\nmatplotlib.use(\"Agg\")\n{code}\nimport json\n\
             numbers = [number for part in [ax.collections, ax.lines, ax.patches, ax.texts, ax.images, ax.tables] for number in part]\n\
             exact = [[repr(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]\n\
             print(json.dumps([exact, len(numbers)]))\n"
        );
        let output = Command::new(&python)
            .arg("-c")
            .arg(&script)
            .env("MPLCONFIGDIR", &folder)
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {}\n{code}", kind.name(), String::from_utf8_lossy(&output.stderr));
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = printed[0].as_array().unwrap();
        assert_eq!(rows.len(), picture.table.rows.len(), "{}", kind.name());
        for (read, row) in rows.iter().zip(&picture.table.rows) {
            for (read, cell) in read.as_array().unwrap().iter().zip(&row.cells) {
                match cell {
                    Cell::Text(text) => assert_eq!(read.as_str(), Some(text.as_str())),
                    Cell::Count(count) => assert_eq!(read.as_u64(), Some(*count)),
                    // Whole numbers have no decimal point; others have all digits, as rounded by readers of JSON.
                    Cell::Number(number) | Cell::Percent(number) => {
                        let read = read.as_f64().or_else(|| read.as_str()?.parse().ok());
                        assert_eq!(read, Some(*number));
                    }
                    Cell::Empty => assert!(read.is_null()),
                }
            }
        }
        assert!(printed[1].as_u64().unwrap() > 0, "{} draws something", kind.name());
        assert!(std::fs::metadata(folder.join("figure.png")).unwrap().len() > 3000, "{}", kind.name());
        std::fs::remove_file(folder.join("figure.png")).unwrap();
    }
}

#[test]
fn exported_r_gives_the_same_numbers() {
    const TEST: &str = "exported_r_gives_the_same_numbers";
    if !succeeds(Command::new("Rscript").args(["-e", "library(ggplot2)"])) {
        return common::skip(TEST, common::Lack::Extra, "no R with ggplot2");
    }
    let folder = folder("r");
    let mut script = String::new();
    for (kind, picture) in pictures() {
        let code = Export { picture: &picture, rule: "r", source: "s" }.r();
        // All figures are one script, because starting R takes longer than drawing them all.
        script.push_str(&code.replacen("ggplot(rows", "figure <- ggplot(rows", 1));
        script.push_str(&format!(
            "invisible(ggsave(\"{}.png\", figure, width = 8, height = 6, dpi = 60))\n\
             for (column in rows) if (is.numeric(column)) cat(sprintf(\"%.17g\", column), \"\\n\")\n",
            kind.name()
        ));
    }
    let path = folder.join("figures.R");
    std::fs::write(&path, script).unwrap();
    let output = Command::new("Rscript").arg(&path).current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut lines = printed.lines();
    for (kind, picture) in pictures() {
        for column in 0..picture.table.columns.len() {
            let cells: Vec<&Cell> = picture.table.rows.iter().map(|row| &row.cells[column]).collect();
            if cells.iter().any(|cell| matches!(cell, Cell::Text(_))) || cells.iter().all(|cell| **cell == Cell::Empty)
            {
                continue;
            }
            let line = lines.next().unwrap();
            let read: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(read.len(), cells.len(), "{} {column}", kind.name());
            for (read, cell) in read.iter().zip(cells) {
                let written = match cell {
                    Cell::Count(count) => *count as f64,
                    Cell::Number(number) | Cell::Percent(number) => *number,
                    Cell::Empty | Cell::Text(_) => {
                        assert_eq!(*read, "NA");
                        continue;
                    }
                };
                assert_eq!(read.parse::<f64>().unwrap(), written, "{}", kind.name());
            }
        }
        assert!(
            std::fs::metadata(folder.join(format!("{}.png", kind.name()))).unwrap().len() > 2000,
            "{}",
            kind.name()
        );
    }
    assert_eq!(lines.next(), None);
}
