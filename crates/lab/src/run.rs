//! A run of an experiment: a state machine that hands out work for an engine and for servers, and takes in the results.

use std::collections::{BTreeMap, BTreeSet};

use super::experiment::{Answerer, Experiment};
use super::judge::{How, Judge, Scores, spelled};
use super::lane::Lane;
pub use super::lane::Trouble;
use super::prompts::Aspect;
use super::second::Turn;
use super::server::{Errand, Reply, Request, ServerError, score};
use askew_domain::values::score::Score;
use askew_protocol as protocol;
use askew_protocol::{Command, Event, FailedStep, MAX_COLUMNS, Prompt, StopReason};

mod follow;
mod work;

pub use work::{Answer, Taken, Work};
use work::{Job, ScoresSoFar};
pub(super) use work::{Place, Task};

/// Index of the engine's lane. Servers follow.
const ENGINE: usize = 0;

/// A run: what is done, what is in progress, and what is left.
#[derive(Debug, Clone)]
pub struct Run {
    experiment: Experiment,
    answers: Vec<Answer>,
    /// Answers that the judge has not fully scored yet, with the scores so far.
    unjudged: BTreeMap<Place, (Answer, ScoresSoFar)>,
    /// Answers that wait for their second turn, with the replies so far.
    unfollowed: BTreeMap<Place, (Answer, BTreeMap<Turn, String>)>,
    /// The engine, then each server.
    lanes: Vec<Lane>,
    /// The engine's slot of the model that answers.
    slot: u32,
    /// The engine's slot of the model that judges, if one does.
    judge_slot: u32,
    /// Columns that the answering model is laid out for.
    most_columns: usize,
    under_way: BTreeMap<u32, Job>,
}

impl Run {
    /// A run of an experiment in an engine's slot. Its model is laid out for `most_columns` columns. `answers` are
    /// answers that exist already and are judged.
    #[must_use]
    pub fn new(experiment: Experiment, slot: u32, most_columns: u32, answers: Vec<Answer>) -> Self {
        let mut lanes = vec![Lane::engine()];
        for server in experiment.servers() {
            match lanes.iter_mut().find(|lane| lane.url() == Some(&server.url)) {
                Some(lane) => lane.widen(server.at_once),
                None => lanes.push(Lane::server(server)),
            }
        }
        let (unjudged, unfollowed, under_way) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut run = Self {
            experiment,
            answers,
            unjudged,
            unfollowed,
            lanes,
            slot,
            judge_slot: slot,
            most_columns: 1,
            under_way,
        };
        run.lay_out(most_columns);
        let there: BTreeSet<Place> = run.answers.iter().map(Answer::place).collect();
        for sample in 0..run.experiment.samples {
            for question in 0..run.experiment.questions.len() {
                for column in 0..run.experiment.columns.len() {
                    let place = (sample, question, column);
                    if !there.contains(&place) {
                        run.ask(Task::Answer(place));
                    }
                }
            }
        }
        run
    }

    /// The same run, judged by the model in another slot.
    #[must_use]
    pub fn judged_in(self, judge_slot: u32) -> Self {
        Self { judge_slot, ..self }
    }

    /// Continues with a model that is now laid out for `most_columns` columns.
    pub fn lay_out(&mut self, most_columns: u32) {
        self.most_columns = most_columns.clamp(1, MAX_COLUMNS) as usize;
    }

