//! From the bytes of one line to a command. Each names the paragraph that defines it.
//!
//! Nothing here decides whether a command is allowed; a line that is no command becomes a [`Bad`] and does no harm.

use std::fmt;

use crate::reply::Reply;

/// The longest line that is read, in bytes, without its end.
pub const LONGEST: usize = 4096;

/// A password: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// How much of a data connection is protected (RFC 2228 §3, PROT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// `C`: clear.
    Clear,
    /// `P`: private, which is TLS.
    Private,
    /// `S` and `E`: levels that TLS does not have (RFC 4217 §9).
    Other,
}

/// What `EPSV` asks for (RFC 2428 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    /// Whatever the control connection speaks.
    Any,
    /// 1: IPv4.
    Four,
    /// 2: IPv6.
    Six,
    /// Another number.
    Unknown,
    /// `ALL`: from now on nothing but `EPSV`.
    All,
}

/// A digest that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// CRC-32 as ZIP has it.
    Crc32,
}

/// In which form entries of a directory are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `LIST`: as `ls -l` writes it.
    Long,
    /// `NLST`: names.
    Names,
    /// `MLSD`: facts.
    Facts,
}

/// One command of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `USER name`, RFC 959 §4.1.1.
    User(String),
    /// `PASS password`, RFC 959 §4.1.1.
    Pass(Password),
    /// `ACCT`, RFC 959 §4.1.1: nobody needs one.
    Account,
    /// `CWD`, `XCWD`, RFC 959 §4.1.1.
    Enter(String),
    /// `CDUP`, `XCUP`, RFC 959 §4.1.1.
    Up,
    /// `QUIT`, RFC 959 §4.1.1.
    Quit,
    /// `PASV`, RFC 959 §4.1.2.
    Passive,
    /// `EPSV`, RFC 2428 §3.
    Extended(Extended),
    /// `PORT` (RFC 959 §4.1.2), `EPRT` (RFC 2428 §2), `LPRT` and `LPSV` (RFC 1639): the server never calls a client.
    Active,
    /// `TYPE`, RFC 959 §4.1.2. Both are sent byte for byte: `A` is accepted because clients ask for it before listings.
    Type(char),
    /// `STRU`, RFC 959 §4.1.2.
    Structure(char),
    /// `MODE`, RFC 959 §4.1.2.
    Mode(char),
    /// `RETR`, RFC 959 §4.1.3.
    Retrieve(String),
    /// `REST`, RFC 3659 §5: an offset in bytes.
    Restart(u64),
    /// `ABOR`, RFC 959 §4.1.3.
    Abort,
    /// Everything that would change something: `STOR`, `STOU`, `APPE`, `RNFR`, `RNTO`, `DELE`, `RMD`, `MKD` (RFC 959
    /// §4.1.3), `SITE CHMOD` and the like, `MFMT`, `MFCT`, `MFF` (draft-somers-ftp-mfxx).
    Write,
    /// `ALLO`, RFC 959 §4.1.3: nothing has to be reserved.
    Allocate,
    /// `PWD`, `XPWD`, RFC 959 §4.1.3 and RFC 775.
    Where,
    /// `LIST`, `NLST` (RFC 959 §4.1.3) and `MLSD` (RFC 3659 §7), of a path or of the working directory.
    List(Format, Option<String>),
    /// `MLST`, RFC 3659 §7.
    Facts(Option<String>),
    /// `STAT`, RFC 959 §4.1.3.
    Status(Option<String>),
    /// `HELP`, RFC 959 §4.1.3.
    Help,
    /// `SITE HELP`, RFC 959 §4.1.3.
    SiteHelp,
    /// `SYST`, RFC 959 §4.1.3.
    System,
    /// `NOOP`, RFC 959 §4.1.3.
    Nothing,
    /// `SIZE`, RFC 3659 §4.
    Size(String),
    /// `MDTM`, RFC 3659 §3.
    Modified(String),
    /// `FEAT`, RFC 2389 §3.
    Features,
    /// `OPTS UTF8 …`, RFC 2389 §4 and draft-ietf-ftpext-utf-8-option: whether sentences may be UTF-8.
    OptUtf8(bool),
    /// `OPTS MLST …`, RFC 3659 §7.9.
    OptFacts(String),
    /// `OPTS HASH …`, draft-bryan-ftpext-hash §4.
    OptHash(Option<String>),
    /// `HASH`, draft-bryan-ftpext-hash §3.
    Hash(String),
    /// `XSHA256` and `XCRC`: never written down, widely used.
    Sum(Algorithm, String),
    /// `CLNT`: a client says its name.
    Client,
    /// `AUTH`, RFC 2228 §3 and RFC 4217 §4. `true` for TLS.
    Auth(bool),
    /// `PBSZ`, RFC 2228 §3 and RFC 4217 §8.
    BufferSize,
    /// `PROT`, RFC 2228 §3 and RFC 4217 §9.
    Protect(Protection),
    /// `CCC`, RFC 2228 §3 and RFC 4217 §12.3: never.
    ClearCommands,
}

