//! The browser as a page without JavaScript: links from folder to folder, keys as text, the form filled in.

use crate::site::{Site, error};
use crate::tree::{Tree, text};

/// The addresses of the page's links that browse, `&amp;` read.
fn links(page: &str) -> Vec<String> {
    let addresses = page.split("href=\"?").skip(1).filter_map(|rest| rest.split('"').next());
    addresses.map(|address| format!("/?{}", address.replace("&amp;", "&"))).collect()
}

#[test]
fn every_folder_is_reached_by_links_alone() {
    let mut tree = Tree::varied();
    tree.add("a/%41/ż & <b>.txt", text(12_345));
    let site = Site::mounting(&[tree.mounted_as("docs")]);
    let top = site.get("/?browse=1&rule=word").send().text();
    assert!(top.contains(" data-noscroll") && !top.contains("attr:"), "{top}");
    assert!(top.contains("data-browse") && top.contains("log.gz") && top.contains(">hostile/<"), "{top}");
    let folder = links(&top).into_iter().find(|link| link.contains("prefix=a%2F&")).unwrap();
    let page = site.get(&folder).send().text();
    assert!(page.contains("name=\"prefix\" value=\"a/\""), "the form is filled: {page}");
    assert!(page.contains("<option value=\"word\" selected"), "what else was chosen stays: {page}");
    let folder = links(&page).into_iter().find(|link| link.contains("%2541")).unwrap();
    let page = site.get(&folder).send().text();
    assert!(page.contains("ż &amp; &lt;b&gt;.txt") && page.contains("12.3 kB"), "{page}");
    assert!(page.contains("value=\"a/%41/\""), "a key is not decoded twice: {page}");
    // The way back leads over every folder.
    let back: Vec<_> = links(&page).into_iter().filter(|link| link.contains("browse=1")).collect();
    assert_eq!(back.len(), 3, "{back:?}");
    let closed = links(&page).into_iter().find(|link| !link.contains("browse")).unwrap();
    let page = site.get(&closed).send().text();
    assert!(!page.contains("data-browse") && page.contains("value=\"a/%41/\""), "{page}");
    let page = site.get("/scatter?browse=1&prefix=hostile/").send().text();
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/") || page.contains("&lt;script>alert(1)&lt;/"),
        "{page}"
    );
    assert!(!page.contains("<script>alert(1)"), "{page}");
}

#[test]
fn long_folders_are_shown_page_by_page() {
    let tree = Tree::small_files(10_050);
    let site = Site::mounting(&[tree.mounted_as("many")]);
    let page = site.get("/?browse=1&prefix=03/").send().text();
    assert!(page.contains("part-00003.txt") && !page.contains("part-10043.txt"));
    let more = links(&page).into_iter().find(|link| link.contains("token=")).unwrap();
    let page = site.get(&more).send().text();
    assert!(page.contains("part-10043.txt") && !page.contains("part-00003.txt"));
    assert!(!links(&page).iter().any(|link| link.contains("token=")), "that was the last page");
}

#[test]
fn what_cannot_be_browsed_says_why_on_the_page() {
    let tree = Tree::small_files(1);
    let site = Site::with(&[tree.mounted_as("docs")], &["--token", "sixteen--letters"]);
    let (status, code, _) = error(site.get("/?browse=1").send());
    assert_eq!((status, code.as_str()), (401, "unauthorized"));
    let page = |path| site.get(path).header("authorization", "Bearer sixteen--letters").send().text();
    assert!(
        page("/?browse=1&bucket=elsewhere").contains("The bucket elsewhere is not among those of this site")
    );
    assert!(page("/?browse=1&prefix=nothing/").contains("No keys begin with this prefix."));
    assert!(!page("/").contains("data-browse"));
}
