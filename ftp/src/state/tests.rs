//! Every command in every state, and commands in any order.

use std::net::{Ipv4Addr, SocketAddrV4};

use proptest::prelude::*;

use super::*;
use crate::command::{Extended, Format, Password, Protection, parse};
use crate::entry::{Entry, EntryKind};
use crate::shelf::{Cut, LoginError, Terms};

const OPEN: Policy = Policy { tls: true, tls_required: false, ipv6: false };
const STRICT: Policy = Policy { tls_required: true, ..OPEN };

fn line(session: &mut Session, line: &str) -> Effect {
    match parse(line.as_bytes()) {
        Ok(command) => session.command(command),
        Err(bad) => session.bad(bad),
    }
}

fn code(effect: &Effect) -> u16 {
    match effect {
        Effect::Say(reply) | Effect::Refuse(_, reply) | Effect::Bye(reply) | Effect::Handshake(reply) => reply.code(),
        other => panic!("no reply: {other:?}"),
    }
}

fn reader(policy: Policy, encrypted: bool, terms: &Terms) -> Session {
    let mut session = Session::new(policy, encrypted);
    session.who = Who::Nobody;
    session.logged_in(terms);
    session
}

/// Every command, each at least once.
fn every_command() -> Vec<Command> {
    let path = || "a".to_owned();
    vec![
        Command::User(path()),
        Command::Pass(Password(path())),
        Command::Account,
        Command::Enter(path()),
        Command::Up,
        Command::Quit,
        Command::Passive,
        Command::Extended(Extended::Any),
        Command::Extended(Extended::All),
        Command::Extended(Extended::Unknown),
        Command::Active,
        Command::Type('A'),
        Command::Structure('R'),
        Command::Mode('Z'),
        Command::Retrieve(path()),
        Command::Restart(7),
        Command::Abort,
        Command::Write,
        Command::Allocate,
        Command::Where,
        Command::List(Format::Long, None),
        Command::List(Format::Names, Some("*".to_owned())),
        Command::List(Format::Facts, Some(path())),
        Command::Facts(None),
        Command::Status(None),
        Command::Status(Some(path())),
        Command::Help,
        Command::SiteHelp,
        Command::System,
        Command::Nothing,
        Command::Size(path()),
        Command::Modified(path()),
        Command::Features,
        Command::OptUtf8(true),
        Command::OptFacts(path()),
        Command::OptHash(None),
        Command::Hash(path()),
        Command::Sum(Algorithm::Crc32, path()),
        Command::Client,
        Command::Auth(true),
        Command::BufferSize,
        Command::Protect(Protection::Clear),
        Command::Protect(Protection::Private),
        Command::ClearCommands,
    ]
}

/// Every state that differs in what may be done.
fn every_state() -> Vec<Session> {
    let mut states = Vec::new();
    for bits in 0..512_u32 {
        let on = |bit: u32| bits & 1 << bit != 0;
        let policy = Policy { tls: on(0), tls_required: on(0) && on(1), ipv6: on(2) };
        let mut session = Session::new(policy, policy.tls && on(3));
        session.who = match bits >> 4 & 3 {
            0 => Who::Nobody,
            1 => Who::Named("a".to_owned()),
            _ => Who::Reader,
        };
        session.require_tls = policy.tls_required || on(6);
        session.listening = on(7) && session.who == Who::Reader;
        session.private = session.encrypted && on(8);
        session.buffer_size_said = session.private;
        session.restart = on(5).then_some(9);
        states.push(session.clone());
        if session.who == Who::Reader {
            states.push(Session { transferring: true, ..session.clone() });
            states.push(Session { extended_only: true, ..session });
        }
    }
    states
}

