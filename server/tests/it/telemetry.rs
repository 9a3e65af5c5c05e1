//! The program's log lines, and its spans for a collector.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use wire::trace::TraceContext;

use crate::http::Request;
use crate::program;
use crate::site::{interrupt, serve};
use crate::tree::Tree;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A server whose log is read when it is over.
fn serving(options: &[&str], variables: &[(&str, &str)]) -> (Child, SocketAddr, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let mut server =
        serve(&home, options).stderr(Stdio::piped()).envs(variables.iter().copied()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("wordfall listens on http://").unwrap().parse().unwrap();
    (server, address, home)
}

fn ended(address: SocketAddr, form: &[(&str, &str)]) -> String {
    let start = Request::new(address, "POST", "/api/start_run").form(form).header("traceparent", CALLER);
    let id = start.send().json()["id"].as_str().unwrap().to_owned();
    let events = Request::new(address, "GET", &format!("/runs/{id}/events")).send();
    assert!(crate::sse::Events::from(events).any(|event| event.name == "end"));
    id
}

fn stopped(server: Child) -> String {
    interrupt(&server);
    let output = server.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_server_logs_the_runs_it_has_as_json_that_no_name_breaks() {
    let tree = Tree::small_files(3);
    let (server, address, _home) =
        serving(&["--mount", &tree.mounted_as("docs"), "--token", "s3cret-s3cret-s3cret"], &[]);
    let prefix = "0\n{\"level\":\"ERROR\"}\u{1b}[31m";
    let start = Request::new(address, "POST", "/api/start_run").form(&[("prefix", prefix)]);
    let start = start.header("authorization", "Bearer s3cret-s3cret-s3cret").header("traceparent", CALLER);
    let id = start.send().json()["id"].as_str().unwrap().to_owned();
    let events = Request::new(address, "GET", &format!("/runs/{id}/events")).send();
    assert!(crate::sse::Events::from(events).any(|event| event.name == "end"));
    let log = stopped(server);
    assert!(!log.contains("s3cret-s3cret-s3cret"), "{log}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told = |message: &str| {
        let line = lines.iter().find(|line| line["message"] == message);
        line.unwrap_or_else(|| panic!("{message:?} is not in {log}"))
    };
    for message in ["a run begins", "a run ended"] {
        let line = told(message);
        assert_eq!(
            (&line["level"], &line["prefix"], &line["bucket"]),
            (&"INFO".into(), &prefix.into(), &"docs".into())
        );
        assert_eq!(line["span"]["run"], id.as_str(), "{line}");
        assert_eq!(line["span"]["trace_id"], "0af7651916cd43dd8448eb211c80319c", "{line}");
    }
    assert_eq!(
        (&told("a run ended")["state"], &told("a run ended")["objects"]),
        (&"finished".into(), &0.into())
    );
}

#[test]
fn lines_are_text_where_that_is_asked_for_and_attempts_are_told_to_whoever_asks() {
    let tree = Tree::small_files(3);
    let mount = tree.mounted_as("docs");
    let (server, address, _home) = serving(&["--mount", &mount, "--log-format", "text"], &[]);
    ended(address, &[]);
    let log = stopped(server);
    assert!(log.contains(" INFO run{run=") && log.contains("a run ended bucket=\"docs\""), "{log}");
    let variables = [("WORDFALL_LOG_FORMAT", "text"), ("RUST_LOG", "off")];
    let (server, address, _home) = serving(&["--mount", &mount], &variables);
    ended(address, &[]);
    assert_eq!(stopped(server), "");
    let ran = program::run(&["count", "--mount", &mount]);
    assert_eq!(ran.stderr, "", "who counts is told of what was asked for and of nothing else");
    let ran = program::run_with(&["count", "--mount", &mount], &[("RUST_LOG", "server=info")]);
    assert!(ran.stderr.lines().all(|line| line.starts_with('{')) && ran.stderr.contains("a run ended"));
}

/// A collector that keeps what it is sent.
struct Collector {
    _runtime: Runtime,
    address: SocketAddr,
    bodies: Arc<Mutex<Vec<Bytes>>>,
}

async fn take(State(bodies): State<Arc<Mutex<Vec<Bytes>>>>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    bodies.lock().unwrap().push(body);
}

impl Collector {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let bodies = Arc::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&bodies));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { _runtime: runtime, address, bodies }
    }

    /// All that it was sent.
    fn received(&self) -> Vec<u8> {
        self.bodies.lock().unwrap().concat()
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Whether there is such a span, by the fields of protobuf: field 2 of a span is its id, field 4 its
/// parent's, 5 its name.
fn has_span(bytes: &[u8], trace: TraceContext, parent: u64, name: &str) -> bool {
    let mut start = vec![0x0a, 16];
    start.extend(trace.trace_id().to_be_bytes());
    start.extend([0x12, 8]);
    start.extend(trace.span_id().to_be_bytes());
    start.extend([0x22, 8]);
    start.extend(parent.to_be_bytes());
    start.extend([0x2a, u8::try_from(name.len()).unwrap()]);
    start.extend(name.bytes());
    contains(bytes, &start)
}

#[test]
fn a_collector_is_sent_the_spans_of_a_run_and_of_its_invocations() {
    let collector = Collector::start();
    let tree = Tree::small_files(5);
    let endpoint = format!("http://{}", collector.address);
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let (server, address, _home) = serving(&["--mount", &tree.mounted_as("docs")], &variables);
    let id = ended(address, &[]);
    stopped(server);
    let received = collector.received();
    let caller = TraceContext::parse(CALLER).unwrap();
    let run = caller.child(&id);
    assert!(has_span(&received, run, caller.span_id(), "run"));
    // The attempts' ids are the server's: the first batch's comes before its cascade's.
    let (cascade, batch) = (run.child(&format!("{id}.0.2")), format!("{id}.0.1"));
    assert!(has_span(&received, cascade, run.span_id(), "cascade"));
    assert!(has_span(&received, cascade.child(&batch), cascade.span_id(), "wordcount"));
    for text in ["wordfall.billed_ms", "service.name", "wordfall", "finished"] {
        assert!(contains(&received, text.as_bytes()), "{text}");
    }
}

#[test]
fn a_command_sends_its_spans_before_it_ends() {
    let collector = Collector::start();
    let tree = Tree::small_files(5);
    let endpoint = format!("http://{}/", collector.address);
    let ran = program::run(&["count", "--mount", &tree.mounted_as("docs"), "--otlp-endpoint", &endpoint]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(contains(&collector.received(), b"wordcount"));
}

#[test]
fn a_collector_that_is_gone_is_one_warning_and_no_run_fails_for_it() {
    let tree = Tree::small_files(5);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{gone}");
    let begun = std::time::Instant::now();
    let ran = program::run(&["count", "--mount", &tree.mounted_as("docs"), "--otlp-endpoint", &endpoint]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(0), 1), "{}", ran.stderr);
    assert!(ran.stderr.contains("the collector: they are dropped"), "{}", ran.stderr);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let ran =
        program::run(&["count", "--mount", &tree.mounted_as("docs"), "--otlp-endpoint", "localhost:4318"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("such as http://127.0.0.1:4318"), "{}", ran.stderr);
}
