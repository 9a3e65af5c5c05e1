//! A fault plan: its text, and what follows from it alone.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::kind::Kind;
use super::subject::{Subject, mix};
use crate::s3::list::PAGE_KEYS_MAX;

/// Millionths that make a whole.
const WHOLE: u32 = 1_000_000;

/// A profile's name, and its shares in millionths.
type Profile = (&'static str, &'static [(Kind, u32)]);

/// Named mixes.
const PROFILES: [Profile; 1] = [(
    "mixed",
    &[
        (Kind::StoreSlowDown, 100_000),
        (Kind::StoreGone, 5_000),
        (Kind::StoreReset, 10_000),
        (Kind::ListBroken, 20_000),
        (Kind::LambdaThrottle, 50_000),
        (Kind::LambdaError, 20_000),
        (Kind::FunctionError, 10_000),
        (Kind::FunctionCrash, 10_000),
        (Kind::FunctionTimeout, 10_000),
        (Kind::FunctionOom, 5_000),
        (Kind::StreamCut, 10_000),
        (Kind::ReplyDuplicate, 10_000),
    ],
)];

/// Which requests fail, and how: shares of the requests by kind of fault, and a seed that decides which ones.
///
/// A plan is text such as `seed=7,lambda.throttle=5%,s3.reset=1%`, with these entries:
/// - `KIND=SHARE`, for example `s3.gone=0.5%`,
/// - `seed=N`; without it a plan has a random one,
/// - `runs=N`: a request is let through after so many faults in a row of the same subject,
/// - `page=N`: LIST pages have at most so many keys,
/// - `mixed`, a profile: the shares of many kinds.
///
/// A later entry replaces an earlier one. Its `Display` is the whole plan, seed included, in one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultPlan {
    pub(super) seed: u64,
    pub(super) runs: Option<u32>,
    pub(super) page: Option<u16>,
    /// In millionths.
    pub(super) shares: BTreeMap<Kind, u32>,
}

/// Why a text is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultPlanError {
    /// It names no fault.
    #[error("a plan needs a fault: use mixed, or KIND=SHARE with one of these kinds: {kinds}", kinds = kinds())]
    Empty,
    /// An entry is of no known kind.
    #[error(
        "{entry:?} is no fault: use mixed, seed=N, runs=N, page=N, or KIND=SHARE with one of these kinds: {kinds}",
        kinds = kinds()
    )]
    Unknown {
        /// The entry.
        entry: String,
    },
    /// A share is no percentage.
    #[error(
        "{name}={value:?} is no share of the requests: use a percentage from 0% to 100%, for example 0.5%"
    )]
    Share {
        /// The kind.
        name: String,
        /// The value given.
        value: String,
    },
    /// A number is none, or is out of its range.
    #[error("{name}={value:?} is no number that fits: use {range}")]
    Number {
        /// The entry.
        name: String,
        /// The value given.
        value: String,
        /// The values that are right.
        range: String,
    },
}

fn kinds() -> String {
    Kind::ALL.map(|(_, name)| name).join(", ")
}

impl FaultPlan {
    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether the object is gone for every GET, though it is listed.
    pub fn is_gone(&self, bucket: &str, key: &str) -> bool {
        self.draw(Kind::StoreGone, Subject::object(bucket, key), 0).is_some()
    }

    /// A number to draw the details of a fault from, where this request of the subject meets one of this kind.
    pub(super) fn draw(&self, kind: Kind, subject: Subject, occurrence: u32) -> Option<u64> {
        let share = *self.shares.get(&kind)?;
        let occurrence = if kind.is_lasting() { 0 } else { occurrence };
        let drawn = mix(&[self.seed, mix_name(kind), subject.0, u64::from(occurrence)]);
        (drawn % u64::from(WHOLE) < u64::from(share)).then(|| mix(&[drawn]))
    }

    fn take(&mut self, entry: &str) -> Result<(), FaultPlanError> {
        if let Some((_, shares)) = PROFILES.into_iter().find(|(name, _)| *name == entry) {
            self.shares.extend(shares.iter().copied());
            return Ok(());
        }
        let unknown = || FaultPlanError::Unknown { entry: entry.to_owned() };
        let Some((name, value)) = entry.split_once('=') else {
            return Err(unknown());
        };
        match name {
            "seed" => self.seed = number(name, value, &(0..=u64::MAX))?,
            "runs" => self.runs = Some(number(name, value, &(1..=u32::MAX))?),
            "page" => self.page = Some(number(name, value, &(1..=PAGE_KEYS_MAX as u16))?),
            _ => {
                let kind = Kind::named(name).ok_or_else(unknown)?;
                let wrong = || FaultPlanError::Share { name: name.to_owned(), value: value.to_owned() };
                self.shares.insert(kind, millionths(value).ok_or_else(wrong)?);
            }
        }
        Ok(())
    }
}

