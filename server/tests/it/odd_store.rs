//! A small S3 whose listings and refusals are whatever a test says, for the program as a client over loopback.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::program::{self, Ran};
use crate::site::Site;

/// The only bucket.
pub(crate) const BUCKET: &str = "logs";

/// The parameters of one LIST.
pub(crate) struct Asked {
    /// LISTs before this one, those that ask for a single key left out.
    pub(crate) number: usize,
    /// Where the page begins, as the page before said.
    pub(crate) token: Option<String>,
    /// The key behind which the listing begins, where that is asked for.
    pub(crate) after: Option<String>,
    /// The keys that are asked for begin with this.
    pub(crate) prefix: String,
    /// It asks for a single key, to learn whether the bucket can be listed.
    pub(crate) is_check: bool,
}

type Answers = Box<dyn Fn(&Asked) -> (u16, String) + Send + Sync>;
/// The status by which a GET of an object is refused, by the number of GETs before it.
type Refusals = Box<dyn Fn(usize) -> Option<u16> + Send + Sync>;

/// The store, until it is dropped.
pub(crate) struct OddStore {
    endpoint: String,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    objects: BTreeMap<String, String>,
    answers: Answers,
    refusals: Refusals,
    lists: Mutex<usize>,
    /// Requests that did not say that their requester pays.
    unpaid: AtomicUsize,
    gets: AtomicUsize,
}

impl OddStore {
    /// A store of these objects that answers a LIST with this status and document.
    pub(crate) fn new(
        objects: impl IntoIterator<Item = (String, String)>,
        answers: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        Self::refusing(objects, answers, |_| None)
    }

    /// The same, of which some GETs of objects are refused.
    pub(crate) fn refusing(
        objects: impl IntoIterator<Item = (String, String)>,
        answers: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
        refusals: impl Fn(usize) -> Option<u16> + Send + Sync + 'static,
    ) -> Self {
        let objects = objects.into_iter().collect();
        let (answers, refusals) = (Box::new(answers), Box::new(refusals));
        let (lists, unpaid, gets) = (Mutex::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let shared = Arc::new(Shared { objects, answers, refusals, lists, unpaid, gets });
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let routes = axum::Router::new()
            .route("/{bucket}", get(list))
            .route("/{bucket}/", get(list))
            .route("/{bucket}/{*key}", get(object))
            .with_state(Arc::clone(&shared));
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self { endpoint, shared, _runtime: runtime }
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Counts the bucket by a program of its own.
    pub(crate) fn count(&self, options: &[&str]) -> Ran {
        self.count_with(options, &[])
    }

    /// Counts the bucket by a program with these variables.
    pub(crate) fn count_with(&self, options: &[&str], variables: &[(&str, &str)]) -> Ran {
        self.count_of(BUCKET, options, variables)
    }

    /// Counts a bucket of this name.
    pub(crate) fn count_of(&self, bucket: &str, options: &[&str], variables: &[(&str, &str)]) -> Ran {
        let url = format!("s3://{bucket}/");
        let arguments = [&["count", &url, "--s3", "aws", "--json"], options].concat();
        program::run_with(&arguments, &[&self.variables(), variables].concat())
    }

    /// A site on the bucket.
    pub(crate) fn serve(&self, options: &[&str]) -> Site {
        self.serve_from(tempfile::tempdir().unwrap(), options)
    }

    /// A site on the bucket with the runs of this home.
    pub(crate) fn serve_from(&self, home: TempDir, options: &[&str]) -> Site {
        let options = [&["--bucket", BUCKET, "--s3", "aws"], options].concat();
        Site::at(home, &options, &self.variables())
    }

    fn variables(&self) -> [(&str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL_S3", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
            ("AWS_REGION", "us-east-1"),
        ]
    }

    /// Requests so far that did not say that their requester pays.
    pub(crate) fn unpaid(&self) -> usize {
        self.shared.unpaid.load(Ordering::Relaxed)
    }

    /// LISTs so far, those that ask for a single key left out.
    pub(crate) fn lists(&self) -> usize {
        *self.shared.lists.lock().unwrap()
    }
}

/// Counts a request that does not say that its requester pays.
fn note_payer(shared: &Shared, headers: &HeaderMap) {
    let pays = headers.get("x-amz-request-payer").is_some_and(|payer| payer == "requester");
    shared.unpaid.fetch_add(usize::from(!pays), Ordering::Relaxed);
}

/// The document of a page.
pub(crate) fn page(entries: &[String], next: Option<&str>) -> String {
    let token = next.map(|next| format!("<NextContinuationToken>{next}</NextContinuationToken>"));
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult><Name>{BUCKET}</Name><KeyCount>{}</KeyCount>\
         <IsTruncated>{}</IsTruncated>{}{}</ListBucketResult>",
        entries.len(),
        next.is_some(),
        token.unwrap_or_default(),
        entries.concat(),
    )
}

/// An object of a page.
pub(crate) fn entry(key: &str, size: usize) -> String {
    format!(
        "<Contents><Key>{key}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified>\
         <ETag>&quot;{key}&quot;</ETag><Size>{size}</Size></Contents>"
    )
}

async fn list(
    State(shared): State<Arc<Shared>>,
    Path(bucket): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    note_payer(&shared, &headers);
    if bucket != BUCKET {
        return (StatusCode::NOT_FOUND, "<Error><Code>NoSuchBucket</Code></Error>").into_response();
    }
    let is_check = query.get("max-keys").is_some_and(|keys| keys == "1");
    let mut lists = shared.lists.lock().unwrap();
    let asked = Asked {
        number: *lists,
        token: query.get("continuation-token").cloned(),
        after: query.get("start-after").cloned(),
        prefix: query.get("prefix").cloned().unwrap_or_default(),
        is_check,
    };
    *lists += usize::from(!is_check);
    drop(lists);
    let (status, document) = (shared.answers)(&asked);
    (StatusCode::from_u16(status).unwrap(), document).into_response()
}

async fn object(
    State(shared): State<Arc<Shared>>,
    Path((_, key)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    note_payer(&shared, &headers);
    if let Some(status) = (shared.refusals)(shared.gets.fetch_add(1, Ordering::Relaxed)) {
        return (StatusCode::from_u16(status).unwrap(), "<Error><Code>SlowDown</Code></Error>")
            .into_response();
    }
    let Some(text) = shared.objects.get(&key) else { return StatusCode::NOT_FOUND.into_response() };
    let etag = format!("\"{key}\"");
    if headers.get(IF_MATCH).is_some_and(|asked| asked != etag.as_str()) {
        return StatusCode::PRECONDITION_FAILED.into_response();
    }
    ([(ETAG, etag)], Body::from(text.clone())).into_response()
}
