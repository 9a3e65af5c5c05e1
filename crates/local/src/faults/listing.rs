//! Documents of listings that say something wrong, or break off.

use http::{HeaderValue, Response, header};
use http_body_util::BodyExt;
use s3s::{Body, HttpError};

use super::Fault;
use super::kind::Kind;

/// A LIST answer with another document.
pub(super) async fn changed(response: Response<Body>, fault: Fault) -> Result<Response<Body>, HttpError> {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.map_err(HttpError::new)?.to_bytes();
    let document = document(&String::from_utf8_lossy(&whole), fault);
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(document.len()));
    Ok(Response::from_parts(parts, Body::from(document)))
}

fn document(whole: &str, fault: Fault) -> Vec<u8> {
    match fault.kind {
        Kind::ListCut => whole.as_bytes()[..fault.below(whole.len())].to_vec(),
        Kind::ListEmpty => Vec::new(),
        Kind::ListKeyCount => {
            let count = count(whole);
            let other = if fault.heads() || count == 0 { count + 1 } else { count - 1 };
            with(whole, "KeyCount", Some(&other.to_string())).into()
        }
        Kind::ListIsTruncated => with(whole, "IsTruncated", None).into(),
        Kind::ListRepeatedKey => with_entries(whole, |entries| {
            let doubled = entries.get(fault.below(entries.len())).copied();
            entries.extend(doubled);
        })
        .into(),
        Kind::ListUnordered => with_entries(whole, |entries| entries.reverse()).into(),
        Kind::ListRepeatedToken => match element(whole, "ContinuationToken") {
            Some(token) => with(whole, "NextContinuationToken", Some(token)).into(),
            None => whole.into(),
        },
        _ => whole.into(),
    }
}

/// The text of the first element of this name.
fn element<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

/// The document with another text in its first element of this name, or without that.
fn with(document: &str, name: &str, text: Option<&str>) -> String {
    let Some(found) = element(document, name) else { return document.to_owned() };
    let whole = format!("<{name}>{found}</{name}>");
    let other = text.map(|text| format!("<{name}>{text}</{name}>")).unwrap_or_default();
    document.replacen(&whole, &other, 1)
}

fn count(document: &str) -> usize {
    element(document, "KeyCount").and_then(|count| count.parse().ok()).unwrap_or_default()
}

/// The document with other entries, and a count that fits.
fn with_entries(document: &str, change: impl FnOnce(&mut Vec<&str>)) -> String {
    const END: &str = "</Contents>";
    let (Some(begin), Some(end)) = (document.find("<Contents>"), document.rfind(END)) else {
        return document.to_owned();
    };
    let end = end + END.len();
    let mut entries: Vec<&str> = document[begin..end].split_inclusive(END).collect();
    let before = entries.len();
    change(&mut entries);
    let key_count = count(document) + entries.len() - before;
    let document = [&document[..begin], &entries.concat(), &document[end..]].concat();
    with(&document, "KeyCount", Some(&key_count.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "<ListBucketResult><ContinuationToken>t</ContinuationToken><KeyCount>2</KeyCount>\
        <IsTruncated>true</IsTruncated><NextContinuationToken>u</NextContinuationToken>\
        <Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></ListBucketResult>";

    #[track_caller]
    fn check(kind: Kind, draw: u64, expected: impl Fn(&str) -> String) {
        let found = String::from_utf8(document(WHOLE, Fault { kind, draw })).unwrap();
        assert_eq!(found, expected(WHOLE));
    }

    #[test]
    fn each_kind_of_broken_listing_is_made() {
        check(Kind::ListCut, 7, |whole| whole[..7].to_owned());
        check(Kind::ListEmpty, 7, |_| String::new());
        check(Kind::ListKeyCount, 0, |whole| whole.replace(">2<", ">3<"));
        check(Kind::ListKeyCount, 1, |whole| whole.replace(">2<", ">1<"));
        check(Kind::ListIsTruncated, 0, |whole| whole.replace("<IsTruncated>true</IsTruncated>", ""));
        let (a, b) = ("<Contents><Key>a</Key></Contents>", "<Contents><Key>b</Key></Contents>");
        check(Kind::ListRepeatedKey, 1, |whole| whole.replace(b, &[b, b].concat()).replace(">2<", ">3<"));
        check(Kind::ListUnordered, 1, |whole| whole.replace(&[a, b].concat(), &[b, a].concat()));
        check(Kind::ListRepeatedToken, 1, |whole| whole.replace(">u<", ">t<"));
    }
}
