//! A LIST answer, read from its document and checked. Pure: bytes in, entries out.
//!
//! The SDK reads a document that was cut off as a shorter one, and a body without a length ends wherever its
//! connection drops. So an answer is taken whole or not at all: its document is closed, its counts agree with what
//! it holds, and each field of importance stands in it once.

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

const ROOT: &str = "ListBucketResult";
/// Elements within each other at most; a listing has three.
const DEPTH_MAX: usize = 8;
/// Bytes of an object at most: more than any store takes, and sums of them stay numbers.
const SIZE_MAX: u64 = 1 << 50;
/// Characters of a value that a sentence repeats.
const QUOTED_CHARS_MAX: usize = 40;

/// The answer to one LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// Objects, in the order of the answer.
    pub(super) entries: Vec<Entry>,
    /// Prefixes up to the delimiter, where one was given.
    pub(super) prefixes: Vec<String>,
    /// The token of the page after this one.
    pub(super) next: Option<String>,
    /// How the store wrote names, where they show it.
    pub(super) encoding: Option<Encoding>,
}

/// How names are written in the answers of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// For URLs, as is asked for.
    Url,
    /// As they are, by a store that knows no encoding.
    Plain,
}

/// How names are written, as far as the answers of a listing have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Names {
    #[default]
    Unknown,
    /// One answer said nothing.
    Doubted,
    Known(Encoding),
}

/// One object of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    /// With quotes, whether the store writes them or not.
    pub(super) etag: Option<String>,
    /// Bytes as stored; `None` where the store does not say.
    pub(super) size: Option<u64>,
    /// RFC 3339; `None` where the store writes no time that can be read.
    pub(super) modified: Option<String>,
}

