//! Who may send figures, from where, and that nobody sees them before the hour.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn only_a_feeds_token_from_its_addresses_gets_in_and_it_gets_nowhere_else() {
    let house = open().await;
    let token = house.feed().await;
    let (batch, path) = (body(&[line(1, 9, 1, 10)]), "/v1/figures");
    for other in [&house.first, &house.party.service.token, &house.party.bulk.password] {
        let answer = house.client.post(house.url(path)).bearer_auth(other).body(batch.clone()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(
        house.client.post(house.url(path)).body(batch.clone()).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    // Its token opens nothing but this.
    for path in ["/v1/board", "/v1/durum", "/arsiv/"] {
        let answer = house.client.get(house.url(path)).bearer_auth(&token).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
    }
    assert_eq!(house.send(&token, &page(&["1090000001"], 1)).await.status(), StatusCode::UNAUTHORIZED);
    // From elsewhere it does not get in, and what came of it is on record.
    assert!(house.ledger.account_set_addresses("feed", "secsis", "192.0.2.0/28").await.unwrap());
    assert_eq!(post(&house, batch.clone()).await.status(), StatusCode::FORBIDDEN);
    assert!(house.ledger.account_set_addresses("feed", "secsis", "").await.unwrap());
    assert_eq!(post(&house, batch.clone()).await.status(), StatusCode::FORBIDDEN, "no address is nowhere");
    assert!(house.ledger.account_set_addresses("feed", "secsis", "127.0.0.0/8").await.unwrap());
    assert_eq!(post(&house, batch).await.status(), StatusCode::OK);
    assert_eq!(house.ledger.results_from(0, u64::MAX, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_hour_figures_are_taken_in_and_shown_to_nobody() {
    let house = open().await;
    house.clock.set(BEFORE.parse().unwrap());
    let receipts = sent(&house, body(&[line(1, 9, 1, 4711)])).await;
    assert_eq!(statuses(&receipts), ["created"]);
    let bulk = &house.party.bulk;
    for path in ["/arsiv/durum.json", "/arsiv/defter/checkpoint", "/arsiv/defter/tile/entries/000.p/4"] {
        let asked = house.client.get(house.url(path)).basic_auth(&bulk.user, Some(&bulk.password));
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    let asked = house.client.get(house.url("/v1/durum")).bearer_auth(&house.party.service.token);
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::FORBIDDEN);
}
