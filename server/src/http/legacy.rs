//! `GET /stream`: the 2015 program's endpoint. The connection is the run, and closing it cancels.

use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use wire::api::StartRun;
use wire::error::{ApiError, ErrorCode};
use wire::event::Progress;
use wire::row::{Row, State as RowState};
use wire::rule::{Grain, Rule};

use super::Site;
use super::audience::LISTENERS_MAX;
use crate::pipeline::Moment;
use crate::request;

/// Moments on their way to the client; the run waits when there are more.
const MOMENTS_MAX: usize = 16;

#[derive(Deserialize)]
pub(super) struct Wanted {
    prefix: Option<String>,
    no_agg: Option<String>,
    bucket: Option<String>,
    rule: Option<String>,
}

pub(super) async fn stream(
    State(site): State<Site>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    if headers.contains_key("last-event-id") {
        return StatusCode::NO_CONTENT.into_response();
    }
    let closing = site.closing.clone();
    let messages = messages(site, wanted).map(|message| Ok::<_, Infallible>(message.event()));
    ([("x-accel-buffering", "no")], Sse::new(messages.take_until(closing.cancelled_owned()))).into_response()
}

/// One data-only message.
#[derive(Clone, Debug, PartialEq)]
enum Message {
    Data(Value),
    Final,
}

impl Message {
    fn log(text: impl Into<String>) -> Self {
        Self::Data(json!({ "logdata": text.into() }))
    }

    fn warning(text: &str) -> Self {
        Self::log(format!("WARNING: {text}"))
    }

    fn event(&self) -> Event {
        match self {
            Self::Data(value) => Event::default().data(value.to_string()),
            Self::Final => Event::default().id("final").data(json!({ "complete": true }).to_string()),
        }
    }
}

fn messages(site: Site, wanted: Wanted) -> impl Stream<Item = Message> {
    async_stream::stream! {
        let grain = match wanted.no_agg.as_deref() {
            None | Some("") => Grain::Total,
            Some(_) => Grain::PerObject,
        };
        let (sender, mut moments) = mpsc::channel(MOMENTS_MAX);
        let listening = site.audience.listen();
        let begun = match &listening {
            Some(_) => begin(&site, wanted, sender).await,
            None => Err(no_more_listeners()),
        };
        match begun {
            Err(error) => yield Message::warning(&error.message),
            Ok(run) => {
                let _cancels_when_dropped = run.cancel.clone().drop_guard();
                let mut dispatched = 0;
                while let Some(moment) = moments.recv().await {
                    for message in told(moment, grain, &mut dispatched) {
                        yield message;
                    }
                }
                let end = run.now();
                if !run.is_over() {
                    yield Message::warning("another server has taken the run: what follows is not all of it");
                }
                if let Some(error) = end.error {
                    yield Message::warning(&error);
                }
                if grain == Grain::Total {
                    yield aggregate(&end.progress, end.progress.objects_done, dispatched);
                }
            }
        }
        yield Message::Final;
        drop(listening);
    }
}

fn no_more_listeners() -> ApiError {
    let message = format!(
        "{LISTENERS_MAX} runs go on over /stream already, as many as may: try again when one is over, or start a run \
         on the page"
    );
    ApiError::new(ErrorCode::TooManyRuns, message)
}

async fn begin(
    site: &Site,
    wanted: Wanted,
    moments: mpsc::Sender<Moment>,
) -> Result<std::sync::Arc<crate::run::Run>, ApiError> {
    let form = StartRun {
        bucket: wanted.bucket,
        prefix: wanted.prefix,
        rule: Some(wanted.rule.filter(|rule| !rule.is_empty()).unwrap_or_else(|| Rule::Seed.to_string())),
        ..StartRun::default()
    };
    let spec = request::spec(&form, site.runs.bucket_default())?;
    site.runs.start_for(spec, moments).await
}

fn told(moment: Moment, grain: Grain, sent: &mut u64) -> Vec<Message> {
    match moment {
        Moment::Invoked { id } => vec![Message::log(format!("Invoking lambda {id}"))],
        Moment::Finished { id, keys } => {
            vec![Message::log(format!("Lambda {id} finished keys {}", Value::from(keys)))]
        }
        Moment::Settled { rows, done, dispatched, progress } => {
            *sent = dispatched;
            let before = done - rows.len() as u64;
            let rows = (before + 1..).zip(rows);
            let mut messages: Vec<_> = rows
                .flat_map(|(done, (row, detail))| object(&row, detail, grain, done, dispatched))
                .collect();
            if grain == Grain::Total {
                messages.push(aggregate(&progress, done, dispatched));
            }
            messages
        }
    }
}

fn aggregate(progress: &Progress, done: u64, dispatched: u64) -> Message {
    Message::Data(json!([done, dispatched, progress.words, progress.lines, progress.billed_ms]))
}

/// The message about one object: a warning where there is one, and in granular mode its counts.
fn object(row: &Row, detail: Option<String>, grain: Grain, done: u64, dispatched: u64) -> Vec<Message> {
    let mut messages = Vec::new();
    let has_counts = matches!(row.state, RowState::Counted | RowState::Skipped);
    if detail.is_some() || !has_counts {
        let why = detail.or_else(|| row.reason.map(|reason| reason.as_str().to_owned())).unwrap_or_default();
        messages.push(Message::warning(&format!("{}: {why}", row.key)));
    }
    if grain == Grain::PerObject && has_counts {
        let counts = json!([done, dispatched, row.key, row.tally.words, row.tally.lines]);
        messages.push(Message::Data(counts));
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::Reason;
    use wire::tally::Tally;

    fn settled(state: RowState, reason: Option<Reason>, detail: Option<&str>) -> Moment {
        let tally = Tally { words: 1200, lines: 60, ..Tally::default() };
        let row =
            Row { key: "a.gz".into(), state, reason, tally, duration_ms: 0, etag: None, unchanged: false };
        let rows = vec![(row, detail.map(str::to_owned))];
        Moment::Settled { rows, done: 2, dispatched: 5, progress: Progress::default() }
    }

    #[track_caller]
    fn check(moment: Moment, grain: Grain, expected: &[&str]) {
        let text = |message: &Message| match message {
            Message::Data(value) => value.to_string(),
            Message::Final => "final".to_owned(),
        };
        assert_eq!(told(moment, grain, &mut 0).iter().map(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn messages_are_as_the_2015_program_wrote_them() {
        check(settled(RowState::Counted, None, None), Grain::PerObject, &[r#"[2,5,"a.gz",1200,60]"#]);
        check(settled(RowState::Counted, None, None), Grain::Total, &["[2,5,0,0,0]"]);
        check(
            settled(RowState::Failed, Some(Reason::Corrupt), Some("corrupt gzip: crc mismatch")),
            Grain::PerObject,
            &[r#"{"logdata":"WARNING: a.gz: corrupt gzip: crc mismatch"}"#],
        );
        check(
            Moment::Finished { id: "8d3f".into(), keys: vec!["a.gz".into(), "b.gz".into()] },
            Grain::Total,
            &[r#"{"logdata":"Lambda 8d3f finished keys [\"a.gz\",\"b.gz\"]"}"#],
        );
    }
}
