//! Arguments of the form NAME=COMMAND: programs as functions.

use std::fmt;
use std::path::PathBuf;

/// A program as a function. Its arguments may hold secrets, and its `Debug` leaves them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    /// The function's name.
    pub name: String,
    /// The program, and its arguments.
    pub command: (PathBuf, Vec<String>),
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(super) fn function(argument: &str) -> Result<Program, String> {
    let (name, command) = argument.split_once('=').ok_or("use NAME=COMMAND")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_plain) {
        return Err(format!("{name:?} is no name of a function: use up to 64 letters, digits, - and _"));
    }
    let words = shell_words::split(command).map_err(|_| "a quote in the command has no end".to_owned())?;
    let mut words = words.into_iter();
    let program = words.next().ok_or("use NAME=COMMAND, with a command behind the =")?;
    Ok(Program { name: name.to_owned(), command: (program.into(), words.collect()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(argument: &str, expected: Option<(&str, &str, &[&str])>) {
        let expected = expected.map(|(name, program, arguments)| Program {
            name: name.to_owned(),
            command: (program.into(), arguments.iter().map(ToString::to_string).collect()),
        });
        assert_eq!(function(argument).ok(), expected);
    }

    #[test]
    fn a_functions_command_is_split_as_a_shell_would() {
        check(
            "hello=python3 -m awslambdaric app.handler",
            Some(("hello", "python3", &["-m", "awslambdaric", "app.handler"])),
        );
        check(r#"f=run 'a b' "c=d" e\ f"#, Some(("f", "run", &["a b", "c=d", "e f"])));
        check("f=", None);
        check("f", None);
        check("f='open", None);
        check("with space=run", None);
    }
}
