//! A trace from the client that asks for a run to the functions' own logs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::LogType;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local::{Function, Handler};
use serde_json::{Value, json};
use server::runs::Runs;
use wire::trace::TraceContext;

use crate::bench::{BUCKET, Bench, until};
use crate::faults::instead;
use crate::http::Request;
use crate::stopping::serve;
use crate::tree::Tree;

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The function, and the payloads that it is given from here on.
fn heard(function: &Function) -> (Function, Arc<Mutex<Vec<Value>>>) {
    let payloads = Arc::new(Mutex::new(Vec::new()));
    let hearing = Arc::clone(&payloads);
    let around = move |_, handler: Handler, invocation: local::Invocation| {
        hearing.lock().unwrap().push(serde_json::from_slice(&invocation.payload).unwrap());
        handler(invocation)
    };
    (instead(function, around), payloads)
}

fn context(payload: &Value) -> TraceContext {
    let text = payload["traceparent"].as_str().unwrap_or_else(|| panic!("{payload} is of no trace"));
    TraceContext::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_goes_through_the_run_into_both_functions() {
    let tree = Tree::small_files(30);
    let bench = Bench::on(&tree, 4, 4);
    let (cascade, cascades) = heard(&bench.cascade);
    let (wordcount, wordcounts) = heard(&bench.wordcount);
    bench.local.register(cascade);
    bench.local.register(wordcount);
    let runs = Arc::new(Runs::new(&bench.backend(), BUCKET.to_owned(), [BUCKET.to_owned()].into()));
    let address = serve(Arc::clone(&runs)).await;
    let started = tokio::task::spawn_blocking(move || {
        let request = Request::new(address, "POST", "/api/start_run").form(&[]);
        request.header("traceparent", CALLER).send().json()
    });
    let id = started.await.unwrap()["id"].as_str().unwrap().to_owned();
    let run = runs.get(&id).await.unwrap();
    until("the run's end", || run.is_over()).await;
    let caller = TraceContext::parse(CALLER).unwrap();
    assert_eq!((run.traced.caller, run.traced.span), (Some(caller), caller.child(&id)));
    let (cascades, wordcounts) = (cascades.lock().unwrap(), wordcounts.lock().unwrap());
    let mut spans = BTreeSet::from([caller.span_id(), run.traced.span.span_id()]);
    let mut children = BTreeSet::new();
    for cascade in &*cascades {
        let span = context(cascade);
        assert_eq!(span, run.traced.span.child(cascade["attempt"].as_str().unwrap()));
        assert!(span.trace_id() == caller.trace_id() && spans.insert(span.span_id()));
        let ids = cascade["batches"].as_array().unwrap().iter();
        children.extend(ids.map(|batch| span.child(batch["id"].as_str().unwrap()).to_string()));
    }
    assert!(wordcounts.len() > 1);
    for wordcount in &*wordcounts {
        assert!(children.remove(wordcount["traceparent"].as_str().unwrap()), "{wordcount}");
    }
    assert!(children.is_empty(), "every child was told the span that its cascade and the server know it by");
}

/// A function's log, the last 4 KB of it.
async fn log_of(bench: &Bench, function: &str, payload: &Value) -> Vec<String> {
    let payload = Blob::new(serde_json::to_vec(payload).unwrap());
    let invoke =
        bench.engine.lambda.invoke().function_name(function).log_type(LogType::Tail).payload(payload);
    let tail = STANDARD.decode(invoke.send().await.unwrap().log_result().unwrap()).unwrap();
    String::from_utf8(tail).unwrap().lines().map(str::to_owned).collect()
}

/// Checks that the queries that the documentation shows ask for fields that these lines have.
fn check_queries(lines: &[Value]) {
    const WORDS: [&str; 12] =
        ["and", "bin", "by", "desc", "fields", "filter", "limit", "m", "pct", "sort", "stats", "sum"];
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operating.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut asked = BTreeSet::new();
    let mut is_query = false;
    for line in page.lines() {
        is_query = line.starts_with("    filter ") || (is_query && line.starts_with("    | "));
        let outside: String = line.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let words = outside.split(|character: char| !(character.is_ascii_lowercase() || character == '_'));
        asked.extend(words.filter(|word| is_query && !word.is_empty()).map(str::to_owned));
    }
    let is_told = |field: &String| lines.iter().any(|line| line.get(field).is_some());
    let unknown: Vec<_> =
        asked.iter().filter(|word| !WORDS.contains(&word.as_str()) && !is_told(word)).collect();
    assert!(asked.len() > WORDS.len() && unknown.is_empty(), "{unknown:?}");
}

/// The one line of JSON in a log; nothing but what Lambda writes follows it.
fn summary(log: &[String]) -> Value {
    let at: Vec<usize> = (0..log.len()).filter(|line| log[*line].starts_with('{')).collect();
    assert_eq!(at.len(), 1, "{log:#?}");
    let rest = &log[at[0] + 1..];
    assert!(rest.iter().all(|line| line.starts_with("END ") || line.starts_with("REPORT ")), "{log:#?}");
    assert!(
        rest.iter().any(|line| line.starts_with("REPORT ") && line.contains("Billed Duration")),
        "{log:#?}"
    );
    serde_json::from_str(&log[at[0]]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_sum_an_invocation_up_in_one_line_of_their_logs() {
    let mut tree = Tree::new();
    tree.add("a.txt", "one two\n");
    tree.add("b.txt", "three\n");
    let bench = Bench::on(&tree, 4, 4);
    let asked = json!({
        "bucket": BUCKET, "keys": ["a.txt", "b.txt", "gone\nopen 5.txt"], "attempt": "mine", "traceparent": CALLER,
    });
    let counted = summary(&log_of(&bench, "wordcount", &asked).await);
    let expected = json!({
        "wordfall": "wordcount", "attempt": "mine", "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331", "objects": 3, "counted": 2, "uncounted": 1, "remaining": 0,
        "bytes_in": 14, "bytes_out": 14, "gets": 3,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&counted[field], value, "{field} of {counted}");
    }
    assert!(counted["request_id"].is_string() && counted["took_ms"].is_u64(), "{counted}");
    let asked = json!({"bucket": BUCKET, "keys": ["a.txt", "b.txt"], "batch_size": 1});
    let told = summary(&log_of(&bench, "cascade", &asked).await);
    assert_eq!(
        (&told["wordfall"], &told["children"], &told["answered"]),
        (&"cascade".into(), &2.into(), &2.into())
    );
    assert!(told["billed_ms"].as_u64() > Some(0) && told["trace_id"].is_null(), "{told}");
    check_queries(&[counted, told]);
}
