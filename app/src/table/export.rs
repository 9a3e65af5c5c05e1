//! Ledger rows as text to take away: by the server for a whole run, by the page for what is chosen of it.

use wire::row::{Row, RowEvent, has_counts};
use wire::tally::Tally;

/// Rows that the page writes into a file at most; the server has files of all.
pub const EXPORTED_MAX: u64 = 200_000;

/// The columns of CSV.
pub const CSV_HEADER: &str = "key,state,reason,words,lines,bytes_in,bytes_out,duration_ms,etag\r\n";

/// Characters that spreadsheets begin a formula with, or pass over before one; the wide forms are such to
/// East Asian ones.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Stands before what may be a formula: spreadsheets take what follows for text.
const GUARD: char = '\'';

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With a header, for spreadsheets.
    Csv,
    /// A JSON object in each line.
    Ndjson,
}

impl Format {
    /// The ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The text before all rows.
    pub fn header(self) -> &'static str {
        match self {
            Self::Csv => CSV_HEADER,
            Self::Ndjson => "",
        }
    }

    /// Writes a row.
    pub fn write(self, row: &Row, out: &mut Vec<u8>) {
        match self {
            Self::Csv => csv(row, out),
            Self::Ndjson => ndjson(row, out),
        }
    }
}

/// A row as the page has it: without its ETag.
pub fn of_page(row: RowEvent) -> Row {
    let RowEvent(key, words, lines, bytes_in, bytes_out, duration_ms, state, reason) = row;
    let tally = Tally { words, lines, bytes_in, bytes_out };
    Row { key, state, reason, tally, duration_ms, etag: None, unchanged: false }
}

fn ndjson(row: &Row, out: &mut Vec<u8>) {
    serde_json::to_writer(&mut *out, row).expect("a row has string keys only");
    out.push(b'\n');
}

fn csv(row: &Row, out: &mut Vec<u8>) {
    let tally = row.tally;
    let counted = |number: u64| has_counts(row.state, row.reason).then_some(number);
    let numbers = [
        counted(tally.words),
        counted(tally.lines),
        Some(tally.bytes_in),
        counted(tally.bytes_out),
        Some(row.duration_ms),
    ];
    let reason = row.reason.map_or("", |reason| reason.as_str());
    let mut fields = vec![quoted(&row.key), row.state.as_str().to_owned(), reason.to_owned()];
    fields.extend(numbers.map(|number| number.map(|number| number.to_string()).unwrap_or_default()));
    fields.push(quoted(row.etag.as_deref().unwrap_or_default()));
    out.extend_from_slice(fields.join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// A field of CSV that no spreadsheet takes for a formula: a `'` stands before what may be one, and before a `'`, so that
/// a reader that takes one `'` away from the beginning of a field has the text.
pub fn quoted(text: &str) -> String {
    let guard = if text.starts_with(FORMULA_STARTS) || text.starts_with(GUARD) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::row::{Reason, State};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(quoted(text), expected);
    }

    #[test]
    fn a_key_is_never_a_formula() {
        check("=1+1", "\"'=1+1\"");
        check("+1", "\"'+1\"");
        check("-rf", "\"'-rf\"");
        check("@SUM(A1)", "\"'@SUM(A1)\"");
        check("\t=1", "\"'\t=1\"");
        check("\r\n=1", "\"'\r\n=1\"");
        check("＝1＋1", "\"'＝1＋1\"");
        check("＠a", "\"'＠a\"");
    }

    #[test]
    fn a_guard_can_be_taken_away_again() {
        for text in ["=1+1", "'=1+1", "''a", "'", "a'b", "a", "", "\"=1", "'\"", "-", "＝1"] {
            let field = quoted(text);
            let read = field[1..field.len() - 1].replace("\"\"", "\"");
            assert_eq!(read.strip_prefix(GUARD).unwrap_or(&read), text, "{field}");
        }
        check("'=1+1", "\"''=1+1\"");
    }

    #[test]
    fn what_was_not_counted_is_empty_and_its_size_is_there() {
        let row = RowEvent("a".to_owned(), 0, 0, 70, 0, 5, State::Failed, Some(Reason::Corrupt));
        let mut out = Vec::new();
        Format::Csv.write(&of_page(row), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\",failed,corrupt,,,70,,5,\"\"\r\n");
    }

    #[test]
    fn quotes_and_commas_stay_in_their_field() {
        check("a \"b\",c", "\"a \"\"b\"\",c\"");
        check("a=b\nc", "\"a=b\nc\"");
    }

    #[track_caller]
    fn check_row(format: Format, expected: &str) {
        let row = RowEvent("=a\"b".to_owned(), 1, 2, 3, 4, 5, State::Counted, Some(Reason::Warning));
        let mut out = Vec::new();
        format.write(&of_page(row), &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_row_of_the_page_has_every_column_and_no_etag() {
        check_row(Format::Csv, "\"'=a\"\"b\",counted,warning,1,2,3,4,5,\"\"\r\n");
        check_row(
            Format::Ndjson,
            "{\"key\":\"=a\\\"b\",\"state\":\"counted\",\"reason\":\"warning\",\"words\":1,\"lines\":2,\"bytes_in\":3,\
             \"bytes_out\":4,\"duration_ms\":5,\"etag\":null}\n",
        );
    }
}