    /// The experiment that is run.
    #[must_use]
    pub const fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The answers that are finished and judged, in the order in which they arrived.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// Whether no work is in progress.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whether all answers are finished.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.answers.len() == self.experiment.num_answers()
    }

    /// Current problems with servers.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.lanes.iter().filter_map(Lane::trouble)
    }

    /// The next piece of work that can start now. `None` if all is done, or if every lane that could do more is busy or
    /// has given up. Callers call this until it returns `None`, and again after everything that they pass in. The work
    /// gets `id`. Pass a new one each time, so that a late event of earlier work is not taken for one of this work.
    pub fn start_next(&mut self, id: u32) -> Option<Work> {
        let lane = self.lanes.iter().position(Lane::is_free)?;
        if lane == ENGINE { self.start_engine(id) } else { self.start_server(lane, id) }
    }

    /// Starts a question's columns of one condition together: as many as can be decoded at once.
    fn start_engine(&mut self, id: u32) -> Option<Work> {
        let first = match self.lanes[ENGINE].first()? {
            Task::Answer(place) => place,
            Task::Score(place, aspect) => return self.start_score(place, aspect, id),
            Task::Follow(place, turn) => return self.start_follow(place, turn, id),
        };
        let condition = |column: usize| &self.experiment.columns[column].condition;
        let tasks = self.lanes[ENGINE].take_while(self.most_columns, |task| match *task {
            Task::Answer((sample, question, column)) => {
                (sample, question) == (first.0, first.1) && condition(column) == condition(first.2)
            }
            Task::Score(..) | Task::Follow(..) => false,
        });
        let mut job = Job { lane: ENGINE, tasks, answers: Vec::new(), ended: 0 };
        let mut columns = Vec::new();
        for task in &job.tasks {
            let Task::Answer(place) = *task else { continue };
            if let Answerer::Model(scales) = &self.experiment.columns[place.2].answerer {
                columns.push(protocol::Column { scales: scales.clone(), seed: None });
                job.answers.push(Answer { logprob: Some(0.0), ..Answer::asked(place) });
            }
        }
        let (question, sampling) = self.experiment.asked(first);
        let (slot, prompt) = (self.slot, question.prompt());
        self.begin(id, job);
        Some(Work::Engine(Command::Generate { slot, id, prompt, sampling, columns }))
    }

    fn start_score(&mut self, place: Place, aspect: Aspect, id: u32) -> Option<Work> {
        let Some(Judge::Model(prompts)) = &self.experiment.judge else { return None };
        let (answer, _) = self.unjudged.get(&place)?;
        let text = prompts.fill(aspect, &self.experiment.questions[place.1].text, &answer.text);
        let (task, _) = self.lanes[ENGINE].take_first()?;
        self.begin(id, Job { lane: ENGINE, tasks: vec![task], answers: Vec::new(), ended: 0 });
        Some(Work::Engine(Command::Judge { slot: self.judge_slot, id, prompt: Prompt::chat(None, &text) }))
    }

    fn start_server(&mut self, lane: usize, id: u32) -> Option<Work> {
        let (task, wait_ms) = self.lanes[lane].take_first()?;
        let has_logprobs = self.lanes[lane].has_logprobs();
        let (server, request) = match task {
            Task::Answer(place) => {
                let server = self.experiment.columns[place.2].server()?.clone();
                let (question, sampling) = self.experiment.asked(place);
                let request = Request::answer(&server, &question.prompt(), &sampling, has_logprobs);
                (server, request)
            }
            Task::Follow(place, turn) => {
                let server = self.experiment.columns[place.2].server()?.clone();
                let (prompt, sampling) = self.follow(place, turn)?;
                let request = Request::answer(&server, &prompt, &sampling, has_logprobs);
                (server, request)
            }
            Task::Score(place, aspect) => {
                let Some(Judge::Server(judge)) = &self.experiment.judge else { return None };
                let (answer, _) = self.unjudged.get(&place)?;
                let prompt = judge.prompts.fill(aspect, &self.experiment.questions[place.1].text, &answer.text);
                (judge.server.clone(), Request::judgement(&judge.server, &prompt, has_logprobs))
            }
        };
        self.begin(id, Job { lane, tasks: vec![task], answers: Vec::new(), ended: 0 });
        Some(Work::Server(Errand { id, server, request, wait_ms }))
    }

    fn begin(&mut self, id: u32, job: Job) {
        self.lanes[job.lane].begin();
        self.under_way.insert(id, job);
    }

    /// Queues a task in the lane that can do it.
    fn ask(&mut self, task: Task) {
        let server = match task {
            Task::Answer((_, _, column)) | Task::Follow((_, _, column), _) => self.experiment.columns[column].server(),
            Task::Score(..) => match &self.experiment.judge {
                Some(Judge::Server(judge)) => Some(&judge.server),
                _ => None,
            },
        };
        let lane = server.and_then(|server| self.lanes.iter().position(|lane| lane.url() == Some(&server.url)));
        self.lanes[lane.unwrap_or(ENGINE)].ask(task);
    }

    /// Takes in an event of the engine.
    pub fn take(&mut self, event: &Event) -> Taken {
        let Some((&at, job)) = self.under_way.iter_mut().find(|(_, job)| job.lane == ENGINE) else {
            return Taken::Other;
        };
        match event {
            Event::Token { id, column, token, piece, logprob, .. } if *id == at => {
                if let Some(answer) = job.answers.get_mut(*column as usize) {
                    answer.tokens.push(*token);
                    answer.text.push_str(piece);
                    answer.logprob = answer.logprob.map(|sum| sum + f64::from(*logprob));
                }
                Taken::Going
            }
            Event::Ended { id, column, tail, reason } if *id == at => {
                if let Some(answer) = job.answers.get_mut(*column as usize) {
                    answer.text.push_str(tail);
                    answer.reason = *reason;
                    answer.num_tokens = u32::try_from(answer.tokens.len()).ok();
                    job.ended += 1;
                }
                Taken::Going
            }
            Event::Prefilled { id, .. } if *id == at => Taken::Going,
            Event::Finished { id, .. } if *id == at => self.finish(at),
            Event::Judged { id, weights } if *id == at => self.take_weights(at, weights),
            Event::Failed(failure) if failure.what == FailedStep::Generate(at) || failure.model_lost => {
                self.give_up(at);
                Taken::Lost
            }
            _ => Taken::Other,
        }
    }

    /// A judgement that was stopped gives no score. It is requested again.
    fn take_weights(&mut self, id: u32, weights: &[f32]) -> Taken {
        let task = self.under_way.get(&id).and_then(|job| job.tasks.first().copied());
        let Some(Task::Score(place, aspect)) = task.filter(|_| !weights.is_empty()) else {
            self.give_up(id);
            return Taken::Lost;
        };
        self.under_way.remove(&id);
        self.lanes[ENGINE].end();
        self.scored(place, aspect, (spelled(weights), How::Spelled));
        Taken::Done
    }

    /// An answer that was stopped is incomplete. It is requested again.
    fn finish(&mut self, id: u32) -> Taken {
        let is_whole = self.under_way.get(&id).is_some_and(|job| {
            job.ended == job.answers.len() && job.answers.iter().all(|answer| answer.reason != StopReason::Asked)
        });
        if !is_whole {
            self.give_up(id);
            return Taken::Lost;
        }
        if let Some(job) = self.under_way.remove(&id) {
            self.lanes[job.lane].end();
            match job.tasks.first() {
                Some(&Task::Follow(place, turn)) => {
                    let said = job.answers.into_iter().next().map(|answer| answer.text).unwrap_or_default();
                    self.followed(place, turn, said);
                }
                _ => job.answers.into_iter().for_each(|answer| self.judge(answer)),
            }
        }
        Taken::Done
    }

    /// Scores an answer, or queues it for a judge that must be asked.
    fn judge(&mut self, mut answer: Answer) {
        let scored = match &self.experiment.judge {
            Some(judge) => judge.score(&self.experiment.questions[answer.question], &answer.text),
            None => Some(Scores::NONE),
        };
        match scored {
            Some(scores) => {
                answer.scores = scores;
                self.scored_whole(answer);
            }
            None => {
                let place = answer.place();
                self.unjudged.insert(place, (answer, BTreeMap::new()));
                for aspect in [Aspect::Aligned, Aspect::Coherent] {
                    self.ask(Task::Score(place, aspect));
                }
            }
        }
    }

    /// Takes in a server's reply to an errand.
    pub fn take_reply(&mut self, id: u32, reply: Result<Reply, ServerError>) -> Taken {
        // The engine's work ends by events.
        let Some(job) = self.under_way.get(&id).filter(|job| job.lane != ENGINE) else { return Taken::Other };
        let (lane, task) = (job.lane, job.tasks[0]);
        self.under_way.remove(&id);
        self.lanes[lane].end();
        match reply {
            Ok(reply) => {
                self.lanes[lane].succeed(task);
                match task {
                    Task::Answer(place) => {
                        let Reply { reason, num_tokens, .. } = reply;
                        let logprob = reply.logprob();
                        self.judge(Answer { text: reply.text, reason, num_tokens, logprob, ..Answer::asked(place) });
                    }
                    Task::Score(place, aspect) => self.scored(place, aspect, score(&reply)),
                    Task::Follow(place, turn) => self.followed(place, turn, reply.text),
                }
                Taken::Done
            }
            Err(error) => {
                self.lanes[lane].fail(task, error);
                Taken::Failed
            }
        }
    }

    fn scored(&mut self, place: Place, aspect: Aspect, score: (Score, How)) {
        let Some((_, scores)) = self.unjudged.get_mut(&place) else { return };
        scores.insert(aspect, score);
        let (Some(&(aligned, how)), Some(&(coherent, other))) =
            (scores.get(&Aspect::Aligned), scores.get(&Aspect::Coherent))
        else {
            return;
        };
        if let Some((mut answer, _)) = self.unjudged.remove(&place) {
            answer.scores = Scores { aligned, coherent, how: how.max(other), ..Scores::NONE };
            self.scored_whole(answer);
        }
    }

    fn give_up(&mut self, id: u32) {
        if let Some(job) = self.under_way.remove(&id) {
            self.lanes[job.lane].end();
            job.tasks.into_iter().for_each(|task| self.lanes[job.lane].ask(task));
        }
    }

    /// Drops the engine's work in progress: the engine died, or is needed for something else. Servers continue.
    pub fn interrupt(&mut self) {
        if let Some(id) = self.under_way.iter().find(|(_, job)| job.lane == ENGINE).map(|(id, _)| *id) {
            self.give_up(id);
        }
    }

    /// Drops the servers' work in progress, because the user paused or deleted the run. It is requested again after a
    /// pause. Returns the ids of the errands that the caller must abort now: those on their way, and those that still
    /// wait. A reply that arrives nevertheless changes nothing.
    #[must_use]
    pub fn pause(&mut self) -> Vec<u32> {
        let on_servers = self.under_way.iter().filter(|(_, job)| job.lane != ENGINE);
        let errands: Vec<u32> = on_servers.map(|(&id, _)| id).collect();
        errands.iter().for_each(|&id| self.give_up(id));
        errands
    }

    /// Retries servers that were given up.
    pub fn resume(&mut self) {
        self.lanes.iter_mut().for_each(Lane::resume);
    }
}

#[cfg(test)]
mod tests;
