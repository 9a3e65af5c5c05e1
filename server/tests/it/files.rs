//! The site's own files: how they are named, compressed and cached.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::http::Response;
use crate::site::Site;

const HASH: &str = "Zm9vYmFyYmF6cXV4-_1234";
const SPLIT_HASH: &str = "c3BsaXQtaXQtaW4tcGFydA";

/// A site as `cargo xtask run` builds it, in little.
fn hashed(root: &Path) {
    let named = |name: &str, hash: &str, ending: &str| format!("pkg/{name}.{hash}.{ending}");
    let manifest = r#"{"plotted_1": ["split_plotted_1"]}"#;
    let files = [
        (
            "hash.txt".to_owned(),
            format!("js: {HASH}\nwasm: {HASH}\ncss: {HASH}\nmanifest: {HASH}\nsplit: {SPLIT_HASH}\n"),
        ),
        ("favicon.svg".to_owned(), "<svg/>".to_owned()),
        (named("wordfall", HASH, "js"), "js".to_owned()),
        (named("wordfall", HASH, "wasm"), "wasm".to_owned()),
        (named("wordfall", HASH, "wasm.br"), "wasm by brotli".to_owned()),
        (named("wordfall", HASH, "wasm.gz"), "wasm by gzip".to_owned()),
        (named("__wasm_split", SPLIT_HASH, "js"), "split".to_owned()),
        (named("__wasm_split_manifest", HASH, "json"), manifest.to_owned()),
        ("pkg/wordfall.js".to_owned(), "an unhashed one".to_owned()),
    ];
    fs::create_dir_all(root.join("pkg")).unwrap();
    for (name, text) in files {
        fs::write(root.join(name), text).unwrap();
    }
}

fn site() -> (Site, TempDir) {
    let root = tempfile::tempdir().unwrap();
    hashed(root.path());
    let variables = [("LEPTOS_SITE_ROOT", root.path().to_str().unwrap())];
    (Site::at(tempfile::tempdir().unwrap(), &[], &variables), root)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers.get(name).map_or("", String::as_str)
}

#[test]
fn a_page_names_its_files_by_their_hashes_and_asks_for_all_at_once() {
    let (site, _root) = site();
    let page = site.get("/").send().text();
    for (rel, file) in [
        ("stylesheet", format!("wordfall.{HASH}.css")),
        ("modulepreload", format!("wordfall.{HASH}.js")),
        ("preload", format!("wordfall.{HASH}.wasm")),
        ("modulepreload", format!("__wasm_split.{SPLIT_HASH}.js")),
    ] {
        let links: Vec<&str> =
            page.split("<link ").filter(|link| link.contains(&format!("/pkg/{file}\""))).collect();
        assert!(links.iter().any(|link| link.contains(&format!("rel=\"{rel}\""))), "{file}: {links:?}");
    }
}

#[test]
fn what_is_hashed_is_kept_for_good_and_compressed_as_the_browser_can() {
    let (site, _root) = site();
    for (accepted, encoding, text) in
        [("gzip, br", "br", "wasm by brotli"), ("gzip", "gzip", "wasm by gzip"), ("identity", "", "wasm")]
    {
        let path = format!("/pkg/wordfall.{HASH}.wasm");
        let response = site.get(&path).header("accept-encoding", accepted).send();
        assert_eq!(response.status, 200);
        assert_eq!(header(&response, "content-type"), "application/wasm");
        assert_eq!(header(&response, "content-encoding"), encoding);
        assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
        assert!(header(&response, "vary").contains("accept-encoding"), "{:?}", response.headers);
        assert_eq!(response.text(), text);
    }
}

#[test]
fn what_is_not_hashed_is_asked_for_again_and_sent_once() {
    let (site, _root) = site();
    for (path, kept) in [("/pkg/wordfall.js", "no-cache"), ("/favicon.svg", "public, max-age=3600")] {
        let response = site.get(path).send();
        assert_eq!((response.status, header(&response, "cache-control")), (200, kept));
        let tag = header(&response, "etag").to_owned();
        let again = site.get(path).header("if-none-match", &tag).send();
        assert_eq!((again.status, header(&again, "cache-control")), (304, kept));
    }
}

#[test]
fn a_file_that_is_not_there_is_not_kept() {
    let (site, _root) = site();
    let response = site.get("/pkg/wordfall.bm90LXRoaXMtb25lLWhlcmU.wasm").send();
    assert_eq!((response.status, header(&response, "cache-control")), (404, "no-store"));
}

#[test]
fn without_a_built_page_the_files_go_by_their_plain_names() {
    let site = Site::with(&[], &[]);
    let page = site.get("/").send().text();
    assert!(page.contains("/pkg/wordfall.js\"") && page.contains("/pkg/wordfall.wasm\""), "{page}");
}
