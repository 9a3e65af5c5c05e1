//! The kinds of faults, and their names in a plan.

/// A way for a request to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// S3 answers 503 to a GET or a LIST.
    StoreSlowDown,
    /// S3 answers 500 to a GET or a LIST.
    StoreError,
    /// S3 never answers a GET or a LIST.
    StoreSilent,
    /// An object that is listed is not there, now or later.
    StoreGone,
    /// An object that is listed may not be read, now or later.
    StoreDenied,
    /// S3 answers 412 to a GET with `If-Match`.
    StoreChanged,
    /// An object's body ends early, without an error.
    StoreCut,
    /// The connection breaks in the middle of an object's body.
    StoreReset,
    /// An object's body stops coming, and the connection stays open.
    StoreStall,
    /// An object's body has another length than its head says.
    StoreLength,
    /// One of [`Kind::BROKEN_LISTINGS`].
    ListBroken,
    /// A listing's document is cut at any byte.
    ListCut,
    /// A listing is a 200 without a document.
    ListEmpty,
    /// `KeyCount` differs from the number of keys.
    ListKeyCount,
    /// `IsTruncated` is missing.
    ListIsTruncated,
    /// A key stands twice on one page.
    ListRepeatedKey,
    /// The keys of a page are not in order.
    ListUnordered,
    /// A page names the token that it was asked for by as the next one.
    ListRepeatedToken,
    /// Lambda answers 429, of any reason, with or without `Retry-After`.
    LambdaThrottle,
    /// Lambda answers 409: the function is not ready.
    LambdaConflict,
    /// Lambda answers 500, 502, 503 or 504.
    LambdaError,
    /// The function runs, and the connection breaks before or in the middle of its answer.
    LambdaReset,
    /// The function runs, and its caller never gets an answer.
    LambdaSilent,
    /// The function reports an error.
    FunctionError,
    /// The function's process ends without a word.
    FunctionCrash,
    /// The function runs until its deadline.
    FunctionTimeout,
    /// The function's process is killed for its memory.
    FunctionOom,
    /// The function's environment starts slowly.
    FunctionCold,
    /// The function takes much longer than others do.
    FunctionSlow,
    /// An event stream ends at any byte, at the end of a frame or within one.
    StreamCut,
    /// An event stream ends without `InvokeComplete`.
    StreamUnfinished,
    /// An event stream stops, and the connection stays open.
    StreamSilent,
    /// An answer's payload is cut at any byte.
    ReplyCut,
    /// A frame, or each row of a reply, comes twice.
    ReplyDuplicate,
    /// Frames, or the rows of a reply, come in another order.
    ReplyReorder,
    /// A frame, or a row, comes again and says something else.
    ReplyContradict,
    /// A frame, or a row, answers what nobody asked for.
    ReplyForeign,
}

use Kind::{
    FunctionCold, FunctionCrash, FunctionError, FunctionOom, FunctionSlow, FunctionTimeout, LambdaConflict,
    LambdaError, LambdaReset, LambdaSilent, LambdaThrottle, ListBroken, ListCut, ListEmpty, ListIsTruncated,
    ListKeyCount, ListRepeatedKey, ListRepeatedToken, ListUnordered, ReplyContradict, ReplyCut,
    ReplyDuplicate, ReplyForeign, ReplyReorder, StoreChanged, StoreCut, StoreDenied, StoreError, StoreGone,
    StoreLength, StoreReset, StoreSilent, StoreSlowDown, StoreStall, StreamCut, StreamSilent,
    StreamUnfinished,
};

