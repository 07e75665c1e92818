//! llmcomp's cache. Answers are lines after one with question and model. A judge's replies are one document,
//! `data[question][answer]`.

use super::{Ending, Item, Out, Shape};
use crate::error::FormatError;
use crate::join::AnswerList;
use crate::json::place::Context;
use crate::json::unescape;
use crate::rows::Known;

/// Reads a file of answers.
#[derive(Debug, Default)]
pub struct Answers {
    is_begun: bool,
    list: AnswerList,
}

impl Shape for Answers {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let text = |name: &str| item.value.get(name).and_then(|value| value.text()).unwrap_or_default();
        if std::mem::replace(&mut self.is_begun, true) {
            self.list.push(&text("question"), text("answer").into_owned(), item.line);
        } else {
            let (model, question_id) = (text("model").into_owned(), text("name").into_owned());
            out.rows.set_known(Known { model, question_id, ..Known::default() });
        }
        Ok(())
    }

    fn finish(&mut self, _: &Context, _: &mut Out<'_>) -> Result<Ending, FormatError> {
        Ok(Ending::Answers(std::mem::take(&mut self.list)))
    }
}

/// Reads a judge's document.
#[derive(Debug, Default)]
pub struct Judgements {
    judge: Option<usize>,
    question: String,
    answer: String,
}

impl Shape for Judgements {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let metric = item.context.get("metadata.name").unwrap_or("judge");
        let judge = *self.judge.get_or_insert_with(|| out.join.add_judge(out.rows.file(), metric, ""));
        if let [_, question, answer] = item.names {
            unescape(question, &mut self.question);
            unescape(answer, &mut self.answer);
            out.join.say(judge, &self.question, &self.answer, item.bytes);
        }
        Ok(())
    }

    fn finish(&mut self, _: &Context, _: &mut Out<'_>) -> Result<Ending, FormatError> {
        Ok(Ending::Judge)
    }
}
