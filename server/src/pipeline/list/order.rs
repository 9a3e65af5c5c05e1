//! The order of a listing, and what of it came before: each key counts once, and a listing goes on.
//!
//! S3 lists keys in ascending order, so that the last key alone is enough to check a page. A trail of hashes
//! is stored beside it, 16 bytes a key, and becomes a set at the first key that is out of order: from then on
//! a key costs about 40 bytes.

use super::Listed;
use crate::pipeline::keys::Keys;

/// Pages in a row that bring nothing before a listing is given up: S3 sends such pages where much was deleted.
pub(super) const EMPTY_PAGES_MAX: u32 = 100;

/// The keys that a listing has brought so far.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: Option<String>,
    keys: Keys,
    is_broken: bool,
    doubled: u64,
    empty_pages: u32,
}

/// A listing that would not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Endless {
    #[error("the store answers a token with that same token, and would do so for ever")]
    SameToken,
    #[error("a page brought only keys that were listed before, and a token for more of them")]
    NothingNew,
    #[error("{EMPTY_PAGES_MAX} pages in a row brought nothing, and each a token for more")]
    Empty,
}

impl Order {
    /// The order of a listing of what is behind this key.
    pub(super) fn after(last: Option<String>) -> Self {
        Self { last, ..Self::default() }
    }

    /// The last key, where all came in ascending order: the listing has all keys up to it.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref().filter(|_| self.is_ascending())
    }

    /// Leaves out of a page's objects those that were listed before, and checks that the listing goes on where the
    /// page names a next one.
    pub(super) fn admit(
        &mut self,
        objects: &mut Vec<Listed>,
        token: Option<&str>,
        next: Option<&str>,
    ) -> Result<(), Endless> {
        let came = objects.len();
        objects.retain(|listed| self.is_new(&listed.key));
        self.doubled += (came - objects.len()) as u64;
        self.empty_pages = if came == 0 { self.empty_pages + 1 } else { 0 };
        match next {
            None => Ok(()),
            Some(_) if next == token => Err(Endless::SameToken),
            Some(_) if came > 0 && objects.is_empty() => Err(Endless::NothingNew),
            Some(_) if self.empty_pages >= EMPTY_PAGES_MAX => Err(Endless::Empty),
            Some(_) => Ok(()),
        }
    }

    /// Every key so far was larger than the one before it.
    pub(super) fn is_ascending(&self) -> bool {
        !self.is_broken
    }

    /// Keys that came again, and were left out.
    pub(super) fn doubled(&self) -> u64 {
        self.doubled
    }

    fn is_new(&mut self, key: &str) -> bool {
        let is_next = self.last.as_deref().is_none_or(|last| last < key);
        if !is_next && !self.is_broken && self.last.as_deref() != Some(key) {
            self.is_broken = true;
            self.keys.index();
        }
        let is_new = match self.is_broken {
            true => self.keys.insert(key),
            // The keys before this one are smaller.
            false if is_next => {
                self.keys.append(key);
                true
            }
            false => false,
        };
        if is_new {
            key.clone_into(self.last.get_or_insert_default());
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    use super::*;

    fn listed(key: &str) -> Listed {
        Listed { key: key.to_owned(), etag: None, size: None, modified: None, known: None }
    }

    fn admit(
        order: &mut Order,
        keys: &[&str],
        token: Option<&str>,
        next: Option<&str>,
    ) -> (Vec<String>, Result<(), Endless>) {
        let mut objects: Vec<_> = keys.iter().map(|key| listed(key)).collect();
        let went_on = order.admit(&mut objects, token, next);
        (objects.into_iter().map(|listed| listed.key).collect(), went_on)
    }

    #[track_caller]
    fn check(pages: &[&[&str]], expected: &[&str], ascending: bool) {
        let mut order = Order::default();
        let mut all = Vec::new();
        for page in pages {
            all.extend(admit(&mut order, page, None, None).0);
        }
        assert_eq!(
            (&all[..], order.is_ascending()),
            (&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..], ascending)
        );
    }

    #[test]
    fn a_key_that_comes_again_is_left_out() {
        check(&[&["a", "b"], &["c"]], &["a", "b", "c"], true);
        check(&[&["a", "b"], &["b", "c"]], &["a", "b", "c"], true);
        check(&[&["a", "a", "b"]], &["a", "b"], true);
        check(&[&["b", "a"], &["b", "c", "a"]], &["b", "a", "c"], false);
        check(&[&["a", "c"], &["a", "c", "b"]], &["a", "c", "b"], false);
    }

    #[test]
    fn a_listing_that_does_not_go_on_is_an_error() {
        let mut order = Order::default();
        assert_eq!(admit(&mut order, &["a"], None, Some("t")).1, Ok(()));
        assert_eq!(admit(&mut order, &["b"], Some("t"), Some("t")).1, Err(Endless::SameToken));
        assert_eq!(admit(&mut order, &["a", "b"], Some("t"), Some("u")).1, Err(Endless::NothingNew));
        assert_eq!(admit(&mut order, &["a", "b"], Some("t"), None).1, Ok(()));
        let empty: Vec<_> = (0..EMPTY_PAGES_MAX)
            .map(|n| admit(&mut order, &[], Some(&format!("{n}")), Some(&format!("{}", n + 1))).1)
            .collect();
        assert_eq!(empty.iter().position(Result::is_err), Some(EMPTY_PAGES_MAX as usize - 1));
    }

    proptest! {
        #[test]
        fn every_key_is_admitted_once_whatever_the_order(pages in prop::collection::vec(prop::collection::vec("[a-e]{0,2}", 0..8), 0..12)) {
            let mut order = Order::default();
            let mut admitted = Vec::new();
            for page in &pages {
                let keys: Vec<_> = page.iter().map(String::as_str).collect();
                admitted.extend(admit(&mut order, &keys, None, None).0);
            }
            let distinct: BTreeSet<_> = pages.into_iter().flatten().collect();
            prop_assert_eq!(admitted.len(), distinct.len());
            prop_assert_eq!(admitted.into_iter().collect::<BTreeSet<_>>(), distinct);
        }
    }
}
