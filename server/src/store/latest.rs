//! `latest/{digest}.json`: the last run over a prefix whose counts another run may take.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::rule::Rule;
use wire::run::RunSpec;
use wire::wordcount::COUNTING;

use super::starts::hex;
use super::{Guard, Store, StoreError};
use crate::run::RunId;

/// Prefixes that are looked up at most, the longest first.
const PREFIXES_MAX: usize = 16;

/// What counts depend on, the objects themselves aside.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The rule.
    pub rule: Rule,
    /// The version of the functions' counting.
    pub counting: u32,
}

impl<'a> Scope<'a> {
    /// What the counts of such a run depend on.
    pub fn of(spec: &'a RunSpec) -> Self {
        Self { bucket: spec.bucket.as_str(), rule: spec.rule, counting: COUNTING }
    }
}

#[derive(Serialize, Deserialize)]
struct Latest {
    id: RunId,
}

impl Store {
    /// Notes that this run has counted what is below this prefix: the whole of it, or what a filter left. Of the
    /// latter there may be less than another run has counted, which therefore stays.
    ///
    /// # Errors
    /// Where the bucket can't be written.
    pub async fn note_latest(
        &self,
        scope: Scope<'_>,
        prefix: &str,
        id: &RunId,
        is_whole: bool,
    ) -> Result<(), StoreError> {
        let latest = Latest { id: id.clone() };
        let guard = if is_whole { Guard::Any } else { Guard::Absent };
        match self.put_json(&latest_key(scope, prefix), &latest, guard).await {
            Err(StoreError::Conflict(_)) => Ok(()),
            noted => noted.map(drop),
        }
    }

    /// The last run over this prefix, or over the closest folder around it.
    ///
    /// # Errors
    /// Where the bucket can't be read.
    pub async fn latest(&self, scope: Scope<'_>, prefix: &str) -> Result<Option<RunId>, StoreError> {
        for around in prefixes_around(prefix) {
            match self.get_json::<Latest>(&latest_key(scope, around)).await {
                Ok((latest, _)) => return Ok(Some(latest.id)),
                Err(StoreError::NotFound) => (),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn latest_key(scope: Scope<'_>, prefix: &str) -> String {
    let Scope { bucket, rule, counting } = scope;
    // A bucket's name and a rule's have no NUL, so that no two scopes are one text.
    let digest = Sha256::digest(format!("{bucket}\0{rule}\0{counting}\0{prefix}"));
    format!("latest/{}.json", hex(&digest))
}

/// The prefix itself, the folders around it, and everything.
fn prefixes_around(prefix: &str) -> impl Iterator<Item = &str> {
    let folders = prefix.rmatch_indices('/').map(|(at, _)| &prefix[..=at]).filter(move |&it| it != prefix);
    let inner = std::iter::once(prefix).chain(folders).take(PREFIXES_MAX - 1);
    inner.chain((!prefix.is_empty()).then_some(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prefix: &str, expected: &[&str]) {
        assert_eq!(prefixes_around(prefix).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_prefix_lies_in_its_folders() {
        check("", &[""]);
        check("a", &["a", ""]);
        check("a/b/c", &["a/b/c", "a/b/", "a/", ""]);
        check("a/b/", &["a/b/", "a/", ""]);
        assert_eq!(prefixes_around(&"/".repeat(100)).count(), PREFIXES_MAX);
    }
}
