//! As many open files as the configured connections need, whatever the shell allows at first.

use std::process::{Command, Stdio};
use std::time::Duration;

/// `tutanak` with a word or two, in a shell that has set a limit before.
fn limited(dir: &std::path::Path, limit: &str, words: &str) -> Command {
    let script = format!("ulimit {limit}; exec \"$0\" {words} --config \"$1\"");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_tutanak")]).arg(dir.join("tutanak.toml"));
    shell
}

#[test]
fn a_node_raises_its_limit_and_says_when_that_is_not_enough() {
    let dir = tempfile::tempdir().unwrap();
    tutanak::cli::init::run(dir.path(), "localhost").unwrap();
    let told = |limit| {
        let out = limited(dir.path(), limit, "check-config").output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.lines().find(|line| line.contains("open files")).unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    assert!(told("-Sn 300").starts_with("ok"), "{}", told("-Sn 300"));
    let wrong = told("-n 300");
    assert!(wrong.starts_with("WRONG") && wrong.contains("300 open files are allowed"), "{wrong}");

    let mut serving = limited(dir.path(), "-Sn 300", "serve").stderr(Stdio::null()).spawn().unwrap();
    let limits = format!("/proc/{}/limits", serving.id());
    let raised = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let limits = std::fs::read_to_string(&limits).unwrap_or_default();
        let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
        files.and_then(|files| files.split_whitespace().next()?.parse().ok()).is_some_and(|soft: u64| soft > 4096)
    });
    let _ = serving.kill();
    let _ = serving.wait();
    assert!(raised, "the limit stays where the shell set it");
}
