//! `latest/{digest}.json`: the last runs over a prefix whose counts another run may take.

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

/// The parameters that counts depend on, the objects themselves aside.
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
    /// The parameters that the counts of such a run depend on.
    pub fn of(spec: &'a RunSpec) -> Self {
        Self { bucket: spec.bucket.as_str(), rule: spec.rule, counting: COUNTING }
    }
}

/// Runs of one prefix whose counts are taken at most.
pub const BASES_MAX: usize = 4;
/// Times that this server writes the object again after another server has written it meanwhile.
const NOTES_MAX: u32 = 5;

/// How much a run has counted of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// All of it.
    Whole,
    /// Some: the run failed, was cut off or cancelled, a filter left others out, or it was over another run's objects.
    Part,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Latest {
    /// The last run of all of the prefix; where there is none the last one of a part.
    id: RunId,
    /// Whether it is one of a part.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_part: bool,
    /// Runs of a part since, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    since: Vec<RunId>,
}

impl Latest {
    /// With a run that has just ended.
    fn with(before: Option<Self>, id: &RunId, portion: Portion) -> Self {
        let id = id.clone();
        let Some(Self { id: last, is_part, mut since }) = before.filter(|_| portion == Portion::Part) else {
            return Self { id, is_part: portion == Portion::Part, since: Vec::new() };
        };
        let (first, newer) = if is_part { (id, last) } else { (last, id) };
        since.retain(|other| *other != newer && *other != first);
        since.insert(0, newer);
        since.truncate(BASES_MAX - 1);
        Self { id: first, is_part, since }
    }
}

impl Store {
    /// Records that this run has counted so much of what is below this prefix. A run of all of it replaces
    /// those before; one of a part stands beside the last one of all.
    ///
    /// # Errors
    /// Where the bucket can't be read or written.
    pub async fn note_latest(
        &self,
        scope: Scope<'_>,
        prefix: &str,
        id: &RunId,
        portion: Portion,
    ) -> Result<(), StoreError> {
        let key = latest_key(scope, prefix);
        for _ in 0..NOTES_MAX {
            let (before, version) = match self.get_json::<Latest>(&key).await {
                Ok((before, version)) => (Some(before), Some(version)),
                Err(StoreError::NotFound) => (None, None),
                Err(error) => return Err(error),
            };
            let guard = version.as_ref().map_or(Guard::Absent, Guard::Is);
            match self.put_json(&key, &Latest::with(before, id, portion), guard).await {
                Err(StoreError::Conflict(_)) => (),
                noted => return noted.map(drop),
            }
        }
        // Other servers write theirs all the while: what this run counted is counted again.
        Ok(())
    }

    /// The last runs over this prefix, the one of most of it first; what they lack is in those over the closest folder
    /// around it.
    ///
    /// # Errors
    /// Where the bucket can't be read.
    pub async fn latest(&self, scope: Scope<'_>, prefix: &str) -> Result<Vec<RunId>, StoreError> {
        let mut ids = Vec::new();
        for around in prefixes_around(prefix) {
            match self.get_json::<Latest>(&latest_key(scope, around)).await {
                Ok((latest, _)) => {
                    ids.push(latest.id);
                    ids.extend(latest.since);
                    if !latest.is_part || ids.len() >= BASES_MAX {
                        break;
                    }
                }
                Err(StoreError::NotFound) => (),
                Err(error) => return Err(error),
            }
        }
        ids.truncate(BASES_MAX);
        Ok(ids)
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
    fn a_run_of_a_part_stands_beside_the_last_one_of_all() {
        let ids: Vec<RunId> = (0..6).map(|_| RunId::random()).collect();
        let note = |before, n: usize, extent| Some(Latest::with(before, &ids[n], extent));
        let latest = |n: usize, is_part, since: &[usize]| {
            Some(Latest {
                id: ids[n].clone(),
                is_part,
                since: since.iter().map(|&n| ids[n].clone()).collect(),
            })
        };
        let part = note(None, 0, Portion::Part);
        assert_eq!(part, latest(0, true, &[]));
        let parts = note(part, 1, Portion::Part);
        assert_eq!(parts, latest(1, true, &[0]));
        let whole = note(parts, 2, Portion::Whole);
        assert_eq!(whole, latest(2, false, &[]));
        let since = (3..6).fold(whole, |before, n| note(before, n, Portion::Part));
        assert_eq!(since, latest(2, false, &[5, 4, 3]));
        assert_eq!(note(since.clone(), 5, Portion::Part), since, "noted twice");
        assert_eq!(note(since, 0, Portion::Part), latest(2, false, &[0, 5, 4]));
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
