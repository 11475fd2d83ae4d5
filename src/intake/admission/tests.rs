//! Whose turn it is. Nothing here looks at a clock: the order says it all.

use futures::FutureExt;
use proptest::prelude::*;

use super::*;

fn board(id: &str) -> BoardId {
    id.parse().unwrap()
}

/// The permit, if it is this one's turn now.
fn now(mut queued: Queued) -> Result<Permit, Queued> {
    match queued.admitted.as_mut().and_then(FutureExt::now_or_never) {
        Some(_) => {
            queued.admitted = None;
            Ok(queued.taken())
        }
        None => Err(queued),
    }
}

#[test]
fn with_a_board_holding_its_whole_share_another_is_admitted_at_once() {
    let admission = Admission::new(100, 25, usize::MAX);
    let (flood, small) = (board("flood"), board("small"));
    let held: Vec<_> = (0..5).map(|_| now(admission.queue(&flood, 5).unwrap()).unwrap()).collect();
    let waiting: Vec<_> = (0..WAITING).map(|_| now(admission.queue(&flood, 5).unwrap()).unwrap_err()).collect();
    assert_eq!(waiting[0].why(), NoPermit::BoardIsFull);
    assert_eq!(admission.queue(&flood, 5).unwrap_err(), NoPermit::BoardIsFull, "the queue is bounded too");
    let permit = now(admission.queue(&small, 25).unwrap()).expect("the flood is not the small board's");
    drop((permit, held, waiting));
    assert_eq!(admission.state().free, 100, "everything came back");
    assert!(admission.state().boards.is_empty(), "and nothing is remembered");
}

#[test]
fn a_board_has_so_many_uploads_under_way_however_small_they_are() {
    let admission = Admission::new(100, 50, 2);
    let (flood, small) = (board("flood"), board("small"));
    let mut held: Vec<_> = (0..2).map(|_| now(admission.queue(&flood, 1).unwrap()).unwrap()).collect();
    let third = now(admission.queue(&flood, 1).unwrap()).unwrap_err();
    assert_eq!(third.why(), NoPermit::BoardIsFull);
    assert_eq!(admission.waits(&flood), None, "it waits for its own uploads");
    now(admission.queue(&small, 1).unwrap()).expect("the flood's limit is not the small board's");
    held.pop();
    now(third).expect("one of its own has ended");
}

#[test]
fn when_all_is_taken_boards_take_turns_and_a_flood_waits_behind_its_own() {
    let admission = Admission::new(2, 2, usize::MAX);
    let (flood, second, third) = (board("flood"), board("second"), board("third"));
    let mut held = vec![now(admission.queue(&flood, 2).unwrap()).unwrap()];
    let mut waiting: Vec<(&str, Queued)> = Vec::new();
    for n in ["flood 1", "flood 2", "flood 3"] {
        waiting.push((n, admission.queue(&flood, 2).unwrap()));
    }
    waiting.push(("second 1", admission.queue(&second, 2).unwrap()));
    waiting.push(("second 2", admission.queue(&second, 2).unwrap()));
    waiting.push(("third 1", admission.queue(&third, 2).unwrap()));
    assert_eq!(waiting[3].1.why(), NoPermit::HouseIsFull(QueuePosition { place: 1, of: 3 }));
    assert_eq!(waiting[5].1.why(), NoPermit::HouseIsFull(QueuePosition { place: 3, of: 3 }));
    let mut order = Vec::new();
    while !waiting.is_empty() {
        held.clear();
        let mut left = Vec::new();
        for (name, queued) in waiting {
            match now(queued) {
                Ok(permit) => {
                    order.push(name);
                    held.push(permit);
                }
                Err(queued) => left.push((name, queued)),
            }
        }
        waiting = left;
    }
    // The flood held everything when the others came: its turn passed, and comes again after one of each.
    assert_eq!(order, ["second 1", "flood 1", "third 1", "second 2", "flood 2", "flood 3"]);
}

#[test]
fn a_large_scan_is_not_passed_for_ever_by_small_ones() {
    let admission = Admission::new(10, 10, usize::MAX);
    let (large, small) = (board("large"), board("small"));
    let held = now(admission.queue(&small, 6).unwrap()).unwrap();
    let large = now(admission.queue(&large, 10).unwrap()).unwrap_err();
    let behind = now(admission.queue(&small, 1).unwrap()).unwrap_err();
    drop(held);
    let large = now(large).expect("its turn came");
    let behind = now(behind).unwrap_err();
    drop(large);
    now(behind).unwrap();
}

