//! The loop under every rule: sums of what bytes are, written so that it compiles to vectors.

/// Bytes per step. Each keeps its own 8-bit sums, so that a step is additions of whole vectors.
pub(super) const LANES: usize = 64;

/// The most that one pair of bytes may add to a sum.
const FLAG_MAX: usize = 2;

/// Steps after which an 8-bit sum could overflow.
pub(super) const STEPS_MAX: usize = u8::MAX as usize / FLAG_MAX;

/// A flag as a comparison of vectors gives it: all bits or none, which is 0 or -1.
#[inline(always)]
pub(super) fn flag(is_set: bool) -> u8 {
    u8::from(is_set).wrapping_neg()
}

/// Whether the byte is one of those from `first` to `last`, which are 128 at most. Vectors compare signed
/// bytes only: these become the largest of them.
#[inline(always)]
pub(super) fn is_within(byte: u8, first: u8, last: u8) -> bool {
    const LARGEST: u8 = i8::MAX as u8;
    let shifted = byte.wrapping_add(LARGEST.wrapping_sub(last)).cast_signed();
    shifted > LARGEST.wrapping_sub(last - first + 1).cast_signed()
}

/// For each flag, how often it is set over the pairs of bytes at one position of two slices. `flags` may add
/// two flags up to one that counts double.
#[inline(always)]
pub(super) fn count_pairs<const N: usize>(
    firsts: &[u8],
    seconds: &[u8],
    flags: impl Fn(u8, u8) -> [u8; N],
) -> [u64; N] {
    let mut sums = [0; N];
    let (firsts, firsts_left) = firsts.as_chunks::<LANES>();
    let (seconds, seconds_left) = seconds.as_chunks::<LANES>();
    for (firsts, seconds) in firsts.chunks(STEPS_MAX).zip(seconds.chunks(STEPS_MAX)) {
        let lanes = count_steps(firsts, seconds, &flags);
        for flag in 0..N {
            sums[flag] += sum(&lanes[flag]);
        }
    }
    for (&first, &second) in firsts_left.iter().zip(seconds_left) {
        let flags = flags(first, second);
        for flag in 0..N {
            sums[flag] += u64::from(flags[flag].wrapping_neg());
        }
    }
    sums
}

/// At most [`STEPS_MAX`] steps, one vector of sums for each flag.
#[inline(always)]
fn count_steps<const N: usize>(
    firsts: &[[u8; LANES]],
    seconds: &[[u8; LANES]],
    flags: &impl Fn(u8, u8) -> [u8; N],
) -> [[u8; LANES]; N] {
    let mut sums = [[0; LANES]; N];
    for (&firsts, &seconds) in firsts.iter().zip(seconds) {
        for lane in 0..LANES {
            let flags = flags(firsts[lane], seconds[lane]);
            for flag in 0..N {
                sums[flag][lane] = u8::wrapping_sub(sums[flag][lane], flags[flag]);
            }
        }
    }
    sums
}

#[inline(always)]
pub(super) fn sum(lanes: &[u8; LANES]) -> u64 {
    let mut sum = 0;
    for &lane in lanes {
        sum += u64::from(lane);
    }
    sum
}
