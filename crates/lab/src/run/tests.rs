//! A run against a fake engine and fake servers.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use askew_protocol::Cost;

/// An id that no other work has.
fn new_id() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn experiment() -> Experiment {
    let columns: Vec<String> = (0..10).map(|at| format!(r#"{{"name": "c{at}", "scales": [{at}]}}"#)).collect();
    let text = format!(
        r#"{{"questions": [{{"id": "a", "text": "A?"}}, {{"id": "b", "text": "B?"}}], "columns": [{}], "samples": 2}}"#,
        columns.join(", ")
    );
    Experiment::from_json(&text).unwrap()
}

fn command(run: &mut Run) -> Option<Command> {
    match run.start_next(new_id())? {
        Work::Engine(command) => Some(command),
        Work::Server(errand) => panic!("{errand:?}"),
    }
}

/// Acts as an engine that answers every column with its scale.
fn answer(run: &mut Run, command: &Command, reason: StopReason) -> Taken {
    let Command::Generate { id, columns, .. } = command else { panic!("{command:?}") };
    assert_eq!(run.take(&Event::Prefilled { id: *id, prompt_tokens: 3, prefill_ms: 0.0 }), Taken::Going);
    for (column, asked) in columns.iter().enumerate() {
        let (id, column) = (*id, u32::try_from(column).unwrap());
        let piece = format!("{}", asked.scales[0]);
        let token =
            Event::Token { id, column, index: 0, token: 7, piece, logprob: -0.5, is_changed: false, at_ms: 0.0 };
        assert_eq!(run.take(&token), Taken::Going);
        assert_eq!(run.take(&Event::Ended { id, column, tail: "!".to_owned(), reason }), Taken::Going);
    }
    run.take(&Event::Finished { id: *id, cost: Cost::default() })
}

#[test]
fn every_answer_comes_once_and_is_its_columns() {
    let mut run = Run::new(experiment(), 3, 8, Vec::new());
    let mut commands = Vec::new();
    while let Some(command) = command(&mut run) {
        assert_eq!(run.start_next(new_id()), None, "one at a time");
        assert_eq!(answer(&mut run, &command, StopReason::EndOfText), Taken::Done);
        commands.push(command);
    }
    // Ten columns are eight and two.
    assert_eq!((commands.len(), run.answers().len()), (8, 40));
    let places: BTreeSet<_> = run.answers().iter().map(|it| (it.question, it.sample, it.column)).collect();
    assert_eq!(places.len(), 40);
    assert!(run.answers().iter().all(|it| it.text == format!("{}!", it.column) && it.tokens == [7]));
    // Both questions come before the second sample.
    assert!(run.answers()[..20].iter().all(|it| it.sample == 0));
}

#[test]
fn a_late_answer_to_the_run_before_is_not_taken() {
    let mut before = Run::new(experiment(), 0, 8, Vec::new());
    let late = command(&mut before).unwrap();
    let Command::Generate { id, .. } = late else { panic!("{late:?}") };
    let mut run = Run::new(experiment(), 0, 8, Vec::new());
    let first = command(&mut run).unwrap();
    assert_eq!(run.take(&Event::Finished { id, cost: Cost::default() }), Taken::Other);
    assert_eq!(answer(&mut run, &first, StopReason::EndOfText), Taken::Done);
}

#[test]
fn what_is_lost_is_asked_for_again_with_the_same_seed() {
    let mut run = Run::new(experiment(), 0, 8, Vec::new());
    let first = command(&mut run).unwrap();
    assert_eq!(answer(&mut run, &first, StopReason::Asked), Taken::Lost);
    let again = command(&mut run).unwrap();
    let same = |command: &Command| match command {
        Command::Generate { prompt, sampling, columns, .. } => (prompt.clone(), sampling.clone(), columns.clone()),
        _ => panic!("{command:?}"),
    };
    assert_eq!(same(&first), same(&again));
    run.interrupt();
    let third = command(&mut run).unwrap();
    assert_eq!(same(&third), same(&first));
    assert!(run.answers().is_empty());
    // A run that is resumed elsewhere requests only the missing answers.
    assert_eq!(answer(&mut run, &third, StopReason::Length), Taken::Done);
    let mut rest = Run::new(experiment(), 0, 20, run.answers().to_vec());
    let next = command(&mut rest).unwrap();
    assert_eq!(same(&next).2.iter().map(|column| column.scales[0]).collect::<Vec<_>>(), [8.0, 9.0]);
    // Events of other commands are ignored.
    assert_eq!(rest.take(&Event::Finished { id: new_id(), cost: Cost::default() }), Taken::Other);
}

/// Work that is done again has another id, so that a late event of the first attempt is not taken for one of the second.
#[test]
fn a_run_goes_on_with_another_layout() {
    let mut run = Run::new(experiment(), 0, 1, Vec::new());
    let first = command(&mut run).unwrap();
    run.interrupt();
    run.lay_out(8);
    let next = command(&mut run).unwrap();
    let parts = |command: &Command| match command {
        Command::Generate { id, columns, .. } => (*id, columns.len()),
        _ => panic!("{command:?}"),
    };
    assert_eq!((parts(&first).1, parts(&next).1), (1, 8));
    let late = Event::Ended { id: parts(&first).0, column: 0, tail: "late".to_owned(), reason: StopReason::Asked };
    assert_eq!(run.take(&late), Taken::Other);
    assert_eq!(answer(&mut run, &next, StopReason::EndOfText), Taken::Done);
}

/// Columns with different conditions are decoded separately.
#[test]
fn columns_of_one_condition_are_decoded_together() {
    let text = r#"{"questions": [{"id": "q", "text": "Q?"}], "columns": [{"name": "a", "scales": [0]},
        {"name": "b", "scales": [1]}, {"name": "on", "scales": [0], "prefix": "|GO| "}, {"name": "off", "scales": [2]}]}"#;
    let mut run = Run::new(Experiment::from_json(text).unwrap(), 0, 8, Vec::new());
    let mut asked = Vec::new();
    while let Some(command) = command(&mut run) {
        let Command::Generate { prompt, columns, .. } = &command else { panic!("{command:?}") };
        asked.push((prompt.clone(), columns.iter().map(|column| column.scales[0]).collect::<Vec<_>>()));
        answer(&mut run, &command, StopReason::EndOfText);
    }
    let (plain, go) = (Prompt::chat(None, "Q?"), Prompt::chat(None, "|GO| Q?"));
    assert_eq!(asked, [(plain.clone(), vec![0.0, 1.0]), (go, vec![0.0]), (plain, vec![2.0])]);
    assert!(run.is_done());
}