/// Why an answer is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("its document is cut off")]
    CutOff,
    #[error("its document is no listing: {0}")]
    NoListing(String),
    #[error("it lacks {0}")]
    Missing(&'static str),
    #[error("it has {0} twice")]
    Twice(&'static str),
    #[error("its {field} is {value:?}")]
    Invalid { field: &'static str, value: String },
    #[error("its KeyCount is {claimed} and it holds {held}")]
    Count { claimed: u64, held: u64 },
    #[error("IsTruncated is {0} and a token for a next page is {1}")]
    Token(bool, &'static str),
    #[error("it holds the key {0:?}, which does not begin with the prefix")]
    Foreign(String),
    #[error("the key {0:?} is not UTF-8")]
    NotUtf8(String),
    #[error("it does not say that its names are encoded, as was asked for")]
    Encoding,
}

/// An answer as far as its document was read.
#[derive(Default)]
struct Draft {
    entries: Vec<Entry>,
    prefixes: Vec<String>,
    token: Option<String>,
    truncated: Option<bool>,
    key_count: Option<u64>,
    encoding: Option<String>,
    entry: PartialEntry,
    prefix: Option<String>,
}

#[derive(Default)]
struct PartialEntry {
    key: Option<String>,
    etag: Option<String>,
    size: Option<String>,
    modified: Option<String>,
}

impl Answer {
    /// Reads the document of an answer to a listing of this prefix.
    pub(super) fn read(document: &[u8], prefix: &str) -> Result<Self, BadAnswer> {
        let text = std::str::from_utf8(document).map_err(|_| no_listing("it is not UTF-8"))?;
        let answer = draft(text.trim_start_matches('\u{feff}'))?.finish()?;
        let names = answer.entries.iter().map(|entry| &entry.key).chain(&answer.prefixes);
        match names.into_iter().find(|name| !name.starts_with(prefix)) {
            Some(foreign) => Err(BadAnswer::Foreign(quoted(foreign))),
            None => Ok(answer),
        }
    }
}

impl Names {
    /// Checks an answer against what those before it said. A store that knows no encoding says nothing twice;
    /// an answer that says nothing once may have lost it on the way.
    pub(super) fn agree(&mut self, answer: Answer) -> Result<Answer, BadAnswer> {
        let Some(encoding) = answer.encoding else { return Ok(answer) };
        match (&*self, encoding) {
            (Self::Known(known), encoding) if *known != encoding => Err(BadAnswer::Encoding),
            (Self::Unknown, Encoding::Plain) => {
                *self = Self::Doubted;
                Err(BadAnswer::Encoding)
            }
            _ => {
                *self = Self::Known(encoding);
                Ok(answer)
            }
        }
    }
}

/// Walks through the document, which must be closed at its end.
fn draft(document: &str) -> Result<Draft, BadAnswer> {
    let mut reader = Reader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let (mut draft, mut path, mut text) = (Draft::default(), Vec::new(), String::new());
    let mut is_closed = false;
    loop {
        match reader.read_event().map_err(|error| unreadable(&error))? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.local_name().into_inner()).into_owned();
                if path.is_empty() && (is_closed || name != ROOT) {
                    return Err(no_listing(&format!("it begins with {}", quoted(&name))));
                }
                if path.len() == DEPTH_MAX {
                    return Err(no_listing("its elements stand too deep within each other"));
                }
                path.push(name);
                text.clear();
            }
            Event::End(_) => {
                draft.close(&path, std::mem::take(&mut text))?;
                path.pop();
                is_closed = path.is_empty();
            }
            Event::Text(part) => text.push_str(&part.decode().map_err(|_| no_listing("a text in it"))?),
            Event::CData(part) => text.push_str(&part.decode().map_err(|_| no_listing("a text in it"))?),
            Event::GeneralRef(reference) => push_reference(&reference, &mut text)?,
            Event::DocType(_) => return Err(no_listing("it declares a type")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => (),
            Event::Eof => break,
        }
        if path.is_empty() && !text.trim().is_empty() {
            return Err(no_listing("there is text around it"));
        }
    }
    if is_closed { Ok(draft) } else { Err(BadAnswer::CutOff) }
}

fn push_reference(reference: &BytesRef<'_>, text: &mut String) -> Result<(), BadAnswer> {
    let unknown = || no_listing("it refers to an unknown character");
    match reference.resolve_char_ref().map_err(|_| unknown())? {
        Some(character) => text.push(character),
        None => {
            let name = reference.decode().map_err(|_| unknown())?;
            text.push_str(resolve_predefined_entity(&name).ok_or_else(unknown)?);
        }
    }
    Ok(())
}

impl Draft {
    /// Takes in the element at this path, which ends here.
    fn close(&mut self, path: &[String], text: String) -> Result<(), BadAnswer> {
        let path: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
        match path[..] {
            ["IsTruncated"] => set(&mut self.truncated, "IsTruncated", flag(&text)?),
            ["NextContinuationToken"] => set(&mut self.token, "NextContinuationToken", text),
            ["KeyCount"] => set(&mut self.key_count, "KeyCount", number("KeyCount", &text)?),
            ["EncodingType"] => set(&mut self.encoding, "EncodingType", text),
            ["Contents"] => {
                self.entries.push(std::mem::take(&mut self.entry).finish()?);
                Ok(())
            }
            ["Contents", "Key"] => set(&mut self.entry.key, "Key", text),
            ["Contents", "ETag"] => set(&mut self.entry.etag, "ETag", text),
            ["Contents", "Size"] => set(&mut self.entry.size, "Size", text),
            ["Contents", "LastModified"] => set(&mut self.entry.modified, "LastModified", text),
            ["CommonPrefixes"] => {
                self.prefixes.push(self.prefix.take().ok_or(BadAnswer::Missing("a prefix"))?);
                Ok(())
            }
            ["CommonPrefixes", "Prefix"] => set(&mut self.prefix, "Prefix", text),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<Answer, BadAnswer> {
        let (keys, prefixes) = (self.entries.len() as u64, self.prefixes.len() as u64);
        // Some stores count keys alone where there is a delimiter.
        if let Some(claimed) = self.key_count.filter(|claimed| ![keys, keys + prefixes].contains(claimed)) {
            return Err(BadAnswer::Count { claimed, held: keys + prefixes });
        }
        let truncated = self.truncated.ok_or(BadAnswer::Missing("IsTruncated"))?;
        let next = self.token.filter(|token| !token.is_empty());
        match (truncated, &next) {
            (true, None) => return Err(BadAnswer::Token(true, "missing")),
            (false, Some(_)) => return Err(BadAnswer::Token(false, "there")),
            (true, Some(_)) | (false, None) => (),
        }
        let encoded = match self.encoding.as_deref().map(str::trim) {
            None | Some("") => false,
            Some(encoding) if encoding.eq_ignore_ascii_case("url") => true,
            Some(other) => return Err(invalid("EncodingType", other)),
        };
        let mut answer = Answer { entries: self.entries, prefixes: self.prefixes, next, encoding: None };
        for name in answer.entries.iter_mut().map(|entry| &mut entry.key).chain(&mut answer.prefixes) {
            if name.contains(['%', '+']) {
                answer.encoding = Some(if encoded { Encoding::Url } else { Encoding::Plain });
            }
            if encoded {
                *name = decoded(name)?;
            }
        }
        Ok(answer)
    }
}

impl PartialEntry {
    fn finish(self) -> Result<Entry, BadAnswer> {
        let key = self.key.filter(|key| !key.is_empty()).ok_or(BadAnswer::Missing("a key"))?;
        let size = self.size.filter(|size| !size.trim().is_empty());
        let size = size.map(|size| number("Size", &size)).transpose()?;
        if let Some(size) = size.filter(|size| *size > SIZE_MAX) {
            return Err(invalid("Size", &size.to_string()));
        }
        let modified = self.modified.and_then(|time| time.trim().parse::<Timestamp>().ok());
        let modified = modified.map(|time| time.to_string());
        Ok(Entry { key, etag: self.etag.and_then(|etag| in_quotes(etag.trim())), size, modified })
    }
}

/// Preconditions compare an ETag with its quotes, which some stores leave out of their listings.
fn in_quotes(etag: &str) -> Option<String> {
    match etag {
        "" => None,
        _ if etag.ends_with('"') => Some(etag.to_owned()),
        _ => Some(format!("\"{etag}\"")),
    }
}

/// Decodes a name that was encoded for URLs, where `+` is a space.
fn decoded(name: &str) -> Result<String, BadAnswer> {
    let spaced = name.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(Into::into).map_err(|_| BadAnswer::NotUtf8(quoted(name)))
}

fn set<T>(field: &mut Option<T>, name: &'static str, value: T) -> Result<(), BadAnswer> {
    match field.replace(value) {
        Some(_) => Err(BadAnswer::Twice(name)),
        None => Ok(()),
    }
}

fn flag(text: &str) -> Result<bool, BadAnswer> {
    text.trim().parse().map_err(|_| invalid("IsTruncated", text))
}

fn number(field: &'static str, text: &str) -> Result<u64, BadAnswer> {
    text.trim().parse().map_err(|_| invalid(field, text))
}

fn invalid(field: &'static str, value: &str) -> BadAnswer {
    BadAnswer::Invalid { field, value: quoted(value) }
}

fn no_listing(why: &str) -> BadAnswer {
    BadAnswer::NoListing(why.to_owned())
}

fn unreadable(error: &quick_xml::Error) -> BadAnswer {
    match error {
        quick_xml::Error::Syntax(_) => BadAnswer::CutOff,
        error => no_listing(&quoted(&error.to_string())),
    }
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