/// A line that is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Nothing stands there.
    Empty,
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It is not UTF-8 (RFC 2640 §2.1).
    NotText,
    /// No command of that name is known.
    Unknown,
    /// The command is known, and not offered.
    NotOffered,
    /// Something that must stand behind the command does not.
    Parameter,
    /// The parameter is known, and not offered.
    NotThatParameter,
}

impl Bad {
    /// The reply: RFC 959 §4.2.1 and §4.2.2.
    pub fn reply(self) -> Reply {
        match self {
            Self::Empty | Self::Unknown => Reply::new(500, "No such command; HELP names them"),
            Self::TooLong => Reply::new(500, "The line is too long"),
            Self::NotText => Reply::new(501, "Names and sentences are UTF-8"),
            Self::NotOffered => Reply::new(502, "Not offered here"),
            Self::Parameter => Reply::new(501, "Something is missing or wrong behind the command"),
            Self::NotThatParameter => Reply::new(504, "Not offered with that parameter"),
        }
    }
}

/// Reads one line, without the line break at its end.
///
/// # Errors
/// [`Bad`] says why it is no command.
pub fn parse(line: &[u8]) -> Result<Command, Bad> {
    if line.len() > LONGEST {
        return Err(Bad::TooLong);
    }
    let line = std::str::from_utf8(line).map_err(|_| Bad::NotText)?;
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    if verb.is_empty() {
        return Err(Bad::Empty);
    }
    if verb.len() > 8 || !verb.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Bad::Unknown);
    }
    let mut upper = [0; 8];
    let upper = &mut upper[..verb.len()];
    upper.copy_from_slice(verb.as_bytes());
    upper.make_ascii_uppercase();
    let needed = || if rest.is_empty() { Err(Bad::Parameter) } else { Ok(rest.to_owned()) };
    let optional = || (!rest.is_empty()).then(|| rest.to_owned());
    Ok(match &*upper {
        b"USER" => Command::User(needed()?),
        b"PASS" => Command::Pass(Password(rest.to_owned())),
        b"ACCT" => Command::Account,
        b"CWD" | b"XCWD" => Command::Enter(needed()?),
        b"CDUP" | b"XCUP" => Command::Up,
        b"QUIT" => Command::Quit,
        b"PASV" => Command::Passive,
        b"EPSV" => Command::Extended(extended(rest)?),
        b"PORT" | b"EPRT" | b"LPRT" | b"LPSV" => Command::Active,
        b"TYPE" => Command::Type(kind(rest)?),
        b"STRU" => Command::Structure(letter(rest)?),
        b"MODE" => Command::Mode(letter(rest)?),
        b"RETR" => Command::Retrieve(needed()?),
        b"REST" => Command::Restart(offset(rest)?),
        b"ABOR" => Command::Abort,
        b"STOR" | b"STOU" | b"APPE" | b"RNFR" | b"RNTO" | b"DELE" | b"RMD" | b"XRMD" | b"MKD" | b"XMKD" | b"MFMT"
        | b"MFCT" | b"MFF" => Command::Write,
        b"ALLO" => Command::Allocate,
        b"PWD" | b"XPWD" => Command::Where,
        b"LIST" => Command::List(Format::Long, without_options(rest)),
        b"NLST" => Command::List(Format::Names, without_options(rest)),
        b"MLSD" => Command::List(Format::Facts, optional()),
        b"MLST" => Command::Facts(optional()),
        b"STAT" => Command::Status(without_options(rest)),
        b"HELP" => Command::Help,
        b"SITE" => site(rest)?,
        b"SYST" => Command::System,
        b"NOOP" => Command::Nothing,
        b"SIZE" => Command::Size(needed()?),
        b"MDTM" => Command::Modified(needed()?),
        b"FEAT" => Command::Features,
        b"OPTS" => options(rest)?,
        b"HASH" => Command::Hash(needed()?),
        b"XSHA256" => Command::Sum(Algorithm::Sha256, whole_file(rest)?),
        b"XCRC" => Command::Sum(Algorithm::Crc32, whole_file(rest)?),
        b"CLNT" => Command::Client,
        b"AUTH" => auth(rest)?,
        b"PBSZ" => buffer_size(rest)?,
        b"PROT" => Command::Protect(protection(rest)?),
        b"CCC" => Command::ClearCommands,
        b"REIN" | b"SMNT" | b"ADAT" | b"MIC" | b"CONF" | b"ENC" | b"LANG" | b"HOST" | b"XMD5" | b"MD5" | b"XSHA"
        | b"XSHA1" | b"XSHA512" | b"COMB" | b"AVBL" | b"DSIZ" | b"RANG" | b"CSID" | b"THMB" => {
            return Err(Bad::NotOffered);
        }
        _ => return Err(Bad::Unknown),
    })
}

