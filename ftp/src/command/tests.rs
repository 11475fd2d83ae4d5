//! What is a command, what is none, and that a writing verb stays one.

use proptest::prelude::*;

use super::*;

fn text(line: &str) -> Result<Command, Bad> {
    parse(line.as_bytes())
}

#[test]
fn commands_are_read_in_any_case_and_paths_as_they_stand() {
    let path = || "İl ğ/ 1.png".to_owned();
    let cases = [
        ("user party", Command::User("party".into())),
        ("PASS  a b ", Command::Pass(Password(" a b ".into()))),
        ("PASS", Command::Pass(Password(String::new()))),
        ("rEtR İl ğ/ 1.png", Command::Retrieve(path())),
        ("XCWD İl ğ/ 1.png", Command::Enter(path())),
        ("XCUP", Command::Up),
        ("EPSV", Command::Extended(Extended::Any)),
        ("EPSV 2", Command::Extended(Extended::Six)),
        ("epsv all", Command::Extended(Extended::All)),
        ("EPSV 7", Command::Extended(Extended::Unknown)),
        ("EPRT |1|127.0.0.1|51400|", Command::Active),
        ("TYPE a n", Command::Type('A')),
        ("TYPE L 8", Command::Type('I')),
        ("MODE z", Command::Mode('Z')),
        ("REST 18446744073709551615", Command::Restart(u64::MAX)),
        ("STOU", Command::Write),
        ("SITE chmod 777 x", Command::Write),
        ("LIST -la", Command::List(Format::Long, None)),
        ("LIST -a -l 34", Command::List(Format::Long, Some("34".into()))),
        ("NLST *.png", Command::List(Format::Names, Some("*.png".into()))),
        ("MLSD -x", Command::List(Format::Facts, Some("-x".into()))),
        ("OPTS Utf8 On", Command::OptUtf8(true)),
        ("OPTS UTF-8 OFF", Command::OptUtf8(false)),
        ("OPTS MLST type;size;", Command::OptFacts("type;size;".into())),
        ("OPTS MLST", Command::OptFacts(String::new())),
        ("AUTH tls", Command::Auth(true)),
        ("AUTH GSSAPI", Command::Auth(false)),
        ("PBSZ 0", Command::BufferSize),
        ("PROT p", Command::Protect(Protection::Private)),
        ("XCRC \"a b\"", Command::Sum(Algorithm::Crc32, "a b".into())),
        ("XSHA256 a b", Command::Sum(Algorithm::Sha256, "a b".into())),
    ];
    for (line, command) in cases {
        assert_eq!(text(line), Ok(command), "{line}");
    }
}

#[test]
fn what_is_no_command_says_why() {
    let cases = [
        ("", Bad::Empty),
        (" USER x", Bad::Empty),
        ("FOO", Bad::Unknown),
        ("GET / HTTP/1.1", Bad::Unknown),
        ("VERYLONGVERB x", Bad::Unknown),
        ("RETR", Bad::Parameter),
        ("RETR ", Bad::Parameter),
        ("REST -1", Bad::Parameter),
        ("REST +1", Bad::Parameter),
        ("REST 18446744073709551616", Bad::Parameter),
        ("TYPE E", Bad::NotThatParameter),
        ("TYPE Q", Bad::Parameter),
        ("TYPE A T", Bad::NotThatParameter),
        ("AUTH", Bad::Parameter),
        ("PROT X", Bad::NotThatParameter),
        ("OPTS X", Bad::NotThatParameter),
        ("SITE MD5 x", Bad::NotThatParameter),
        ("REIN", Bad::NotOffered),
        ("XCRC \"a\" 0 10", Bad::NotThatParameter),
    ];
    for (line, bad) in cases {
        assert_eq!(text(line), Err(bad), "{line}");
        assert!(bad.reply().is_refusal());
    }
    assert_eq!(parse(b"RETR \xff\xfe"), Err(Bad::NotText));
    assert_eq!(parse(&[b'A'; LONGEST + 1]), Err(Bad::TooLong));
}

#[test]
fn a_password_is_never_printed() {
    assert!(!format!("{:?}", text("PASS hunter2").unwrap()).contains("hunter2"));
}

proptest! {
    #[test]
    fn any_bytes_are_a_command_or_a_refusal(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Err(bad) = parse(&line) {
            prop_assert!(bad.reply().is_refusal());
        }
    }

    #[test]
    fn whatever_stands_behind_a_writing_verb_it_stays_a_writing_command(rest in "\\PC{0,40}") {
        for verb in ["STOR", "STOU", "APPE", "RNFR", "RNTO", "DELE", "RMD", "XRMD", "MKD", "XMKD", "MFMT", "MFCT", "MFF"] {
            prop_assert_eq!(text(&format!("{verb} {rest}")), Ok(Command::Write));
        }
    }
}
