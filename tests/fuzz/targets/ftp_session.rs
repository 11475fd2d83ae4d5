//! Lines in any order: nothing is looked up or sent before a login, nothing in the clear where TLS is required, and no
//! file begins at another byte than the line before it named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak_ftp::command::{Command, parse};
use tutanak_ftp::state::{Effect, Policy, Port, Session, Transfer};
use tutanak_ftp::{Cut, LoginError, Terms};

fuzz_target!(|input: &[u8]| {
    let Some((first, lines)) = input.split_first() else { return };
    let strict = first & 1 != 0;
    let mut session = Session::new(Policy { tls: true, tls_required: strict, ipv6: first & 2 != 0 }, false);
    let (mut logged_in, mut sending, mut offset) = (false, false, None);
    for line in lines.split(|byte| *byte == b'\n') {
        if sending && line.first() == Some(&b'.') {
            session.ended(if line.len() > 1 { Ok(()) } else { Err(Cut::Lost) });
            sending = false;
            continue;
        }
        let command = parse(line);
        let opens = matches!(command, Ok(Command::Passive | Command::Extended(_)));
        let named = match &command {
            Ok(Command::Restart(named)) => Some(*named),
            _ => None,
        };
        let effect = match command {
            Ok(command) => session.command(command),
            Err(bad) => session.bad(bad),
        };
        let private = session.is_private();
        match effect {
            Effect::Handshake(_) => session.encrypted(),
            Effect::MayBePlain(user) => {
                assert!(!strict);
                session.named(user, Ok(()));
            }
            Effect::LogIn { password, .. } => {
                assert!(!strict || session.is_encrypted());
                if password.len() % 2 == 0 {
                    session.logged_in(&Terms { require_tls: strict, ..Terms::default() });
                    logged_in = true;
                } else {
                    session.not_logged_in(&LoginError::Refused(password));
                }
            }
            Effect::Listen { .. } => {
                assert!(logged_in && (!strict || private));
                session.listens(Some(Port::Extended(1)));
            }
            Effect::Send(transfer) => {
                assert!(logged_in && (!strict || private));
                if let Transfer::File { path, offset: from } = transfer {
                    assert!(path.starts_with('/') && !path.split('/').any(|part| part == ".."));
                    assert_eq!(from, offset.unwrap_or(0));
                }
                session.begins();
                sending = true;
                offset = None;
            }
            Effect::Look { path, .. } | Effect::Sum { path, .. } => {
                assert!(logged_in && path.starts_with('/') && !path.split('/').any(|part| part == ".."));
            }
            Effect::Abort | Effect::Later | Effect::QuitLater => assert!(sending),
            Effect::Say(_) | Effect::Refuse(..) | Effect::Bye(_) => {}
        }
        if !sending && !opens {
            offset = named.filter(|_| logged_in);
        }
    }
});
