//! Places in a mounted directory that no listing shows, and why.

use wire::printable;

/// Places that are stored with their names; further ones are only counted.
const PLACES_MAX: usize = 100_000;
/// Places that a report names.
const NAMED_MAX: usize = 5;

/// Files of a mounted directory that a listing leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlisted {
    /// Files that are not listed: symlinks, special files, names that cannot be keys, folders that cannot be read.
    pub files: u64,
    /// Those of them that are symlinks and would be followed where links are.
    pub links: u64,
    /// The first few in the order of their names, each with the reason, as text that can be shown.
    pub named: Vec<String>,
}

/// Why a place gives no objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A symlink, and links are not followed.
    Link,
    /// Anything else, in words.
    Other(String),
}

impl Reason {
    fn text(&self) -> &str {
        match self {
            Self::Link => "a symlink, which is not followed",
            Self::Other(text) => text,
        }
    }
}

/// The places of one walk.
#[derive(Debug, Default)]
pub(crate) struct Places {
    kept: Vec<(String, Reason)>,
    dropped: u64,
}

impl Places {
    /// Records a place, by its path relative to the root.
    pub(crate) fn add(&mut self, place: String, reason: Reason) {
        if self.kept.len() < PLACES_MAX {
            self.kept.push((place, reason));
        } else {
            self.dropped += 1;
        }
    }

    /// The places that concern the keys that begin with `prefix`; those beyond the bound concern every
    /// prefix.
    pub(crate) fn below(&self, prefix: &str) -> Unlisted {
        let mut concerned: Vec<_> = self.kept.iter().filter(|(place, _)| concerns(place, prefix)).collect();
        concerned.sort_unstable_by_key(|(place, _)| place);
        let links = concerned.iter().filter(|(_, reason)| *reason == Reason::Link).count();
        let named = concerned.iter().take(NAMED_MAX);
        let named =
            named.map(|(place, reason)| format!("{} ({})", printable(place), printable(reason.text())));
        Unlisted { files: concerned.len() as u64 + self.dropped, links: links as u64, named: named.collect() }
    }
}

/// A place has a name below the prefix, or may be a folder around it.
fn concerns(place: &str, prefix: &str) -> bool {
    let is_around = || prefix.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
    place.starts_with(prefix) || is_around()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prefix: &str, files: u64, links: u64, named: &[&str]) {
        let mut places = Places::default();
        places.add("b/link".to_owned(), Reason::Link);
        places.add("a".to_owned(), Reason::Other("a FIFO".to_owned()));
        places.add("b/c".to_owned(), Reason::Other("cannot be read".to_owned()));
        let named = named.iter().map(ToString::to_string).collect();
        assert_eq!(places.below(prefix), Unlisted { files, links, named });
    }

    #[test]
    fn a_prefix_has_what_is_below_it_and_the_folders_around_it_that_are_closed() {
        let link = "b/link (a symlink, which is not followed)";
        check("", 3, 1, &["a (a FIFO)", "b/c (cannot be read)", link]);
        check("b/", 2, 1, &["b/c (cannot be read)", link]);
        check("b/c/d", 1, 0, &["b/c (cannot be read)"]);
        check("b/cd", 0, 0, &[]);
        check("b/link", 1, 1, &[link]);
        check("x", 0, 0, &[]);
    }

    #[test]
    fn places_beyond_the_bound_are_numbered() {
        let mut places = Places::default();
        (0..PLACES_MAX + 2).for_each(|n| places.add(format!("{n}"), Reason::Link));
        let unlisted = places.below("none");
        assert_eq!((unlisted.files, unlisted.named.len()), (2, 0));
        assert_eq!(places.below("").named.len(), NAMED_MAX);
    }
}
