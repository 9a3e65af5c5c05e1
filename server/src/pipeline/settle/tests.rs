use super::*;

fn object(n: u64) -> Object {
    Object { n, key: format!("k{n}"), etag: None, size: Some(1), start: None, end: None }
}

fn sent(numbers: &[u64]) -> Sent {
    Sent::new(numbers.iter().copied().map(object).collect())
}

fn row(n: u64, state: State, reason: Option<Reason>) -> ObjectRow {
    ObjectRow {
        n,
        key: None,
        state,
        reason,
        detail: None,
        tally: Tally { bytes_in: 1, ..Tally::default() },
        duration_ms: 0,
        etag: None,
        piece: None,
    }
}

fn replied(rows: Vec<ObjectRow>) -> Reply {
    Reply { objects: rows, ..Reply::default() }
}

fn failure(kind: ChildErrorKind, open: &[u64]) -> ChildError {
    ChildError { kind, message: "m".to_owned(), retry_after_ms: None, open: open.to_vec() }
}

/// Numbers settled, and numbers of every batch to be tried again.
#[track_caller]
fn check(verdict: &Verdict, settled: &[u64], retried: &[&[u64]]) {
    let numbers: Vec<u64> = verdict.settled.iter().map(|settled| settled.object.n).collect();
    assert_eq!(numbers, settled);
    let of = |retry: &Retry| retry.sent.objects.iter().map(|object| object.n).collect::<Vec<_>>();
    assert_eq!(verdict.retries.iter().map(of).collect::<Vec<_>>(), retried);
}

#[test]
fn an_object_that_a_reply_leaves_out_is_tried_again() {
    let reply = replied(vec![row(1, State::Counted, None)]);
    check(&super::reply(sent(&[0, 1]), reply), &[1], &[&[0]]);
}

#[test]
fn an_object_that_was_not_asked_for_is_dropped() {
    let reply = replied(vec![row(0, State::Counted, None), row(9, State::Counted, None)]);
    let verdict = super::reply(sent(&[0]), reply);
    check(&verdict, &[0], &[]);
    assert_eq!(verdict.warnings.len(), 1);
}

#[test]
fn a_row_that_contradicts_itself_is_not_believed() {
    let reply = replied(vec![row(0, State::Counted, Some(Reason::Corrupt))]);
    check(&super::reply(sent(&[0]), reply), &[], &[&[0]]);
}

#[test]
fn a_row_that_leaves_out_bytes_or_skips_them_is_not_believed() {
    let mut half = row(0, State::Counted, None);
    half.tally.bytes_in = 0;
    check(&super::reply(sent(&[0]), replied(vec![half])), &[], &[&[0]]);
    let skipped = row(0, State::Skipped, Some(Reason::Filtered));
    check(&super::reply(sent(&[0]), replied(vec![skipped])), &[], &[&[0]]);
}

#[test]
fn an_object_that_s3_would_not_give_is_asked_for_again() {
    let unreachable = || replied(vec![row(0, State::Failed, Some(Reason::Unreachable))]);
    check(&super::reply(sent(&[0]), unreachable()), &[], &[&[0]]);
    let last = Sent { attempts: ATTEMPTS_MAX - 1, ..sent(&[0]) };
    check(&super::reply(last, unreachable()), &[0], &[]);
}

#[test]
fn an_object_is_partial_only_when_it_had_a_function_to_itself() {
    let partial = || replied(vec![row(0, State::Partial, Some(Reason::Deadline))]);
    check(&super::reply(sent(&[0, 1]), partial()), &[], &[&[1], &[0]]);
    check(&super::reply(sent(&[0]), partial()), &[0], &[]);
}

/// A batch that had so many milliseconds.
fn given(numbers: &[u64], ms: u64) -> Sent {
    Sent { time: Time { given_ms: Some(ms), least_ms: 0 }, ..sent(numbers) }
}

#[test]
fn an_object_that_was_given_less_than_all_the_time_is_not_partial_yet() {
    let object = object(0);
    let rows = vec![row(0, State::Partial, Some(Reason::Deadline))];
    let reply = Reply { remaining: vec![object], ..replied(rows) };
    check(&super::reply(given(&[0], 500), reply), &[], &[&[0]]);
}

