//! Refusing a connection before anything was said.

use std::io::Write;
use std::net::Shutdown;

use tokio::net::TcpStream;

use crate::reply::{Reply, one_line};

/// Refuses a connection before it is greeted: one line and the end. It does not wait.
pub(crate) fn turn_away(stream: TcpStream, sentence: &str) {
    let Ok(mut stream) = stream.into_std() else { return };
    let mut reply = Vec::new();
    Reply::sentence(421, &one_line(sentence), false).write(&mut reply);
    // The send buffer of a new connection is empty, so one line fits; if not, so be it.
    let _ = stream.write(&reply);
    let _ = stream.shutdown(Shutdown::Write);
}
