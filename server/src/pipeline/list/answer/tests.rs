use super::*;

const HEAD: &str =
    r#"<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="x"><Name>b</Name><Prefix>p</Prefix>"#;
const PLAIN: &str = "<IsTruncated>false</IsTruncated>";

fn document(fields: &str) -> String {
    format!("{HEAD}{fields}</ListBucketResult>")
}

fn object(fields: &str) -> String {
    document(&format!("{PLAIN}<Contents>{fields}</Contents>"))
}

#[track_caller]
fn check(document: &str, expected: Result<(&[&str], Option<&str>), &str>) {
    match (Answer::read(document.as_bytes(), "p"), expected) {
        (Ok(answer), Ok((keys, next))) => {
            let found: Vec<_> = answer.entries.iter().map(|entry| entry.key.as_str()).collect();
            assert_eq!((&found[..], answer.next.as_deref()), (keys, next));
        }
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
        (found, expected) => panic!("{found:?} in the place of {expected:?}"),
    }
}

#[track_caller]
fn check_entry(fields: &str, expected: (Option<&str>, Option<u64>, Option<&str>)) {
    let answer = Answer::read(object(fields).as_bytes(), "p").unwrap();
    let [Entry { etag, size, modified, .. }] = &answer.entries[..] else { panic!("{answer:?}") };
    assert_eq!((etag.as_deref(), *size, modified.as_deref()), expected, "{fields}");
}

#[test]
fn names_are_read_as_they_were_written() {
    check(&document(PLAIN), Ok((&[], None)));
    check(&object("<Key>p/a b</Key>"), Ok((&["p/a b"], None)));
    check(&object("<Key> p</Key>"), Err("does not begin with the prefix"));
    check(&object("<Key>p&amp;&#10;&#x41;<![CDATA[<&>]]>+%41</Key>"), Ok((&["p&\nA<&>+%41"], None)));
    let encoded = format!("{PLAIN}<EncodingType>url</EncodingType><Contents><Key>p+%2B%0A</Key></Contents>");
    check(&document(&encoded), Ok((&["p +\n"], None)));
    let bad = encoded.replace("%0A", "%FF");
    check(&document(&bad), Err("is not UTF-8"));
    check(&document(&format!("{PLAIN}<EncodingType>base64</EncodingType>")), Err("EncodingType"));
}

#[test]
fn an_answer_that_contradicts_itself_is_not_believed() {
    let token = "<NextContinuationToken>t</NextContinuationToken>";
    check(&document(&format!("<IsTruncated>true</IsTruncated>{token}")), Ok((&[], Some("t"))));
    check(&document("<IsTruncated>true</IsTruncated>"), Err("token"));
    check(&document(&format!("{PLAIN}{token}")), Err("token"));
    check(&document(token), Err("lacks IsTruncated"));
    check(&document(&format!("{PLAIN}{PLAIN}")), Err("IsTruncated twice"));
    check(&document("<IsTruncated>maybe</IsTruncated>"), Err("IsTruncated"));
    check(&document(&format!("{PLAIN}<KeyCount>1</KeyCount>")), Err("KeyCount is 1 and it holds 0"));
    check(&document(&format!("{PLAIN}<KeyCount>-1</KeyCount>")), Err("KeyCount"));
    check(&object("<Size>1</Size>"), Err("lacks a key"));
    check(&object("<Key>p</Key><Key>pq</Key>"), Err("Key twice"));
    check(&object("<Key>p</Key><Size>-5</Size>"), Err("Size"));
    check(&object(&format!("<Key>p</Key><Size>{}</Size>", u64::MAX)), Err("Size"));
    check(&document(&format!("{PLAIN}{}", "<a>".repeat(9) + &"</a>".repeat(9))), Err("too deep"));
    check("<html><body>Welcome</body></html>", Err("no listing"));
    check(&format!("{}<a/>", document(PLAIN)), Err("no listing"));
    check(&format!("{} more", document(PLAIN)), Err("no listing"));
    check("", Err("cut off"));
}

#[test]
fn fields_that_a_store_leaves_out_are_not_known() {
    check_entry("<Key>p</Key>", (None, None, None));
    check_entry(
        "<Key>p</Key><Size></Size><ETag/><LastModified>2026-11-01T00:00:00</LastModified>",
        (None, None, None),
    );
    check_entry("<Key>p</Key><Size>0</Size><ETag>abc</ETag>", (Some("\"abc\""), Some(0), None));
    check_entry("<Key>p</Key><ETag>&quot;abc&quot;</ETag>", (Some("\"abc\""), None, None));
    let time = "<LastModified>2026-11-01T00:00:00.000Z</LastModified>";
    check_entry(&format!("<Key>p</Key>{time}"), (None, None, Some("2026-11-01T00:00:00Z")));
}

#[test]
fn a_document_that_is_cut_anywhere_is_refused() {
    let whole = document(&format!(
        "{PLAIN}<KeyCount>2</KeyCount><Contents><Key>p1</Key><Size>1</Size></Contents><Contents><Key>p2</Key></Contents>"
    ));
    assert!(Answer::read(whole.as_bytes(), "p").is_ok());
    for end in 0..whole.len() {
        assert!(Answer::read(&whole.as_bytes()[..end], "p").is_err(), "{}", &whole[..end]);
    }
}
