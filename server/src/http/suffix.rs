//! `/runs/{id}.json` and its like: the router can't distinguish routes by their endings, so the path is
//! rewritten first.

use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::Response;

/// Formats of a run's export.
const FORMATS: [&str; 5] = ["csv", "json", "ndjson", "png", "svg"];

/// A layer outside the router.
pub(super) async fn rewrite(mut request: Request, next: Next) -> Response {
    if let Some(uri) = rewritten(request.uri()) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn rewritten(uri: &Uri) -> Option<Uri> {
    let (id, format) = uri.path().strip_prefix("/runs/")?.rsplit_once('.')?;
    if id.contains('/') || !FORMATS.contains(&format) {
        return None;
    }
    let query = uri.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("/runs/{id}/export/{format}{query}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Option<&str>) {
        let uri = rewritten(&path.parse().unwrap());
        assert_eq!(uri.map(|uri| uri.to_string()).as_deref(), expected);
    }

    #[test]
    fn only_a_runs_formats_are_rewritten() {
        check("/runs/ab.json", Some("/runs/ab/export/json"));
        check("/runs/ab.ndjson?x=1", Some("/runs/ab/export/ndjson?x=1"));
        check("/runs/ab.png?point=1", Some("/runs/ab/export/png?point=1"));
        check("/runs/ab.svgz", None);
        check("/runs/ab", None);
        check("/runs/ab/scatter.json", None);
        check("/pkg/wordfall.json", None);
    }
}
