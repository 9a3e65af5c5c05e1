//! Names that S3 accepts.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes that a key may have, in UTF-8.
pub const KEY_BYTES_MAX: usize = 1024;

/// Bytes that the name of a bucket may have: S3 took as many until 2018.
const NAME_BYTES_MAX: usize = 255;

/// A bucket's name: letters, digits, `.`, `_`, `-` and `:`, which S3 or a store like it has accepted at some
/// time. Only the store knows whether the bucket exists.
///
/// A directory bucket's name is refused: its listings have no order and can't start in the middle.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BucketName(String);

/// The end of directory buckets' names.
const DIRECTORY: &str = "--x-s3";

/// A name that no store takes, one that S3 takes no longer, or a directory bucket's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBucketName(String);

impl BucketName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks that S3 takes the name for a new bucket:
    ///
    /// - 3 to 63 bytes of `a-z`, `0-9`, `.` and `-`;
    /// - a letter or a digit at either end;
    /// - no two dots together, and not shaped like an IPv4 address.
    ///
    /// # Errors
    /// Where it does not.
    pub fn check_new(&self) -> Result<(), InvalidBucketName> {
        if is_new(&self.0) { Ok(()) } else { Err(InvalidBucketName(self.0.clone())) }
    }
}

impl TryFrom<String> for BucketName {
    type Error = InvalidBucketName;

    fn try_from(name: String) -> Result<Self, InvalidBucketName> {
        if is_valid(&name) { Ok(Self(name)) } else { Err(InvalidBucketName(name)) }
    }
}

impl From<BucketName> for String {
    fn from(name: BucketName) -> Self {
        name.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidBucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(80).collect();
        if self.0.ends_with(DIRECTORY) {
            return write!(
                f,
                "{shown:?} is a directory bucket, which has no order: use a general purpose one"
            );
        }
        write!(
            f,
            "invalid bucket name {shown:?}: use 3 to 63 lower-case letters, digits, dots and hyphens, \
             with a letter or a digit at either end"
        )
    }
}

impl std::error::Error for InvalidBucketName {}

fn is_valid(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte))
        && name.bytes().any(|byte| byte != b'.')
        && !name.ends_with(DIRECTORY)
}

fn is_new(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|&byte| alphanumeric(byte) || byte == b'.' || byte == b'-')
        && bytes.first().is_some_and(|&byte| alphanumeric(byte))
        && bytes.last().is_some_and(|&byte| alphanumeric(byte))
        && !name.contains("..")
        && name.parse::<std::net::Ipv4Addr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, valid: bool, new: bool) {
        let parsed = BucketName::try_from(name.to_owned());
        assert_eq!(parsed.is_ok(), valid, "{name:?}");
        assert_eq!(parsed.is_ok_and(|name| name.check_new().is_ok()), new, "{name:?}");
    }

    #[test]
    fn names_are_judged_as_s3_judges_those_of_new_buckets() {
        check("docs", true, true);
        check("my-bucket.logs", true, true);
        check("1abc", true, true);
        check(&"a".repeat(63), true, true);
        check(&"a".repeat(64), true, false);
        check("logs--x-s3-logs", true, true);
        check("ab", true, false);
        check("-abc", true, false);
        check("abc-", true, false);
        check("a..b", true, false);
        check("192.168.0.1", true, false);
    }

    #[test]
    fn names_that_some_store_has_taken_are_left_to_it() {
        check("My_Logs", true, false);
        check("tenant:logs", true, false);
        check(&"A".repeat(NAME_BYTES_MAX), true, false);
        check(&"A".repeat(NAME_BYTES_MAX + 1), false, false);
        check("", false, false);
        check("..", false, false);
        check("../etc", false, false);
        check("No Bucket", false, false);
        check("a\nb", false, false);
        check("logs--use1-az4--x-s3", false, false);
    }

    #[test]
    fn a_directory_bucket_is_told_to_be_one() {
        let refusal = BucketName::try_from("logs--use1-az4--x-s3".to_owned()).unwrap_err();
        assert!(refusal.to_string().contains("directory bucket"), "{refusal}");
    }
}
