//! Requests of the Runtime API, by their method and path.

use http::Method;

use super::ApiError;

/// A request of a process.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// For its next invocation.
    Next,
    /// With the answer to the invocation of that id.
    Response(&'a str),
    /// With the error of the invocation of that id.
    Error(&'a str),
    /// With the reason why it can't start.
    InitError,
}

/// The request of a process.
pub(super) fn route<'a>(method: &Method, path: &'a str) -> Result<Route<'a>, ApiError> {
    let path = path.strip_prefix("/2018-06-01/runtime/").ok_or(ApiError::NoSuchRoute)?;
    let segments: Vec<_> = path.split('/').collect();
    let (wanted, route) = match &segments[..] {
        ["invocation", "next"] => (Method::GET, Route::Next),
        ["invocation", id, "response"] => (Method::POST, Route::Response(id)),
        ["invocation", id, "error"] => (Method::POST, Route::Error(id)),
        ["init", "error"] => (Method::POST, Route::InitError),
        _ => return Err(ApiError::NoSuchRoute),
    };
    if *method == wanted { Ok(route) } else { Err(ApiError::WrongMethod) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &Method, path: &str, expected: &Result<Route<'_>, ApiError>) {
        assert_eq!(&route(method, path), expected, "{method} {path}");
    }

    #[test]
    fn a_request_is_told_by_its_method_and_path() {
        let (get, post) = (Method::GET, Method::POST);
        check(&get, "/2018-06-01/runtime/invocation/next", &Ok(Route::Next));
        check(&post, "/2018-06-01/runtime/invocation/i/response", &Ok(Route::Response("i")));
        check(&post, "/2018-06-01/runtime/invocation/i/error", &Ok(Route::Error("i")));
        check(&post, "/2018-06-01/runtime/init/error", &Ok(Route::InitError));
        check(&post, "/2018-06-01/runtime/invocation/next", &Err(ApiError::WrongMethod));
        check(&get, "/2018-06-01/runtime", &Err(ApiError::NoSuchRoute));
        check(&get, "/2018-06-01/runtime/restore/next", &Err(ApiError::NoSuchRoute));
    }
}