impl FromStr for FaultPlan {
    type Err = FaultPlanError;

    fn from_str(text: &str) -> Result<Self, FaultPlanError> {
        let seed = u64::from(u32::from_ne_bytes(crate::random_bytes()));
        let mut plan = Self { seed, runs: None, page: None, shares: BTreeMap::new() };
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            plan.take(entry)?;
        }
        if plan.shares.is_empty() && plan.page.is_none() { Err(FaultPlanError::Empty) } else { Ok(plan) }
    }
}

impl fmt::Display for FaultPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, runs, page, shares } = self;
        write!(f, "seed={seed}")?;
        if let Some(runs) = runs {
            write!(f, ",runs={runs}")?;
        }
        if let Some(page) = page {
            write!(f, ",page={page}")?;
        }
        for (kind, millionths) in shares {
            let (whole, rest) = (millionths / 10_000, millionths % 10_000);
            let rest = format!(".{rest:04}");
            let rest = rest.trim_end_matches('0').trim_end_matches('.');
            write!(f, ",{}={whole}{rest}%", kind.name())?;
        }
        Ok(())
    }
}

fn mix_name(kind: Kind) -> u64 {
    Subject::of(&[kind.name()]).0
}

fn number<T>(name: &str, value: &str, range: &RangeInclusive<T>) -> Result<T, FaultPlanError>
where
    T: FromStr + PartialOrd + fmt::Display,
{
    let read = value.parse::<T>().ok().filter(|number| range.contains(number));
    read.ok_or_else(|| FaultPlanError::Number {
        name: name.to_owned(),
        value: value.to_owned(),
        range: format!("a whole number from {} to {}", range.start(), range.end()),
    })
}

/// A percentage with up to four decimals, in millionths.
fn millionths(text: &str) -> Option<u32> {
    let (whole, decimals) = match text.strip_suffix('%')?.split_once('.') {
        Some((whole, decimals)) => (whole, decimals),
        None => (text.strip_suffix('%')?, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return None;
    }
    let millionths = whole.parse::<u32>().ok()?.checked_mul(10_000)?;
    let millionths = millionths.checked_add(format!("{decimals:0<4}").parse().ok()?)?;
    (millionths <= WHOLE).then_some(millionths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let plan: FaultPlan = text.parse().unwrap();
        assert_eq!(plan.to_string(), expected);
        assert_eq!(expected.parse(), Ok(plan));
    }

    #[track_caller]
    fn check_wrong(text: &str, expected: &str) {
        let error = text.parse::<FaultPlan>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn a_plan_is_printed_as_it_can_be_read() {
        check("seed=7, s3.reset=1%,s3.gone=0.5%", "seed=7,s3.gone=0.5%,s3.reset=1%");
        check("seed=7,runs=2,page=50,function.oom=0.0001%", "seed=7,runs=2,page=50,function.oom=0.0001%");
        check("list.cut=100%,seed=18446744073709551615,list.cut=0%", "seed=18446744073709551615,list.cut=0%");
        check(
            "mixed,seed=1,s3.slow_down=0%",
            "seed=1,s3.slow_down=0%,s3.gone=0.5%,s3.reset=1%,list.broken=2%,lambda.throttle=5%,lambda.error=2%,\
             function.error=1%,function.crash=1%,function.timeout=1%,function.oom=0.5%,stream.cut=1%,\
             reply.duplicate=1%",
        );
    }

    #[test]
    fn a_plan_without_a_seed_has_one() {
        let plan: FaultPlan = "mixed".parse().unwrap();
        assert_eq!(plan.to_string().parse(), Ok(plan));
    }

    #[test]
    fn what_is_wrong_with_a_plan_is_said_with_what_would_be_right() {
        check_wrong(
            "",
            "a plan needs a fault: use mixed, or KIND=SHARE with one of these kinds: s3.slow_down,",
        );
        check_wrong("seed=1", "a plan needs a fault");
        check_wrong(
            "s3.fast=1%",
            "\"s3.fast=1%\" is no fault: use mixed, seed=N, runs=N, page=N, or KIND=SHARE",
        );
        check_wrong("mixd", "\"mixd\" is no fault");
        for share in ["", "1", "101%", "-1%", "1.00001%", ".5%", "1e1%", "100.0001%"] {
            check_wrong(
                &format!("s3.gone={share}"),
                &format!("s3.gone={share:?} is no share of the requests"),
            );
        }
        check_wrong("mixed,seed=-1", "seed=\"-1\" is no number that fits: use a whole number from 0 to ");
        check_wrong(
            "mixed,page=1001",
            "page=\"1001\" is no number that fits: use a whole number from 1 to 1000",
        );
    }
}
