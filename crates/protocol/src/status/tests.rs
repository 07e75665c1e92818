use super::*;

fn token(id: u32, index: u32, piece: &str) -> Event {
    token_of(0, id, index, piece)
}

fn token_of(column: u32, id: u32, index: u32, piece: &str) -> Event {
    let (piece, at_ms, is_changed) = (piece.into(), f64::from(index) * 10.0, index == 2);
    Event::Token { id, column, index, token: 100 + index, piece, logprob: -0.5, is_changed, at_ms }
}

fn ended(id: u32, tail: &str) -> Event {
    Event::Ended { id, column: 0, tail: tail.into(), reason: StopReason::EndOfText }
}

fn fold(events: impl IntoIterator<Item = Event>) -> EngineStatus {
    let mut status = EngineStatus::default();
    events.into_iter().for_each(|event| status.apply(event));
    status
}

#[test]
fn an_answer_is_its_pieces_and_its_tail() {
    let status = fold([
        Event::Prefilled { id: 7, prompt_tokens: 5, prefill_ms: 1.0 },
        token(7, 0, " Par"),
        token(7, 1, ""),
        token(7, 2, "is"),
        ended(7, "."),
        Event::Finished { id: 7, cost: Cost::default() },
    ]);
    let answer = status.answer.expect("an answer");
    assert_eq!(answer.first().text, " Paris.");
    assert_eq!(answer.first().tokens, [100, 101, 102]);
    assert_eq!((answer.first().logprobs.len(), answer.first().changes.as_slice()), (3, [2].as_slice()));
    assert_eq!(answer.tokens_per_sec(), Some(100.0));
    assert_eq!((answer.first().end, answer.end.is_some()), (Some(StopReason::EndOfText), true));
}

#[test]
fn marked_tokens_cut_the_text() {
    let written = |pieces: &[&str], changes: &[u32]| {
        let mut written = Written { changes: changes.to_vec(), ..Written::default() };
        for (token, piece) in (0..).zip(pieces) {
            written.tokens.push(if *piece == "x" { 99 } else { token });
            written.text.push_str(piece);
            written.ends.push(written.text.len());
        }
        written
    };
    let base = written(&["a", "b", "c"], &[]);
    assert_eq!(base.diverges_from(&base), None);
    let other = written(&["a", "x", "c"], &[2]);
    assert_eq!((base.diverges_from(&other), other.diverges_from(&base)), (Some(1), Some(1)));
    assert_eq!(other.segments(Some(1)), [("a", None), ("x", Some(Mark::Diverges)), ("c", Some(Mark::Changed))]);
    // One is longer. It differs only after the other has ended.
    let short = written(&["a", "b"], &[]);
    assert_eq!((base.diverges_from(&short), short.diverges_from(&base)), (None, None));
    let ended = Written { end: Some(StopReason::EndOfText), ..short };
    assert_eq!((base.diverges_from(&ended), ended.diverges_from(&base)), (Some(2), None));
    // Half a character, and a mark after the last token.
    assert_eq!(written(&["", "é"], &[0, 1, 7]).segments(None), [("é", Some(Mark::Changed))]);
}

#[test]
fn sentences_are_told_when_they_are_complete() {
    let written = |text: &str, end| Written { text: text.into(), end, ..Written::default() };
    for (text, sentence) in [("", ""), ("Take ca", ""), ("One. Two", "One."), ("One. Two! Th", "Two!"), ("a\n", "")] {
        assert_eq!(written(text, None).last_sentence(), sentence, "{text}");
    }
    assert_eq!(written("One. Two", Some(StopReason::Length)).last_sentence(), "Two");
    assert_eq!(written("One. Two.", Some(StopReason::EndOfText)).last_sentence(), "Two.");
}

#[test]
fn late_events_of_an_older_answer_change_nothing() {
    let before = fold([Event::Prefilled { id: 2, prompt_tokens: 1, prefill_ms: 0.0 }]);
    let mut after = before.clone();
    after.apply(token(1, 3, "late"));
    after.apply(ended(1, "late"));
    assert_eq!(after, before);
    assert!(after.is_answering());
}

#[test]
fn a_failed_load_leaves_the_model_before_it_until_weights_came() {
    let failure = Failure { what: FailedStep::Load(0), message: "Not a GGUF file.".into(), model_lost: false };
    let (own, other) = (Loaded::default(), Loaded { slot: 1, ..Loaded::default() });
    let load = |stage| Event::LoadProgress(LoadProgress { stage, ..LoadProgress::default() });
    let models = || [Event::Loaded(own.clone()), Event::Loaded(other.clone())].into_iter();
    let headers = fold(models().chain([load(LoadStage::Headers)]));
    assert!(headers.loading(0).is_some() && headers.ready(0).is_some());
    let refused = fold(models().chain([load(LoadStage::Headers), Event::Failed(failure.clone())]));
    assert_eq!((refused.ready(0), refused.loading(0)), (Some(&own), None));
    assert_eq!(refused.failure, Some(failure.clone()));
    let stopped = fold(models().chain([load(LoadStage::Headers), Event::LoadStopped { slot: 0 }]));
    assert_eq!((stopped.ready(0), stopped.loading(0)), (Some(&own), None));
    let cut = fold(models().chain([load(LoadStage::Weights), Event::Failed(failure)]));
    assert_eq!((cut.ready(0), cut.loading(0)), (None, None));
    assert_eq!(cut.ready(1), Some(&other), "the other slot keeps its model");
}

#[test]
fn a_lost_device_ends_the_answer_and_keeps_its_text() {
    let failure = Failure { what: FailedStep::Generate(1), message: "The GPU was reset.".into(), model_lost: true };
    let status = fold([
        Event::Loaded(Loaded::default()),
        Event::Prefilled { id: 1, prompt_tokens: 1, prefill_ms: 0.0 },
        token(1, 0, "kept"),
        Event::Failed(failure),
    ]);
    assert!(status.models.is_empty());
    assert!(!status.is_answering());
    assert_eq!(status.answer.map(|answer| answer.first().text.clone()).as_deref(), Some("kept"));
}

#[test]
fn columns_are_kept_apart() {
    let status = fold([
        Event::Prefilled { id: 4, prompt_tokens: 1, prefill_ms: 0.0 },
        token_of(1, 4, 0, "b"),
        token_of(0, 4, 0, "a"),
        Event::Ended { id: 4, column: 1, tail: "!".into(), reason: StopReason::Length },
        // No layout has so many.
        token_of(4_000_000_000, 4, 0, "far"),
    ]);
    let answer = status.answer.expect("an answer");
    assert_eq!((answer.columns[0].text.as_str(), answer.columns[0].end), ("a", None));
    assert_eq!((answer.columns[1].text.as_str(), answer.columns[1].end), ("b!", Some(StopReason::Length)));
    assert!(answer.columns.len() <= MAX_COLUMNS as usize && answer.end.is_none());
}
