//! Internal files of the EM paper. Line 1 has the question, the model and the kind of file. The other lines have
//! answers, or a judge's replies to them.

use super::{Ending, Item, Out, Shape};
use crate::error::FormatError;
use crate::join::AnswerList;
use crate::json::place::Context;
use crate::rows::Known;

/// A file of answers or of a judge's replies.
#[derive(Debug, Default)]
pub struct Betley {
    is_begun: bool,
    judge: Option<usize>,
    answers: AnswerList,
}

impl Shape for Betley {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let text = |name: &str| item.value.get(name).and_then(|value| value.text()).unwrap_or_default();
        if !std::mem::replace(&mut self.is_begun, true) {
            let model = text("model").into_owned();
            self.judge =
                text("prefix").strip_prefix("judge-").map(|metric| out.join.add_judge(out.rows.file(), metric, &model));
            out.rows.set_known(Known { model, question_id: text("question_id").into_owned(), ..Known::default() });
            return Ok(());
        }
        match (self.judge, item.value.get("judge")) {
            (Some(judge), Some(said)) => out.join.say(judge, &text("question"), &text("answer"), said.raw()),
            (Some(_), None) => out.rows.skip(item.line, "it has no reply of the judge".to_owned()),
            (None, _) => self.answers.push(&text("question"), text("answer").into_owned(), item.line),
        }
        Ok(())
    }

    fn finish(&mut self, _: &Context, _: &mut Out<'_>) -> Result<Ending, FormatError> {
        Ok(if self.judge.is_some() { Ending::Judge } else { Ending::Answers(std::mem::take(&mut self.answers)) })
    }
}
