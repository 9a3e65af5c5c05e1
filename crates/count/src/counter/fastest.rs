//! The widest vectors that this processor has, chosen while the program runs.
//!
//! A kernel is written once, in safe Rust that compiles to vectors; here it is compiled a second time, for AVX2.
//! This is the one module with an `unsafe` line: calling what was compiled for a feature asks for a promise that
//! the processor has it.

/// A loop that is worth compiling for each kind of processor.
pub(super) trait Kernel {
    type Output;

    /// To be `#[inline(always)]`, with all that it calls: only what is inlined is compiled for the caller's features.
    fn run(self) -> Self::Output;
}

/// Runs the kernel as compiled for what the processor has.
pub(super) fn fastest<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the line above proves what the call demands")]
        // SAFETY: `with_avx2` demands a processor with AVX2, and nothing else.
        return unsafe { with_avx2(kernel) };
    }
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::{runs, seed};
    use super::*;

    #[track_caller]
    fn check<K: Kernel<Output: PartialEq + std::fmt::Debug>>(kernel: impl Fn() -> K) {
        assert_eq!(kernel().run(), fastest(kernel()));
    }

    proptest! {
        #[test]
        fn what_is_compiled_for_the_processor_counts_as_the_baseline_does(bytes in vec(any::<u8>(), 0..20_000)) {
            check(|| runs::Count::new(false, &bytes, &runs::is_in_wc_word));
            check(|| runs::Count::new(true, &bytes, &runs::is_in_word));
            check(|| seed::Count { text: &bytes });
        }
    }
}
