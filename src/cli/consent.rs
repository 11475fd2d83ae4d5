//! The rule of two at the machine itself (`access::consent`): a command that lets anybody in is signed by two operators, each
//! with password and code, as moving a gate is.
//!
//! An installation that has no two operators with a second factor yet is set up by whoever has the machine, on record as such.

use crate::access::consent::{self, Effect};
use crate::access::door::Door;
use crate::clock::Clock;
use crate::domain::Channel;
use crate::ledger::Ledger;

use super::gate::signatures;
use super::on_record;

/// What a command does to who gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// It lets somebody in: two operators sign.
    Two,
    /// It lets somebody in or shuts somebody out, which depends on what was before: two sign for the first.
    AsItTurnsOut,
    /// Operators sign, as many as it takes: gates, media.
    Signatures,
    /// It shuts somebody out: whoever has the machine.
    Closes,
    /// Whose own it is, with their password.
    Own,
    /// It changes nobody's rights.
    Nobody,
}

/// Every command. One that is not here fails a test: whoever adds it says what it does to who gets in.
pub const COMMANDS: [(&str, Asks); 106] = {
    use Asks::{AsItTurnsOut, Closes, Nobody, Own, Signatures, Two};
    [
        ("demo", Nobody),
        ("init", Nobody),
        ("serve", Nobody),
        ("check-config", Nobody),
        ("status", Nobody),
        ("documents", Nobody),
        ("node share", Nobody),
        ("clock show", Nobody),
        ("clock resume", Nobody),
        ("election import", Nobody),
        ("election show", Nobody),
        ("election add-boxes", Nobody),
        ("party add", Two),
        ("party new-secret", Two),
        ("party ftp", AsItTurnsOut),
        ("party list", Nobody),
        ("party show", Nobody),
        ("party passivate", Closes),
        ("party activate", Two),
        ("party set-addresses", AsItTurnsOut),
        ("board add", Two),
        ("board bind", Two),
        ("board unbind", AsItTurnsOut),
        ("board certificates", Nobody),
        ("board quota", Nobody),
        ("board new-secret", Two),
        ("board list", Nobody),
        ("board show", Nobody),
        ("board passivate", Closes),
        ("board activate", Two),
        ("board set-addresses", AsItTurnsOut),
        ("feed add", Two),
        ("feed bind", Two),
        ("feed unbind", AsItTurnsOut),
        ("feed certificates", Nobody),
        ("feed new-secret", Two),
        ("feed list", Nobody),
        ("feed show", Nobody),
        ("feed passivate", Closes),
        ("feed activate", Two),
        ("feed set-addresses", AsItTurnsOut),
        ("figures import", Nobody),
        ("candidate add-presidential", Two),
        ("candidate add-independent", Two),
        ("candidate new-secret", Two),
        ("candidate list", Nobody),
        ("candidate show", Nobody),
        ("candidate passivate", Closes),
        ("candidate activate", Two),
        ("candidate set-addresses", AsItTurnsOut),
        ("user import", Two),
        ("user form", Nobody),
        ("user add", Two),
        ("user list", Nobody),
        ("user show", Nobody),
        ("user passivate", Closes),
        ("user activate", Two),
        ("user set-role", AsItTurnsOut),
        ("user passivate-all", Closes),
        ("user new-slip", Two),
        ("user remove-totp", Two),
        ("operator add", Two),
        ("operator new-slip", Two),
        ("operator change-password", Own),
        ("operator set-totp", Own),
        ("operator remove-totp", Two),
        ("operator list", Nobody),
        ("operator show", Nobody),
        ("operator passivate", Closes),
        ("operator activate", Two),
        ("operator set-addresses", AsItTurnsOut),
        ("auditor add", Two),
        ("auditor new-slip", Two),
        ("auditor change-password", Own),
        ("auditor set-totp", Own),
        ("auditor remove-totp", Two),
        ("auditor list", Nobody),
        ("auditor show", Nobody),
        ("auditor passivate", Closes),
        ("auditor activate", Two),
        ("auditor set-addresses", AsItTurnsOut),
        ("gate show", Nobody),
        ("gate open-parties", Signatures),
        ("gate lift-ban", Signatures),
        ("gate end-embargo", Signatures),
        ("gate close", Signatures),
        ("audit search", Nobody),
        ("audit verify", Nobody),
        ("audit checkpoint", Nobody),
        ("export request", Signatures),
        ("export approve", Signatures),
        ("export list", Nobody),
        ("export receipt", Nobody),
        ("key show", Nobody),
        ("key new", Nobody),
        ("key lost-sealing", Closes),
        ("scrub", Nobody),
        ("rebuild", Nobody),
        ("read", Nobody),
        ("upload", Nobody),
        ("mirror", Nobody),
        ("verify", Nobody),
        ("ftp-check", Nobody),
        ("sample forms", Nobody),
        ("sample scans", Nobody),
        ("sample figures", Nobody),
    ]
};

/// Asks for what a command of this effect needs. Nothing may be done before.
///
/// # Errors
/// Two operators did not sign; or it could not be found out.
pub(super) async fn given(ledger: &Ledger, effect: Effect) -> anyhow::Result<()> {
    if effect != Effect::Opens {
        return Ok(());
    }
    if !consent::in_force(ledger).await? {
        on_record::as_set_up();
        return Ok(());
    }
    let signatures = signatures(consent::OPERATORS)?;
    let door = Door::new(ledger.clone(), Clock::system());
    // Whoever signs is on record, whether or not it is enough.
    for signature in &signatures {
        on_record::by(&door.tried(Channel::Operator, &signature.user).await.account);
    }
    consent::signed(&door, &signatures, consent::OPERATORS).await?;
    Ok(())
}
