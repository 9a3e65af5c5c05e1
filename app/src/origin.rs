//! Where the visitor finds the site: scheme, host and port, for links that are used elsewhere.

/// The site's origin, without a slash at its end; `None` where the request names no host that could be one.
#[cfg(feature = "ssr")]
pub fn origin() -> Option<String> {
    use axum::http::header::HOST;
    use axum::http::request::Parts;

    let headers = leptos::prelude::use_context::<Parts>()?.headers;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    of(text(HOST.as_str())?, text("x-forwarded-proto"))
}

/// The site's origin, as the browser knows it.
#[cfg(feature = "hydrate")]
pub fn origin() -> Option<String> {
    leptos::prelude::window().location().origin().ok()
}

/// Nobody asks, and nobody is asked.
#[cfg(not(any(feature = "ssr", feature = "hydrate")))]
pub fn origin() -> Option<String> {
    None
}

/// An origin of a `Host` and, behind a proxy, the first scheme of `X-Forwarded-Proto`. Either may hold anything.
#[cfg(any(feature = "ssr", test))]
fn of(host: &str, forwarded: Option<&str>) -> Option<String> {
    let scheme = match forwarded.map(|schemes| schemes.split(',').next().unwrap_or_default().trim()) {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    };
    is_host(host).then(|| format!("{scheme}://{}", host.to_ascii_lowercase()))
}

/// A name, an IPv4 address or a bracketed IPv6 address, and perhaps a port.
#[cfg(any(feature = "ssr", test))]
fn is_host(host: &str) -> bool {
    let is_port = |port: &str| {
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
    };
    if let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok() && is_port(port);
    }
    let (name, port) = host.find(':').map_or((host, ""), |at| host.split_at(at));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !name.is_empty() && name.len() <= 253 && name.bytes().all(is_plain) && is_port(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, forwarded: Option<&str>, expected: Option<&str>) {
        assert_eq!(of(host, forwarded).as_deref(), expected);
    }

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        check("127.0.0.1:3000", None, Some("http://127.0.0.1:3000"));
        check("Counts.example", Some("https"), Some("https://counts.example"));
        check("counts.example", Some("HTTPS, http"), Some("https://counts.example"));
        check("counts.example", Some("javascript"), Some("http://counts.example"));
        check("[::1]:3000", None, Some("http://[::1]:3000"));
    }

    #[test]
    fn a_host_that_is_none_gives_no_origin() {
        for host in [
            "",
            "a b",
            "a/b",
            "a\"><script>",
            "user@host",
            "a:b",
            "a:1:2",
            "a:99999",
            "[::1",
            "[x]",
            "a?b",
            "é",
        ] {
            check(host, Some("https"), None);
        }
    }
}
