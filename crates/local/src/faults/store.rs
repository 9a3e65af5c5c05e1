//! Requests to S3 that go wrong: GETs of objects and LISTs, of read-only buckets.

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use s3s::service::S3Service;
use s3s::{Body, HttpError};

use super::kind::Kind;
use super::subject::Subject;
use super::{Fault, Faults, listing, object};

/// The most keys of a LIST page, where a plan limits them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageKeys(pub(crate) usize);

/// A request that can go wrong.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    bucket: String,
    subject: Subject,
    kinds: &'static [Kind],
}

impl Faults {
    /// Answers a request as `s3` does, unless the plan has a fault for it.
    pub(crate) async fn call(
        &self,
        s3: &S3Service,
        mut request: Request<Body>,
    ) -> Result<Response<Body>, HttpError> {
        let asked = Asked::read(&request).filter(|asked| self.0.buckets.contains(&asked.bucket));
        let Some(asked) = asked else { return s3.call(request).await };
        if let Some(page) = self.0.plan.page {
            request.extensions_mut().insert(PageKeys(page.into()));
        }
        let is_conditional = request.headers().contains_key(header::IF_MATCH);
        match self.decide(asked.kinds, asked.subject) {
            Some(Fault { kind: Kind::StoreSilent, .. }) => std::future::pending().await,
            Some(fault) => match refused(fault.kind, is_conditional) {
                Some(response) => Ok(response),
                None => changed(s3.call(request).await?, fault).await,
            },
            None => s3.call(request).await,
        }
    }
}

impl Asked {
    /// A GET of an object or a LIST; `None` for all else.
    fn read(request: &Request<Body>) -> Option<Self> {
        let path = percent_decode_str(request.uri().path()).decode_utf8().ok()?;
        let (bucket, key) = path.strip_prefix('/')?.split_once('/').unwrap_or((path.get(1..)?, ""));
        let query = request.uri().query().unwrap_or_default();
        let parameter = |name: &str| {
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
        };
        let (subject, kinds): (_, &'static [Kind]) = match (request.method(), key) {
            (&Method::GET, "") if query.contains("list-type=2") => {
                let names = ["prefix", "delimiter", "start-after", "continuation-token", "max-keys"];
                let [prefix, delimiter, after, token, keys_max] = names.map(parameter);
                let parts = ["list", bucket, prefix, delimiter, after, token, keys_max];
                (Subject::of(&parts), &Kind::OF_LIST)
            }
            // A sub-resource of an object is not its bytes.
            (&Method::GET, key) if !key.is_empty() && (query.is_empty() || query.starts_with("x-id=")) => {
                (Subject::object(bucket, key), &Kind::OF_GET)
            }
            _ => return None,
        };
        Some(Self { bucket: bucket.to_owned(), subject, kinds })
    }
}

/// The answer of a store that does not carry the request out.
fn refused(kind: Kind, is_conditional: bool) -> Option<Response<Body>> {
    let (status, code, message) = match kind {
        Kind::StoreSlowDown => {
            (StatusCode::SERVICE_UNAVAILABLE, "SlowDown", "Please reduce your request rate.")
        }
        Kind::StoreError => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            "We encountered an internal error. Please try again.",
        ),
        Kind::StoreGone => (StatusCode::NOT_FOUND, "NoSuchKey", "The specified key does not exist."),
        Kind::StoreDenied => (StatusCode::FORBIDDEN, "AccessDenied", "Access Denied"),
        Kind::StoreChanged if is_conditional => (
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ),
        _ => return None,
    };
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    let mut response = Response::new(Body::from(document));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    Some(response)
}

/// An answer that goes wrong on its way. A refusal by the store itself stays as it is.
async fn changed(response: Response<Body>, fault: Fault) -> Result<Response<Body>, HttpError> {
    if !response.status().is_success() {
        return Ok(response);
    }
    match fault.kind {
        Kind::StoreCut | Kind::StoreReset | Kind::StoreStall | Kind::StoreLength => {
            Ok(object::changed(response, fault))
        }
        Kind::StoreChanged => Ok(response),
        _ => listing::changed(response, fault).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, uri: &str, expected: Option<Subject>) {
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        assert_eq!(Asked::read(&request).map(|asked| asked.subject), expected, "{uri}");
    }

    #[test]
    fn gets_of_objects_and_lists_can_go_wrong_and_nothing_else() {
        check(Method::GET, "/docs/a%20b/c.txt?x-id=GetObject", Some(Subject::object("docs", "a b/c.txt")));
        let list = |token| Subject::of(&["list", "docs", "p%2F", "", "", token, ""]);
        check(Method::GET, "/docs?list-type=2&prefix=p%2F", Some(list("")));
        check(Method::GET, "/docs/?list-type=2&prefix=p%2F&continuation-token=t", Some(list("t")));
        check(Method::HEAD, "/docs/a", None);
        check(Method::PUT, "/docs/a", None);
        check(Method::GET, "/docs?location", None);
        check(Method::GET, "/docs/a?acl", None);
        check(Method::GET, "/", None);
    }
}
