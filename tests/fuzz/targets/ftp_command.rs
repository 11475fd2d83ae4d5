//! A line of a control connection is a command or a refusal, whatever its bytes; and a verb that writes stays one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak_ftp::command::{Command, parse};

fuzz_target!(|line: &[u8]| {
    let verb: Vec<u8> = line.iter().take_while(|byte| **byte != b' ').map(u8::to_ascii_uppercase).collect();
    match parse(line) {
        Err(bad) => assert!(bad.reply().is_refusal()),
        Ok(command) => {
            let writes = [&b"STOR"[..], b"STOU", b"APPE", b"RNFR", b"RNTO", b"DELE", b"RMD", b"MKD", b"XRMD", b"XMKD"];
            assert!(!writes.contains(&&verb[..]) || command == Command::Write);
        }
    }
});