#[test]
fn in_every_state_every_command_does_only_what_that_state_allows() {
    for state in every_state() {
        for command in every_command() {
            let mut session = state.clone();
            let shown = format!("{command:?} in {state:?}");
            let effect = session.command(command.clone());
            let is_reader = state.who == Who::Reader;
            match &effect {
                Effect::Look { .. } | Effect::Sum { .. } => assert!(is_reader && !state.transferring, "{shown}"),
                Effect::Listen { extended } => {
                    assert!(is_reader && !state.transferring && (state.private || !state.require_tls), "{shown}");
                    assert!(*extended || (!state.policy.ipv6 && !state.extended_only), "{shown}");
                }
                Effect::Send(transfer) => {
                    assert!(is_reader && state.listening && !state.transferring, "{shown}");
                    assert!(state.private || !state.require_tls, "in the clear: {shown}");
                    if let Transfer::File { offset, .. } = transfer {
                        assert_eq!(*offset, state.restart.unwrap_or(0), "{shown}");
                    }
                }
                Effect::LogIn { .. } => {
                    assert_eq!(state.who, Who::Named("a".to_owned()), "{shown}");
                }
                Effect::MayBePlain(_) => assert!(!state.encrypted && !state.policy.tls_required, "{shown}"),
                Effect::Handshake(_) => assert!(!state.encrypted && state.policy.tls && !is_reader, "{shown}"),
                Effect::Abort | Effect::Later | Effect::QuitLater => assert!(state.transferring, "{shown}"),
                Effect::Bye(_) => assert_eq!(command, Command::Quit, "{shown}"),
                Effect::Refuse(Attempt::Bounce, _) => assert_eq!(command, Command::Active, "{shown}"),
                Effect::Refuse(Attempt::Path, _) => assert!(is_reader && !state.transferring, "{shown}"),
                Effect::Refuse(_, _) => assert!(state.require_tls && !state.transferring, "{shown}"),
                Effect::Say(reply) => {
                    if command == Command::Write && is_reader && !state.transferring {
                        assert_eq!(reply.code(), 550, "{shown}");
                    }
                }
            }
            if !state.transferring {
                let left = match command {
                    Command::Restart(offset) if is_reader => Some(offset),
                    Command::Passive | Command::Extended(_) => state.restart,
                    _ => None,
                };
                assert_eq!(session.restart, left, "an offset outlives its command: {shown}");
            }
            assert!(session.who != Who::Reader || is_reader, "nobody logs in by a command: {shown}");
            assert!(!session.listening || state.listening, "a port opens by itself: {shown}");
        }
    }
}

#[test]
fn an_offset_belongs_to_the_next_command_alone() {
    for between in ["NOOP", "RETR missing", "LIST", "FOO", "OPTS X", "TYPE I"] {
        let mut session = reader(OPEN, false, &Terms::default());
        line(&mut session, "REST 50000");
        session.listening = true;
        line(&mut session, between);
        session.listening = true;
        let Effect::Send(Transfer::File { offset, .. }) = line(&mut session, "RETR a") else { panic!("{between}") };
        assert_eq!(offset, 0, "{between}");
    }
    let mut session = reader(OPEN, false, &Terms::default());
    line(&mut session, "REST 50000");
    assert_eq!(line(&mut session, "EPSV"), Effect::Listen { extended: true });
    session.listening = true;
    assert_eq!(line(&mut session, "RETR a"), Effect::Send(Transfer::File { path: "/a".into(), offset: 50_000 }));
}

#[test]
fn where_tls_is_required_neither_password_nor_data_go_in_the_clear() {
    let mut session = Session::new(STRICT, false);
    assert_eq!(code(&line(&mut session, "USER party")), 534);
    assert_eq!(code(&line(&mut session, "PASS right")), 503);
    let wants_it = Terms { require_tls: true, ..Terms::default() };
    for mut session in [reader(STRICT, true, &Terms::default()), reader(OPEN, true, &wants_it)] {
        for command in ["PASV", "EPSV", "EPSV 1", "LIST", "RETR a", "MLSD", "NLST"] {
            assert_eq!(code(&line(&mut session, command)), 521, "{command}");
        }
        assert_eq!(code(&line(&mut session, "PROT P")), 503);
        assert_eq!(code(&line(&mut session, "PBSZ 0")), 200);
        assert_eq!(code(&line(&mut session, "PROT P")), 200);
        assert_eq!(line(&mut session, "EPSV"), Effect::Listen { extended: true });
        assert_eq!(code(&line(&mut session, "PROT C")), 534);
        assert_eq!(code(&line(&mut session, "CCC")), 534);
        assert_eq!(line(&mut session, "PASV"), Effect::Listen { extended: false });
    }
}

#[test]
fn encrypting_forgets_who_was_there() {
    let mut logged_in = reader(OPEN, false, &Terms::default());
    assert_eq!(code(&line(&mut logged_in, "AUTH TLS")), 503);
    let mut session = Session::new(OPEN, false);
    session.named("party".into(), Ok(()));
    assert_eq!(code(&line(&mut session, "AUTH TLS")), 234);
    session.encrypted();
    assert_eq!(code(&line(&mut session, "PASS x")), 503);
    assert_eq!(code(&line(&mut session, "PWD")), 530);
    assert_eq!(code(&line(&mut session, "AUTH TLS")), 503);
    let mut without = Session::new(Policy { tls: false, ..OPEN }, false);
    assert_eq!(code(&line(&mut without, "AUTH TLS")), 431);
    assert_eq!(code(&line(&mut without, "AUTH KERBEROS")), 504);
}

