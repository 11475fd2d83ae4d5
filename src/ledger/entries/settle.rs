//! Saying where boxes count whose results were entered while the registry did not say it: after a database was made again from
//! the log, the election is imported once more.
//!
//! It must never count a row twice: whether it is counted stands in the row, and both move under the head's lock.

use std::sync::Arc;

use super::rows::locked_head;
use crate::domain::BoxResult;
use crate::ledger::db::in_tx;
use crate::ledger::results::sums::Changes;
use crate::ledger::results::{Counting, move_sums};
use crate::ledger::{Ledger, LedgerError, corrupt};

const UNSETTLED: &str =
    "SELECT newest, void, line FROM result WHERE position = $1 AND sort_key IS NULL AND held IS NULL";
const SETTLE: &str = "UPDATE result SET place = $1, kind = $2, sort_key = $3 WHERE position = $4";
const UNSETTLE: &str = "UPDATE result SET place = NULL, kind = NULL, sort_key = NULL WHERE sort_key IS NOT NULL";
const FORGET: &str = "DELETE FROM result_sum";

impl Ledger {
    /// Says where the results at these positions count, and adds those that do to the sums. What is settled already stays as
    /// it is. Meant for about a thousand. Gives how many were settled.
    ///
    /// # Errors
    /// The database did not answer; nothing was settled.
    pub async fn results_settle(&self, settled: &[(u64, Arc<Counting>)]) -> Result<u64, LedgerError> {
        Ok(in_tx!(&*self.db, Patient, |tx, Engine| {
            // Whoever enters results moves the same sums.
            let _head = locked_head!(tx);
            let (mut changes, mut count) = (Changes::default(), 0);
            for (position, counting) in settled {
                let row: Option<(bool, bool, String)> =
                    sqlx::query_as(UNSETTLED).bind(*position as i64).fetch_optional(&mut *tx).await?;
                let Some((newest, void, line)) = row else { continue };
                let result = BoxResult::parse(&line).map_err(corrupt)?;
                if newest && !void {
                    changes.count(counting, result.race, &result.figures, 1);
                }
                let kind = i64::from(u8::from(counting.kind));
                let settle =
                    sqlx::query(SETTLE).bind(counting.place.as_str()).bind(kind).bind(counting.sort_key.clone());
                settle.bind(*position as i64).execute(&mut *tx).await?;
                count += 1;
            }
            move_sums!(tx, Engine, &mut changes);
            count
        }))
    }

    /// Forgets where boxes count, and all sums, so that entries can be written again behind those that are there.
    ///
    /// # Errors
    /// The database did not answer; nothing was forgotten.
    pub async fn results_unsettle(&self) -> Result<(), LedgerError> {
        in_tx!(&*self.db, Patient, |tx, Engine| {
            let _head = locked_head!(tx);
            sqlx::query(UNSETTLE).execute(&mut *tx).await?;
            sqlx::query(FORGET).execute(&mut *tx).await?;
        });
        Ok(())
    }
}
