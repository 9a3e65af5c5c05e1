//! Sources: whom wrong tokens are counted for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

/// Where a request comes from, as far as it matters for guesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// The half of an IPv6 address that names a network: who has one address has all of its /64.
    V6(u64),
    /// Unknown, or one of those that there is no room to distinguish.
    Others,
}

/// The proxy between visitors and this server, if any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// Nothing that is trusted: a visitor's address is that of the connection.
    #[default]
    None,
    /// A proxy that ends TLS, and that sets `X-Forwarded-For` or adds to it.
    Trusted,
}

impl Source {
    /// The source of a request: the last address that a trusted proxy gives, else the connection's.
    pub(super) fn of(headers: &HeaderMap, extensions: &Extensions, proxy: Proxy) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        let forwarded = match proxy {
            Proxy::None => None,
            Proxy::Trusted => forwarded(headers),
        };
        forwarded.or(peer).map_or(Self::Others, Self::from)
    }
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// The last address of `X-Forwarded-For`, which the closest proxy has added; what stands before it a visitor may have
/// written.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").into_iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let address = last.parse::<IpAddr>().or_else(|_| last.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(forwarded: &[&str], proxy: Proxy, expected: &str) {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 80))));
        let mut headers = HeaderMap::new();
        for text in forwarded {
            headers.append("x-forwarded-for", text.parse().unwrap());
        }
        let expected = Source::from(expected.parse::<IpAddr>().unwrap());
        assert_eq!(Source::of(&headers, &extensions, proxy), expected);
    }

    #[test]
    fn only_a_trusted_proxy_says_where_a_request_comes_from() {
        check(&["203.0.113.7"], Proxy::None, "192.0.2.1");
        check(&["203.0.113.7"], Proxy::Trusted, "203.0.113.7");
        check(&["198.51.100.9, 203.0.113.7"], Proxy::Trusted, "203.0.113.7");
        check(&["198.51.100.9", "203.0.113.7:4711"], Proxy::Trusted, "203.0.113.7");
        check(&["2001:db8::1"], Proxy::Trusted, "2001:db8::2");
        check(&["::ffff:203.0.113.7"], Proxy::Trusted, "203.0.113.7");
        check(&["unknown"], Proxy::Trusted, "192.0.2.1");
        check(&[], Proxy::Trusted, "192.0.2.1");
    }

    #[test]
    fn networks_are_distinguished() {
        let source = |text: &str| Source::from(text.parse::<IpAddr>().unwrap());
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    }
}
