//! The loop under every rule: sums over each byte and the one before it, written so that it compiles to vectors.

/// Bytes per step. Each keeps its own 8-bit sums, so that a step is additions of whole vectors.
const LANES: usize = 64;

/// What one pair of bytes may add to a sum.
const FLAG_MAX: usize = 2;

/// Steps after which an 8-bit sum could overflow.
const STEPS_MAX: usize = u8::MAX as usize / FLAG_MAX;

/// Adds up `flags(byte before, byte)` over `bytes`, with `before` standing before the first. A flag is 2 at most.
#[inline]
pub(super) fn sum_pairs<const N: usize>(
    before: u8,
    bytes: &[u8],
    flags: impl Fn(u8, u8) -> [u8; N],
) -> [u64; N] {
    let (Some((&first, seconds)), Some((_, firsts))) = (bytes.split_first(), bytes.split_last()) else {
        return [0; N];
    };
    let mut sums = flags(before, first).map(u64::from);
    let (firsts, firsts_left) = firsts.as_chunks::<LANES>();
    let (seconds, seconds_left) = seconds.as_chunks::<LANES>();
    for (firsts, seconds) in firsts.chunks(STEPS_MAX).zip(seconds.chunks(STEPS_MAX)) {
        add(&mut sums, sum_steps(firsts, seconds, &flags));
    }
    for (&first, &second) in firsts_left.iter().zip(seconds_left) {
        add(&mut sums, flags(first, second).map(u64::from));
    }
    sums
}

/// At most [`STEPS_MAX`] steps, one vector of sums for each flag.
#[inline]
fn sum_steps<const N: usize>(
    firsts: &[[u8; LANES]],
    seconds: &[[u8; LANES]],
    flags: &impl Fn(u8, u8) -> [u8; N],
) -> [u64; N] {
    let mut sums = [[0u8; LANES]; N];
    for (firsts, seconds) in firsts.iter().zip(seconds) {
        for lane in 0..LANES {
            let flags = flags(firsts[lane], seconds[lane]);
            for flag in 0..N {
                sums[flag][lane] += flags[flag];
            }
        }
    }
    sums.map(|lanes| lanes.iter().map(|&sum| u64::from(sum)).sum())
}

#[inline]
fn add<const N: usize>(sums: &mut [u64; N], more: [u64; N]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}
