//! W3C trace context: which trace something belongs to, and which span of it.
//!
//! A span's id follows from the span around it and from a name that both ends of a call know, an attempt's
//! id: so a server and its functions give a span the same id without exchanging it.

use std::fmt;

/// Characters of a `traceparent` of version 00.
const LENGTH: usize = 55;
/// The flag of a trace that is recorded.
const SAMPLED: u8 = 1;

/// A span of a trace. Neither id is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceContext {
    /// The first span of this trace, which is recorded; id 0 becomes 1.
    pub fn root(trace: u128, name: &str) -> Self {
        let trace = trace.max(1);
        Self { trace, span: derived(trace, 0, name), flags: SAMPLED }
    }

    /// Reads a `traceparent` header's value, or a payload's; `None` where it is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let (version, ids) = (text.get(..3)?, text.get(3..LENGTH)?);
        let is_cut = match version {
            "00-" => text.len() == LENGTH,
            "ff-" => false,
            _ => text.len() == LENGTH || text.as_bytes().get(LENGTH) == Some(&b'-'),
        };
        let mut ids = ids.splitn(3, '-');
        let (trace, span, flags) = (ids.next()?, ids.next()?, ids.next()?);
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        if !(is_cut && is_hex(&version[..2], 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2))
        {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
        Some(Self { trace, span, flags: u8::from_str_radix(flags, 16).ok()? & SAMPLED })
    }

    /// A span within this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self { span: derived(self.trace, self.span, name), ..*self }
    }

    /// The trace.
    pub fn trace_id(&self) -> u128 {
        self.trace
    }

    /// The span.
    pub fn span_id(&self) -> u64 {
        self.span
    }

    /// Whether the trace is recorded.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

/// As a `traceparent` of version 00.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// FNV-1a over all of it: the ids of one trace's spans differ; a client that can choose them does no harm.
fn derived(trace: u128, span: u64, name: &str) -> u64 {
    const PRIME: u64 = 0x100_0000_01b3;
    let ids = trace.to_be_bytes().into_iter().chain(span.to_be_bytes());
    let hash = ids
        .chain(name.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(
            TraceContext::parse(text).map(|context| context.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn a_traceparent_is_read_as_its_standard_says() {
        const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        check(GOOD, Some(GOOD));
        check(&format!("{GOOD}-more"), None);
        check(&GOOD.replace("00-0af", "cc-0af"), Some(GOOD));
        check(&format!("{}-more", GOOD.replace("00-0af", "cc-0af")), Some(GOOD));
        check(&format!("{}.more", GOOD.replace("00-0af", "cc-0af")), None);
        check(&GOOD.replace("00-0af", "ff-0af"), None);
        check(&GOOD.to_uppercase(), None);
        check(&GOOD.replace("b7ad6b7169203331", "0000000000000000"), None);
        check("00-00000000000000000000000000000000-b7ad6b7169203331-01", None);
        check("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", None);
        check("00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333\u{e9}-01", None);
        check("00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", None);
        check("", None);
    }

    #[test]
    fn spans_of_a_trace_differ_and_follow_from_their_names() {
        let root = TraceContext::root(7, "run");
        let mut spans = std::collections::BTreeSet::from([root.span_id()]);
        for number in 0..10_000 {
            let child = root.child(&format!("run.1.{number}"));
            assert_eq!((child.trace_id(), child.is_sampled()), (7, true));
            assert!(
                spans.insert(child.span_id()) && spans.insert(child.child("run.1.0").span_id()),
                "{number}"
            );
        }
        assert_eq!(root.child("a"), TraceContext::root(7, "run").child("a"));
    }
}
