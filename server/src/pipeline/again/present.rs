//! The present state of keys: found on pages of a listing where these bring several of them each, else looked
//! up one by one.
//!
//! A role that may list a bucket and not read it can look a key up: it is the first one of the keys that begin with
//! it. A key that is not on the page where it belongs is looked up before it is called gone, so that pages decide what
//! is paid and nothing else.

use std::collections::VecDeque;

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::pipeline::list::{List, ListError, Listed, PAGE_KEYS, PAGE_TRIES, Page};

/// Keys that are looked up at once, and on one page.
const LOOKUPS_AT_ONCE: usize = 32;
/// LISTs that one page takes at most.
pub(in crate::pipeline) const LISTS_A_PAGE: u64 = LOOKUPS_AT_ONCE as u64 * PAGE_TRIES as u64;
/// Wanted keys that a page of a listing brings at least; where it brings fewer they are looked up.
const KEYS_A_PAGE_MIN: u64 = 2;

/// Keys that are looked for, in order.
#[derive(Debug)]
pub(super) struct Present {
    list: List,
    keys: VecDeque<String>,
    /// Keys that were not on the page where they belong.
    missed: Vec<String>,
    by_pages: bool,
    /// Pages come in the order of keys, as far as the listing has shown.
    is_ordered: bool,
}

impl Present {
    /// Nothing is looked for yet, in what this lists.
    pub(super) fn new(list: List) -> Self {
        Self { list, keys: VecDeque::new(), missed: Vec::new(), by_pages: false, is_ordered: true }
    }

    /// Looks for these keys, which so many rows of a run had among them.
    pub(super) fn look_for(&mut self, mut keys: Vec<String>, rows: u64) {
        keys.sort_unstable();
        let on_a_page = keys.len() as u64 * u64::from(PAGE_KEYS.unsigned_abs()) / rows.max(1);
        self.by_pages = self.is_ordered && keys.len() > 1 && on_a_page >= KEYS_A_PAGE_MIN;
        self.keys = keys.into();
    }

    /// What became of the next keys; `None` where there are no more. After an error the same keys are looked
    /// for again. Only the next rows show whether another page follows: each page says that one does.
    pub(super) async fn next(&mut self) -> Result<Option<Page>, ListError> {
        if !self.missed.is_empty() {
            let count = self.missed.len().min(LOOKUPS_AT_ONCE);
            let page = look_up(&self.list, self.missed[..count].to_vec()).await?;
            self.missed.drain(..count);
            return Ok(Some(page));
        }
        if self.keys.is_empty() {
            return Ok(None);
        }
        if self.by_pages {
            return self.list_page().await.map(Some);
        }
        let count = self.keys.len().min(LOOKUPS_AT_ONCE);
        let page = look_up(&self.list, self.keys.iter().take(count).cloned().collect()).await?;
        self.keys.drain(..count);
        Ok(Some(page))
    }

    /// LISTs that the next page may take.
    pub(super) fn lists_max(&self) -> u64 {
        let tries = u64::from(PAGE_TRIES);
        match (self.missed.len(), self.by_pages) {
            (0, true) => tries,
            (0, false) => self.keys.len().min(LOOKUPS_AT_ONCE) as u64 * tries,
            (missed, _) => missed.min(LOOKUPS_AT_ONCE) as u64 * tries,
        }
    }

