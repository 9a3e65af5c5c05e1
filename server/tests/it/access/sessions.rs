//! Sessions: what `/login` gives, and `/logout` takes.

use super::{TOKEN, bearer, check_refused, guarded, posts};
use crate::http::Response;
use crate::site::Site;
use crate::tree::Tree;

fn enter(site: &Site, token: &str) -> Response {
    site.post("/login", &[("token", token), ("next", "/runs")]).send()
}

/// The cookie that a login set, as a browser sends it back.
fn cookie(site: &Site) -> String {
    let entered = enter(site, TOKEN);
    assert_eq!((entered.status, entered.headers["location"].as_str()), (303, "/runs"));
    entered.headers["set-cookie"].split(';').next().unwrap().to_owned()
}

#[test]
fn a_login_opens_a_session_that_is_not_the_token() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let wrong = enter(&site, "wrong");
    assert_eq!((wrong.status, wrong.headers.get("set-cookie")), (401, None));
    let set = enter(&site, TOKEN).headers["set-cookie"].clone();
    assert!(set.starts_with("wordfall_session=") && !set.contains(TOKEN), "{set}");
    for rule in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=604800"] {
        assert!(set.contains(rule), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let (one, other) = (cookie(&site), cookie(&site));
    assert_ne!(one, other);
    let page = site.get("/runs").header("cookie", &format!("a=b; {one}")).send();
    assert_eq!(page.status, 200);
    assert!(page.text().contains("data-action=\"logout\""));
    for post in posts(&site, "x") {
        check_refused(
            post.header("cookie", &one).header("sec-fetch-site", "cross-site"),
            (403, "forbidden_origin"),
        );
    }
    let as_token = site.get("/runs").header("authorization", &one.replace("wordfall_session=", "Bearer "));
    check_refused(as_token, (401, "unauthorized"));
}

#[test]
fn a_logout_ends_the_session_and_no_other() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let (one, other) = (cookie(&site), cookie(&site));
    assert!(site.get("/logout").header("cookie", &one).send().text().contains("data-action=\"logout\""));
    assert_eq!(site.get("/runs").header("cookie", &one).send().status, 200, "a GET ends nothing");
    let left = site.post("/logout", &[]).header("cookie", &one).send();
    assert_eq!((left.status, left.headers["location"].as_str()), (303, "/login"));
    assert!(left.headers["set-cookie"].contains("Max-Age=0"), "{:?}", left.headers);
    assert_eq!(site.get("/runs").header("cookie", &one).send().status, 401);
    assert_eq!(site.get("/runs").header("cookie", &other).send().status, 200);
    assert_eq!(site.post("/logout", &[]).send().status, 303, "who is not logged in is logged out");
}

#[test]
fn the_cookie_of_earlier_versions_is_as_good_as_the_header() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let cookie = format!("a=b; wordfall_token={TOKEN}");
    assert_eq!(site.get("/runs").header("cookie", &cookie).send().status, 200);
    assert_eq!(site.get("/runs").header("authorization", &bearer()).send().status, 200);
}

#[test]
fn a_cookie_that_came_over_tls_never_goes_without() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    let over = |scheme: &str| {
        let entered = site.post("/login", &[("token", TOKEN)]).header("x-forwarded-proto", scheme).send();
        entered.headers["set-cookie"].contains("; Secure")
    };
    assert!(over("https") && over("HTTPS, http") && !over("http"));
    let site = Site::with(&[tree.mounted_as("docs")], &["--token", TOKEN, "--behind-proxy"]);
    assert!(enter(&site, TOKEN).headers["set-cookie"].contains("; Secure"));
}

#[test]
fn a_login_leads_to_this_site_only() {
    let tree = Tree::small_files(1);
    let site = guarded(&tree);
    for next in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "/%0d%0aX: y", "\r\nX: y"]
    {
        let entered = site.post("/login", &[("token", TOKEN), ("next", next)]).send();
        assert_eq!((entered.status, entered.headers["location"].as_str()), (303, "/"), "{next:?}");
        assert!(!entered.headers.contains_key("x"), "{next:?}");
    }
}
