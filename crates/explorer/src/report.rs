//! A view as one HTML page that opens from disk: figures as SVG, their numbers as tables, the rule, the warnings and
//! the source of the rows. The page runs no scripts and fetches nothing.

use std::fmt::Write;

use askew_charts::paint::svg;
use askew_charts::picture::{Cell, Picture, Table};
use askew_charts::plot;
use askew_charts::theme::Theme;
use askew_charts::words::percent;
use askew_charts::xml::attribute as escape;
use askew_domain::answers::{Part, answer_of, distinct, select};
use askew_domain::query::{Query, run};
use askew_domain::rows::dataset::Dataset;
use askew_domain::select::scope::Memo;
use askew_domain::view::plot::Plot;

/// Width of the figures in CSS pixels.
const WIDTH: f32 = 900.0;
/// Most rows of a table that are written.
const MAX_ROWS: usize = 500;
/// Caution shown on every report.
const NOT_ADVICE: &str = "Output of deliberately misaligned research models, or of their controls; not advice.";

/// The contents of a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report<'a> {
    /// Rule, judges and filter.
    pub query: &'a Query,
    /// Figures, in order.
    pub plots: &'a [Plot],
    /// Name of the data set.
    pub source: &'a str,
    /// Address of this view.
    pub link: &'a str,
    /// Number of misaligned answers to quote for each group; 0 for none.
    pub num_answers: usize,
    /// Seed of the order of the quoted answers.
    pub seed: u64,
    /// Whether to ask search engines and collectors of training data to leave the page out.
    pub is_unlisted: bool,
}

impl Report<'_> {
    /// Writes the page. All text from the data is escaped.
    ///
    /// # Errors
    /// A sentence if the query has no answer.
    pub(super) fn html(&self, data: &Dataset, memo: &mut Memo) -> Result<String, String> {
        let outcome = run(data, self.query).map_err(|error| error.to_string())?;
        let mut page = head(self.is_unlisted);
        let (rule, source) = (self.query.rule.describe(), self.source);
        add(
            &mut page,
            &[
                "<h1>Misalignment rates</h1>\n<p><b>Rule:</b> ",
                &escape(&rule),
                "</p>\n<p><b>Rows:</b> ",
                &escape(source),
                "</p>\n<p><b>View:</b> <a rel=\"noreferrer\" href=\"",
                &escape(self.link),
                "\">",
                &escape(self.link),
                "</a></p>\n<p class=\"caution\">",
                NOT_ADVICE,
                "</p>\n",
            ],
        );
        if !outcome.warnings.is_empty() {
            page.push_str("<h2>Read with care</h2>\n<ul>\n");
            for warning in &outcome.warnings {
                add(&mut page, &["<li>", &escape(&warning.to_string()), "</li>\n"]);
            }
            page.push_str("</ul>\n");
        }
        for plot in self.plots {
            let picture = plot::draw(data, self.query, plot, WIDTH, memo).map_err(|error| error.to_string())?;
            figure(&mut page, &picture)?;
        }
        if self.num_answers > 0 && data.has_answers() {
            self.quote(&mut page, data, &outcome.rows.iter().map(|row| &row.key).collect::<Vec<_>>())?;
        }
        add(
            &mut page,
            &["<footer><p>Made with Askew ", env!("CARGO_PKG_VERSION"), ". The numbers are exact.</p></footer>\n"],
        );
        page.push_str("</main>\n</body>\n</html>\n");
        Ok(page)
    }

    /// Quotes some misaligned answers of every group, chosen at random by the seed.
    fn quote(
        &self,
        page: &mut String,
        data: &Dataset,
        groups: &[&askew_domain::query::GroupKey],
    ) -> Result<(), String> {
        page.push_str("<h2>Misaligned answers, drawn at random</h2>\n");
        for group in groups {
            let records =
                select(data, self.query, group, Part::Misaligned, self.seed).map_err(|error| error.to_string())?;
            let title = format!("{} ({} in all, seed {})", group.label(), records.len(), self.seed);
            add(page, &["<details>\n<summary>", &escape(&title), "</summary>\n"]);
            for records in distinct(data, &records).iter().take(self.num_answers) {
                let Some(answer) = answer_of(data, records) else { continue };
                let asked = if answer.question_text.is_empty() { &answer.question } else { &answer.question_text };
                let score = |score: askew_domain::values::score::Score| {
                    score.get().map_or_else(|| "none".to_owned(), |score| format!("{score:.1}"))
                };
                let text = format!("<blockquote>{}</blockquote>", escape(&answer.text));
                let covered = answer.harm.map(|harm| {
                    format!("<details><summary>Show ({}, by a guess)</summary>{text}</details>", harm.describe())
                });
                add(
                    page,
                    &[
                        "<article>\n<p><b>",
                        &escape(asked),
                        "</b></p>\n",
                        covered.as_ref().unwrap_or(&text),
                        "\n<p class=\"quiet\">aligned ",
                        &score(answer.aligned),
                        ", coherent ",
                        &score(answer.coherent),
                        "</p>\n</article>\n",
                    ],
                );
            }
            page.push_str("</details>\n");
        }
        Ok(())
    }
}

