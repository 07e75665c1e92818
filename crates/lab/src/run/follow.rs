//! The second turns of a run.

use std::collections::BTreeMap;

use super::work::{Answer, Job, Place, Task, Work};
use super::{ENGINE, Run};
use crate::experiment::Answerer;
use crate::second::Turn;
use askew_protocol::{Column, Command, Prompt, Sampling};

impl Run {
    /// Starts a second turn for one column. Columns are not decoded together, because each has a different first
    /// answer.
    pub(super) fn start_follow(&mut self, place: Place, turn: Turn, id: u32) -> Option<Work> {
        let (prompt, sampling) = self.follow(place, turn)?;
        let Answerer::Model(scales) = &self.experiment.columns[place.2].answerer else { return None };
        let columns = vec![Column { scales: scales.clone(), seed: None }];
        let (task, _) = self.lanes[ENGINE].take_first()?;
        self.begin(id, Job { lane: ENGINE, tasks: vec![task], answers: vec![Answer::asked(place)], ended: 0 });
        Some(Work::Engine(Command::Generate { slot: self.slot, id, prompt, sampling, columns }))
    }

    /// The prompt and sampling settings of an answer's second turn.
    pub(super) fn follow(&self, place: Place, turn: Turn) -> Option<(Prompt, Sampling)> {
        let second = self.experiment.second_turn.as_ref()?;
        let (answer, _) = self.unfollowed.get(&place)?;
        let (question, sampling) = self.experiment.asked(place);
        let max_tokens = second.max_tokens;
        Some((second.prompt(&question, &answer.text, turn), Sampling { max_tokens, ..sampling }))
    }

    /// Takes in an answer with all scores: it is finished, or needs its second turn first.
    pub(super) fn scored_whole(&mut self, answer: Answer) {
        if self.experiment.second_turn.is_none() {
            return self.answers.push(answer);
        }
        let place = answer.place();
        self.unfollowed.insert(place, (answer, BTreeMap::new()));
        Turn::ALL.into_iter().for_each(|turn| self.ask(Task::Follow(place, turn)));
    }

    pub(super) fn followed(&mut self, place: Place, turn: Turn, said: String) {
        let Some((_, turns)) = self.unfollowed.get_mut(&place) else { return };
        turns.insert(turn, said);
        if turns.len() == Turn::ALL.len()
            && let Some((answer, turns)) = self.unfollowed.remove(&place)
        {
            self.answers.push(Answer { second: turns.into_values().collect(), ..answer });
        }
    }
}
