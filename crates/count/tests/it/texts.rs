use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Objects, most of them of what makes a rule stumble: line ends, whitespace, sequences whole, cut and wrong.
pub(crate) fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9_ .]{0,12}".prop_map(String::into_bytes),
        2 => select(&LINE_ENDS[..]).prop_map(<[u8]>::to_vec),
        2 => select(&SEQUENCES[..]).prop_map(<[u8]>::to_vec),
        1 => "\\PC{0,4}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
        1 => vec(0x80u8..=0xbf, 0..6),
    ];
    let short = vec(piece.clone(), 0..24).prop_map(|pieces| pieces.concat());
    let long = (vec(piece, 1..24), 1usize..40).prop_map(|(pieces, times)| pieces.concat().repeat(times));
    prop_oneof![3 => short, 1 => long]
}

/// An object with the chunks that it comes in.
pub(crate) fn any_chunks() -> impl Strategy<Value = Vec<Vec<u8>>> {
    (any_text(), vec(any::<prop::sample::Index>(), 0..12)).prop_map(|(text, cuts)| cut(&text, &cuts))
}

/// The pieces between the cuts, in order; some may be empty.
pub(crate) fn cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec()).collect()
}

const LINE_ENDS: [&[u8]; 8] = [b"\n", b"\r\n", b"\r", b"\r\r\n", b"\n\r", b"\n\n", b"\t", b"\x0b\x0c"];

const SEQUENCES: [&[u8]; 14] = [
    "é".as_bytes(),
    "€".as_bytes(),
    "😀".as_bytes(),
    "\u{2028}\u{a0}".as_bytes(),
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xf0\x80\x80\x80",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    b"\xff",
    b"\xe2\xe2\x82\xac",
    b"\xf0\x9f\n",
];