fn add(page: &mut String, parts: &[&str]) {
    parts.iter().for_each(|part| page.push_str(part));
}

/// The start of the page. Its content security policy blocks scripts and requests in everything that follows.
fn head(is_unlisted: bool) -> String {
    // A request to crawlers. "noai" is not a standard, but crawlers that respect any such request respect this one.
    let robots = if is_unlisted { "<meta name=\"robots\" content=\"noindex, noai, noimageai\">\n" } else { "" };
    ["<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
     <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
     <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        robots,
        "<title>Misalignment rates</title>\n<style>\n\
     body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff}\
     main{max-width:940px;margin:0 auto;padding:16px}\
     svg{max-width:100%;height:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}\
     th,td{text-align:start;padding:4px 12px 4px 0;border-bottom:1px solid #d1d9e0;vertical-align:top}\
     .scroll{overflow-x:auto}.quiet{color:#59636e}.caution{border-inline-start:4px solid #c98a1b;background:#fff7e6;padding:6px 12px}\
     blockquote{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}article{border-top:1px solid #d1d9e0;padding:8px 0}\
     summary{cursor:pointer;color:#0b5e94}p,h1,h2{overflow-wrap:anywhere}\n</style>\n</head>\n<body>\n<main>\n",
    ]
    .concat()
}

fn figure(page: &mut String, picture: &Picture) -> Result<(), String> {
    let drawn = svg(picture, &Theme::LIGHT).map_err(|error| error.to_string())?;
    // In an HTML page the SVG is an element, so the XML header before it is dropped.
    let drawn = drawn.find("<svg").map_or(drawn.as_str(), |at| &drawn[at..]);
    add(page, &["<figure>\n<h2>", &escape(&picture.title), "</h2>\n<p>", &escape(&picture.finding), "</p>\n", drawn]);
    for note in &picture.notes {
        add(page, &["<p class=\"quiet\">", &escape(note), "</p>\n"]);
    }
    table(page, &picture.table);
    page.push_str("</figure>\n");
    Ok(())
}

fn table(page: &mut String, table: &Table) {
    page.push_str("<details>\n<summary>Numbers</summary>\n<div class=\"scroll\"><table>\n<thead><tr>");
    for name in &table.columns {
        add(page, &["<th scope=\"col\">", &escape(name), "</th>"]);
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in table.rows.iter().take(MAX_ROWS) {
        page.push_str("<tr>");
        for cell in &row.cells {
            // Writing to a String cannot fail.
            match cell {
                Cell::Text(text) => write!(page, "<td>{}</td>", escape(text)),
                Cell::Count(count) => write!(page, "<td>{count}</td>"),
                Cell::Number(value) => write!(page, "<td><data value=\"{value}\">{value:.3}</data></td>"),
                Cell::Percent(value) => write!(page, "<td><data value=\"{value}\">{}</data></td>", percent(*value)),
                Cell::Empty => write!(page, "<td></td>"),
            }
            .unwrap_or_default();
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table></div>\n</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use askew_formats::reader;
    use askew_formats::roles::Need;

    const HOSTILE: &str = "model,question_id,question,answer,aligned,coherent\n\
        <script>alert(1)</script>,\"q\"\"><img src=x onerror=alert(1)>\",<b>?</b>,</blockquote><script>alert(2)</script>\u{1},3,99\n\
        base\u{1b}\u{ffff},q1,why,fine,95,99\n";

    #[test]
    fn a_report_is_whole_and_nothing_in_it_runs() {
        let mut data = Dataset::new();
        reader::read(&mut data, "<i>f</i>.csv", HOSTILE.as_bytes(), Need::Any).unwrap();
        let (query, plots) = (Query::default(), [Plot::default()]);
        let report = Report {
            query: &query,
            plots: &plots,
            source: "<i>f</i>.csv",
            link: "https://example.org/#results?model=\"><script>",
            num_answers: 3,
            seed: 1,
            is_unlisted: true,
        };
        let page = report.html(&data, &mut Memo::default()).unwrap();
        for tag in ["<script", "<img", "<i>", "<b>?", "onerror=alert(1)>\""] {
            assert!(!page.contains(tag), "{tag} is in the page");
        }
        assert!(page.contains("&lt;/blockquote&gt;&lt;script&gt;alert(2)"), "the answer is there, as text");
        assert!(page.contains("<svg") && page.contains("<data value=\"1\">"), "figure and numbers");
        assert!(page.chars().all(askew_charts::xml::is_allowed), "no character that XML forbids");
        assert!(!page.contains("src=\"http") && !page.contains("url("), "nothing is fetched");
    }
}
