//! Names that every file system of a medium takes: FAT32, exFAT and NTFS, with Windows in front of them.
//!
//! The tree's names are nearly all so already. It must never lose which name was meant: what is changed can be read back.

/// Bytes that no file on a medium may reach: FAT32 cannot hold a file of 4 GiB.
pub const FILE_BYTES: u64 = (4 << 30) - 1;
/// Letters of a path on a medium at most. Windows takes 260 with the drive's, unless it is told otherwise.
pub const PATH: usize = 240;

/// Names that Windows keeps for devices, whatever comes after a dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A path of the tree as a medium has it. Only names of devices change: `con` becomes `con_`.
pub fn path(of_tree: &str) -> String {
    let part = |part: &str| match stem(part) {
        stem if is_device(stem) => format!("{stem}_{}", &part[stem.len()..]),
        _ => part.to_owned(),
    };
    of_tree.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The path in the tree of what a medium has at `on_medium`: [`path`] backwards. No name of the tree has an underscore.
pub fn tree_path(on_medium: &str) -> String {
    let part = |part: &str| match stem(part).strip_suffix('_') {
        Some(device) if is_device(device) => format!("{device}{}", &part[device.len() + 1..]),
        _ => part.to_owned(),
    };
    on_medium.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Whether every file system of a medium takes this path, and no program on the way reads more into it.
pub fn is_sound(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let name = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && part.bytes().all(plain) && {
            !is_device(&stem(part).to_ascii_lowercase())
        }
    };
    path.len() <= PATH && path.split('/').all(name)
}

fn stem(part: &str) -> &str {
    part.split('.').next().unwrap_or(part)
}

fn is_device(stem: &str) -> bool {
    DEVICES.contains(&stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices_are_changed_and_read_back() {
        for (tree, medium) in [
            ("tutanaklar/34-istanbul/con/1-cb-sonuc-1.v1.png", "tutanaklar/34-istanbul/con_/1-cb-sonuc-1.v1.png"),
            ("tutanaklar/aux/lpt1", "tutanaklar/aux_/lpt1_"),
            ("tutanaklar/gumruk/com1.x", "tutanaklar/gumruk/com1_.x"),
            ("tutanaklar/conk/con-mah", "tutanaklar/conk/con-mah"),
        ] {
            assert_eq!(path(tree), medium);
            assert_eq!(tree_path(medium), tree);
            assert!(is_sound(medium), "{medium}");
        }
    }

    #[test]
    fn what_some_file_system_refuses_is_not_sound() {
        let long = "a/".repeat(121) + "b";
        for bad in
            ["", "/a", "a//b", "../a", "a/.b", "a./b", "a b", "a:b", "a*", "Con/x", "nul.txt", "ş", "a\\b", &long]
        {
            assert!(!is_sound(bad), "{bad}");
        }
        assert!(is_sound("data/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/3069-cb-sonuc-1.v1.png.tlog-proof"));
    }

    proptest::proptest! {
        #[test]
        fn every_slug_goes_to_a_medium_and_back(parts in proptest::collection::vec("[a-z0-9-]{1,12}|con|nul|com7|lpt1", 1..5)) {
            let tree = parts.join("/");
            let medium = path(&tree);
            proptest::prop_assert!(is_sound(&medium), "{}", medium);
            proptest::prop_assert_eq!(tree_path(&medium), tree);
        }
    }
}
