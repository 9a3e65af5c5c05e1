//! Whether a request can be a process's own, or is a web page's.
//!
//! A page that a browser of this machine shows can send to any port of it: openly, which its headers show, or
//! under a name that resolves to this machine by then, which `Host` shows.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, header};

use super::ApiError;

/// The start of the names of the headers that only browsers send, and scripts can't leave out.
const BROWSERS: &str = "sec-fetch-";

/// Refuses a request that doesn't name this very address, or comes from a browser.
pub(super) fn check(headers: &HeaderMap, address: SocketAddr) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let names_us = hosts.next().is_some_and(|host| host.as_bytes() == address.to_string().as_bytes());
    let is_browsers = |name: &HeaderName| name == header::ORIGIN || name.as_str().starts_with(BROWSERS);
    if names_us && hosts.next().is_none() && !headers.keys().any(is_browsers) {
        return Ok(());
    }
    Err(ApiError::NotTheProcess)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn admits(lines: &[(&'static str, &'static str)], expected: bool) {
        let mut headers = HeaderMap::new();
        for &(name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        assert_eq!(check(&headers, ([127, 0, 0, 1], 9001).into()).is_ok(), expected, "{lines:?}");
    }

    #[test]
    fn only_requests_to_the_very_address_that_no_browser_sent_are_taken() {
        let ours = ("host", "127.0.0.1:9001");
        admits(&[ours, ("user-agent", "AWS_Lambda_Cpp/0.2.6")], true);
        admits(&[], false);
        admits(&[("host", "127.0.0.1")], false);
        admits(&[("host", "127.0.0.1:9002")], false);
        admits(&[("host", "localhost:9001")], false);
        admits(&[("host", "rebound.example:9001")], false);
        admits(&[ours, ("host", "rebound.example:9001")], false);
        admits(&[ours, ("origin", "null")], false);
        admits(&[ours, ("sec-fetch-mode", "no-cors")], false);
    }
}