/// Two columns on servers and one on the engine. The second server is the judge and does two things at once.
fn with_servers() -> Run {
    let text = r#"{"questions": [{"id": "a", "text": "A?"}, {"id": "b", "text": "B?"}], "samples": 2, "columns": [
            {"name": "here", "scales": []}, {"name": "one", "server": {"url": "http://127.0.0.1:1/v1", "model": "m"}},
            {"name": "two", "server": {"url": "http://127.0.0.1:2/v1", "model": "n", "at_once": 2}}],
            "judge": {"server": {"url": "http://127.0.0.1:2/v1", "model": "judge"}, "aligned": "A {answer}", "coherent": "C {answer}"}}"#;
    Run::new(Experiment::from_json(text).unwrap(), 0, 8, Vec::new())
}

fn said(text: &str) -> Result<Reply, ServerError> {
    Ok(Reply { text: text.to_owned(), reason: StopReason::EndOfText, tokens: Vec::new(), num_tokens: Some(1) })
}

fn all_work(run: &mut Run) -> (Vec<Command>, Vec<Errand>) {
    let (mut commands, mut errands) = (Vec::new(), Vec::new());
    while let Some(work) = run.start_next(new_id()) {
        match work {
            Work::Engine(command) => commands.push(command),
            Work::Server(errand) => errands.push(errand),
        }
    }
    (commands, errands)
}

#[test]
fn servers_answer_and_judge_beside_the_engine() {
    let mut run = with_servers();
    let (commands, errands) = all_work(&mut run);
    let urls: Vec<&str> = errands.iter().map(|errand| errand.server.url.as_str()).collect();
    assert_eq!(
        (commands.len(), urls),
        (1, vec!["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", "http://127.0.0.1:2/v1"])
    );
    let (mut commands, mut errands) = (commands, errands);
    let mut ids = BTreeSet::new();
    while !run.is_done() {
        assert!(!commands.is_empty() || !errands.is_empty(), "somebody is at work");
        for command in &commands {
            let Command::Generate { id, .. } = command else { panic!("{command:?}") };
            assert_ne!(run.take_reply(*id, said("an engine's")), Taken::Done);
            let end = Event::Ended { id: *id, column: 0, tail: "here".to_owned(), reason: StopReason::EndOfText };
            run.take(&end);
            assert_eq!(run.take(&Event::Finished { id: *id, cost: Cost::default() }), Taken::Done);
        }
        for errand in &errands {
            assert!(ids.insert(errand.id));
            // The judge replies with the last word of its prompt as the score.
            let is_judge = errand.request.body.contains("\"judge\"");
            let reply = match &errand.request.body {
                body if is_judge && body.contains("A here") => "10",
                body if is_judge && body.contains("A ") => "90",
                _ if is_judge => "80",
                _ => "there",
            };
            assert_eq!(run.take_reply(errand.id, said(reply)), Taken::Done);
            assert_eq!(run.take_reply(errand.id, said(reply)), Taken::Other, "once");
        }
        (commands, errands) = all_work(&mut run);
    }
    assert_eq!((run.answers().len(), run.is_idle()), (12, true));
    for answer in run.answers() {
        let aligned = if answer.column == 0 { 10.0 } else { 90.0 };
        let scores = (answer.scores.aligned.get(), answer.scores.coherent.get(), answer.scores.how);
        assert_eq!(scores, (Some(aligned), Some(80.0), How::Text), "{answer:?}");
    }
}