#[test]
fn who_was_sent_away_comes_back_to_its_place_for_a_minute() {
    let admission = Admission::new(2, 2, usize::MAX);
    let held = now(admission.queue(&board("a"), 2).unwrap()).unwrap();
    let [first, second, third] = ["b", "c", "d"].map(|id| now(admission.queue(&board(id), 2).unwrap()).unwrap_err());
    drop((first, third));
    assert_eq!(second.why(), NoPermit::HouseIsFull(QueuePosition { place: 1, of: 1 }), "who left is not waited for");
    let back = now(admission.queue(&board("b"), 2).unwrap()).unwrap_err();
    assert_eq!(back.why(), NoPermit::HouseIsFull(QueuePosition { place: 1, of: 2 }));
    let new = now(admission.queue(&board("e"), 2).unwrap()).unwrap_err();
    let later = Instant::now() + KEPT;
    let late = now(admission.queue_at(&board("d"), 2, later).unwrap()).unwrap_err();
    let mut order = Vec::new();
    let mut waiting = vec![("new", new), ("late", late), ("second", second), ("back", back)];
    drop(held);
    while !waiting.is_empty() {
        let mut left = Vec::new();
        for (name, queued) in waiting {
            match now(queued) {
                Ok(permit) => {
                    order.push(name);
                    drop(permit);
                }
                Err(queued) => left.push((name, queued)),
            }
        }
        waiting = left;
    }
    order.truncate(4);
    assert_eq!(order, ["back", "second", "new", "late"]);
}

#[test]
fn who_leaves_the_queue_holds_nobody_up() {
    let admission = Admission::new(10, 10, usize::MAX);
    let held = now(admission.queue(&board("a"), 8).unwrap()).unwrap();
    let large = now(admission.queue(&board("b"), 10).unwrap()).unwrap_err();
    let small = now(admission.queue(&board("c"), 2).unwrap()).unwrap_err();
    drop(large);
    let small = now(small).expect("there was room for it all the time");
    let given_in_the_same_moment = admission.queue(&board("d"), 8).unwrap();
    drop(held);
    drop(given_in_the_same_moment);
    drop(small);
    assert_eq!(admission.state().free, 10);
}

proptest! {
    /// Whatever comes and goes, no more is given than there is, no board has more than its share, and nothing is lost.
    #[test]
    fn no_more_is_given_than_there_is(steps in proptest::collection::vec((0..4usize, 1..12usize, 0..4usize), 1..200)) {
        let admission = Admission::new(20, 12, 3);
        let boards = ["a", "b", "c", "d"].map(board);
        let (mut uploads, mut waiting) = (Vec::new(), Vec::new());
        for (who, units, what) in steps {
            match what {
                0 if !uploads.is_empty() => drop(uploads.swap_remove(units % uploads.len())),
                1 if !waiting.is_empty() => drop(waiting.swap_remove(units % waiting.len())),
                _ => waiting.extend(admission.queue(&boards[who], units)),
            }
            let mut left = Vec::new();
            for queued in waiting {
                match now(queued) {
                    Ok(permit) => uploads.push(permit),
                    Err(queued) => left.push(queued),
                }
            }
            waiting = left;
            let held = |id: Option<&BoardId>| -> usize {
                uploads.iter().filter(|permit: &&Permit| id.is_none_or(|id| permit.board == *id)).map(|permit| permit.units).sum()
            };
            let count = |id: &BoardId| uploads.iter().filter(|permit: &&Permit| permit.board == *id).count();
            prop_assert!(held(None) + admission.state().free == 20);
            for id in &boards {
                prop_assert!(held(Some(id)) <= 12);
                prop_assert!(count(id) <= 3);
            }
            // Whoever waits has a reason to.
            for queued in &waiting {
                let full = count(&queued.board) == 3 || held(Some(&queued.board)) + queued.units > 12;
                prop_assert!(full || held(None) > 0);
            }
        }
        drop((uploads, waiting));
        prop_assert_eq!(admission.state().free, 20);
        prop_assert!(admission.state().boards.is_empty());
    }
}

#[test]
fn at_the_cores_a_board_has_half_of_them_and_another_finds_one_free() {
    for cores in [2, 3, 8] {
        let turns = Admission::of_cores(cores);
        let (flood, small) = (board("flood"), board("small"));
        let sent = (0..10 * WAITING).map(|_| now(turns.queue(&flood, 1).unwrap()));
        let (held, waiting): (Vec<_>, Vec<_>) = sent.partition(Result::is_ok);
        assert_eq!(held.len(), cores / 2);
        assert_eq!(turns.waits(&flood), None, "it waits for its own");
        now(turns.queue(&small, 1).unwrap()).expect("a core is free");
        drop((held, waiting));
        assert_eq!(turns.state().free, cores);
    }
    now(Admission::of_cores(1).queue(&board("only"), 1).unwrap()).expect("half of one core is one");
}

#[test]
fn at_the_cores_boards_with_hundreds_waiting_come_after_another_boards_first() {
    let turns = Admission::of_cores(2);
    let (floods, small) = ([board("flood"), board("deluge")], board("small"));
    let held: Vec<_> = floods.iter().map(|flood| now(turns.queue(flood, 1).unwrap()).unwrap()).collect();
    let of_both = floods.iter().cycle().take(10 * WAITING);
    let mut waiting: Vec<_> = of_both.map(|flood| turns.queue(flood, 1).unwrap()).collect();
    let mut first = turns.queue(&small, 1).unwrap();
    assert_eq!(turns.waits(&small), Some(QueuePosition { place: 1, of: 3 }), "next, and not behind hundreds");
    let mut came_before = 0;
    for permit in held {
        drop(permit);
        came_before += waiting.iter_mut().filter_map(|queued| queued.admitted.as_mut()?.try_recv().ok()).count();
    }
    let admitted = first.admitted.as_mut().unwrap().try_recv().is_ok();
    assert!(admitted && came_before == 1, "{came_before} of the floods came before");
}
