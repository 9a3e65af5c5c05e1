//! Names: without a token the site answers to this machine's only.

use super::{check_refused, ended, posts, runs};
use crate::site::Site;
use crate::tree::Tree;

const NOT_LOCAL: [&str; 20] = [
    "evil.example",
    "evil.example:3000",
    "localhost.",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil.localhost",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0.0.0.0",
    "[::ffff:127.0.0.1]",
    "[::]",
    "127.0.0.1.",
    "evil.example:127.0.0.1",
    "[::1].evil.example",
    "[::1]evil",
    "[::1",
    "localhost,evil.example",
    "",
    "10.0.0.1",
];

#[test]
fn a_name_that_is_not_this_machines_is_refused_on_every_route() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    for host in NOT_LOCAL {
        let paths = [
            "/",
            "/runs",
            "/login",
            "/healthz",
            "/readyz",
            "/metrics",
            "/favicon.svg",
            "/stream",
            "/nothing",
        ];
        let of_run = ["", ".json", ".png", "/events", "/objects/0", "/scatter"];
        let of_run = of_run.map(|path| format!("/runs/{id}{path}"));
        let paths = paths.map(str::to_owned).into_iter().chain(of_run);
        paths.for_each(|path| check_refused(site.get(&path).header("host", host), (403, "forbidden_origin")));
        for post in posts(&site, &id) {
            check_refused(post.header("host", host), (403, "forbidden_origin"));
        }
    }
    assert_eq!(runs(&site), 1);
}

#[test]
fn every_name_that_a_request_gives_must_be_local() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let refused = (403, "forbidden_origin");
    check_refused(site.get("http://evil.example/runs"), refused);
    check_refused(site.get("/runs").header("Host", "evil.example"), refused);
    check_refused(
        site.get("/runs").header("host", "evil.example").header("x-forwarded-host", "localhost"),
        refused,
    );
    for host in ["127.0.0.1", "localhost", "LOCALHOST:80", "[::1]:3000", "127.9.8.7"] {
        assert_eq!(site.get("/runs").header("host", host).send().status, 200, "{host}");
    }
}
