//! lm-evaluation-harness: `results[task]["metric,filter"]` has the figures of tasks. Its samples are plain rows.

use super::{Item, Out, Shape, Value, plain};
use crate::error::FormatError;
use crate::figures::Figure;
use crate::json::place::Context;
use crate::shapes::Ending;
use askew_domain::values::score::Score;

/// Reads the figures of a run.
#[derive(Debug, Default)]
pub struct Results {
    figures: Vec<Figure>,
    names: String,
}

impl Shape for Results {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let task = item.names.get(1).copied().unwrap_or_default();
        if self.names.is_empty() {
            self.names = plain::names_of(item.value);
        }
        for (name, value) in item.value.entries() {
            let name = name.text().unwrap_or_default();
            let Some((metric, filter)) = name.split_once(',').filter(|(metric, _)| !metric.ends_with("_stderr")) else {
                continue;
            };
            let Some(value) = number(value) else { continue };
            // A normal interval, as the harness reports it: value +/- 1.96 standard errors.
            let error = item.value.get(&format!("{metric}_stderr,{filter}")).and_then(number);
            self.figures.push(Figure {
                file: out.rows.file().to_owned(),
                question: String::from_utf8_lossy(task).into_owned(),
                label: if filter == "none" { String::new() } else { filter.to_owned() },
                metric: metric.to_owned(),
                value,
                interval: error.map(|error| (value - 1.96 * error, value + 1.96 * error)),
                ..Figure::default()
            });
        }
        Ok(())
    }

    fn finish(&mut self, context: &Context, out: &mut Out<'_>) -> Result<Ending, FormatError> {
        if self.figures.is_empty() {
            return Err(FormatError::UnknownJson { found: std::mem::take(&mut self.names) });
        }
        for figure in &mut self.figures {
            context.get("model_name").unwrap_or_default().clone_into(&mut figure.model);
        }
        out.rows.add_figures(std::mem::take(&mut self.figures))?;
        Ok(Ending::Rows)
    }
}

fn number(value: Value<'_>) -> Option<f64> {
    value.cell().score().ok().and_then(Score::get)
}
