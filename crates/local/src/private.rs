//! Directories and files that nobody but this user can read, from their first moment on.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// The rights of others to a file or a directory.
const OTHERS: u32 = 0o077;
const DIRECTORY: u32 = 0o700;
const FILE: u32 = 0o600;

/// Makes a directory, and those that lead to it, where they are missing.
///
/// # Errors
///
/// Where one can't be made.
pub fn create_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(DIRECTORY).create(path)
}

/// Makes a file that is not there yet.
///
/// # Errors
///
/// Where it is there, or can't be made.
pub fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE).open(path)
}

/// Opens a file for writing, making it where it is missing; what it holds stays.
///
/// # Errors
///
/// Where it can't be made or written.
pub fn open_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE).open(path)?;
    tighten(path, &file);
    Ok(file)
}

/// Takes the rights of others to a directory away.
///
/// # Errors
///
/// Where it can't be opened.
pub fn tighten_directory(path: &Path) -> io::Result<()> {
    tighten(path, &File::open(path)?);
    Ok(())
}

/// Takes the rights of others to an open file or directory away, where it is this user's. Some file systems keep the
/// mode; that is a warning, since it can be used all the same.
pub(crate) fn tighten(path: &Path, file: &File) {
    if let Err(error) = tightened(file) {
        tracing::warn!(path = ?path, %error, "others may read what is kept here");
    }
}

fn tightened(file: &File) -> io::Result<()> {
    let metadata = file.metadata()?;
    let is_ours = metadata.uid() == rustix::process::geteuid().as_raw();
    match metadata.mode() & OTHERS {
        1.. if is_ours => file.set_permissions(Permissions::from_mode(metadata.mode() & 0o7777 & !OTHERS)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_this_users_alone() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("a/b");
        create_directory(&directory).unwrap();
        create_directory(&directory).unwrap();
        assert_eq!((mode(&directory), mode(&home.path().join("a"))), (0o700, 0o700));
        let file = directory.join("file");
        create_file(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert!(create_file(&file).is_err());
        open_file(&directory.join("lock")).unwrap();
        assert_eq!(mode(&directory.join("lock")), 0o600);
    }

    #[test]
    fn what_was_there_before_is_tightened() {
        let home = tempfile::tempdir().unwrap();
        let (directory, file) = (home.path().join("old"), home.path().join("old/lock"));
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(&file, "x").unwrap();
        std::fs::set_permissions(&directory, Permissions::from_mode(0o2755)).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o664)).unwrap();
        open_file(&file).unwrap();
        tighten_directory(&directory).unwrap();
        assert_eq!((mode(&directory), mode(&file)), (0o700, 0o600));
        assert_eq!(std::fs::read(&file).unwrap(), b"x");
    }
}
