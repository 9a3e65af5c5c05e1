//! Decoded bytes in, words and lines out, by one of the three rules.

mod lanes;
mod runs;
mod seed;

use wire::rule::Rule;

pub(crate) use runs::Runs;
pub(crate) use seed::{Seed, is_continuation};

use crate::summary::Summary;

/// Counts decoded bytes, pushed in pieces of any size.
#[derive(Clone, Debug)]
pub struct Counter {
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Wc(Runs),
    Word(Runs),
    Seed(Seed),
}

impl Counter {
    /// A counter that has seen nothing.
    pub fn new(rule: Rule) -> Self {
        let state = match rule {
            Rule::Wc => State::Wc(Runs::default()),
            Rule::Word => State::Word(Runs::default()),
            Rule::Seed => State::Seed(Seed::default()),
        };
        Self { state }
    }

    /// Counts the bytes that come next.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Wc(runs) => runs.push(bytes, runs::is_in_wc_word),
            State::Word(runs) => runs.push(bytes, runs::is_in_word),
            State::Seed(seed) => seed.push(bytes),
        }
    }

    /// The summary of what was pushed so far, ready to be joined to its neighbours. Its `bytes_in` is 0: the
    /// counter does not see how the bytes were stored.
    pub fn summary(&self) -> Summary {
        match &self.state {
            State::Wc(runs) | State::Word(runs) => runs.summary(),
            State::Seed(seed) => seed.summary(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::fastest::{Kernel, fastest};

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