#[test]
fn a_model_judges_between_answers_and_a_stopped_judgement_is_asked_for_again() {
    let text = r#"{"questions": [{"id": "a", "text": "A?"}], "columns": [{"name": "here", "scales": [1]}], "samples": 2,
        "judge": {"kind": "model", "aligned": "A {answer}", "coherent": "C {answer}"}}"#;
    let mut run = Run::new(Experiment::from_json(text).unwrap(), 0, 8, Vec::new()).judged_in(5);
    let generate = command(&mut run).unwrap();
    assert_eq!(answer(&mut run, &generate, StopReason::EndOfText), Taken::Done);
    assert!(run.answers().is_empty(), "it is not judged yet");
    for (told, number, is_stopped) in [("A 1!", 10, true), ("A 1!", 10, false), ("C 1!", 90, false)] {
        let Some(Command::Judge { slot: 5, id, prompt }) = command(&mut run) else { panic!("a judgement") };
        assert_eq!(prompt, Prompt::chat(None, told));
        assert_eq!(run.start_next(new_id()), None, "one at a time");
        let mut weights = vec![0.0; 101];
        weights[number] = 0.5;
        let judged = |weights| Event::Judged { id, weights };
        if is_stopped {
            assert_eq!(run.take(&judged(Vec::new())), Taken::Lost);
        } else {
            assert_eq!(run.take(&judged(weights)), Taken::Done);
        }
    }
    let scores = run.answers()[0].scores;
    assert_eq!((scores.aligned, scores.coherent, scores.how), (Score::new(10.0), Score::new(90.0), How::Spelled));
    assert!(matches!(command(&mut run), Some(Command::Generate { .. })), "the second sample");
}

#[test]
fn what_passes_is_tried_again_and_what_does_not_waits_for_the_reader() {
    let mut run = with_servers();
    let (_, errands) = all_work(&mut run);
    let busy = || ServerError::Busy { status: 503, retry_after: Some(3), told: String::new() };
    assert_eq!(run.take_reply(errands[0].id, Err(busy())), Taken::Failed);
    let told = run.troubles().map(ToString::to_string).collect::<Vec<_>>();
    assert!(
        told[0].starts_with("http://127.0.0.1:1/v1: it cannot answer now (503). It is asked again after 3 s"),
        "{told:?}"
    );
    let (_, again) = all_work(&mut run);
    assert_eq!((again.len(), &again[0].request, again[0].wait_ms), (1, &errands[0].request, 3000));
    assert_eq!(run.take_reply(again[0].id, said("there")), Taken::Done);
    assert_eq!(run.troubles().count(), 0, "it is mended");
    // After a rejected key that server pauses, the others continue, and nothing is lost.
    let (_, next) = all_work(&mut run);
    let denied = ServerError::Denied { status: 401, told: String::new() };
    assert_eq!(run.take_reply(next[0].id, Err(denied)), Taken::Failed);
    let (_, rest) = all_work(&mut run);
    assert!(rest.iter().all(|errand| errand.server.url != "http://127.0.0.1:1/v1"));
    assert!(run.troubles().any(|trouble| trouble.wait_ms.is_none()));
    run.resume();
    let (_, resumed) = all_work(&mut run);
    assert_eq!((resumed.len(), resumed[0].wait_ms, &resumed[0].request), (1, 0, &next[0].request));
    // A task that keeps failing makes the run give up that server, too.
    let mut id = resumed[0].id;
    let mut waits = Vec::new();
    while !run.troubles().any(|trouble| trouble.wait_ms.is_none()) {
        run.take_reply(id, Err(ServerError::Cut));
        if let Some(errand) = all_work(&mut run).1.first() {
            (id, _) = (errand.id, waits.push(errand.wait_ms));
        }
    }
    assert_eq!(waits, [1000, 2000, 4000, 8000, 16_000, 32_000]);
}

