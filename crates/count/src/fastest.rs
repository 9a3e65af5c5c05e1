//! The best instructions that this processor has, chosen while the program runs.
//!
//! A kernel is written once, in safe Rust; here it is compiled a second time, for the vectors of AVX2 and the shifts
//! of BMI2. This is the one module with an `unsafe` line: calling what was compiled for a feature asks for a promise
//! that the processor has it.

/// A loop that is worth compiling for each kind of processor.
pub(crate) trait Kernel {
    type Output;

    /// To be `#[inline(always)]`, with all that it calls: only what is inlined is compiled for the caller's features.
    fn run(self) -> Self::Output;
}

/// Runs the kernel as compiled for what the processor has.
pub(crate) fn fastest<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
    {
        #[expect(unsafe_code, reason = "the line above proves what the call demands")]
        // SAFETY: `with_avx2` demands a processor with these three, and nothing else.
        return unsafe { with_avx2(kernel) };
    }
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}