    /// Takes what a page of the listing has that begins at the next key.
    async fn list_page(&mut self) -> Result<Page, ListError> {
        let after = self.keys.front().and_then(|key| before(key));
        let listed = self.list.page_after(after.clone()).await?;
        let mut page =
            Page { lists: listed.lists, next: Some(String::new()), chosen: true, ..Page::default() };
        self.is_ordered = is_ascending(&listed.objects, after.as_deref());
        if !self.is_ordered {
            self.by_pages = false;
            return Ok(page);
        }
        let covered = match (&listed.next, listed.objects.last()) {
            (None, _) => self.keys.len(),
            (Some(_), Some(last)) => self.keys.partition_point(|key| *key <= last.key),
            (Some(_), None) => 0,
        };
        let mut objects = listed.objects.into_iter().peekable();
        for key in self.keys.drain(..covered) {
            while objects.next_if(|listed| listed.key < key).is_some() {}
            match objects.next_if(|listed| listed.key == key) {
                Some(listed) => page.objects.push(listed),
                None => self.missed.push(key),
            }
        }
        self.by_pages = covered as u64 >= KEYS_A_PAGE_MIN;
        Ok(page)
    }
}

/// A text before a key, and behind almost all keys that are smaller; `None` where there is no such text.
fn before(key: &str) -> Option<String> {
    let mut text = key.to_owned();
    let last = text.pop()?;
    if ('!'..='~').contains(&last) {
        text.push(char::from_u32(u32::from(last) - 1)?);
        if text.len() < wire::bucket::KEY_BYTES_MAX {
            text.push('~');
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Keys ascend, and are larger than what they were asked for by.
fn is_ascending(objects: &[Listed], after: Option<&str>) -> bool {
    let first_follows =
        objects.first().is_none_or(|first| after.is_none_or(|after| first.key.as_str() > after));
    first_follows && objects.is_sorted_by(|one, next| one.key < next.key)
}

/// Looks these keys up.
async fn look_up(list: &List, keys: Vec<String>) -> Result<Page, ListError> {
    let mut page = Page { next: Some(String::new()), chosen: true, ..Page::default() };
    let lookups: Vec<_> =
        keys.into_iter().map(|key| look_up_key(List { prefix: key, ..list.clone() })).collect();
    let found: Vec<_> = stream::iter(lookups).buffered(LOOKUPS_AT_ONCE).try_collect().await?;
    for (lists, found) in found {
        page.lists += lists;
        match found {
            Ok(listed) => page.objects.push(listed),
            Err(key) => page.gone.push(key),
        }
    }
    Ok(page)
}

/// LISTs that it took, and the key that is this list's prefix as it is listed at present; the key alone where it is
/// gone.
async fn look_up_key(list: List) -> Result<(u64, Result<Listed, String>), ListError> {
    let page = list.page(None, None, 1).await?;
    let is_last = page.next.is_none();
    let found = match page.objects.into_iter().next() {
        Some(listed) if listed.key == list.prefix => Ok(listed),
        None if is_last => Err(list.prefix),
        // A store that lists in another order may have the key behind this one: a read of the key decides.
        Some(_) | None => {
            Ok(Listed { key: list.prefix, etag: None, size: None, modified: None, known: None })
        }
    };
    Ok((page.lists, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_key_is_smaller_and_close_to_it() {
        for key in ["a", "logs/0001.gz", "b/!", "żółć", "x\u{10FFFF}", "a b", "~~", &"k".repeat(1_024)] {
            let Some(text) = before(key) else { continue };
            assert!(text.as_str() < key && text.len() <= wire::bucket::KEY_BYTES_MAX, "{key}: {text}");
        }
        assert_eq!(before("logs/2").as_deref(), Some("logs/1~"));
        assert_eq!((before("é"), before("")), (None, None));
    }

    #[test]
    fn pages_are_taken_only_where_they_ascend() {
        let objects = |keys: &[&str]| -> Vec<Listed> {
            let listed = |key: &&str| Listed { key: (*key).to_owned(), ..Listed::default() };
            keys.iter().map(listed).collect()
        };
        assert!(is_ascending(&objects(&["b", "c"]), Some("a")) && is_ascending(&[], Some("a")));
        assert!(!is_ascending(&objects(&["b", "c"]), Some("b")));
        assert!(!is_ascending(&objects(&["c", "b"]), None) && !is_ascending(&objects(&["b", "b"]), None));
    }
}