#[test]
fn logging_in_takes_a_name_and_a_password_in_that_order() {
    let mut session = Session::new(OPEN, false);
    assert_eq!(code(&line(&mut session, "PASS x")), 503);
    assert_eq!(line(&mut session, "USER party"), Effect::MayBePlain("party".into()));
    assert_eq!(session.named("party".into(), Err("Önce şifrele".into())).code(), 534);
    assert_eq!(code(&line(&mut session, "PASS x")), 503);
    line(&mut session, "USER party");
    assert_eq!(session.named("party".into(), Ok(())).code(), 331);
    let login = Effect::LogIn { user: "party".into(), password: "x".into() };
    assert_eq!(line(&mut session, "PASS x"), login);
    assert_eq!(code(&line(&mut session, "PASS x")), 503, "a name is good for one password");
    assert_eq!(session.not_logged_in(&LoginError::Refused("Henüz".into())).code(), 530);
    let banner = Terms { banner: vec!["Bu bağlantı şifresiz\r\n230 x".into()], ..Terms::default() };
    let mut bytes = Vec::new();
    session.logged_in(&banner).write(&mut bytes);
    let said = String::from_utf8(bytes).unwrap();
    assert_eq!(said, "230-Logged in\r\n Bu baglanti sifresiz  230 x\r\n230 Read-only\r\n");
    assert_eq!(code(&line(&mut session, "USER other")), 503);
}

#[test]
fn ports_are_named_as_the_rfcs_say() {
    let mut session = reader(OPEN, false, &Terms::default());
    let port = Port::Plain(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 7), 50_001));
    let mut bytes = Vec::new();
    session.listens(Some(port)).write(&mut bytes);
    session.listens(Some(Port::Extended(50_001))).write(&mut bytes);
    let said = String::from_utf8(bytes).unwrap();
    assert_eq!(said, "227 Connect to (192,0,2,7,195,81)\r\n229 Connect to (|||50001|)\r\n");
    assert_eq!(session.listens(None).code(), 425);
    assert_eq!(code(&line(&mut session, "RETR a")), 425);
    let mut six = reader(Policy { ipv6: true, ..OPEN }, false, &Terms::default());
    assert_eq!(code(&line(&mut six, "PASV")), 425);
    assert_eq!(code(&line(&mut six, "EPSV 1")), 522);
    assert_eq!(line(&mut six, "EPSV 2"), Effect::Listen { extended: true });
}

#[test]
fn while_something_is_sent_only_stopping_and_status_are_heard() {
    let mut session = reader(OPEN, false, &Terms::default());
    assert_eq!(session.begins().code(), 150);
    assert_eq!(line(&mut session, "ABOR"), Effect::Abort);
    assert_eq!(line(&mut session, "QUIT"), Effect::QuitLater);
    assert_eq!(code(&line(&mut session, "STAT")), 211);
    for command in ["NOOP", "PWD", "RETR b", "STAT a", "FOO", "AUTH TLS"] {
        assert_eq!(line(&mut session, command), Effect::Later, "{command}");
    }
    assert_eq!(session.ended(Err(Cut::Source)).code(), 451);
    session.begins();
    assert_eq!(session.ended(Ok(())).code(), 226);
    assert_eq!(code(&line(&mut session, "ABOR")), 226);
}

