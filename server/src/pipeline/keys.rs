//! Sets of object keys in 16 bytes each.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// Hashes in one piece of a trail, so that a growing trail is never copied.
const PIECE_HASHES: usize = 4_096;

/// A set of keys by two keyed hashes each, which nobody outside can make collide.
///
/// Keys that are certainly new are appended at 16 bytes each; a set that is asked for its keys holds an
/// index, which takes about twice as much.
#[derive(Debug, Default)]
pub struct Keys {
    trail: Vec<Vec<u128>>,
    hashes: HashSet<u128>,
    seeds: [RandomState; 2],
}

impl Keys {
    /// Adds a key; `false` where it was there.
    pub(super) fn insert(&mut self, key: &str) -> bool {
        let hash = self.hash(key);
        self.hashes.insert(hash)
    }

    /// Adds a key that is not there, for an [`Keys::index`] to come.
    pub(super) fn append(&mut self, key: &str) {
        let hash = self.hash(key);
        match self.trail.last_mut() {
            Some(piece) if piece.len() < PIECE_HASHES => piece.push(hash),
            _ => {
                let mut piece = Vec::with_capacity(PIECE_HASHES);
                piece.push(hash);
                self.trail.push(piece);
            }
        }
    }

    /// Makes all that was appended part of the set.
    pub(super) fn index(&mut self) {
        self.hashes.reserve(self.trail.iter().map(Vec::len).sum());
        for piece in std::mem::take(&mut self.trail) {
            self.hashes.extend(piece);
        }
    }

    /// Whether the key is in the set.
    pub fn contains(&self, key: &str) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&self.hash(key))
    }

    fn hash(&self, key: &str) -> u128 {
        let [high, low] = [&self.seeds[0], &self.seeds[1]].map(|seed| u128::from(seed.hash_one(key)));
        high << 64 | low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_distinguished() {
        let mut keys = Keys::default();
        assert!(!keys.contains("a"));
        assert!(keys.insert("a") && !keys.insert("a"));
        assert!(keys.contains("a") && !keys.contains("b") && !keys.contains(""));
    }

    #[test]
    fn appended_keys_are_found_once_they_are_indexed() {
        let mut keys = Keys::default();
        let all: Vec<_> = (0..2 * PIECE_HASHES + 1).map(|n| n.to_string()).collect();
        all.iter().for_each(|key| keys.append(key));
        assert!(!keys.contains("0"));
        keys.index();
        assert!(all.iter().all(|key| keys.contains(key) && !keys.insert(key)));
        assert!(!keys.contains("x"));
    }
}