/// The parameter of `EPSV`.
fn extended(rest: &str) -> Result<Extended, Bad> {
    match rest.trim() {
        "" => Ok(Extended::Any),
        "1" => Ok(Extended::Four),
        "2" => Ok(Extended::Six),
        all if all.eq_ignore_ascii_case("ALL") => Ok(Extended::All),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Extended::Unknown),
        _ => Err(Bad::Parameter),
    }
}

/// The one letter of `MODE` and `STRU`.
fn letter(rest: &str) -> Result<char, Bad> {
    let mut letters = rest.trim().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => Ok(letter.to_ascii_uppercase()),
        _ => Err(Bad::Parameter),
    }
}

/// `A`, `A N`, `I` or `L 8`. Other forms of text, and other bytes than those of eight bits, are not offered.
fn kind(rest: &str) -> Result<char, Bad> {
    let mut words = rest.split_ascii_whitespace().map(str::to_ascii_uppercase);
    match (words.next().as_deref(), words.next().as_deref(), words.next()) {
        (Some("A"), None | Some("N"), None) => Ok('A'),
        (Some("I"), None, None) | (Some("L"), Some("8"), None) => Ok('I'),
        (Some("A" | "E" | "L"), _, None) => Err(Bad::NotThatParameter),
        _ => Err(Bad::Parameter),
    }
}

fn offset(rest: &str) -> Result<u64, Bad> {
    let digits = rest.trim();
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if sound { digits.parse().map_err(|_| Bad::Parameter) } else { Err(Bad::Parameter) }
}

/// Clients write options of `ls` before the path, as in `LIST -la dir`. They change nothing here.
fn without_options(rest: &str) -> Option<String> {
    let mut path = rest;
    while path.starts_with('-') {
        path = path.split_once(' ').map_or("", |(_, path)| path.trim_start_matches(' '));
    }
    (!path.is_empty()).then(|| path.to_owned())
}

/// What `SITE` is used for elsewhere: changing things, mostly.
fn site(rest: &str) -> Result<Command, Bad> {
    let verb = rest.split(' ').next().unwrap_or_default().to_ascii_uppercase();
    match verb.as_str() {
        "" => Err(Bad::Parameter),
        "HELP" => Ok(Command::SiteHelp),
        "CHMOD" | "UTIME" | "UMASK" | "MKDIR" | "RMDIR" | "SYMLINK" | "CHGRP" | "COPY" | "CPFR" | "CPTO" => {
            Ok(Command::Write)
        }
        _ => Err(Bad::NotThatParameter),
    }
}

fn options(rest: &str) -> Result<Command, Bad> {
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    let value = value.trim();
    match name.to_ascii_uppercase().as_str() {
        "UTF8" | "UTF-8" => match value.to_ascii_uppercase().as_str() {
            "" | "ON" | "NLST" => Ok(Command::OptUtf8(true)),
            "OFF" => Ok(Command::OptUtf8(false)),
            _ => Err(Bad::Parameter),
        },
        "MLST" => Ok(Command::OptFacts(value.to_owned())),
        "HASH" => Ok(Command::OptHash((!value.is_empty()).then(|| value.to_owned()))),
        "" => Err(Bad::Parameter),
        _ => Err(Bad::NotThatParameter),
    }
}

/// RFC 4217 §17: `TLS` and `TLS-C` mean the same. `SSL` and `TLS-P` would change the meaning of `PROT` behind it.
fn auth(rest: &str) -> Result<Command, Bad> {
    let mechanism = rest.trim();
    if mechanism.is_empty() {
        return Err(Bad::Parameter);
    }
    let tls = ["TLS", "TLS-C"].iter().any(|name| mechanism.eq_ignore_ascii_case(name));
    Ok(Command::Auth(tls))
}

/// Any number is as good as 0, which is what is answered (RFC 4217 §8).
fn buffer_size(rest: &str) -> Result<Command, Bad> {
    let digits = rest.trim();
    let number = !digits.is_empty() && digits.len() <= 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if number { Ok(Command::BufferSize) } else { Err(Bad::Parameter) }
}

fn protection(rest: &str) -> Result<Protection, Bad> {
    match letter(rest)? {
        'C' => Ok(Protection::Clear),
        'P' => Ok(Protection::Private),
        'S' | 'E' => Ok(Protection::Other),
        _ => Err(Bad::NotThatParameter),
    }
}

/// `path`, or `"path"` with or without a range behind it. Digests are known of whole files, so a range is refused.
fn whole_file(rest: &str) -> Result<String, Bad> {
    let Some(quoted) = rest.strip_prefix('"') else {
        return if rest.is_empty() { Err(Bad::Parameter) } else { Ok(rest.to_owned()) };
    };
    match quoted.split_once('"') {
        Some((path, behind)) if !path.is_empty() && behind.trim().is_empty() => Ok(path.to_owned()),
        Some((path, _)) if !path.is_empty() => Err(Bad::NotThatParameter),
        _ => Err(Bad::Parameter),
    }
}

#[cfg(test)]
mod tests;
