//! Spans of runs and of their invocations, for an OpenTelemetry collector where one is named.
//!
//! Functions export nothing: the server makes their spans from their reports. A span is handed over and
//! forgotten; what the collector does not take in time is dropped, and no run waits or fails for it.

mod collector;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor};
use wire::cascade::ChildErrorKind;
use wire::error::ApiError;
use wire::event::End;
use wire::invocation::{Invocation, Outcome};
use wire::run::RunState;
use wire::trace::TraceContext;

use crate::run::Run;
use crate::secret::Secret;

/// How long a stopping program waits for what is not sent yet.
const CLOSING_MAX: Duration = Duration::from_secs(3);
/// The name of the spans' maker.
const SCOPE: &str = "wordfall";

/// Where spans go; nowhere by default.
#[derive(Clone, Debug, Default)]
pub struct Spans(Option<Arc<BatchSpanProcessor>>);

impl Spans {
    /// To the collector at this address, by OTLP over HTTP.
    ///
    /// # Errors
    /// Where that is no address.
    pub fn to(endpoint: Option<&Secret>) -> Result<Self, ApiError> {
        let endpoint = endpoint.map(Secret::expose).filter(|endpoint| !endpoint.is_empty());
        let Some(endpoint) = endpoint else { return Ok(Self(None)) };
        let exporter = collector::exporter(endpoint)?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        processor.set_resource(&collector::resource());
        Ok(Self(Some(Arc::new(processor))))
    }

    /// A run ended.
    pub fn run(&self, run: &Run, end: &End) {
        if self.0.is_none() {
            return;
        }
        let is_wrong = matches!(end.state, RunState::Failed | RunState::Inconsistent);
        let error = end.error.clone().filter(|_| is_wrong);
        let count =
            |name: &'static str, value: u64| KeyValue::new(name, i64::try_from(value).unwrap_or(i64::MAX));
        let attributes = vec![
            KeyValue::new("wordfall.run", run.id.to_string()),
            KeyValue::new("wordfall.bucket", run.spec.bucket.to_string()),
            KeyValue::new("wordfall.prefix", run.spec.prefix.clone()),
            KeyValue::new("wordfall.state", end.state.as_str()),
            count("wordfall.objects_found", end.progress.objects_found),
            count("wordfall.objects_counted", end.states.counted),
            count("wordfall.objects_failed", end.states.failed),
            count("wordfall.bytes_in", end.progress.bytes_in),
            count("wordfall.invocations", end.progress.invocations),
            KeyValue::new("wordfall.cost_usd", end.progress.cost_usd),
        ];
        let (start, caller) = (SystemTime::from(run.started_at), run.traced.caller);
        self.send(Finished {
            name: "run",
            kind: SpanKind::Server,
            span: run.traced.span,
            parent: caller.map_or(0, |caller| caller.span_id()),
            parent_is_remote: caller.is_some(),
            start,
            end: start.checked_add(run.elapsed()).unwrap_or(start),
            attributes,
            error,
        });
    }

    /// An invocation ended just now.
    pub fn invocation(&self, span: TraceContext, parent: u64, told: &Invocation) {
        if self.0.is_none() {
            return;
        }
        let mut attributes = vec![
            KeyValue::new("wordfall.attempt", i64::from(told.attempt)),
            KeyValue::new("wordfall.batch", i64::from(told.batch)),
            KeyValue::new("wordfall.objects", i64::from(told.objects)),
            KeyValue::new("wordfall.bytes", i64::try_from(told.bytes).unwrap_or(i64::MAX)),
            KeyValue::new("wordfall.waited_ms", i64::from(told.began_ms.saturating_sub(told.queued_ms))),
            KeyValue::new("faas.coldstart", told.init_ms.is_some()),
        ];
        let numbers = [("wordfall.billed_ms", told.billed_ms), ("wordfall.init_ms", told.init_ms)];
        attributes
            .extend(numbers.into_iter().filter_map(|(name, ms)| Some(KeyValue::new(name, i64::from(ms?)))));
        attributes.extend(told.outcome.map(|outcome| KeyValue::new("wordfall.outcome", outcome.as_str())));
        let lost = (told.outcome == Some(Outcome::Lost)).then_some("lost");
        let error = told.error.map(ChildErrorKind::as_str).or(lost).map(str::to_owned);
        let took_ms = told.ended_ms.map_or(0, |ended_ms| ended_ms.saturating_sub(told.began_ms));
        let end = SystemTime::now();
        self.send(Finished {
            name: told.tier.as_str(),
            kind: SpanKind::Client,
            span,
            parent,
            parent_is_remote: false,
            start: end.checked_sub(Duration::from_millis(u64::from(took_ms))).unwrap_or(end),
            end,
            attributes,
            error,
        });
    }

    fn send(&self, span: Finished) {
        if let Some(processor) = self.0.as_ref().filter(|_| span.span.is_sampled()) {
            processor.on_end(span.into());
        }
    }

    /// Sends what is not sent yet, as far as the collector takes it in time.
    pub async fn close(&self) {
        let Some(processor) = self.0.clone() else { return };
        let closing = tokio::task::spawn_blocking(move || processor.shutdown_with_timeout(CLOSING_MAX));
        // The result is dropped: a failure of the collector was logged when it began.
        drop(tokio::time::timeout(2 * CLOSING_MAX, closing).await);
    }
}

/// A span that is over.
struct Finished {
    name: &'static str,
    kind: SpanKind,
    span: TraceContext,
    /// 0 for none.
    parent: u64,
    parent_is_remote: bool,
    start: SystemTime,
    end: SystemTime,
    attributes: Vec<KeyValue>,
    error: Option<String>,
}

impl From<Finished> for SpanData {
    fn from(span: Finished) -> Self {
        Self {
            span_context: SpanContext::new(
                TraceId::from(span.span.trace_id()),
                SpanId::from(span.span.span_id()),
                TraceFlags::SAMPLED,
                false,
                TraceState::NONE,
            ),
            parent_span_id: SpanId::from(span.parent),
            parent_span_is_remote: span.parent_is_remote,
            span_kind: span.kind,
            name: span.name.into(),
            start_time: span.start,
            end_time: span.end,
            attributes: span.attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: span.error.map_or(Status::Unset, Status::error),
            instrumentation_scope: InstrumentationScope::builder(SCOPE).build(),
        }
    }
}
