//! What a newcomer reads first: short, and leading nowhere that is not there.

use std::path::Path;

/// The targets of a Markdown file's links that are files.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.starts_with("http") && !target.starts_with('#')).collect()
}

#[test]
fn every_file_that_a_readme_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = [
        "README.md",
        "ftp/README.md",
        "samples/README.md",
        "storage-config/README.md",
        "tests/bench/README.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
    ];
    let mut followed = 0;
    for page in pages {
        let path = root.join(page);
        let text = std::fs::read_to_string(&path).unwrap();
        for link in links(&text) {
            let target = path.parent().unwrap().join(link.split('#').next().unwrap());
            assert!(target.exists(), "{page} leads to {link}, which is not there");
            followed += 1;
        }
    }
    assert!(followed > 10, "the links were not found: {followed}");
}

#[test]
fn the_readme_is_read_in_five_minutes_and_the_licence_is_the_one_that_the_package_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.lines().count() <= 150, "{} lines", readme.lines().count());
    let licence = std::fs::read_to_string(root.join("LICENSE")).unwrap();
    assert_eq!(env!("CARGO_PKG_LICENSE"), "Apache-2.0");
    assert!(licence.contains("Apache License") && licence.contains("Version 2.0, January 2004"));
    assert!(licence.contains("END OF TERMS AND CONDITIONS"), "not all of it");
}
