//! What holds for every command: a reader that leaves ends it quietly, `--config` stands anywhere, a terminal gets plain
//! lines, and nothing that others wrote moves its cursor.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tutanak::cli::init;
use tutanak::terminal::READER_LEFT;

use crate::house::write_election;

fn tutanak(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command.current_dir(dir).args(arguments).env_remove("TUTANAK_CONFIG").env("TUTANAK_LOG", "error");
    command
}

/// A directory of a service with an election, which does not run.
fn service() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    init::run(dir.path(), "localhost").unwrap();
    write_election(&dir.path().join("election"));
    let imported = tutanak(dir.path(), &["election", "import", "election"]).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");
    dir
}

/// Runs a command whose reader was gone before it began.
fn without_reader(mut command: Command) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stdout(writer).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn a_reader_that_leaves_ends_every_command_quietly() {
    let dir = service();
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/good");
    let png = std::fs::read_dir(good).unwrap().map(|file| file.unwrap().path()).next().unwrap();
    let png = png.to_str().unwrap();
    let left = i32::from(READER_LEFT);
    // What was asked for and done is told by the status, whoever reads along; what stops early says so.
    for (arguments, status) in [
        (vec!["read", png], 0),
        (vec!["read", "--json", png, png], left),
        (vec!["election", "show"], 0),
        (vec!["election", "import", "election"], 0),
        (vec!["audit", "search"], left),
        (vec!["audit", "search", "--csv"], left),
        (vec!["audit", "verify"], 0),
        (vec!["gate", "show"], 0),
        (vec!["gate", "show", "--json"], 0),
        (vec!["party", "list"], 0),
        (vec!["user", "form"], 0),
        (vec!["--help"], 0),
    ] {
        let ended = without_reader(tutanak(dir.path(), &arguments));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!said.contains("panicked") && !said.to_lowercase().contains("broken pipe"), "{arguments:?}: {said}");
        assert!(ended.status.code() == Some(status), "{arguments:?}: {:?} {said}", ended.status);
    }
    // What was begun was ended: it stands on record as done.
    let record = tutanak(dir.path(), &["audit", "search", "--object", "election import"]).output().unwrap();
    assert!(String::from_utf8_lossy(&record.stdout).contains("\"outcome\":\"ok\""), "{record:?}");
}

#[test]
fn the_configuration_is_named_before_a_command_and_behind_it() {
    let dir = service();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = dir.path().join(init::CONFIG);
    let config = config.to_str().unwrap();
    for arguments in [
        vec!["--config", config, "election", "show"],
        vec!["election", "--config", config, "show"],
        vec!["election", "show", "--config", config],
        vec!["party", "list", "--config", config],
        vec!["export", "list", "--config", config],
        vec!["--config", config, "gate", "show"],
        vec!["audit", "verify", "--config", config],
    ] {
        let ended = tutanak(elsewhere.path(), &arguments).output().unwrap();
        assert!(ended.status.success(), "{arguments:?}: {ended:?}");
    }
    let ended = tutanak(elsewhere.path(), &["election", "show"]).env("TUTANAK_CONFIG", config).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    // The nearer one to the command counts over the environment, and a wrong one is not passed over.
    let mut command = tutanak(elsewhere.path(), &["election", "show", "--config", "none.toml"]);
    assert!(!command.env("TUTANAK_CONFIG", config).output().unwrap().status.success());
}

/// Runs a command on a terminal of its own and gives all that it printed there.
fn on_a_terminal(dir: &Path, arguments: &str, log: &str) -> String {
    let program = env!("CARGO_BIN_EXE_tutanak");
    let ran = Command::new("script")
        .args(["-qec", &format!("timeout 60 {program} {arguments}"), "/dev/null"])
        .current_dir(dir)
        .env("TUTANAK_LOG", log)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

#[test]
fn a_terminal_gets_plain_lines_and_a_file_gets_json() {
    let dir = service();
    let folder = dir.path().join("tarama\u{1b}[2J");
    std::fs::create_dir(&folder).unwrap();
    let seen = on_a_terminal(dir.path(), "election show", "trace");
    assert!(seen.contains("TRACE") || seen.contains("DEBUG"), "nothing was logged: {seen}");
    assert!(!seen.contains('\u{1b}') && !seen.contains("{\"timestamp\""), "{seen:?}");
    let file = tutanak(dir.path(), &["election", "show"]).env("TUTANAK_LOG", "trace").output().unwrap();
    let log = String::from_utf8(file.stderr).unwrap();
    assert!(log.lines().count() > 0 && log.lines().all(|line| line.starts_with("{\"timestamp\"")), "{log}");
}

#[test]
fn a_demo_shows_its_addresses_last() {
    let dir = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_tutanak");
    // It runs until there is a file `stop`, a minute or two at most.
    let run = format!(
        "{program} demo --dir demo --https 127.0.0.1:0 --ftp 127.0.0.1:0 & demo=$!; \
         for _ in $(seq 600); do [ -e stop ] && break; sleep 0.2; done; kill $demo; wait $demo"
    );
    let mut script = Command::new("script")
        .args(["-qec", &run, "/dev/null"])
        .current_dir(dir.path())
        .env_remove("TUTANAK_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    while !dir.path().join("demo/demo.json").exists() && began.elapsed().as_secs() < 110 {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    // Somebody looks at it.
    std::thread::sleep(std::time::Duration::from_secs(2));
    std::fs::write(dir.path().join("stop"), "").unwrap();
    let mut seen = String::new();
    std::io::Read::read_to_string(&mut script.stdout.take().unwrap(), &mut seen).unwrap();
    script.wait().unwrap();
    let seen = seen.replace('\r', "");
    let (_, told) = seen.split_once("tutanak demo: ").unwrap_or_else(|| panic!("no addresses: {seen}"));
    assert!(told.trim_end().ends_with("Ctrl-C stops it."), "something follows the addresses: {told}");
}

#[test]
fn what_others_wrote_moves_no_cursor() {
    let dir = tempfile::tempdir().unwrap();
    let name = "kopya\u{1b}[2J\u{202e}\r\nDOĞRU: her şey imzalandığı gibi.";
    std::fs::create_dir(dir.path().join(name)).unwrap();
    for arguments in [vec!["verify", name], vec!["read", name], vec!["verify", "--json", name]] {
        let ended = tutanak(dir.path(), &arguments).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(!ended.status.success() && !said.is_empty(), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}', '\r']), "{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("DOĞRU")), "{said}");
    }
}

#[test]
fn init_writes_over_no_key_that_lies_there_though_the_configuration_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    init::run(dir.path(), "localhost").unwrap();
    let kept =
        ["keys/signing.pem", "keys/signing.pub.pem", "keys/sealing.key", "tls/ca.key", "tls/server.key", "ca.pem"];
    let content = || kept.map(|file| std::fs::read(dir.path().join(file)).ok());
    let before = content();
    std::fs::remove_file(dir.path().join(init::CONFIG)).unwrap();
    let again = tutanak(dir.path(), &["init", "."]).output().unwrap();
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("is there already"), "{said}");
    assert_eq!(content(), before);
    for one in kept {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join(one).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(one), "ours").unwrap();
        assert!(!tutanak(dir.path(), &["init", "."]).output().unwrap().status.success(), "{one}");
        assert_eq!(std::fs::read_to_string(dir.path().join(one)).unwrap(), "ours");
        assert!(!dir.path().join(init::CONFIG).exists(), "{one}");
    }
}
