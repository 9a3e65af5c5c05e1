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
    let tally = rows.iter().filter(|row| row.state == State::Counted).map(|row| row.tally).sum();
    Reply { objects: rows, tally, ..Reply::default() }
}

/// A reply of a function that S3 pushed back, with these rows and these objects left.
fn refused(rows: Vec<ObjectRow>, left: &[u64], retry_after_ms: Option<u64>) -> Reply {
    let throttled = Some(Throttled { message: "SlowDown".to_owned(), retry_after_ms });
    Reply { remaining: left.iter().copied().map(object).collect(), throttled, ..replied(rows) }
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
    assert!(attempts <= 4 * ATTEMPTS_MAX, "{attempts}");
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
    assert!(attempts < 15 + ATTEMPTS_MAX, "{attempts}");
}

#[test]
fn an_object_alone_whose_function_fails_is_tried_again_until_its_attempts_are_spent() {
    for kind in [ChildErrorKind::Died, ChildErrorKind::Function] {
        let mut batch = sent(&[7]);
        for _ in 1..ATTEMPTS_MAX {
            let verdict = error(batch, &failure(kind, &[7]));
            batch = verdict.retries.into_iter().next().unwrap().sent;
        }
        check(&error(batch, &failure(kind, &[7])), &[7], &[]);
    }
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
    let by = verdict.pushback.map(|pushback| pushback.by);
    assert_eq!((by, verdict.retries[0].throttled), (Some(Service::Lambda), true));
}

#[test]
fn what_s3_refuses_spends_no_attempt_and_waits_longer_while_nothing_comes() {
    let mut batch = sent(&[0, 1]);
    let mut waits = Vec::new();
    for _ in 0..3 * ATTEMPTS_MAX {
        let mut verdict = super::reply(batch, refused(Vec::new(), &[0, 1], None));
        check(&verdict, &[], &[&[0, 1]]);
        assert_eq!(verdict.pushback.as_ref().unwrap().by, Service::Store);
        let retry = verdict.retries.remove(0);
        assert_eq!((retry.sent.attempts, retry.throttled), (0, true));
        waits.push(retry.wait);
        batch = retry.sent;
    }
    assert!(waits.is_sorted() && waits.last() > waits.first(), "{waits:?}");
    let verdict = super::reply(batch, refused(vec![row(0, State::Counted, None)], &[1], None));
    check(&verdict, &[0], &[&[1]]);
    assert_eq!(verdict.retries[0].wait, waits[0], "something came");
    let verdict = super::reply(sent(&[0]), refused(Vec::new(), &[0], Some(7_000)));
    assert_eq!(verdict.retries[0].wait.as_millis(), 7_000);
}

#[test]
fn an_object_that_a_refused_reply_leaves_out_spends_an_attempt() {
    let verdict = super::reply(sent(&[0, 1]), refused(Vec::new(), &[1], None));
    check(&verdict, &[], &[&[1], &[0]]);
    let attempts: Vec<u32> = verdict.retries.iter().map(|retry| retry.sent.attempts).collect();
    assert_eq!(attempts, [0, 1]);
}

#[test]
fn one_object_that_a_store_always_refuses_is_given_up_and_a_batch_is_not() {
    let refused_at = |numbers: &[u64], throttles| {
        let batch = Sent { throttles, ..sent(numbers) };
        super::reply(batch, refused(Vec::new(), numbers, None))
    };
    check(&refused_at(&[0], THROTTLES_MAX - 1), &[], &[&[0]]);
    let verdict = refused_at(&[0], THROTTLES_MAX);
    check(&verdict, &[0], &[]);
    let failed = Settled::uncounted(object(0), Reason::Unreachable, Some("SlowDown".to_owned()));
    assert_eq!(verdict.settled[0], failed);
    check(&refused_at(&[0, 1], THROTTLES_MAX), &[], &[&[0, 1]]);
}

#[test]
fn what_was_refused_for_too_long_fails_with_the_stores_sentence() {
    let rows = vec![row(2, State::Failed, Some(Reason::Unreachable))];
    let mut verdict = super::reply(sent(&[0, 1, 2]), refused(rows, &[0, 1], None));
    verdict.give_up_throttled("SlowDown");
    check(&verdict, &[0, 1], &[&[2]]);
    let failed = Settled::uncounted(object(0), Reason::Unreachable, Some("SlowDown".to_owned()));
    assert_eq!(verdict.settled[0], failed);
}

#[test]
fn a_reply_whose_sums_are_not_those_of_its_rows_is_not_believed() {
    let altered = || {
        let mut reply = replied(vec![row(0, State::Counted, None), row(1, State::Counted, None)]);
        reply.objects[1].tally.words += 1;
        reply
    };
    let verdict = super::reply(sent(&[0, 1]), altered());
    check(&verdict, &[], &[&[1], &[0]]);
    assert_eq!((verdict.retries[0].sent.attempts, verdict.warnings.len()), (1, 1));
    let mut short = altered();
    short.objects.remove(0);
    check(&super::reply(sent(&[0, 1]), short), &[], &[&[1], &[0]]);
    let mut omitted = replied(vec![row(0, State::Counted, None), row(1, State::Counted, None)]);
    omitted.objects.remove(0);
    check(&super::reply(sent(&[0, 1]), omitted), &[1], &[&[0]]);
}

/// A row of an object that changed: so many bytes of this version were counted.
fn later(etag: Option<&str>, bytes: u64) -> ObjectRow {
    let tally = Tally { bytes_in: bytes, ..Tally::default() };
    let etag = etag.map(str::to_owned);
    ObjectRow { etag, tally, ..row(0, State::Counted, Some(Reason::Warning)) }
}

#[test]
fn a_row_of_another_size_is_believed_where_it_names_another_version() {
    let listed = || Object { etag: Some("\"listed\"".to_owned()), ..object(0) };
    let settled = |row: ObjectRow| super::reply(Sent::new(vec![listed()]), replied(vec![row])).settled;
    let taken = settled(later(Some("\"later\""), 9));
    assert_eq!(taken[0].object.etag.as_deref(), Some("\"later\""), "the ledger has what was counted");
    assert_eq!((taken[0].state, taken[0].tally.bytes_in), (State::Counted, 9));
    for row in [later(None, 9), later(Some("listed"), 9), ObjectRow { reason: None, ..later(Some("x"), 1) }] {
        assert!(settled(row.clone()).is_empty(), "{row:?}");
    }
    assert_eq!(settled(later(Some("listed"), 1))[0].object.etag.as_deref(), Some("\"listed\""));
    let empty = ObjectRow { etag: Some("later".to_owned()), ..row(0, State::Skipped, Some(Reason::Empty)) };
    assert_eq!(settled(empty)[0].state, State::Skipped);
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
