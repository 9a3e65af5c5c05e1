//! Other sites: they may link to a run, and do nothing else.

use super::{check_refused, ended, posts, runs};
use crate::site::Site;
use crate::tree::Tree;

#[test]
fn no_other_site_starts_changes_or_lists_anything() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    let other_port = format!("http://127.0.0.1:{}", site.address.port() ^ 1);
    let suffix = format!("http://{}.evil.example", site.address);
    let hostile = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "\u{ff}"),
        ("origin", "null"),
        ("origin", "http://evil.example"),
        ("origin", &other_port),
        ("origin", "http://127.0.0.1"),
        ("origin", ""),
        ("origin", &suffix),
        ("origin", "file://"),
        ("origin", "chrome-extension://abcdef"),
    ];
    for (name, value) in hostile {
        let asks =
            ["/stream?prefix=", "/?browse=1", "/scatter?bro%77se=1", "/readyz"].map(|path| site.get(path));
        let login = site.post("/login", &[("token", "x")]);
        for request in posts(&site, &id).into_iter().chain(asks).chain([login, site.post("/logout", &[])]) {
            check_refused(request.header(name, value), (403, "forbidden_origin"));
        }
    }
    assert_eq!(runs(&site), 1);
}

#[test]
fn other_methods_than_a_forms_start_nothing() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    for name in ["start_run", "retry_run", "delete_run", "browse", "list_runs"] {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            let path = format!("/api/{name}?bucket=docs");
            let request = crate::http::Request::new(site.address, method, &path);
            let answer = request.header("x-http-method-override", "POST").send();
            assert_eq!(answer.status, 405, "{method} {name}");
            assert!(!answer.headers.keys().any(|name| name.starts_with("access-control")), "{method} {name}");
        }
    }
    for method in ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = crate::http::Request::new(site.address, method, "/stream?prefix=").send();
        assert!([200, 405].contains(&answer.status), "{method}: {}", answer.status);
    }
    assert_eq!(runs(&site), 0);
}

#[test]
fn another_sites_page_embeds_no_run() {
    let tree = Tree::small_files(1);
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let id = ended(&site);
    let of_run =
        ["", "/scatter", "/changes", ".json", ".csv", ".ndjson", ".svg", ".png", "/events", "/objects/0"];
    let of_run = of_run.map(|path| format!("/runs/{id}{path}"));
    for path in of_run.into_iter().chain(["/runs".to_owned(), "/metrics".to_owned(), format!("/?run={id}")]) {
        let from = |site_is: &str, mode: &str, destination: &str| {
            let request = site.get(&path).header("sec-fetch-site", site_is).header("sec-fetch-mode", mode);
            request.header("sec-fetch-dest", destination)
        };
        for destination in ["image", "script", "empty", "iframe", "embed"] {
            check_refused(from("cross-site", "no-cors", destination), (403, "forbidden_origin"));
        }
        check_refused(from("same-site", "navigate", "iframe"), (403, "forbidden_origin"));
        let prefetch = from("cross-site", "navigate", "document").header("sec-purpose", "prefetch");
        check_refused(prefetch, (403, "forbidden_origin"));
        assert_eq!(
            from("cross-site", "navigate", "document").send().status,
            200,
            "{path}: a link leads here"
        );
        assert_eq!(from("same-origin", "cors", "empty").send().status, 200, "{path}: the site's own page");
    }
}
