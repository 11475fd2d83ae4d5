//! What a medium is: how much fits on it, and the number that its maker gave it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{major, minor, statvfs};

/// What is taken to be free where the file system tells no sizes.
const UNTOLD: u64 = 1 << 60;

/// The file system that a directory lies on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Bytes that are free for us.
    pub free: u64,
    /// Bytes by which files are rounded up.
    pub cluster: u64,
    /// The maker's number; empty where there is none that can be read.
    pub serial: String,
    /// Which device, so that a medium that was pulled and replaced by the directory below it is noticed.
    pub id: u64,
}

/// Looks at the medium below `root`.
pub fn device(root: &Path) -> io::Result<Device> {
    let stat = statvfs(root)?;
    let id = fs::metadata(root)?.dev();
    let cluster = stat.f_frsize.max(stat.f_bsize.min(128 << 10)).max(512);
    // Some drivers tell no sizes at all. Such a medium is not full before writing says so.
    let free = if stat.f_blocks == 0 { UNTOLD } else { stat.f_bavail * stat.f_frsize };
    Ok(Device { free, cluster, serial: serial(id), id })
}

/// Bytes that a file takes, its place in a directory included.
pub fn occupied(size: u64, cluster: u64) -> u64 {
    const NAME: u64 = 512; // a long name on FAT: up to 20 records of 32 bytes, and a short one
    size.div_ceil(cluster) * cluster + NAME
}

/// A disk, a card or a stick shows its number in one of the directories above its block device.
fn serial(id: u64) -> String {
    let link = format!("/sys/dev/block/{}:{}", major(id), minor(id));
    let Ok(place) = fs::canonicalize(link) else { return String::new() };
    let above = place.ancestors().take_while(|above| above.starts_with("/sys/devices"));
    let read = |above: &Path| {
        let text = fs::read_to_string(above.join("serial")).ok()?;
        let text: String = text.trim().chars().filter(char::is_ascii_graphic).take(64).collect();
        Some(text).filter(|text| !text.is_empty())
    };
    above.into_iter().find_map(read).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_whole_clusters() {
        assert_eq!(occupied(0, 4096), 512);
        assert_eq!(occupied(1, 4096), 4096 + 512);
        assert_eq!(occupied(4097, 4096), 8192 + 512);
        let here = device(Path::new("/tmp")).unwrap();
        assert!(here.cluster >= 512 && here.free > 0);
    }
}
