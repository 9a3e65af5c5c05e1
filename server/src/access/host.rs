//! Names of this machine: what a site without a token answers to.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::header::HOST;
use axum::http::{HeaderMap, Uri};
use wire::error::{ApiError, ErrorCode};

/// Refuses a request for another name: one that was made to point at this machine is another site's (DNS rebinding).
/// Every name that the request gives must be local: its one `Host`, and the one in its target where that has one.
pub(super) fn check_local(headers: &HeaderMap, target: &Uri) -> Result<(), ApiError> {
    let mut hosts = headers.get_all(HOST).into_iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    let is_named = host.is_some_and(is_local_host) && hosts.next().is_none();
    let targeted = target.authority().is_none_or(|authority| is_local_host(authority.as_str()));
    if is_named && targeted {
        return Ok(());
    }
    let message = "without --token this site answers only to localhost, 127.0.0.1 and [::1]";
    Err(ApiError::new(ErrorCode::ForbiddenOrigin, message))
}

/// `HOST` or `HOST:PORT`, an IPv6 address in brackets, and nothing else around or behind them.
fn is_local_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()) && is_port(port)
        }),
        None => {
            let (name, port) = host.find(':').map_or((host, ""), |at| host.split_at(at));
            is_local_name(name) && is_port(port)
        }
    }
}

fn is_local_name(name: &str) -> bool {
    let is_loopback = |address: IpAddr| matches!(address, IpAddr::V4(address) if address.is_loopback());
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(is_loopback)
}

/// Nothing, or a colon and a number.
fn is_port(text: &str) -> bool {
    let is_number =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    text.is_empty() || text.strip_prefix(':').is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_local() {
        for host in [
            "localhost",
            "LOCALHOST:3000",
            "127.0.0.1",
            "127.9.8.7:80",
            "[::1]",
            "[::1]:3000",
            "[0:0:0:0:0:0:0:1]",
        ] {
            assert!(is_local_host(host), "{host}");
        }
    }

    #[test]
    fn names_that_look_local_are_not() {
        for host in [
            "",
            ":",
            ":80",
            "localhost:",
            "localhost:+80",
            "localhost:99999",
            "localhost:80:80",
            "localhost.",
            "localhost.evil.example",
            "user@localhost",
            "localhost@evil.example",
            "::1",
            "[::1",
            "[::1]x",
            "[::1].evil.example",
            "[::1]evil:80",
            "[::1]:",
            "[127.0.0.1]",
            "[localhost]",
            "[::ffff:127.0.0.1]",
            "[::]",
            "0.0.0.0",
            "127.1",
            "0x7f.1",
            "127.0.0.1.evil.example",
            "127.0.0.1/evil",
        ] {
            assert!(!is_local_host(host), "{host}");
        }
    }

    #[test]
    fn every_name_that_a_request_gives_counts() {
        let hosts = |hosts: &[&'static str]| {
            let pairs = hosts.iter().map(|host| (HOST, host.parse().unwrap()));
            pairs.fold(HeaderMap::new(), |mut headers, (name, host)| {
                headers.append(name, host);
                headers
            })
        };
        let check =
            |headers: &HeaderMap, target: &str| check_local(headers, &target.parse().unwrap()).is_ok();
        assert!(check(&hosts(&["localhost"]), "/runs"));
        assert!(check(&hosts(&["localhost"]), "http://localhost/runs"));
        assert!(!check(&hosts(&["localhost"]), "http://evil.example/runs"));
        assert!(!check(&hosts(&["localhost", "evil.example"]), "/runs"));
        assert!(!check(&hosts(&[]), "/runs"));
    }
}
