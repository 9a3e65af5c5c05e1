//! A store of a few objects, and the function that reads it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Config, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use lambdas::invocation::{Invocation, Log};
use lambdas::wordcount::Wordcount;
use tokio::time::Instant;
use wire::row::Object;
use wire::rule::{Grain, Rule};
use wire::wordcount::{Reply, Request, VERSION};

/// Answers every GET of these objects in full.
#[derive(Clone, Debug)]
struct Objects(Vec<(&'static str, Bytes)>);

impl HttpClient for Objects {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Objects {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (_, stored) = self.0.iter().find(|(key, _)| request.uri().contains(key)).unwrap();
        let mut response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(stored.to_vec()));
        response.headers_mut().insert("etag", "\"same\"");
        response.headers_mut().insert("content-length", stored.len().to_string());
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// The answer to a request, of which so many came before.
type Answers = dyn Fn(&HttpRequest, usize) -> HttpConnectorFuture + Send + Sync;

/// A store that answers the n-th GET of all as a test says, and remembers what it was asked.
#[derive(Clone)]
pub(crate) struct Scripted {
    answers: Arc<Answers>,
    asked: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn new(
        answers: impl Fn(&HttpRequest, usize) -> HttpConnectorFuture + Send + Sync + 'static,
    ) -> Self {
        Self { answers: Arc::new(answers), asked: Arc::default() }
    }

    /// Lets a function of its own count these objects.
    pub(crate) async fn count(self, objects: Vec<Object>) -> Reply {
        count(&Wordcount::new(&client(self)), objects, None).await
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl HttpClient for Scripted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        (self.answers)(&request, self.asked.fetch_add(1, Ordering::Relaxed))
    }
}

/// An answer of this status, with these headers and this body.
pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> HttpConnectorFuture {
    let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_vec()));
    for (name, value) in headers {
        response.headers_mut().insert(*name, (*value).to_owned());
    }
    HttpConnectorFuture::ready(Ok(response))
}

/// The whole object, of this ETag.
pub(crate) fn whole(etag: &str, body: &[u8]) -> HttpConnectorFuture {
    answer(200, &[("etag", etag), ("content-length", &body.len().to_string())], body)
}

/// A refusal.
pub(crate) fn refusal(status: u16, code: &str) -> HttpConnectorFuture {
    answer(status, &[], format!("<Error><Code>{code}</Code><Message>m</Message></Error>").as_bytes())
}

/// A client of the store behind this one.
pub(crate) fn client(http: impl HttpClient + 'static) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-west-1"))
        .allow_no_auth()
        .force_path_style(true)
        .http_client(http)
        .build();
    Client::from_conf(config)
}

/// The function on a store of objects whose keys contain these, and that hold these bytes.
pub(crate) fn wordcount(objects: &[(&'static str, &[u8])]) -> Wordcount {
    let objects = objects.iter().map(|(key, stored)| (*key, Bytes::copy_from_slice(stored)));
    Wordcount::new(&client(Objects(objects.collect())))
}

/// Lets the function count these objects, within ten minutes, or within what they are given.
pub(crate) async fn count(function: &Wordcount, objects: Vec<Object>, max_ms: Option<u64>) -> Reply {
    let request = Request {
        requester_pays: false,
        v: VERSION,
        bucket: "bucket".to_owned(),
        keys: Vec::new(),
        objects,
        grain: Grain::PerObject,
        rule: Rule::Wc,
        attempt: None,
        max_ms,
        traceparent: None,
    };
    let invocation = Invocation {
        request_id: "1".to_owned(),
        deadline: Instant::now() + Duration::from_secs(600),
        log: Log::new(|_| ()),
    };
    let payload = serde_json::to_vec(&request).unwrap();
    function.handle(&payload, &invocation).await.unwrap()
}

/// An object as the minimal form names it: neither its version nor its size is known.
pub(crate) fn object(n: u64, key: &str) -> Object {
    Object { n, key: key.to_owned(), etag: None, size: None, start: None, end: None }
}

/// An object as a listing names it.
pub(crate) fn listed(n: u64, key: &str, etag: &str, bytes: usize) -> Object {
    Object { etag: Some(etag.to_owned()), size: Some(bytes as u64), ..object(n, key) }
}
