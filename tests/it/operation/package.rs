//! The package and what it installs: the unit, its user, manual pages, completions.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn unit() -> PathBuf {
    root().join("storage-config/systemd/tutanak.service")
}

fn has_systemd() -> bool {
    Command::new("systemd-analyze").arg("--version").output().is_ok_and(|ran| ran.status.success())
}

#[test]
fn systemd_reads_the_unit_and_finds_it_hardened() {
    if !has_systemd() {
        return;
    }
    let safe = Command::new("systemd-analyze")
        .args(["security", "--no-pager", "--offline=true", "--threshold=20"])
        .arg(unit())
        .output()
        .unwrap();
    assert!(safe.status.success(), "{}", String::from_utf8_lossy(&safe.stdout));
    // The program is not where the package puts it.
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("tutanak.service");
    let text = std::fs::read_to_string(unit()).unwrap();
    std::fs::write(&copy, text.replace("/usr/bin/tutanak", env!("CARGO_BIN_EXE_tutanak"))).unwrap();
    let read = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
}

#[test]
fn every_file_that_the_package_installs_is_in_the_tree_or_is_built() {
    let manifest: toml::Table = std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let deb = &manifest["package"]["metadata"]["deb"];
    assert_eq!(deb["profile"].as_str(), Some("dist"));
    let assets = deb["assets"].as_array().unwrap();
    assert!(assets.len() > 5);
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        assert!(source.starts_with("target/") || root().join(source).is_file(), "{source}");
    }
    assert!(unit().is_file());
}

#[test]
fn manual_pages_and_completions_are_made_from_the_commands() {
    let dir = tempfile::tempdir().unwrap();
    let made = Command::new(env!("CARGO_BIN_EXE_tutanak")).arg("documents").arg(dir.path()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let page = |name: &str| std::fs::read_to_string(dir.path().join("man").join(name)).unwrap();
    assert!(page("tutanak.1").contains("tutanak\\-serve(1)"));
    assert!(page("tutanak-gate-show.1").starts_with(".ie"));
    assert!(!dir.path().join("man/tutanak-documents.1").exists(), "for packagers alone");
    for name in ["tutanak.bash", "_tutanak", "tutanak.fish"] {
        let script = std::fs::read_to_string(dir.path().join("completions").join(name)).unwrap();
        assert!(script.contains("check-config"), "{name}");
    }
}
