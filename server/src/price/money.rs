//! Sums of money as whole numbers, so that a limit is held to the last digit; floating point only shows them.

use std::iter::Sum;
use std::ops::{Add, Mul};

use serde::{Deserialize, Serialize};

use super::{GET, LIST, REQUEST};

/// MB in a GB: prices are by the GB, functions have MB.
const MB: u128 = 1_024;
/// Units in a US dollar: every price of the table is a whole number of them, by the MB too.
const UNITS_A_USD: f64 = 1e13 * 1_024.0;

/// A sum of money; saturates far beyond any bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(u128);

impl Money {
    pub(super) const REQUEST: Self = Self(REQUEST * MB);
    pub(super) const LIST: Self = Self(LIST * MB);
    pub(super) const GET: Self = Self(GET * MB);

    /// A millisecond of a function of this much memory, of which a GB costs that.
    pub(super) fn millisecond(gb_ms: u128, memory_mb: u32) -> Self {
        Self(gb_ms * u128::from(memory_mb))
    }

    /// As much of a sum in US dollars as there are whole units in it; nothing where it is negative.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as saturates, and rounds down"
    )]
    pub fn from_usd(usd: f64) -> Self {
        Self((usd * UNITS_A_USD) as u128)
    }

    /// In US dollars, to be shown.
    #[expect(clippy::cast_precision_loss, reason = "to be shown")]
    pub fn usd(self) -> f64 {
        self.0 as f64 / UNITS_A_USD
    }

    /// The rest of it without the other; nothing where the other is more.
    pub fn without(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<u64> for Money {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(u128::from(times)))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        sums.fold(Self::default(), Add::add)
    }
}
