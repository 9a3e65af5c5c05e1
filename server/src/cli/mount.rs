//! Directories as buckets, whatever they are called.

use std::ffi::{OsStr, OsString};
use std::mem;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Command};
use wire::bucket::BucketName;
use wire::printable;

use super::bucket;

/// A directory as a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The bucket's name.
    pub name: BucketName,
    /// The directory.
    pub directory: PathBuf,
}

/// The mounts of one argument, or of the whole variable, which is a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounts(pub Vec<Mount>);

/// Reads NAME=DIR, where DIR is any bytes: of an argument all that follows the first =, of the variable as far as the
/// next comma that has no \ before it.
#[derive(Clone, Copy, Debug)]
pub struct MountsParser;

impl ValueParserFactory for Mounts {
    type Parser = MountsParser;

    fn value_parser() -> MountsParser {
        MountsParser
    }
}

impl TypedValueParser for MountsParser {
    type Value = Mounts;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Mounts, clap::Error> {
        self.parse_ref_(command, arg, value, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Mounts, clap::Error> {
        let (place, arguments) = match source {
            ValueSource::EnvVariable => ("WORDFALL_MOUNT", listed(value)),
            _ => ("--mount", vec![value.to_owned()]),
        };
        let mounts = arguments.iter().map(|argument| {
            mount(argument).map_err(|wrong| {
                let shown = printable(&argument.to_string_lossy());
                let message = format!("invalid value '{shown}' for {place}: {}", printable(&wrong));
                command.clone().error(ErrorKind::ValueValidation, message)
            })
        });
        mounts.collect::<Result<_, _>>().map(Mounts)
    }
}

/// The parts of a list, those aside that are empty. A \ takes the character behind it for itself.
fn listed(list: &OsStr) -> Vec<OsString> {
    let (mut parts, mut part) = (Vec::new(), Vec::new());
    let mut bytes = list.as_bytes().iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' => parts.push(mem::take(&mut part)),
            b'\\' => part.push(bytes.next().unwrap_or(byte)),
            _ => part.push(byte),
        }
    }
    parts.push(part);
    parts.into_iter().filter(|part| !part.is_empty()).map(OsString::from_vec).collect()
}

fn mount(argument: &OsStr) -> Result<Mount, String> {
    let bytes = argument.as_bytes();
    let Some(at) = bytes.iter().position(|&byte| byte == b'=') else {
        return Err("it has no =: use NAME=DIR, such as logs=/var/log".to_owned());
    };
    let directory = OsStr::from_bytes(&bytes[at + 1..]);
    if directory.is_empty() {
        return Err("it names no directory behind the =: use NAME=DIR, such as logs=/var/log".to_owned());
    }
    let name = bucket(&String::from_utf8_lossy(&bytes[..at]))?;
    name.check_new().map_err(|error| error.to_string())?;
    Ok(Mount { name, directory: directory.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(argument: &[u8], directory: Option<&[u8]>) {
        let mounted = mount(OsStr::from_bytes(argument)).ok();
        assert_eq!(mounted.map(|mount| mount.directory), directory.map(|dir| OsStr::from_bytes(dir).into()));
    }

    #[test]
    fn a_folder_may_have_any_name() {
        check(b"logs=/var/log", Some(b"/var/log"));
        check(b"logs=a,b", Some(b"a,b"));
        check(b"logs=a=b c", Some(b"a=b c"));
        check(b"logs=-dash", Some(b"-dash"));
        check(b"logs=a\\,b\"c\n", Some(b"a\\,b\"c\n"));
        check(b"logs=caf\xe9", Some(b"caf\xe9"));
        check(b"logs=", None);
        check(b"logs", None);
        check(b"=dir", None);
        check(b"lo\xffgs=dir", None);
    }

    #[test]
    fn the_variable_is_a_list_whose_commas_may_be_taken_for_themselves() {
        let check = |list: &str, expected: &[&str]| assert_eq!(listed(OsStr::new(list)), expected, "{list}");
        check("a=x,b=y", &["a=x", "b=y"]);
        check(r"a=x\,y,b=\\z\", &["a=x,y", r"b=\z\"]);
        check("", &[]);
        check("a=x,", &["a=x"]);
    }
}