#[test]
fn answers_are_those_of_the_rfcs() {
    let mut session = reader(OPEN, false, &Terms::default());
    let modified = Some(std::time::SystemTime::UNIX_EPOCH);
    let directory = Entry { name: "il".into(), kind: EntryKind::Directory, modified, sha256: None };
    let said = |reply: Reply| {
        let mut bytes = Vec::new();
        reply.write(&mut bytes);
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(session.looked_up("/i\"l", Question::Enter, Ok(&directory)).code(), 250);
    assert_eq!(said(session.working_directory()), "257 \"/i\"\"l\" is the working directory\r\n");
    assert_eq!(session.looked_up("/il", Question::Size, Ok(&directory)).code(), 550);
    let facts = said(session.looked_up("/il", Question::Facts, Ok(&directory)));
    assert_eq!(facts, "250-Facts\r\n type=dir;modify=19700101000000;perm=el; /il\r\n250 End\r\n");
    assert_eq!(said(session.looked_up("/il", Question::Modified, Ok(&directory))), "213 19700101000000\r\n");
    let timeless = Entry { modified: None, ..directory };
    assert_eq!(session.looked_up("/il", Question::Modified, Ok(&timeless)).code(), 550);
    let facts = said(session.looked_up("/il", Question::Facts, Ok(&timeless)));
    assert_eq!(facts, "250-Facts\r\n type=dir;perm=el; /il\r\n250 End\r\n");
    let sums = crate::shelf::Sums { size: 3, sha256: Some([0; 32]), crc32: Some(0xa_bcde) };
    let zero = "0".repeat(64);
    let hash = said(session.summed(Algorithm::Sha256, Some("a b"), Ok(&sums)));
    assert_eq!(hash, format!("213 SHA-256 0-3 {zero} a b\r\n"));
    assert_eq!(said(session.summed(Algorithm::Crc32, None, Ok(&sums))), "250 000ABCDE\r\n");
    assert!(said(session.features()).contains("\r\n MLST type*;size*;modify*;perm*;x.sha256*;\r\n"));
}

/// What a client may do, and what may come of it.
#[derive(Clone, Debug)]
enum Step {
    Says(String),
    Outcome(bool),
}

fn a_step() -> impl Strategy<Value = Step> {
    let words = prop_oneof![
        Just("USER a"),
        Just("PASS right"),
        Just("PASS wrong"),
        Just("AUTH TLS"),
        Just("PBSZ 0"),
        Just("PROT P"),
        Just("PROT C"),
        Just("EPSV"),
        Just("PASV"),
        Just("EPSV ALL"),
        Just("REST 5"),
        Just("RETR a"),
        Just("RETR b"),
        Just("LIST"),
        Just("MLSD x"),
        Just("NLST *"),
        Just("ABOR"),
        Just("STAT"),
        Just("NOOP"),
        Just("CWD x"),
        Just("STOR a"),
        Just("DELE a"),
        Just("SIZE a"),
        Just("FOO"),
        Just("CCC"),
        Just("TYPE A"),
        Just("HASH a"),
    ];
    prop_oneof![6 => words.prop_map(|word| Step::Says(word.to_owned())), 1 => "\\PC{0,12}".prop_map(Step::Says),
                2 => any::<bool>().prop_map(Step::Outcome)]
}

proptest! {
    /// Whatever is said, in whatever order: nothing before a login, nothing in the clear where TLS is required, and each
    /// file from the byte that the command right before it named.
    #[test]
    fn no_sequence_of_commands_gets_more_than_its_due(steps in proptest::collection::vec(a_step(), 1..80), strict in any::<bool>()) {
        let mut session = Session::new(if strict { STRICT } else { OPEN }, false);
        let (mut logged_in, mut encrypted, mut before) = (false, false, String::new());
        for step in steps {
            let said = match step {
                Step::Outcome(well) => {
                    if session.transferring {
                        session.ended(if well { Ok(()) } else { Err(Cut::Lost) });
                    }
                    continue;
                }
                Step::Says(said) => said,
            };
            let later = session.transferring;
            match line(&mut session, &said) {
                Effect::Handshake(_) => {
                    session.encrypted();
                    (encrypted, logged_in) = (true, false);
                }
                Effect::MayBePlain(user) => {
                    prop_assert!(!strict);
                    session.named(user, Ok(()));
                }
                Effect::LogIn { password, .. } => {
                    prop_assert!(encrypted || !strict);
                    if password == "right" {
                        session.logged_in(&Terms { require_tls: strict, ..Terms::default() });
                        logged_in = true;
                    } else {
                        session.not_logged_in(&LoginError::Refused("no".into()));
                    }
                }
                Effect::Listen { .. } => {
                    prop_assert!(logged_in && (!strict || session.is_private()));
                    session.listens(Some(Port::Extended(1)));
                }
                Effect::Send(transfer) => {
                    prop_assert!(logged_in && (!strict || session.is_private()));
                    if let Transfer::File { offset, .. } = transfer {
                        prop_assert_eq!(offset, if before == "REST 5" { 5 } else { 0 });
                    }
                    session.begins();
                }
                Effect::Look { .. } | Effect::Sum { .. } => prop_assert!(logged_in),
                Effect::Later | Effect::Abort | Effect::QuitLater => {}
                Effect::Say(_) | Effect::Refuse(..) | Effect::Bye(_) => {}
            }
            if !later && said != "EPSV" && said != "PASV" && said != "EPSV ALL" {
                before = said;
            }
        }
    }
}
