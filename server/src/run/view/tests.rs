use super::*;
use proptest::prelude::*;
use wire::event::{Level, StateCounts};
use wire::row::{Row, State};
use wire::tally::Tally;

const ROWS: Wanted = Wanted { grain: Grain::PerObject, invocations: true };

fn inner() -> Inner {
    let now = End {
        progress: Progress::default(),
        state: RunState::Running,
        states: StateCounts::default(),
        error: None,
    };
    Inner::new(now)
}

fn happen(inner: &mut Inner, rows: u64, logs: u64) {
    for _ in 0..rows {
        let (key, tally) = (String::new(), Tally::default());
        inner.rows.push(Row {
            key,
            state: State::Counted,
            reason: None,
            tally,
            duration_ms: 0,
            etag: None,
            unchanged: false,
        });
    }
    for _ in 0..logs {
        let number = inner.logs.total();
        inner.logs.push(Log { level: Level::Info, text: number.to_string(), key: None });
    }
    inner.checkpoint();
}

/// A viewer that checks what it is shown.
#[derive(Default)]
struct Seen {
    rows: u64,
    logs: Vec<String>,
    last_id: u64,
    ended: bool,
}

impl Seen {
    fn take(&mut self, next: Next) -> bool {
        let id = match next {
            Next::Progress(id, _) => id,
            Next::Rows { id, first, count } => {
                assert_eq!(first, self.rows, "rows come without a gap or a repeat");
                self.rows += count;
                id
            }
            Next::Log(id, line) => {
                self.logs.push(line.text);
                id
            }
            Next::End(id, _) => {
                self.ended = true;
                id
            }
            Next::Invocations(_) => return true,
            Next::Wait | Next::Over => return false,
        };
        assert!(id > self.last_id, "ids grow: {id} after {}", self.last_id);
        self.last_id = id;
        true
    }
}

proptest! {
    #[test]
    fn a_viewer_that_comes_back_after_any_event_misses_nothing(
        steps in prop::collection::vec((0u64..2_500, 0u64..4, 0usize..6, any::<bool>()), 1..30),
    ) {
        let mut inner = inner();
        let mut seen = Seen::default();
        let mut cursor = Cursor::new(ROWS);
        for (rows, logs, events, leaves) in steps {
            happen(&mut inner, rows, logs);
            for _ in 0..events {
                seen.take(inner.next(&mut cursor));
            }
            if leaves {
                cursor = inner.cursor_after(seen.last_id, ROWS).expect("an id that was sent");
            }
        }
        inner.over = true;
        while seen.take(inner.next(&mut cursor)) {}
        prop_assert!(seen.ended);
        prop_assert_eq!(seen.rows, inner.rows.total());
        let mut once = seen.logs.clone();
        once.dedup();
        prop_assert_eq!(once, seen.logs);
    }
}

#[test]
fn rows_that_come_between_log_lines_take_no_viewer_back() {
    let mut inner = inner();
    for (rows, logs) in [(1_001, 2), (1_000, 2), (0, 0)] {
        happen(&mut inner, rows, logs);
    }
    let (mut seen, mut cursor) = (Seen::default(), Cursor::new(ROWS));
    while seen.logs.is_empty() {
        seen.take(inner.next(&mut cursor));
    }
    happen(&mut inner, 1, 0);
    let mut returned = inner.cursor_after(seen.last_id, ROWS).unwrap();
    assert_eq!(inner.next(&mut returned), inner.next(&mut cursor));
    while seen.take(inner.next(&mut returned)) {}
    assert_eq!((seen.rows, &seen.logs[1..]), (2_002, &["2".to_owned(), "3".to_owned()][..]));
}

#[test]
fn nothing_comes_after_the_end() {
    let mut inner = inner();
    happen(&mut inner, 3, 1);
    inner.over = true;
    let mut cursor = inner.cursor_after(inner.end_id(), ROWS).unwrap();
    assert_eq!(inner.next(&mut cursor), Next::Over);
}

#[test]
fn the_ids_of_an_earlier_server_are_not_mistaken() {
    let mut inner = inner();
    inner.restore_checkpoints(40, 2_500);
    inner.over = true;
    assert_eq!(inner.cursor_after(7 << LOW_BITS | LOW_END, ROWS), None);
    let mut ended = inner.cursor_after(40 << LOW_BITS, ROWS).unwrap();
    assert_eq!(inner.next(&mut ended), Next::Over);
    let mut cursor = Cursor::new(ROWS);
    let mut seen = Seen::default();
    while seen.take(inner.next(&mut cursor)) {}
    assert_eq!((seen.rows, seen.ended), (2_500, true));
}
