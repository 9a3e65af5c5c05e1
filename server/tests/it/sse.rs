//! Server-sent events, read one by one.

use std::io::{BufRead, ErrorKind};

use serde_json::Value;

use crate::http::Response;

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// `message` where the stream names none.
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

/// The events of an answer, as they arrive.
pub(crate) struct Events {
    body: Box<dyn BufRead + Send>,
    /// Milliseconds that a browser has to wait before it comes back.
    pub(crate) retry: Option<u64>,
}

impl From<Response> for Events {
    fn from(response: Response) -> Self {
        assert_eq!(response.status, 200);
        assert_eq!(response.headers["content-type"], "text/event-stream");
        Self { body: response.body, retry: None }
    }
}

impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let mut event = Event { name: "message".to_owned(), id: None, data: Value::Null };
        let mut line = String::new();
        // A stream ends with its server too, whichever way that ends.
        let read = |body: &mut dyn BufRead, line: &mut String| match body.read_line(line) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            read => read.unwrap(),
        };
        while read(&mut self.body, &mut line) > 0 {
            match line.trim_end_matches('\n').split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("retry", retry)) => self.retry = retry.parse().ok(),
                Some(("data", data)) => {
                    event.data = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"));
                }
                Some((field, _)) => panic!("{field} is no field of an event: {line}"),
                None if !event.data.is_null() => return Some(event),
                None => (),
            }
            line.clear();
        }
        assert!(event.data.is_null(), "the stream broke off within an event");
        None
    }
}
