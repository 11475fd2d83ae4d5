//! Every trap that can be laid in a folder, against every way of opening.

use std::io::Write;
use std::os::unix::fs::symlink;

use rustix::fs::{mkfifoat, mknodat};

use super::*;

/// A folder full of traps, beside a directory outside that must stay as it is.
struct Laid {
    dir: tempfile::TempDir,
    outside: tempfile::TempDir,
}

impl Laid {
    fn new() -> Self {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(outside.path().join("secret"), "outside").unwrap();
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        std::fs::write(dir.path().join("sub/file"), "inside").unwrap();
        symlink(outside.path(), dir.path().join("out")).unwrap();
        symlink(outside.path().join("secret"), dir.path().join("link")).unwrap();
        symlink("sub", dir.path().join("near")).unwrap();
        symlink("/dev/zero", dir.path().join("zero")).unwrap();
        symlink("nowhere", dir.path().join("dangling")).unwrap();
        mkfifoat(CWD, dir.path().join("fifo"), Mode::from_raw_mode(0o600)).unwrap();
        Self { dir, outside }
    }

    fn untouched(&self) {
        assert_eq!(std::fs::read_to_string(self.outside.path().join("secret")).unwrap(), "outside");
        assert_eq!(std::fs::read_dir(self.outside.path()).unwrap().count(), 1);
    }
}

#[test]
fn only_regular_files_beneath_the_folder_are_opened() {
    let laid = Laid::new();
    let folder = Folder::open(laid.dir.path()).unwrap();
    assert_eq!(folder.read(Path::new("sub/file"), 6).unwrap().unwrap(), b"inside");
    assert_eq!(why(&folder.read(Path::new("sub/file"), 5).unwrap_err()), Some(Unsafe::TooLong(5)));
    assert_eq!(folder.read(Path::new("sub/none"), 9).unwrap(), None);
    assert_eq!(folder.read(Path::new("sub/file/none"), 9).unwrap(), None);
    for (path, expected) in [
        ("link", Unsafe::Link),
        ("out/secret", Unsafe::Link),
        ("near/file", Unsafe::Link),
        ("zero", Unsafe::Link),
        ("dangling", Unsafe::Link),
        ("fifo", Unsafe::NotAFile),
        ("sub", Unsafe::NotAFile),
        ("../x", Unsafe::Outside),
        ("sub/../../x", Unsafe::Outside),
        ("/etc/passwd", Unsafe::Outside),
        ("", Unsafe::Outside),
    ] {
        assert_eq!(why(&folder.file(Path::new(path)).unwrap_err()), Some(expected), "{path}");
    }
}

#[test]
fn a_device_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let (zero, mode) = (rustix::fs::makedev(1, 5), Mode::from_raw_mode(0o666));
    if mknodat(CWD, dir.path().join("zero"), FileType::CharacterDevice, mode, zero).is_err() {
        eprintln!("not allowed to make a device: passed over");
        return;
    }
    let folder = Folder::open(dir.path()).unwrap();
    let error = folder.read(Path::new("zero"), 1 << 20).unwrap_err();
    // A file system without devices refuses the opening itself.
    assert!(why(&error) == Some(Unsafe::NotAFile) || error.kind() == ErrorKind::PermissionDenied, "{error}");
}

#[test]
fn nothing_is_written_through_a_link_or_a_second_name() {
    let laid = Laid::new();
    let folder = Folder::open(laid.dir.path()).unwrap();
    std::fs::hard_link(laid.outside.path().join("secret"), laid.dir.path().join("twin")).unwrap();
    for path in ["link", "twin", "dangling", "fifo"] {
        folder.create(Path::new(path)).unwrap().write_all(b"new").unwrap();
        assert_eq!(folder.read(Path::new(path), 9).unwrap().unwrap(), b"new", "{path}");
    }
    for path in ["out/new", "near/new"] {
        assert_eq!(why(&folder.create(Path::new(path)).unwrap_err()), Some(Unsafe::Link), "{path}");
        assert_eq!(why(&folder.own(Path::new(path)).unwrap_err()), Some(Unsafe::Link), "{path}");
    }
    assert_eq!(why(&folder.make_dirs(Path::new("out/a/b")).unwrap_err()), Some(Unsafe::Link));
    assert_eq!(why(&folder.make_dirs(Path::new("near")).unwrap_err()), Some(Unsafe::Link));
    folder.make_dirs(Path::new("sub/a/b")).unwrap();
    folder.make_dirs(Path::new("sub/a/b")).unwrap();
    std::fs::hard_link(laid.dir.path().join("sub/file"), laid.dir.path().join("again")).unwrap();
    assert_eq!(why(&folder.own(Path::new("again")).unwrap_err()), Some(Unsafe::TwoNames));
    assert!(folder.rename(Path::new("sub/file"), Path::new("out/file")).is_err());
    assert_eq!(
        folder.rename_new(Path::new("sub/file"), Path::new("link")).unwrap_err().kind(),
        ErrorKind::AlreadyExists
    );
    folder.rename(Path::new("sub/file"), Path::new("zero")).unwrap();
    assert!(folder.has(Kind::File, Path::new("zero")));
    folder.remove(Path::new("out")).unwrap();
    laid.untouched();
}

#[test]
fn an_older_kernel_is_as_strict() {
    let laid = Laid::new();
    let folder = Folder::open(laid.dir.path()).unwrap();
    let open = |path: &str| {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        step_by_step(&folder.dir, Path::new(path), flags, Mode::empty())
    };
    assert!(open("sub/file").is_ok());
    for path in ["out/secret", "near/file", "link", "zero", "dangling"] {
        assert_eq!(open(path).unwrap_err(), Errno::LOOP, "{path}");
    }
    assert_eq!(open("../x").unwrap_err(), Errno::XDEV);
    assert_eq!(open("sub/none/x").unwrap_err(), Errno::NOENT);
}

#[test]
fn a_listing_says_what_each_name_is() {
    let laid = Laid::new();
    let folder = Folder::open(laid.dir.path()).unwrap();
    let mut listed: Vec<_> = folder.list(Path::new("")).unwrap().map(Result::unwrap).collect();
    listed.sort();
    let kinds: Vec<(&str, Kind)> = listed.iter().map(|(name, kind)| (name.to_str().unwrap(), *kind)).collect();
    let other = Kind::Other;
    let expected = ["dangling", "fifo", "link", "near", "out", "sub", "zero"];
    assert_eq!(kinds, expected.map(|name| (name, if name == "sub" { Kind::Directory } else { other })));
    assert!(folder.list(Path::new("near")).is_err());
    assert_eq!(folder.list(Path::new("sub")).unwrap().count(), 1);
}
