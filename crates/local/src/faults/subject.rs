//! The subject of a decision, and the hash that decides, whatever the process, the time and the order.

/// The subject of a request, hashed: a GET's object, a LIST's page, the objects of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Subject(pub(super) u64);

impl Subject {
    /// A subject of these parts.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for part in parts {
            // FNV-1a (Fowler, Noll and Vo); no text has the byte that ends each part.
            for byte in part.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
        }
        Self(hash)
    }

    /// An object, for a GET of it.
    pub(crate) fn object(bucket: &str, key: &str) -> Self {
        Self::of(&["get", bucket, key])
    }
}

/// One number of several, by the finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
pub(super) fn mix(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0, |mixed: u64, number| {
        let mixed = (mixed ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_not_run_together() {
        assert_ne!(Subject::of(&["a", "bc"]), Subject::of(&["ab", "c"]));
        assert_ne!(Subject::of(&["a"]), Subject::of(&["a", ""]));
    }

    #[test]
    fn a_hash_is_the_same_in_every_process() {
        assert_eq!(Subject::of(&["get", "docs", "a.txt"]).0, 3_034_321_046_451_124_654);
        assert_eq!(mix(&[1, 2, 3]), 15_020_427_595_393_229_491);
    }
}
