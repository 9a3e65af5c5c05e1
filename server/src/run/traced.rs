//! A run's span among traces: in its caller's trace where the request names one, else in a trace of its own.

use sha2::{Digest, Sha256};
use wire::trace::TraceContext;

use super::{Run, RunId};

/// The span that a run is, and the one that asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traced {
    /// The run's own span.
    pub span: TraceContext,
    /// Its caller's.
    pub caller: Option<TraceContext>,
}

impl Traced {
    /// The same for every server that has the run. A trace that follows from the id alone does not reveal the
    /// id, which is the right to see the run.
    pub(super) fn new(id: &RunId, caller: Option<TraceContext>) -> Self {
        let own = || {
            let digest = Sha256::digest(id.as_str().as_bytes());
            let (first, _) = digest.split_first_chunk::<16>().expect("a SHA-256 has 32 bytes");
            TraceContext::root(u128::from_be_bytes(*first), id.as_str())
        };
        Self { span: caller.map_or_else(own, |caller| caller.child(id.as_str())), caller }
    }
}

impl Run {
    /// The span of an invocation that this server makes.
    pub fn cascade_span(&self, attempt: &str) -> TraceContext {
        self.traced.span.child(attempt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_in_its_callers_trace_or_in_one_that_does_not_tell_its_id() {
        let id = RunId::random();
        let own = Traced::new(&id, None);
        assert_eq!(own, Traced::new(&id, None));
        assert_ne!(own.span.trace_id(), Traced::new(&RunId::random(), None).span.trace_id());
        let random = u128::from_str_radix(&id.as_str()[11..], 16).unwrap();
        assert_ne!(own.span.trace_id(), random);
        let caller = TraceContext::root(5, "caller");
        let called = Traced::new(&id, Some(caller));
        assert_eq!((called.span.trace_id(), called.caller), (5, Some(caller)));
        assert_ne!(called.span.span_id(), caller.span_id());
    }
}
