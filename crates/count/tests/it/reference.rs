use wire::rule::Rule;
use wire::tally::Tally;

/// The tally of a plain object that holds these bytes.
pub(crate) fn tally(rule: Rule, bytes: &[u8]) -> Tally {
    let (words, lines) = match rule {
        Rule::Wc => (runs(bytes, |byte| !b" \t\n\x0b\x0c\r".contains(&byte)), newlines(bytes)),
        Rule::Word => {
            let is_in_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
            (runs(bytes, is_in_word), newlines(bytes))
        }
        Rule::Seed => seed(bytes),
    };
    Tally { words, lines, bytes_in: bytes.len() as u64, bytes_out: bytes.len() as u64 }
}

fn runs(bytes: &[u8], is_in_word: impl Fn(u8) -> bool) -> u64 {
    bytes.split(|&byte| !is_in_word(byte)).filter(|run| !run.is_empty()).count() as u64
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}

/// `line.split(/\W/).length`, added up over the lines.
fn seed(bytes: &[u8]) -> (u64, u64) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.split('\n').collect();
    let (last, ended) = lines.split_last().unwrap();
    let ended = ended.iter().map(|line| line.strip_suffix('\r').unwrap_or(line));
    let words = ended.chain([*last]).map(parts).sum();
    (words, lines.len() as u64)
}

fn parts(line: &str) -> u64 {
    let is_separator = |unit: &u16| {
        let ascii = u8::try_from(*unit).unwrap_or(b' ');
        !(ascii.is_ascii_alphanumeric() || ascii == b'_')
    };
    line.encode_utf16().filter(is_separator).count() as u64 + 1
}