#[test]
fn too_little_time_spends_no_attempt_and_asks_for_twice_as_much() {
    let remaining = vec![object(0), object(1)];
    let verdict = super::reply(given(&[0, 1], 500), Reply { remaining, ..Reply::default() });
    let again = &verdict.retries[0].sent;
    assert_eq!((again.attempts, again.time.least_ms), (0, 1_000));
    let reply = Reply { remaining: vec![object(1)], ..replied(vec![row(0, State::Counted, None)]) };
    let verdict = super::reply(given(&[0, 1], 500), reply);
    let again = &verdict.retries[0].sent;
    assert_eq!((again.attempts, again.time.least_ms), (0, 0));
}

#[test]
fn replies_without_progress_come_to_an_end() {
    let mut batches = vec![sent(&[0, 1, 2, 3])];
    let mut settled = 0;
    let mut attempts = 0;
    while let Some(batch) = batches.pop() {
        attempts += 1;
        let verdict = super::reply(batch, Reply::default());
        settled += verdict.settled.len();
        batches.extend(verdict.retries.into_iter().map(|retry| retry.sent));
    }
    assert_eq!(settled, 4);
    assert!(attempts < 20, "{attempts}");
}

#[test]
fn a_poisoned_object_is_isolated_by_halves() {
    let mut batches = vec![sent(&(0..100).collect::<Vec<_>>())];
    let mut failed = Vec::new();
    let mut attempts = 0;
    while let Some(batch) = batches.pop() {
        attempts += 1;
        if batch.objects.iter().any(|object| object.n == 61) {
            let verdict = error(batch, &failure(ChildErrorKind::Function, &[]));
            failed.extend(verdict.settled.iter().map(|settled| settled.object.n));
            batches.extend(verdict.retries.into_iter().map(|retry| retry.sent));
        }
    }
    assert_eq!(failed, [61]);
    assert!(attempts < 20, "{attempts}");
}

#[test]
fn an_object_alone_whose_function_dies_is_tried_again_until_its_attempts_are_spent() {
    let mut batch = sent(&[7]);
    for _ in 1..ATTEMPTS_MAX {
        let verdict = error(batch, &failure(ChildErrorKind::Died, &[7]));
        batch = verdict.retries.into_iter().next().unwrap().sent;
    }
    check(&error(batch, &failure(ChildErrorKind::Died, &[7])), &[7], &[]);
    check(&error(sent(&[7]), &failure(ChildErrorKind::Function, &[7])), &[7], &[]);
}

#[test]
fn open_objects_stand_alone_at_once() {
    let verdict = error(sent(&[0, 1, 2, 3]), &failure(ChildErrorKind::Function, &[2]));
    check(&verdict, &[], &[&[2], &[0, 1, 3]]);
}

#[test]
fn throttling_spends_no_attempt_and_honours_retry_after() {
    let told = ChildError { retry_after_ms: Some(5_000), ..failure(ChildErrorKind::Throttled, &[]) };
    let verdict = error(sent(&[0]), &told);
    assert_eq!(verdict.retries[0].wait.as_millis(), 5_000);
    assert_eq!(verdict.retries[0].sent.attempts, 0);
}

#[test]
fn an_unreachable_batch_is_given_up_after_its_attempts() {
    let mut batch = sent(&[0, 1]);
    for _ in 1..ATTEMPTS_MAX {
        let verdict = error(batch, &failure(ChildErrorKind::Unreachable, &[]));
        batch = verdict.retries.into_iter().next().unwrap().sent;
    }
    check(&error(batch, &failure(ChildErrorKind::Unreachable, &[])), &[0, 1], &[]);
}

#[test]
fn the_ledger_takes_every_object_once() {
    let mut ledger = Ledger::default();
    let n = ledger.list();
    let settled = Settled::uncounted(object(n), Reason::Gone, None);
    assert!(!ledger.adds_up());
    assert!(ledger.settle(&settled));
    assert!(!ledger.settle(&settled));
    assert!(!ledger.settle(&Settled::uncounted(object(70), Reason::Gone, None)));
    assert!(ledger.adds_up());
    assert_eq!(ledger.done(), 1);
}
