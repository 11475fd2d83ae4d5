//! How the joint votes of an alliance fall to its members: the largest remainder, on the sums of an ilçe.
//!
//! The law gives each member its own votes over those of all members, times the joint votes (2839 art. 29), and no text
//! found says how to round. Of the 45 pools with joint votes that were compared with the published numbers, this rule gives
//! 44; the 45th was published from other sums. Nothing of it is kept: it is computed when read, and called so.

/// Each member's share of `joint` votes, in the order of `own`, the votes that each member has alone. Equal remainders are
/// served in the order of the ballot. The shares always add up to `joint`.
///
/// None where there are joint votes but no member has any of its own: then no text says whose they are ("hesaplanamaz").
pub fn shares(joint: u64, own: &[u64]) -> Option<Vec<u64>> {
    let sum: u128 = own.iter().map(|own| u128::from(*own)).sum();
    if sum == 0 {
        return (joint == 0).then(|| vec![0; own.len()]);
    }
    let exact = |own: u64| (u128::from(joint) * u128::from(own) / sum, u128::from(joint) * u128::from(own) % sum);
    let (mut shares, remainders): (Vec<u64>, Vec<u128>) = own
        .iter()
        // A share is at most `joint`, because a member's own votes are at most the sum.
        .map(|own| exact(*own))
        .map(|(whole, rest)| (u64::try_from(whole).unwrap_or(joint), rest))
        .unzip();
    let mut order: Vec<usize> = (0..own.len()).collect();
    // The sort is stable, so equal remainders stay in the order of the ballot.
    order.sort_by_key(|at| std::cmp::Reverse(remainders[*at]));
    let left = joint - shares.iter().sum::<u64>();
    // Fewer are left than there are remainders above zero.
    for at in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        shares[at] += 1;
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cankaya_2023_comes_out_as_it_was_published() {
        assert_eq!(shares(1048, &[90_732, 30_286, 3_482, 7_116]), Some(vec![722, 241, 28, 57]));
    }

    #[test]
    fn equal_remainders_fall_in_the_order_of_the_ballot() {
        assert_eq!(shares(1, &[5, 5, 5]), Some(vec![1, 0, 0]));
        assert_eq!(shares(2, &[5, 5, 5]), Some(vec![1, 1, 0]));
    }

    #[test]
    fn joint_votes_of_members_without_any_cannot_be_shared() {
        assert_eq!(shares(3, &[0, 0]), None);
        assert_eq!(shares(3, &[]), None);
        assert_eq!(shares(0, &[0, 0]), Some(vec![0, 0]));
        assert_eq!(shares(0, &[]), Some(vec![]));
        assert_eq!(shares(2, &[0, 7]), Some(vec![0, 2]), "a member without votes gets nothing");
    }

    /// Every pool of the public file: ilçe, alliance, joint votes, and its members with what they have alone and with their
    /// share. None where the file is missing.
    fn pools() -> Option<Vec<Pool>> {
        let data = std::env::var_os("TUTANAK_DATA").map(std::path::PathBuf::from);
        let data = data.unwrap_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
        let text = std::fs::read_to_string(data.join("ittifak_pay_2023_ankara.csv")).ok()?;
        let mut pools: Vec<Pool> = Vec::new();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |at: usize| fields[at].parse::<u64>().unwrap();
            let name = format!("{}/{}", fields[0], fields[1]);
            if pools.last().is_none_or(|pool| pool.name != name) {
                pools.push(Pool { name, joint: number(2), own: Vec::new(), with_share: Vec::new() });
            }
            let pool = pools.last_mut().unwrap();
            assert_eq!(pool.joint, number(2));
            pool.own.push(number(4));
            pool.with_share.push(number(5));
        }
        Some(pools)
    }

    struct Pool {
        name: String,
        joint: u64,
        own: Vec<u64>,
        with_share: Vec<u64>,
    }

    #[test]
    fn the_real_pools_of_ankara_2023_come_out_as_published() {
        let Some(pools) = pools() else {
            println!("skipped: the public file ittifak_pay_2023_ankara.csv is not at hand");
            return;
        };
        assert_eq!(pools.len(), 50);
        let with_joint_votes: Vec<&Pool> = pools.iter().filter(|pool| pool.joint > 0).collect();
        assert_eq!(with_joint_votes.len(), 45);
        let other: Vec<&str> = with_joint_votes
            .iter()
            .filter(|pool| {
                let shares = shares(pool.joint, &pool.own).unwrap();
                assert_eq!(shares.iter().sum::<u64>(), pool.joint, "{}", pool.name);
                pool.own.iter().zip(shares).map(|(own, share)| own + share).ne(pool.with_share.iter().copied())
            })
            .map(|pool| pool.name.as_str())
            .collect();
        // Published with shares of one day and own votes of another: 137 votes moved between two parties in between.
        assert_eq!(other, ["Çubuk/CUMHUR"]);
    }

    proptest::proptest! {
        #[test]
        fn shares_add_up_and_none_is_a_vote_or_more_away_from_exact(
            joint in 0u64..=u64::MAX / 2,
            own in proptest::collection::vec(0u64..=4_000_000_000, 1..8),
        ) {
            let sum: u128 = own.iter().map(|own| u128::from(*own)).sum();
            match shares(joint, &own) {
                None => proptest::prop_assert!(sum == 0 && joint > 0),
                Some(shares) => {
                    proptest::prop_assert_eq!(shares.iter().map(|share| u128::from(*share)).sum::<u128>(), u128::from(joint));
                    for (share, own) in shares.iter().zip(&own) {
                        let (scaled, exact) = (u128::from(*share) * sum, u128::from(joint) * u128::from(*own));
                        proptest::prop_assert!(scaled.abs_diff(exact) < sum.max(1));
                    }
                }
            }
        }
    }
}