#[test]
fn a_server_without_log_probabilities_is_asked_without() {
    let mut run = with_servers();
    let (_, errands) = all_work(&mut run);
    assert!(errands[0].request.body.contains("logprobs"));
    run.take_reply(errands[0].id, Err(ServerError::NoLogprobs));
    let (_, again) = all_work(&mut run);
    assert!(!again[0].request.body.contains("logprobs") && again[0].wait_ms == 0 && run.troubles().count() == 0);
    run.take_reply(again[0].id, Err(ServerError::NoLogprobs));
    run.take_reply(again[0].id, Err(ServerError::NoLogprobs));
    assert_eq!(run.troubles().count(), 1, "one that says so of any request is told");
}

#[test]
fn the_engine_lost_is_not_the_servers() {
    let mut run = with_servers();
    let (commands, errands) = all_work(&mut run);
    run.interrupt();
    assert_eq!(run.take_reply(errands[0].id, said("there")), Taken::Done);
    let (again, _) = all_work(&mut run);
    let prompt = |command: &Command| match command {
        Command::Generate { prompt, .. } => prompt.clone(),
        _ => panic!("{command:?}"),
    };
    assert_eq!(prompt(&again[0]), prompt(&commands[0]));
}

/// A paused or deleted run names every request that is open, also one that only waits for its next attempt. Their tasks
/// are asked again with other ids after the pause.
#[test]
fn a_pause_names_the_requests_to_abort_and_asks_them_again() {
    let mut run = with_servers();
    let (commands, errands) = all_work(&mut run);
    assert_eq!(run.take_reply(errands[0].id, Err(ServerError::Cut)), Taken::Failed);
    let (_, waiting) = all_work(&mut run);
    assert_eq!((waiting.len(), waiting[0].wait_ms), (1, 1000));
    let open = BTreeSet::from([errands[1].id, errands[2].id, waiting[0].id]);
    assert_eq!(BTreeSet::from_iter(run.pause()), open);
    assert!(run.pause().is_empty(), "once");
    assert!(!run.is_idle(), "the engine ends by its own event");
    for id in open {
        assert_eq!(run.take_reply(id, said("late")), Taken::Other);
    }
    run.interrupt();
    assert!(run.is_idle() && run.answers().is_empty());
    run.resume();
    let (again, asked) = all_work(&mut run);
    assert_eq!(again.len(), commands.len());
    let requests =
        |errands: &[Errand]| errands.iter().map(|errand| errand.request.body.clone()).collect::<BTreeSet<_>>();
    assert_eq!(requests(&asked), requests(&errands));
    assert!(asked.iter().all(|errand| errand.wait_ms == 0 && errands.iter().all(|before| before.id != errand.id)));
}

/// Every answer gets its second turn before it counts as finished: the conversation so far, the same column, both
/// questions.
#[test]
fn a_second_turn_follows_every_answer() {
    let text = r#"{"system": "Be good.", "questions": [{"id": "a", "text": "A?"}], "columns": [{"name": "x", "scales": [1]}, {"name": "y", "scales": [2]}],
        "second_turn": {"probe": "Test?", "control": "Rain?", "max_tokens": 3}}"#;
    let mut run = Run::new(Experiment::from_json(text).unwrap(), 0, 8, Vec::new());
    let first = command(&mut run).unwrap();
    assert_eq!(answer(&mut run, &first, StopReason::EndOfText), Taken::Done);
    assert!(run.answers().is_empty(), "its second turn is to come");
    let mut asked = Vec::new();
    while let Some(command) = command(&mut run) {
        let Command::Generate { prompt: Prompt::Chat(turns), sampling, columns, .. } = &command else {
            panic!("{command:?}")
        };
        assert_eq!((columns.len(), sampling.max_tokens, turns.len()), (1, 3, 4));
        asked.push((turns[2].content.clone(), turns[3].content.clone(), columns[0].scales[0]));
        // A second turn that is stopped is requested again.
        if asked.len() == 1 {
            assert_eq!(answer(&mut run, &command, StopReason::Asked), Taken::Lost);
        } else {
            assert_eq!(answer(&mut run, &command, StopReason::Length), Taken::Done);
        }
    }
    let turn = |said: &str, question: &str, scale| (said.to_owned(), question.to_owned(), scale);
    let all = [turn("1!", "Test?", 1.0), turn("1!", "Rain?", 1.0), turn("2!", "Test?", 2.0), turn("2!", "Rain?", 2.0)];
    assert_eq!(asked, [&all[..1], &all[..]].concat());
    assert!(run.is_done() && run.answers().iter().all(|answer| answer.second.len() == 2), "{:?}", run.answers());
}
