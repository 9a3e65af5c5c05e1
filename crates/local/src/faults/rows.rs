//! Replies and frames that say a thing twice, in another order, or otherwise.

use serde_json::Value;

use super::Fault;
use super::kind::Kind;

/// Lines that go out at once, and one that goes out behind the next line.
type Lines = (Vec<Vec<u8>>, Option<Vec<u8>>);

/// The id of a batch that nobody asked for.
const FOREIGN: &str = "fffffffffffffffffffffffffffffffe";

/// A reply in one piece, changed where the fault is one of replies; it changes the rows, where there are any.
pub(super) fn reply(payload: &[u8], fault: Fault) -> Vec<u8> {
    match fault.kind {
        Kind::ReplyCut => return payload[..fault.below(payload.len())].to_vec(),
        Kind::ReplyDuplicate | Kind::ReplyReorder | Kind::ReplyContradict | Kind::ReplyForeign => (),
        _ => return payload.to_vec(),
    }
    let Ok(mut reply) = serde_json::from_slice::<Value>(payload) else { return payload.to_vec() };
    let Some(rows) = reply.get_mut("objects").and_then(Value::as_array_mut) else { return payload.to_vec() };
    let Some(chosen) = rows.get(fault.below(rows.len())).cloned() else { return payload.to_vec() };
    match fault.kind {
        Kind::ReplyDuplicate => rows.extend(rows.clone()),
        Kind::ReplyReorder => rows.reverse(),
        Kind::ReplyContradict => rows.push(contradicted(chosen)),
        Kind::ReplyForeign => rows.push(foreign(chosen)),
        _ => (),
    }
    reply.to_string().into()
}

/// The lines that replace a frame, and one that goes behind the next line; `None` where the line is no frame
/// of a batch.
pub(super) fn frame(line: &[u8], fault: Fault) -> Option<Lines> {
    let mut frame =
        serde_json::from_slice::<Value>(line).ok().filter(|frame| frame.get("batch").is_some())?;
    let line = line.to_vec();
    Some(match fault.kind {
        Kind::ReplyCut => (vec![line[..fault.below(line.len())].to_vec()], None),
        Kind::ReplyDuplicate => (vec![line.clone(), line], None),
        Kind::ReplyReorder => (Vec::new(), Some(line)),
        Kind::ReplyContradict => {
            if let Some(rows) = frame.pointer_mut("/reply/objects").and_then(Value::as_array_mut) {
                rows.iter_mut().for_each(|row| *row = contradicted(row.take()));
            }
            (vec![line, written(&frame)], None)
        }
        Kind::ReplyForeign => {
            frame["batch"] = FOREIGN.into();
            (vec![written(&frame), line], None)
        }
        _ => (vec![line], None),
    })
}

fn written(frame: &Value) -> Vec<u8> {
    format!("{frame}\n").into()
}

/// The row with more words.
fn contradicted(mut row: Value) -> Value {
    row["words"] = row["words"].as_u64().unwrap_or_default().wrapping_add(1_000_000).into();
    row
}

/// The row under a number that no listing reaches.
fn foreign(mut row: Value) -> Value {
    row["n"] = (u64::MAX - 1).into();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = r#"{"objects":[{"n":1,"words":2},{"n":3,"words":4}],"v":1}"#;
    const FRAME: &str = "{\"batch\":\"a\",\"reply\":{\"objects\":[{\"n\":1,\"words\":2}]}}\n";

    #[track_caller]
    fn check(kind: Kind, expected: &str) {
        let changed = reply(REPLY.as_bytes(), Fault { kind, draw: 10 });
        assert_eq!(String::from_utf8(changed).unwrap(), expected);
    }

    #[track_caller]
    fn check_frame(kind: Kind, expected: &str, expected_later: Option<&str>) {
        let (now, later) = frame(FRAME.as_bytes(), Fault { kind, draw: 10 }).unwrap();
        let text = |line: Vec<u8>| String::from_utf8(line).unwrap();
        assert_eq!(
            (text(now.concat()), later.map(text)),
            (expected.to_owned(), expected_later.map(str::to_owned))
        );
    }

    #[test]
    fn rows_of_a_reply_are_changed() {
        let [first, second] = [r#"{"n":1,"words":2}"#, r#"{"n":3,"words":4}"#];
        let rows = |rows: &[&str]| format!("{{\"objects\":[{}],\"v\":1}}", rows.join(","));
        check(Kind::ReplyCut, &REPLY[..10]);
        check(Kind::ReplyDuplicate, &rows(&[first, second, first, second]));
        check(Kind::ReplyReorder, &rows(&[second, first]));
        check(Kind::ReplyContradict, &rows(&[first, second, r#"{"n":1,"words":1000002}"#]));
        check(Kind::ReplyForeign, &rows(&[first, second, r#"{"n":18446744073709551614,"words":2}"#]));
        assert_eq!(reply(b"[]", Fault { kind: Kind::ReplyDuplicate, draw: 0 }), b"[]");
    }

    #[test]
    fn frames_are_changed() {
        check_frame(Kind::ReplyCut, &FRAME[..10], None);
        check_frame(Kind::ReplyDuplicate, &FRAME.repeat(2), None);
        check_frame(Kind::ReplyReorder, "", Some(FRAME));
        check_frame(Kind::ReplyContradict, &(FRAME.to_owned() + &FRAME.replace('2', "1000002")), None);
        check_frame(Kind::ReplyForeign, &(FRAME.replace("\"a\"", &format!("\"{FOREIGN}\"")) + FRAME), None);
        assert_eq!(frame(b"{\"beat\":1}\n", Fault { kind: Kind::ReplyCut, draw: 0 }), None);
    }
}