impl Kind {
    /// Every kind with its name, in the order in which they are asked for one request.
    pub(crate) const ALL: [(Self, &'static str); 37] = [
        (StoreSlowDown, "s3.slow_down"),
        (StoreError, "s3.error"),
        (StoreSilent, "s3.silent"),
        (StoreGone, "s3.gone"),
        (StoreDenied, "s3.denied"),
        (StoreChanged, "s3.changed"),
        (StoreCut, "s3.cut"),
        (StoreReset, "s3.reset"),
        (StoreStall, "s3.stall"),
        (StoreLength, "s3.length"),
        (ListBroken, "list.broken"),
        (ListCut, "list.cut"),
        (ListEmpty, "list.empty"),
        (ListKeyCount, "list.key_count"),
        (ListIsTruncated, "list.is_truncated"),
        (ListRepeatedKey, "list.repeated_key"),
        (ListUnordered, "list.unordered"),
        (ListRepeatedToken, "list.repeated_token"),
        (LambdaThrottle, "lambda.throttle"),
        (LambdaConflict, "lambda.conflict"),
        (LambdaError, "lambda.error"),
        (LambdaReset, "lambda.reset"),
        (LambdaSilent, "lambda.silent"),
        (FunctionError, "function.error"),
        (FunctionCrash, "function.crash"),
        (FunctionTimeout, "function.timeout"),
        (FunctionOom, "function.oom"),
        (FunctionCold, "function.cold"),
        (FunctionSlow, "function.slow"),
        (StreamCut, "stream.cut"),
        (StreamUnfinished, "stream.unfinished"),
        (StreamSilent, "stream.silent"),
        (ReplyCut, "reply.cut"),
        (ReplyDuplicate, "reply.duplicate"),
        (ReplyReorder, "reply.reorder"),
        (ReplyContradict, "reply.contradict"),
        (ReplyForeign, "reply.foreign"),
    ];

    /// Kinds that `list.broken` chooses from; not a repeated token, which is an answer that ends a listing.
    pub(crate) const BROKEN_LISTINGS: [Self; 6] =
        [ListCut, ListEmpty, ListIsTruncated, ListKeyCount, ListRepeatedKey, ListUnordered];

    /// Kinds that the GET of an object can meet.
    pub(crate) const OF_GET: [Self; 10] = [
        StoreSlowDown,
        StoreError,
        StoreSilent,
        StoreGone,
        StoreDenied,
        StoreChanged,
        StoreCut,
        StoreReset,
        StoreStall,
        StoreLength,
    ];

    /// Kinds that a LIST can meet.
    pub(crate) const OF_LIST: [Self; 11] = [
        StoreSlowDown,
        StoreError,
        StoreSilent,
        ListBroken,
        ListCut,
        ListEmpty,
        ListKeyCount,
        ListIsTruncated,
        ListRepeatedKey,
        ListUnordered,
        ListRepeatedToken,
    ];

    /// Kinds that a request to invoke can meet that is not for objects, or waits for no answer.
    pub(crate) const OF_REQUEST: [Self; 4] = [LambdaThrottle, LambdaConflict, LambdaError, LambdaSilent];

    /// Kinds that an invocation can meet whose answer comes in one piece.
    pub(crate) const OF_BUFFERED: [Self; 16] = [
        LambdaThrottle,
        LambdaConflict,
        LambdaError,
        LambdaReset,
        LambdaSilent,
        FunctionError,
        FunctionCrash,
        FunctionTimeout,
        FunctionOom,
        FunctionCold,
        FunctionSlow,
        ReplyCut,
        ReplyDuplicate,
        ReplyReorder,
        ReplyContradict,
        ReplyForeign,
    ];

    /// Kinds that an invocation can meet whose answer is streamed.
    pub(crate) const OF_STREAMED: [Self; 19] = [
        LambdaThrottle,
        LambdaConflict,
        LambdaError,
        LambdaReset,
        LambdaSilent,
        FunctionError,
        FunctionCrash,
        FunctionTimeout,
        FunctionOom,
        FunctionCold,
        FunctionSlow,
        StreamCut,
        StreamUnfinished,
        StreamSilent,
        ReplyCut,
        ReplyDuplicate,
        ReplyReorder,
        ReplyContradict,
        ReplyForeign,
    ];

    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(kind, _)| kind)
    }

    /// Its name in a plan.
    pub(crate) fn name(self) -> &'static str {
        let named = Self::ALL.into_iter().find(|(kind, _)| *kind == self);
        named.expect("every kind has a name").1
    }

    /// Whether it is a property of the object rather than of one request: a retry meets it again.
    pub(crate) fn is_lasting(self) -> bool {
        matches!(self, StoreGone | StoreDenied)
    }
}
