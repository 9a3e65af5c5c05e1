//! One page of a listing: an ordered source of keys and a query in, objects and common prefixes out.
//!
//! Pure: it sees neither files nor requests, so that the three kinds of buckets list alike.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::stat::Stat;

/// Keys and common prefixes that one page may hold, whatever was asked for.
pub(crate) const PAGE_KEYS_MAX: usize = 1000;

/// An object as a listing names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    pub(crate) stat: Stat,
}

/// A bucket's keys in the order of their UTF-8 bytes.
pub(crate) trait Keys {
    /// The entries from `start` on.
    fn range_from<'a>(&'a self, start: Bound<&str>) -> Box<dyn Iterator<Item = Listed> + 'a>;
}

impl<V> Keys for BTreeMap<String, V>
where
    for<'a> &'a V: Into<Stat>,
{
    fn range_from<'a>(&'a self, start: Bound<&str>) -> Box<dyn Iterator<Item = Listed> + 'a> {
        let entries = self.range::<str, _>((start, Bound::Unbounded));
        Box::new(entries.map(|(key, value)| Listed { key: key.clone(), stat: value.into() }))
    }
}

/// The query of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Query<'a> {
    /// Only keys that begin with it.
    pub(crate) prefix: &'a str,
    /// Keys that hold it after the prefix are rolled up into common prefixes.
    pub(crate) delimiter: Option<&'a str>,
    /// The last key or common prefix of the page before, or where to start; itself left out.
    pub(crate) after: Option<&'a str>,
    /// Keys and common prefixes together.
    pub(crate) keys_max: usize,
}

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Listed>,
    pub(crate) common_prefixes: Vec<String>,
    /// The last key or common prefix, where the listing goes on behind it.
    pub(crate) next: Option<String>,
}

impl Page {
    pub(crate) fn len(&self) -> usize {
        self.objects.len() + self.common_prefixes.len()
    }

    fn last(&self) -> Option<String> {
        let key = self.objects.last().map(|listed| listed.key.as_str());
        key.max(self.common_prefixes.last().map(String::as_str)).map(str::to_owned)
    }
}

/// The page that `query` asks for.
pub(crate) fn page(keys: &impl Keys, query: &Query<'_>) -> Page {
    let mut page = Page::default();
    let mut start = query.start();
    while query.keys_max > 0
        && let Some(from) = start
    {
        start = fill(&mut page, keys.range_from(as_str(&from)), query);
    }
    page
}

/// Takes as many entries as fit into the page; returns where to look on behind a common prefix.
fn fill(page: &mut Page, listed: impl Iterator<Item = Listed>, query: &Query<'_>) -> Option<Bound<String>> {
    for listed in listed {
        if !listed.key.starts_with(query.prefix) {
            return None;
        }
        if page.len() == query.keys_max {
            page.next = page.last();
            return None;
        }
        match query.common_prefix(&listed.key) {
            None => page.objects.push(listed),
            Some(common) => {
                let behind = behind_prefix(common);
                page.common_prefixes.push(common.to_owned());
                return behind.map(Bound::Included);
            }
        }
    }
    None
}

impl Query<'_> {
    fn start(&self) -> Option<Bound<String>> {
        match self.after.filter(|after| *after >= self.prefix) {
            None => Some(Bound::Included(self.prefix.to_owned())),
            Some(after) if self.common_prefix(after) == Some(after) => {
                behind_prefix(after).map(Bound::Included)
            }
            Some(after) => Some(Bound::Excluded(after.to_owned())),
        }
    }

    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let rest = key.strip_prefix(self.prefix)?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        Some(&key[..end])
    }
}

fn as_str(bound: &Bound<String>) -> Bound<&str> {
    bound.as_ref().map(String::as_str)
}

/// The least string that is greater than everything that begins with `prefix`; `None` where there is none.
fn behind_prefix(prefix: &str) -> Option<String> {
    let mut behind = prefix.to_owned();
    while let Some(last) = behind.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            behind.push(next);
            return Some(behind);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(names: &[&str]) -> BTreeMap<String, Stat> {
        names.iter().map(|name| ((*name).to_owned(), Stat::default())).collect()
    }

    /// Every page of a listing, as `key` or `prefix+`, pages parted by `|`.
    fn walk(names: &[&str], prefix: &str, delimiter: Option<&str>, keys_max: usize) -> String {
        let keys = keys(names);
        let mut after: Option<String> = None;
        let mut pages = Vec::new();
        loop {
            let page = page(&keys, &Query { prefix, delimiter, after: after.as_deref(), keys_max });
            let mut shown: Vec<_> = page.objects.iter().map(|listed| listed.key.clone()).collect();
            shown.extend(page.common_prefixes.iter().map(|common| format!("{common}+")));
            pages.push(shown.join(" "));
            after = page.next;
            if after.is_none() {
                return pages.join("|");
            }
        }
    }

    #[track_caller]
    fn check(names: &[&str], prefix: &str, delimiter: Option<&str>, keys_max: usize, expected: &str) {
        assert_eq!(walk(names, prefix, delimiter, keys_max), expected);
    }

    #[test]
    fn pages_are_cut_where_they_are_full() {
        check(&[], "", None, 2, "");
        check(&["a", "b"], "", None, 2, "a b");
        check(&["a", "b", "c"], "", None, 2, "a b|c");
        check(&["a", "b"], "", None, 0, "");
        check(&["a", "b/c", "b/d", "c"], "b/", None, 1, "b/c|b/d");
        check(&["é", "z", "Z"], "", None, 9, "Z z é");
    }

    #[test]
    fn common_prefixes_are_listed_once_over_all_pages() {
        check(&["a", "b/1", "b/2", "c"], "", Some("/"), 9, "a c b/+");
        check(&["a", "b/1", "b/2", "c"], "", Some("/"), 1, "a|b/+|c");
        check(&["b/1/x", "b/1/y", "b/2"], "b/", Some("/"), 1, "b/1/+|b/2");
        check(&["b/", "b/1"], "b/", Some("/"), 9, "b/ b/1");
        check(&["a/x", "a0"], "", Some("/"), 1, "a/+|a0");
        check(&["a\u{10ffff}x", "b"], "", Some("\u{10ffff}"), 1, "a\u{10ffff}+|b");
        check(&["a--b", "a--c"], "", Some("--"), 9, "a--+");
    }

    #[test]
    fn a_listing_may_start_after_a_key_that_is_not_there() {
        let keys = keys(&["a", "c", "p/d"]);
        let from = |after| page(&keys, &Query { prefix: "p/", delimiter: None, after, keys_max: 9 });
        assert_eq!(from(Some("b")).len(), 1);
        assert_eq!(from(Some("p/c")).len(), 1);
        assert_eq!(from(Some("p/d")).len(), 0);
    }

    proptest! {
        #[test]
        fn pages_of_any_size_list_the_same(
            names in prop::collection::btree_set("[a-c/]{1,5}", 0..20),
            prefix in "[a-c/]{0,2}",
            delimited: bool,
            keys_max in 1_usize..5,
        ) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let delimiter = delimited.then_some("/");
            let items = |pages: String| {
                let mut items: Vec<_> = pages.split([' ', '|']).map(str::to_owned).collect();
                items.sort();
                items
            };
            let whole = walk(&names, &prefix, delimiter, 1000);
            let cut = walk(&names, &prefix, delimiter, keys_max);
            prop_assert_eq!(items(whole), items(cut));
        }
    }
}
